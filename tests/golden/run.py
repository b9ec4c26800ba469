#!/usr/bin/env python3
"""Starts the shipped program on each small machine and compares every route with its golden answer.

run.py PROGRAM [MACHINE]...             compare; TAP on standard output
run.py --update PROGRAM [MACHINE]...    write the golden answers anew, for a human to review

A golden file holds the request, the status line, the headers and the body, with a line for each datapoint.
Only what depends on the moment or on the machine that runs the test is masked: times, lengths,
and the sizes of file systems. Everything else has to match byte for byte.
"""
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from urllib.parse import quote_from_bytes

from shipped import Agent, Report

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures")
MACHINES = ("debian12-v2", "centos7-v1", "hybrid", "minimal-4.19", "hostile")

MASKS = (
    (re.compile(rb'("timestamp": ?)"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"'), rb'\1"TIME"'),
    # Some file systems count no inodes, and the fixtures lie on whatever the tests run on.
    (re.compile(rb',\{"name":"filesystem\.inode[^}]*\}\}'), rb""),
    (re.compile(rb'("name": ?"process.state_age", ?"value": ?)[0-9.]+'), rb"\1AGE"),
    (re.compile(rb'("name": ?"filesystem\.[a-z.]+", ?"value": ?)\d+'), rb"\1SIZE"),
)
# What is wrong with a request does not depend on the machine: one is enough.
MACHINE_OF_ODD_REQUESTS = "debian12-v2"
ODD_REQUESTS = (
    ("GET", "/", ()), ("GET", "/v0x", ()), ("GET", "/v1/node", ()), ("GET", "/v0/nodes", ()), ("GET", "/v0/node/cpu", ()),
    ("GET", "/v0//node", ()), ("GET", "/v0/ping/", ()), ("GET", "/v0/./node", ()), ("GET", "/v0/%6eode", ()),
    ("GET", "/v0/containers/%", ()), ("GET", "/v0/containers/%00", ()), ("GET", "/v0/containers/a b", ()),
    ("GET", "http://node.example:61092/v0/ping", ()), ("GET", "http://node.example", ()),
    ("GET", "/v0/containers/..%2f..%2fetc%2fpasswd", ()), ("GET", "/v0/containers/x/app/", ()),
    ("GET", "/v0/containers/x/app/a/b", ()), ("GET", "/system/v1/agent/not-me/metrics/v0/node", ()),
    ("GET", "/system/v1/agent//metrics/v0/node", ()), ("GET", "/system/v1/agent/a_b/metrics/v0/node", ()),
    ("GET", "/v0/ping?" + "q" * 100, ()), ("GET", "/v0/node?view=half", ()), ("GET", "/v0/" + "n" * 20_000, ()),
    ("POST", "/v0/node", ()), ("DELETE", "/v0/containers/x", ()), ("OPTIONS", "/v0/ping", ()), ("PUT", "/v0/nodes", ()),
    ("BREW", "/v0/ping", ()), ("GET", "/v0/ping", ("Accept: text/html",)),
    ("GET", "/v0/ping", ("Accept: text/html, application/*;q=0.1",)), ("GET", "/v0/ping", ("Accept: */*;q=0",)),
    ("GET", "/v0/ping", ("Accept: application/json;q=0",)), ("GET", "/v0/ping", ("Accept: application/json",)),
    ("GET", "/v0/ping", ("X-Long: " + "h" * 12_000,)), ("GET", "/v0/ping", ("X-Long: " + "h" * 60_000,)),
)

HEADERS_THAT_VARY = {"date", "content-length", "transfer-encoding"}


def masked_body(body):
    for pattern, text in MASKS:
        body = pattern.sub(text, body)
    # A line for each datapoint.
    return re.sub(rb'(\[|,) ?(\{"name")', rb"\1\n\2", body).rstrip(b"\n")


def as_text(request, response):
    headers = sorted(f"{key}: {value}" for key, value in response.headers if key.lower() not in HEADERS_THAT_VARY)
    head = "\n".join([request, response.status_line, *headers])
    return head.encode("latin-1") + b"\n\n" + masked_body(response.body) + b"\n"


