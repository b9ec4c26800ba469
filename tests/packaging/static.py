#!/usr/bin/env python3
"""The program without shared libraries: that it is one, what it takes, and what it says of what it has not.

static.py PROGRAM [SCRIPT...]: with these of tests/golden in place of all that need no TLS.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, TOP + "/tests/real")
from report import Report  # noqa: E402

report = Report("static")
SETTLED_S = 15  # a reading and a half


def said(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    return done.returncode, done.stdout


def budget():
    with open(TOP + "/packaging/static/budget", encoding="utf-8") as file:
        return {words[0]: int(words[1]) for words in map(str.split, file) if words and words[0] != "#"}


def check_file(limits):
    bytes_ = os.path.getsize(program)
    report.check(bytes_ <= limits["file_bytes_max"], f"the file has {bytes_} bytes, at most {limits['file_bytes_max']}")
    headers = said("readelf", "--wide", "--program-headers", "--dynamic", program)[1]
    report.check("INTERP" not in headers and "NEEDED" not in headers, "no shared library is named", headers)
    report.check("GNU_RELRO" in headers and "BIND_NOW" in headers and re.search(r"GNU_STACK\s.* RW ", headers)
                 and re.search(r"type is DYN|Elf file type is DYN", headers), "it is hardened: PIE, RELRO, no stack that runs",
                 headers)
    # Where it was built is nobody's business, and would change its bytes.
    with open(program, "rb") as file:
        report.check(TOP.encode() not in file.read(), "it does not name the directory where it was built")


def resident(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return {line.split(":")[0]: int(line.split()[1]) for line in file if line.endswith("kB\n")}


def check_memory(limits):
    containers = said(program, "once", "containers")[1].splitlines()[-1]
    if containers != "[]":
        report.skip("memory", "there are containers here, which take some of it")
        return
    with tempfile.TemporaryDirectory() as folder:
        agent = subprocess.Popen([program, "--listen", f"unix:{folder}/api", "--auth", "none"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            time.sleep(SETTLED_S)
            kib = resident(agent.pid)
        finally:
            agent.terminate()
            agent.wait()
    for name, limit in (("Rss", "rss_kib_max"), ("Anonymous", "anonymous_kib_max")):
        report.check(kib[name] <= limits[limit], f"{name} is {kib[name]} KiB, at most {limits[limit]}")


def check_what_it_lacks():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/agent.json"
        with open(path, "w", encoding="ascii") as file:
            file.write('{"listen": [{"address": "127.0.0.1:0", "auth": "none", "tls_certificate_file": "c", "tls_key_file": "k"}]}')
        status, text = said(program, "--config", path)
        report.check(status != 0 and "this build has no TLS" in text, "who asks for TLS is told", text)
        with open(path, "w", encoding="ascii") as file:
            file.write('{"process": {"user": "nobody-has-this-name"}}')
        status, text = said(program, "--config", path)
        report.check(status != 0 and "there is no user nobody-has-this-name" in text, "an unknown user is told", text)


def check_golden(script):
    """Every answer is the packages' program's, byte by byte."""
    status, text = said(sys.executable, f"{TOP}/tests/golden/{script}.py", program,
                        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    good = len(re.findall(r"(?m)^ok ", text))
    for line in re.findall(r"(?m)^SKIP .*", text):
        print(line)
    report.check(status == 0 and good > 0, f"golden.{script}: {good} checks", text[-2000:])


program = os.path.abspath(sys.argv[1])
check_file(budget())
check_memory(budget())
check_what_it_lacks()
for name in sys.argv[2:] or ("run", "command_line", "live", "doctor", "apps_registration", "apps_statsd", "apps_tasks", "apps_flood"):
    check_golden(name)
sys.exit(report.status())
