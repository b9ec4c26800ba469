#!/usr/bin/env python3
"""The shipped program's command line, its messages, and how it starts and ends.

command_line.py PROGRAM; TAP on standard output.
"""
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

from shipped import Agent, Report

HERE = os.path.dirname(os.path.abspath(__file__))
HOST = os.path.join(HERE, "..", "fixtures", "minimal-4.19")
EXAMPLE = os.path.join(HERE, "..", "..", "packaging", "node-metrics-agent.json")
END_S_MAX = 2

report = Report()


def run(*words, timeout=30):
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL)


def check_output(name, words, status, out="", err=""):
    """`out` and `err` are patterns that must be found; an empty one means that nothing is said there."""
    try:
        result = run(*words)
    except subprocess.TimeoutExpired:
        return report.check(False, name, "it does not end")
    is_good = result.returncode == status
    for pattern, text in ((out, result.stdout), (err, result.stderr)):
        is_good = is_good and bool(re.search(pattern, text) if pattern else not text)
    return report.check(is_good, name, result)


def check_words():
    check_output("--help names every command", ["--help"], 0, r"(?s)once node.*check-config.*budget.*--host-root")
    check_output("--version is one line", ["--version"], 0, r"\Anode-metrics-agent \d+\.\d+\.\d+\n\Z")
    check_output("an unknown option is named", ["--no-such"], 2, err="--no-such")
    check_output("an unknown command is named", ["dance"], 2, err="dance")
    check_output("a surplus word is named", ["budget", "now"], 2, err="now")
    check_output("an option without its value is named", ["--listen"], 2, err="--listen")
    check_output("once wants to know what", ["once"], 2, err="once node")
    for value in ("0", "-1", "3601", "1.5", "x", ""):
        check_output(f"interval '{value}' is refused", ["--interval", value, "budget"], 2, err="3600")


def check_roots():
    with tempfile.TemporaryDirectory() as empty:
        check_output("a root without proc is no host", ["--host-root", empty, "once", "node"], 1, err="proc")
        check_output("nor served", ["--host-root", empty, "--listen", "127.0.0.1:0", "--auth", "none"], 1, err="proc")
    check_output("an absent root is named", ["--host-root", "/no/such", "once", "node"], 1, err="/no/such")


def write_tree(directory, files):
    for name, text in files.items():
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)


def check_doctor():
    v2 = os.path.join(HERE, "..", "fixtures", "debian12-v2")
    check_output("doctor: a controller that is not handed on is told, with its containers", ["--host-root", v2, "doctor"],
                 1, r"(?s)MISSING  io .*for 2 of 7 containers: \w+, \w+\n.*subtree_control")
    check_output("doctor: a host without cgroups is not", ["--host-root", HOST, "doctor"], 1, "no cgroups are mounted")
    check_output("doctor: an absent root is named", ["--host-root", "/no/such", "doctor"], 2, err="/no/such")
    check_output("doctor: an absent configuration is named", ["--config", "/no/such.json", "doctor"], 2,
                 err="/no/such.json")
    check_output("doctor: a surplus word is named", ["doctor", "now"], 2, err="now")
    mounts = "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    with tempfile.TemporaryDirectory() as directory:
        write_tree(directory, {
            "proc/1/mountinfo": mounts, "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n"})
        check_output("doctor: a healthy host is good", ["--host-root", directory, "doctor"], 0, "Nothing is missing")
    with tempfile.TemporaryDirectory() as directory:
        write_tree(directory, {
            "proc/1/mountinfo": mounts, "proc/sys/kernel/osrelease": "6.6.74+rpt-rpi-2712\n",
            "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
            "proc/cmdline": "cgroup_disable=memory quiet\n",
            "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io pids\n"})
        check_output("doctor: a Raspberry Pi without memory control gets its boot option",
                     ["--host-root", directory, "doctor"], 1, r"cgroup_enable=memory cgroup_memory=1\n")
    with tempfile.TemporaryDirectory() as directory:
        write_tree(directory, {
            "proc/1/mountinfo": mounts, "sys/fs/cgroup/cgroup.events": "populated 1\n",
            "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n"})
        os.makedirs(os.path.join(directory, "proc/self/ns"))
        os.symlink("cgroup:[4026532000]", os.path.join(directory, "proc/self/ns/cgroup"))
        check_output("doctor: a cgroup namespace of its own is told", ["--host-root", directory, "doctor"], 1,
                     "--cgroupns=host")
    with tempfile.TemporaryDirectory() as directory:
        write_tree(directory, {
            "proc/1/mountinfo": mounts + "22 27 0:21 / /proc rw - proc proc rw,gid=1001,hidepid=2\n",
            "proc/self/status": "Uid:\t998\t998\t998\t998\nGid:\t998\t998\t998\t998\nCapEff:\t0000000000000000\n",
            "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n"})
        check_output("doctor: hidepid names the group", ["--host-root", directory, "doctor"], 1,
                     "SupplementaryGroups=1001")