class Machine:
    def __init__(self, name, program, report, is_update):
        self.name = name
        self.program = program
        self.report = report
        self.is_update = is_update
        self.golden = os.path.join(HERE, name)
        self.seen = set()

    def compare(self, file, text):
        self.seen.add(file)
        path = os.path.join(self.golden, file)
        if self.is_update:
            os.makedirs(self.golden, exist_ok=True)
            with open(path, "wb") as golden:
                golden.write(text)
            return
        wanted = b""
        if os.path.exists(path):
            with open(path, "rb") as golden:
                wanted = golden.read()
        lines = [part.decode(errors="backslashreplace").splitlines() for part in (wanted, text)]
        diff = difflib.unified_diff(*lines, "golden", "answer", lineterm="", n=1)
        self.report.check(wanted == text, f"{self.name}: {file}", "\n".join(list(diff)[:60]))

    def check(self, is_good, what, detail=""):
        self.report.check(is_good, f"{self.name}: {what}", detail)

    def run(self, host_root):
        with Agent(self.program, host_root) as agent:
            # The machine does not move, so from now on no time passes for its processors: their
            # shares are left out. Those since boot, of the first reading, are in `once`.
            agent.wait_for_second_reading()
            self.ask_all(agent)
            if self.name == MACHINE_OF_ODD_REQUESTS:
                self.ask_oddly(agent)
            self.check(agent.end() == 0, "it ends well")
        self.ask_once(host_root)
        self.find_leftovers()

    def ask_all(self, agent):
        for file, route in (("index", "/"), ("ping", "/ping"), ("node", "/node"), ("node-full", "/node?view=full"),
                            ("containers", "/containers"), ("container-unknown", "/containers/no-such-container")):
            self.ask(agent, file, route)
        self.container_ids = json.loads(agent.ask("/v0/containers").body)
        for number, container_id in enumerate(sorted(self.container_ids)):
            route = "/containers/" + quote_from_bytes(container_id.encode(), safe="")
            for file, end in (("", ""), ("-full", "?view=full"), ("-app", "/app")):
                self.ask(agent, f"container-{number}{file}", route + end)

    def ask(self, agent, file, route):
        response = agent.ask("/v0" + route)
        self.compare(file, as_text("GET " + route, response))
        if response.body:
            self.check_strings(file, response.body)
        head = agent.ask("/v0" + route, "HEAD")
        self.check(not head.body and head.status_line == response.status_line, f"HEAD {file}", head)
        self.compare_prefixes(agent, file, route, response)

    def ask_oddly(self, agent):
        answers = []
        for method, target, headers in ODD_REQUESTS:
            request = " ".join([method, target, *headers])
            response = agent.ask(target, method, headers)
            answers.append(as_text(request[:100], response) if response else request[:100].encode() + b"\nNothing\n")
            # What is too long for the HTTP library is refused by itself, in HTML.
            if response and response.body and " 431 " not in response.status_line:
                self.check_strings(request[:100], response.body)
        self.compare("odd-requests", b"\n".join(answers))

    def check_strings(self, file, body):
        try:
            json.loads(body.decode("utf-8", errors="strict"), strict=True)
        except ValueError as error:
            self.check(False, f"{file} is JSON in UTF-8", error)

    def compare_prefixes(self, agent, file, route, response):
        prefixes = ["/system/v1/metrics/v0"]
        mesos_id = json.loads(agent.ask("/v0/node").body)["dimensions"]["mesos_id"]
        if mesos_id:
            prefixes.append(f"/system/v1/agent/{mesos_id}/metrics/v0")
        wanted = as_text("", response)
        answers = [as_text("", agent.ask(prefix + route)) for prefix in prefixes]
        if "?" not in route and route != "/":
            answers.append(as_text("", agent.ask("/v0" + route + "/")))
        self.check(all(answer == wanted for answer in answers), f"{file} under all prefixes, and with a slash", answers)

    def once(self, *words):
        command = [self.program, "--host-root", self.host_root, *words]
        result = subprocess.run(command, capture_output=True, timeout=60)
        return result

    def ask_once(self, host_root):
        self.host_root = host_root
        for file, words in (("once-node", ("once", "node")),
                            ("once-node-full", ("--view", "full", "once", "node"))):
            result = self.once(*words)
            self.compare(file, masked_body(result.stdout) + b"\n")
        result = self.once("once", "containers")
        self.compare_with_route("containers", result)
        for number, container_id in enumerate(sorted(self.container_ids)):
            if "\ufffd" in container_id:
                continue  # the true name holds bytes that the answer could not show
            self.compare_with_route(f"container-{number}", self.once("once", "container", container_id))
            self.compare_with_route(f"container-{number}-full",
                                    self.once("--view", "full", "once", "container", container_id))
        result = self.once("once", "container", "no-such-container")
        self.check(result.returncode != 0 and not result.stdout, "once says no to an unknown container", result)

    def compare_with_route(self, file, result):
        with open(os.path.join(self.golden, file), "rb") as golden:
            wanted = golden.read().partition(b"\n\n")[2]
        self.check(result.returncode == 0 and masked_body(result.stdout) + b"\n" == wanted,
                   f"once says the same as {file}", result)

    def find_leftovers(self):
        listed = set(os.listdir(self.golden)) if os.path.isdir(self.golden) else set()
        for file in listed - self.seen:
            if self.is_update:
                os.remove(os.path.join(self.golden, file))
            else:
                self.check(False, f"golden file {file} is still asked for")


def turn_routes(host_root):
    """The kernel writes addresses of routes in its own byte order; the machines here were little-endian ones."""
    for directory, _, files in os.walk(host_root):
        if os.path.basename(directory) == "net" and "route" in files:
            path = os.path.join(directory, "route")
            with open(path, "rb") as file:
                text = file.read()
            with open(path, "wb") as file:
                file.write(re.sub(rb"\b([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})\b", rb"\4\3\2\1", text))


def host_root_of(name, directory):
    """A copy: the program may be given nothing that a test could spoil."""
    copy = os.path.join(directory, name)
    if name == "hostile":
        os.mkdir(copy)
        subprocess.run([sys.executable, os.path.join(FIXTURES, "hostile.py"), copy], check=True)
    else:
        shutil.copytree(os.path.join(FIXTURES, name), copy, symlinks=True)
    if os.environ.get("NMA_EMULATED") == "s390x":
        turn_routes(copy)
    return copy


def main():
    words = sys.argv[1:]
    is_update = "--update" in words
    words = [word for word in words if word != "--update"]
    if not words:
        sys.exit(__doc__)
    program = os.path.abspath(words[0])
    report = Report()
    for name in words[1:] or MACHINES:
        with tempfile.TemporaryDirectory(prefix="nma-") as directory:
            Machine(name, program, report, is_update).run(host_root_of(name, directory))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
