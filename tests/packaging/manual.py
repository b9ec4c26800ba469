#!/usr/bin/env python3
"""Man pages and completions: complete, without warnings, and at work in real shells; and both ways of installing alike.

manual.py PROGRAM [BUILD]: BUILD is what CMake installs from, the directory above the program's unless it is said.
"""
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [TOP + "/tests/real", TOP + "/tests/lint"]
import links  # noqa: E402
from report import Report  # noqa: E402

report = Report("manual")
MAN8, MAN5 = TOP + "/packaging/man/node-metrics-agent.8", TOP + "/packaging/man/node-metrics-agent.json.5"
COMPLETION = TOP + "/packaging/completion/"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def said(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    return done.stdout, done.stderr


def has(tool, name):
    found = any(os.access(f"{directory}/{tool}", os.X_OK) for directory in os.environ["PATH"].split(":"))
    if not found:
        report.skip(name, f"{tool} is not installed (packaging/setup packages)")
    return found


# Pages ----------------------------------------------------------------------------------------------

def check_page_8(program):
    help_text, _ = said(program, "--help")
    page = read(MAN8).replace("\\-", "-")
    options = set(re.findall(r"--[a-z-]+", help_text))
    in_page = set(re.findall(r"--[a-z-]+", page))
    report.check(options and options == in_page, "options", f"help {options - in_page}, page {in_page - options}")
    commands = re.findall(r"^  ([a-z][a-z -]*?)(?: [A-Z]+)?  +[a-z]", help_text, re.M)
    missing = [command for command in commands if not re.search(rf'^\.BI? "?{command}\b', page, re.M)]
    report.check(len(commands) == 8 and not missing, "commands", (commands, missing))


def keys_of(value, prefix=""):
    """The dotted names of all keys; of objects with keys of the user's own, their name."""
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from keys_of(inner, f"{prefix}{key}.")
        else:
            yield prefix + key


def check_page_5():
    text = read(TOP + "/packaging/node-metrics-agent.json")
    config = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))
    page = read(MAN5)
    entries = dict(re.findall(r"^\.TP\n\.B ([a-z0-9_.]+)\n(.*?)(?=^\.(?:TP|SH|PP)|\Z)", page, re.M | re.S))
    keys = set(keys_of(config))
    of_addresses = set(re.findall(r'"([a-z_]+)"', "".join(re.findall(r'^ +//   .*$', text.split('"listen"')[0], re.M))))
    of_addresses -= {"metrics", "registration", "token", "none", "peer", "http", "0660"}
    report.check(keys and keys <= set(entries), "keys", sorted(keys - set(entries)))
    report.check(of_addresses and of_addresses <= set(entries), "keys_of_addresses", sorted(of_addresses - set(entries)))
    surplus = set(entries) - keys - of_addresses
    report.check(not surplus, "no_key_that_is_not_there", sorted(surplus))
    wrong = []
    for key in keys:
        value = config
        for part in key.split("."):
            value = value[part]
        wanted = json.dumps(value)
        found = re.search(r"Default: *\\fB(.*?)\\fR", entries.get(key, "").replace("\n", " "))
        shown = found[1].replace("\\(dq", '"').replace("\\-", "-") if found else None
        if shown != wanted:
            wrong.append(f"{key}: the page says {shown}, the file {wanted}")
    report.check(not wrong, "defaults", "; ".join(wrong))