def check_addresses():
    for address in ("0.0.0.0:61092", "[::]:61092", "192.0.2.1:61092", "198.51.100.7:80"):
        check_output(f"{address} is refused, with the reason", ["--listen", address], 2, err=r"(?i)loopback|token")
    for address in ("127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":61092", "localhost", "unix:", "[::1", "x:1",
                    "unix:/" + "x" * 200, ""):
        check_output(f"'{address[:20]}' is no address", ["--listen", address], 2, err=".")
    nine = [word for _ in range(9) for word in ("--listen", "127.0.0.1:0")]
    check_output("nine addresses are too many", nine, 2, err="8")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        check_output("a taken port is named", ["--host-root", HOST, "--listen", taken, "--auth", "none"], 1, err=re.escape(taken))


def check_configuration():
    check_output("the example is good", ["--config", EXAMPLE, "check-config"], 0, "good")
    check_output("no configuration is good", ["check-config"], 0, "good")
    check_output("an absent file is named", ["--config", "/no/such.json", "check-config"], 2, err="/no/such.json")
    cases = (
        ("unknown key", '{\n  "http": {\n    "conections": 3\n  }\n}\n', r"http\.conections", 3),
        ("unknown key at the top", '{\n\n"nodes": {}}\n', "nodes", 3),
        ("wrong type", '{\n  // seconds\n  "interval_s": "ten"\n}\n', "interval_s", 3),
        ("fraction", '{"interval_s": 1.5}\n', "interval_s", 1),
        ("out of range", '{"limits":\n{"containers": 0}}\n', r"limits\.containers", 2),
        ("wrong word", '{"node": {\n"role": "queen"}}\n', r"node\.role", 2),
        ("twice the same key", '{"interval_s": 1,\n"interval_s": 2}\n', "interval_s", 2),
        ("no JSON", '{\n  "interval_s": 1,\n  oops\n}\n', "", 3),
        ("not an object", "[]\n", "", 1),
        ("empty", "", "", 1),
    )
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "c.json")
        for name, text, key, line in cases:
            with open(path, "w") as file:
                file.write(text)
            # Path of the file, line, key path.
            pattern = re.escape(path) + rf"(:| line ){line}\b.*" + key
            check_output(f"configuration, {name}: file, line and key are named", ["--config", path, "check-config"], 2,
                         err=pattern)
            check_output(f"configuration, {name}: the agent does not start", ["--config", path], 2, err=pattern)
        with open(path, "w") as file:
            file.write('{"listen": [{"address": "0.0.0.0:1", "auth": "none"}]}')
        check_output("configuration, open address: it is refused", ["--config", path, "check-config"], 2,
                     err=r"0\.0\.0\.0:1.*(loopback|token)")


def check_budget():
    result = run("budget")
    parts = [int(line.split()[0]) for line in result.stdout.split("\n\n")[0].splitlines()[1:]]
    report.check(result.returncode == 0 and len(parts) > 5 and sum(parts[:-1]) <= parts[-1] < 2 * sum(parts[:-1]),
                 "budget: the total is no less than its parts", result.stdout)
    two = run("--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--auth", "none", "budget")
    report.check("\n     4194304  libmicrohttpd: 128 connections" in two.stdout,
                 "budget: each address has its connections", two.stdout)


def check_once():
    check_output("once: the answer and nothing else", ["--host-root", HOST, "once", "containers"], 0, out=r"\A\[.*\]\n\Z")
    check_output("once: an unknown container is named", ["--host-root", HOST, "once", "container", "c0"], 1,
                 err=r"\Aerror: no container c0 .*\n\Z")
    with open("/dev/full", "w") as full:
        result = subprocess.run([program, "--host-root", HOST, "once", "node"], stdout=full, stderr=subprocess.PIPE,
                                text=True, timeout=60)
    report.check(result.returncode == 1 and "No space left" in result.stderr, "once: a full disk is told", result)


def check_end(name, with_signal):
    agent = Agent(program, HOST)
    path, directory = agent.socket_path, agent.directory
    is_there = os.path.exists(path)
    start = time.monotonic()
    agent.process.send_signal(with_signal)
    try:
        status = agent.process.wait(END_S_MAX)
    except subprocess.TimeoutExpired:
        status = "none"
    took = time.monotonic() - start
    is_clean = not os.path.exists(path)
    report.check(status == 0, f"{name} ends it within {END_S_MAX} s with status 0", (status, took, agent.log_text()))
    report.check(is_there and is_clean, f"{name}: the socket is taken away", os.listdir(directory.name))
    agent.end()


def check_new_token():
    result = run("token", "new", "--uid", "grafana", "a:b", "c:*")
    token = result.stdout.strip()
    digest = hashlib.sha256(token.encode()).hexdigest()
    report.check(result.returncode == 0 and re.fullmatch(r"nma_[0-9A-Za-z_-]{43}\n", result.stdout)
                 and result.stderr.endswith(f"\nsha256:{digest} grafana a:b c:*\n") and token not in result.stderr,
                 "token new: the token on standard output, the line of its digest on standard error", result)
    report.check(run("token", "new").stdout != run("token", "new").stdout, "token new: no two are the same")
    check_output("token new: a uid with a space is named", ["token", "new", "--uid", "a b"], 2, err="--uid a b")
    check_output("token new: so is an odd permission", ["token", "new", "a b"], 2, err="permission a b")
    check_output("token wants to know what", ["token"], 2, err="token new")
    check_output("--uid is for it alone", ["--uid", "a", "budget"], 2, err="--uid a")


def check_half_request_does_not_hold_the_end():
    agent = Agent(program, HOST)
    with agent.connect() as slow:
        slow.sendall(b"GET /v0/no")
        time.sleep(0.1)
        start = time.monotonic()
        status = agent.end()
    took = time.monotonic() - start
    report.check(status == 0 and took < END_S_MAX, "a client in mid-sentence does not hold up the end", (status, took))


def check_old_socket():
    """A socket that a killed agent left is taken over; one that is in use, or a file, is not."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "s")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        agent = subprocess.Popen([program, "--host-root", HOST, "--listen", "unix:" + path, "--auth", "none"],
                                 stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        is_up = wait_for(path)
        report.check(is_up, "a dead socket is taken over")
        second = run("--host-root", HOST, "--listen", "unix:" + path, "--auth", "none") if is_up else None
        report.check(second and second.returncode == 1 and path in second.stderr, "a socket in use is left alone", second)
        report.check(wait_for(path), "and still answers")
        agent.terminate()
        agent.communicate()
        with open(path, "w") as file:
            file.write("precious")
        check_output("a file is no socket", ["--host-root", HOST, "--listen", "unix:" + path, "--auth", "none"], 1, err=re.escape(path))
        with open(path) as file:
            report.check(file.read() == "precious", "and is left alone")


def wait_for(path):
    for _ in range(500):
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(path)
                return True
        except OSError:
            time.sleep(0.02)
    return False


def check_printed_address():
    """Port 0 means any; the address that is printed is the one that answers."""
    addresses = ["127.0.0.1:0", "[::1]:0"]
    if not os.path.exists("/proc/net/if_inet6"):
        print("SKIP command_line.ipv6: this machine has no IPv6")
        addresses.pop()
    listen = [word for address in addresses for word in ("--listen", address)]
    agent = subprocess.Popen([program, "--host-root", HOST, *listen, "--auth", "none"],
                             stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    found = []
    for line in agent.stderr:
        found += re.findall(r"listening on (?:http://)?(\S+):(\d+)", line)
        if "try:" in line:
            break
    for host, port in found:
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        with socket.socket(family) as client:
            client.settimeout(10)
            client.connect((host.strip("[]"), int(port)))
            client.sendall(b"GET /v0/ping HTTP/1.0\r\n\r\n")
            answer = client.recv(4096)
        report.check(b" 200 " in answer, f"the printed address answers ({host})", answer)
    report.check(len(found) == len(addresses), "all addresses are printed", found)
    agent.terminate()
    agent.communicate()


def check_readme():
    with open(os.path.join(HERE, "..", "..", "README.md")) as file:
        readme = file.read()
    report.check(run("datapoints").stdout.strip() in readme, "README has the table of datapoints that the program prints",
                 "run `make datapoints` and put its output into README.md")
    words = [line.strip() for line in run("--help").stdout.splitlines()]
    lacking = [line for line in words if line and line not in readme]
    report.check(not lacking, "README has the help that the program prints", lacking)


def main():
    check_readme()
    check_words()
    check_roots()
    check_doctor()
    check_addresses()
    check_configuration()
    check_budget()
    check_once()
    check_new_token()
    check_end("SIGTERM", signal.SIGTERM)
    check_end("SIGINT", signal.SIGINT)
    check_half_request_does_not_hold_the_end()
    check_old_socket()
    check_printed_address()
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    sys.exit(main())