def check_lint():
    for page in (MAN8, MAN5):
        name = "lint." + os.path.basename(page)
        if has("mandoc", name + ".mandoc"):
            report.check(not said("mandoc", "-Tlint", page)[0], name + ".mandoc", said("mandoc", "-Tlint", page)[0])
        if has("man", name + ".man") and has("groff", name + ".man"):
            environment = dict(os.environ, LC_ALL="C.UTF-8", MANROFFSEQ="", MANWIDTH="80")
            _, error = said("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page, env=environment)
            report.check(not error, name + ".man", error)


# Files ----------------------------------------------------------------------------------------------

def installed(build, work, prefix):
    """Where `cmake --install` put everything: {path: text}."""
    said("cmake", "--install", build, "--prefix", prefix, env=dict(os.environ, DESTDIR=work))
    return files_below(work)


def files_below(work):
    found = {}
    for path in said("find", work, "-type", "f")[0].split():
        with open(path, "rb") as file:
            found[path.removeprefix(work)] = file.read()
    return found


def check_files(program, build):
    """`cmake --install` and packaging/install-files, which the static RPM uses, put the same files into the same places."""
    with tempfile.TemporaryDirectory(prefix="nma-files-") as work:
        cmake = installed(build, work + "/cmake", "/usr")
        _, error = said(TOP + "/packaging/install-files", program, work + "/script")
        script = files_below(work + "/script")
        report.check(cmake and set(cmake) == set(script), "files",
                     f"{error} cmake alone: {set(cmake) - set(script)}, the script alone: {set(script) - set(cmake)}")
        others = [name for name in cmake if cmake[name] != script.get(name) and name != "/usr/bin/node-metrics-agent"]
        report.check(not others, "files_have_the_same_bytes", others)
        shipped = pathlib.Path(work + "/script/usr/share/doc/node-metrics-agent")
        report.check((shipped / "README.md").exists() and not links.of_package(shipped), "links_of_shipped_docs",
                     links.of_package(shipped))


def check_prefix(build, prefix, etc):
    """What is installed elsewhere names what is installed there, not the packages' places."""
    with tempfile.TemporaryDirectory(prefix="nma-prefix-") as work:
        found = installed(build, work, prefix)
        unit = found.get(prefix + "/lib/systemd/system/node-metrics-agent.service", b"").decode()
        start = re.search(r"^ExecStart=(\S+) --config (\S+)$", unit, re.M)
        report.check(start and start[1] == prefix + "/bin/node-metrics-agent" and start[2].startswith(etc + "/")
                     and start[1] in found and start[2] in found, f"prefix{prefix.replace('/', '_')}.service_finds_its_files",
                     (start and start[0], sorted(found)))
        strange = [name for name, text in found.items() if re.search(r"/(man|lib)/", name)
                   and re.search(r"(?<![\w/])/(usr/bin|usr/share/doc|etc)/node-metrics-agent", text.decode())]
        report.check(prefix == "/usr" or not strange, f"prefix{prefix.replace('/', '_')}.names_no_other_place", strange)


# Completions ----------------------------------------------------------------------------------------

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; bind 'set page-completions off'; "
             "bind 'set completion-query-items 0'; source /usr/share/bash-completion/bash_completion; "
             f"source {COMPLETION}node-metrics-agent.bash; PS1='READY> '\n"),
    "zsh": (["zsh", "-f", "-i"],
            f"unset zle_bracketed_paste; fpath=({COMPLETION} $fpath); autoload -Uz compinit && compinit -u -D; "
            "unsetopt automenu listbeep beep; LISTMAX=1000; bindkey -e; PROMPT='READY> '\n"),
}
# What is typed, and what the line is after one Tab.
LINES = {
    "option": ("--vi", "--view"),
    "option_config": ("--con", "--config"),
    "value_of_view": ("--view f", "--view full"),
    "value_of_auth": ("--auth n", "--auth none"),
    "file": ("--config agent-test.j", "--config agent-test.json"),
    "directory": ("--host-root hostr", "--host-root hostroot"),
    "command": ("doc", "doctor"),
    "command_after_option": ("--view full on", "--view full once"),
    "once": ("once nod", "once node"),
    "container": ("once container c0ff", "once container c0ffee"),
    "token": ("token n", "token new"),
    "token_option": ("token new --u", "token new --uid"),
    "permission": ("token new dcos:sup", "token new dcos:superuser"),
}


class Shell:
    def __init__(self, command, directory):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            environment = {"PATH": f"{directory}/bin:{os.environ['PATH']}", "TERM": "dumb", "HOME": directory,
                           "LC_ALL": "C.UTF-8"}
            os.execvpe(command[0], command, environment)

    def send(self, text):
        os.write(self.terminal, text.encode())

    def until(self, pattern, limit_s=10):
        text, end = "", time.monotonic() + limit_s
        while time.monotonic() < end and not re.search(pattern, text, re.S):
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    text += os.read(self.terminal, 65536).decode(errors="replace")
                except OSError:
                    break
        return text

    def completed(self, typed):
        """The line after one Tab, which the shell then prints."""
        self.send(f"node-metrics-agent {typed}\t")
        self.until(r"\A\Z", 0.4)
        # To the line's begin; what is printed has a mark that was not typed.
        self.send("\x01echo 'GOT'\"<\" \x05 \">\"\n")
        found = re.search(r"GOT< node-metrics-agent (.*?) ?>\r", self.until(r"GOT< .*?>\r.*READY> "))
        # zsh takes the slash after a directory away when a blank comes.
        return found[1].strip().removesuffix("/") if found else "nothing"

    def close(self):
        os.close(self.terminal)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


def check_completions(name):
    command, setup = SHELLS[name]
    with tempfile.TemporaryDirectory(prefix="nma-completion-") as directory:
        os.makedirs(directory + "/bin")
        os.makedirs(directory + "/hostroot")
        with open(directory + "/agent-test.json", "w", encoding="utf-8"):
            pass
        with open(directory + "/bin/node-metrics-agent", "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho '[\"c0ffee\",\"decade\"]'\n")
        os.chmod(directory + "/bin/node-metrics-agent", 0o755)
        shell = Shell(command, directory)
        shell.send(setup)
        shell.until(r"READY> $")
        for case, (typed, wanted) in LINES.items():
            found = shell.completed(typed)
            report.check(found == wanted, f"{name}.{case}", f"'{typed}' became '{found}', wanted '{wanted}'")
        shell.close()


def main(program, build):
    check_page_8(program)
    check_page_5()
    check_lint()
    check_files(program, build)
    for prefix, etc in (("/usr", "/etc"), ("/usr/local", "/usr/local/etc"), ("/opt/agent", "/etc/opt/agent")):
        check_prefix(build, prefix, etc)
    for name in SHELLS:
        if not has(name, name):
            continue
        if name == "bash" and not os.path.exists("/usr/share/bash-completion/bash_completion"):
            report.skip(name, "bash-completion is not installed (packaging/setup packages)")
            continue
        check_completions(name)
    return report.status()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    here = os.path.abspath(sys.argv[1])
    sys.exit(main(here, sys.argv[2] if len(sys.argv) == 3 else os.path.dirname(os.path.dirname(here))))
