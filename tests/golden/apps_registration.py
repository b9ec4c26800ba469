#!/usr/bin/env python3
"""What the Mesos agent's module asks of the shipped program: ports for containers, kept over a restart.

apps_registration.py PROGRAM; TAP on standard output.
"""
import contextlib
import os
import re
import socket
import stat
import statistics
import sys
import threading
import time

from applications import CONTAINER, Sender, check_values, start
from configured import Bed, run_each, status_of, until
from service import handed_over
from shipped import Report, skips_emulated

report = Report()


def check_registration():
    with Bed(program) as bed:
        agent, registrar = start(bed)
        with agent:
            mode = stat.S_IMODE(os.stat(bed.path("registration")).st_mode)
            report.check(mode == 0o600, "registration: the socket has its mode", oct(mode))
            first = registrar.post(CONTAINER)
            report.check(first.status == 201 and first.json.get("container_id") == CONTAINER
                         and first.json.get("statsd_host") == "127.0.0.1" and 1024 <= first.json.get("statsd_port", 0) <= 65535
                         and set(first.json) == {"container_id", "statsd_host", "statsd_port"}, "registration: 201", first)
            again = registrar.post(CONTAINER)
            report.check((again.status, again.headers.get("location"), again.json)
                         == (303, "/container/" + CONTAINER, first.json), "registration: the second time 303", again)
            asked = registrar.call("GET", "/container/" + CONTAINER)
            report.check((asked.status, asked.json) == (200, first.json), "registration: it can be asked for", asked)
            other = registrar.post("named.by-hand_1")
            listed = registrar.call("GET", "/containers")
            report.check(listed.status == 200 and sorted(listed.json, key=str) == sorted([first.json, other.json], key=str),
                         "registration: all can be listed", listed)
            report.check(registrar.call("GET", "/health").status == 200, "registration: it is well")
            check_refusals(registrar, first.json["statsd_port"])
            gone = registrar.call("DELETE", "/container/" + CONTAINER)
            report.check(gone.status == 202, "registration: taken back it is 202", gone)
            for method in ("GET", "DELETE"):
                answer = registrar.call(method, "/container/" + CONTAINER)
                report.check(answer.status == 404, f"registration: {method} of one that is gone is 404", answer)
            report.check(os.listdir(bed.path("state/containers")) == ["named.by-hand_1"], "registration: its file is gone, too",
                         os.listdir(bed.path("state/containers")))
            report.check(status_of(agent.ask("/container/named.by-hand_1")) == 404, "registration: not for clients of metrics")
            answer = registrar.call("GET", "/v0/node")
            report.check(answer.status == 404, "registration: nor metrics for its clients", answer)


def check_refusals(registrar, taken_port):
    long_id = "x" * 256
    for body in (b"", b"{", b"[]", b'"id"', b"{}", {"container_id": ""}, {"container_id": 7}, {"container_id": "../../etc/cron"},
                 {"container_id": "a/b"}, {"container_id": ".."}, {"container_id": ".hidden"}, {"container_id": "a b"},
                 {"container_id": "a\0b"}, {"container_id": long_id}, {"container_id": "a", "statsd_port": 65536},
                 {"container_id": "a", "statsd_port": "8125"}, {"container_id": "a", "statsd_host": "0.0.0.0"},
                 {"container_id": "a", "statsd_host": "example.org"}, b"\xff\xfe" * 10, b"[" * 4000):
        answer = registrar.call("POST", "/container", body)
        report.check(answer.status == 400 and answer.json["error"]["status"] == 400, f"registration: 400 for {str(body)[:50]}",
                     answer)
    answer = registrar.post("a", statsd_port=taken_port)
    report.check(answer.status == 409, "registration: 409 for another's port", answer)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as others:
        others.bind(("127.0.0.1", 0))
        answer = registrar.post("a", statsd_port=others.getsockname()[1])
        report.check(answer.status == 409, "registration: 409 for the port of another program", answer)
    answer = registrar.call("PUT", "/container", {"container_id": "a"})
    report.check(answer.status == 405 and answer.headers.get("allow") == "POST", "registration: 405 for another method", answer)
    for target in ("/container/", "/container/..", "/container/" + long_id, "/container/%2e%2e", "/nothing", "/"):
        answer = registrar.call("GET", target)
        report.check(answer.status in (404, 405), f"registration: {target[:20]} is nothing", answer)
    answer = registrar.call("POST", "/container", b" " * 5000)
    report.check(answer.status == 413, "registration: 413 for a body that is too large", answer)


def check_slow_clients():
    """Half a request, and nothing more: it must not keep others from their ports."""
    with Bed(program) as bed:
        agent, registrar = start(bed)
        with agent, contextlib.ExitStack() as stack:
            for number in range(40):
                slow = stack.enter_context(agent.connect(bed.path("registration")))
                slow.sendall(b"POST /container HTTP/1.1\r\nHost: \r\nContent-Length: 100\r\n\r\n{"[:20 + number * 3])
            began = time.monotonic()
            answer = registrar.post(CONTAINER)
            took = time.monotonic() - began
            report.check(answer.status == 201 and took < 1, "slow: who is in mid-sentence holds up nobody", (answer, took))


def check_many_registrations():
    with Bed(program) as bed:
        agent, registrar = start(bed, limits={"registrations": 1020})
        with agent:
            ports = {registrar.register(f"many-{number}") for number in range(1000)}
            report.check(len(ports) == 1000, "many: each has a port of its own", len(ports))
            took_ms = []
            for number in range(20):
                began = time.monotonic()
                registrar.register(f"more-{number}")
                took_ms.append((time.monotonic() - began) * 1000)
            print(f"# one more took {statistics.median(took_ms):.1f} ms (median of {len(took_ms)})")
            answer = registrar.post("one-too-many")
            report.check(answer.status == 503, "many: without room it is 503", answer)
            registrar.call("DELETE", "/container/many-500")
            answer = registrar.post("one-too-many")
            report.check(answer.status == 201, "many: with room again it is 201", answer)
            with Sender(answer.json["statsd_port"]) as sender:
                sender.send("alive:1|c")
                check_values(report, agent, "many: and what it sends counts", "one-too-many", {"alive": 1})


def check_restart():
    with Bed(program) as bed:
        config = {"registration": {"port_first": 0, "port_last": 0}}
        agent, registrar = start(bed, **config)
        ids = [CONTAINER, "second", "third"]
        with agent:
            ports = {container_id: registrar.register(container_id) for container_id in ids}
            folder = bed.path("state/containers")
            modes = {name: oct(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)) for name in os.listdir(folder)}
            report.check(modes == {container_id: "0o600" for container_id in ids}, "restart: state files are their owner's",
                         modes)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.bind(("127.0.0.1", ports.pop("third")))
            check_second_start(bed, config, ports)


def check_second_start(bed, config, ports):
    bad = {"malformed": "{", "of-another": '{"container_id":"second","statsd_host":"127.0.0.1","statsd_port":5}',
           "not an id!": "{}", "no-object": "[1]", "much": " " * 5000, "open-to-all": "{}"}
    for name, text in bad.items():
        bed.write(os.path.join("state/containers", name), text, 0o666 if name == "open-to-all" else 0o600)
    os.symlink("/etc/passwd", bed.path("state/containers/link"))
    os.mkdir(bed.path("state/containers/directory"))
    agent, registrar = start(bed, **config)
    with agent:
        for name in (*bad, "link", "directory", "third"):
            report.check(re.search(f"(?m)registration file {re.escape(name)} is skipped: ", agent.log()),
                         f"restart: the file '{name}' is skipped, and that is told", agent.log())
        listed = {one["container_id"]: one["statsd_port"] for one in registrar.call("GET", "/containers").json}
        report.check(listed == ports, "restart: all have the ports of before", (listed, ports))
        answer = registrar.post("second")
        report.check((answer.status, answer.json["statsd_port"]) == (303, ports["second"]), "restart: they are known",
                     answer)
        with Sender(ports[CONTAINER]) as sender:
            sender.send("after:1|c")
            check_values(report, agent, "restart: what they send counts", CONTAINER, {"after": 1})
        for name in ("malformed", "third"):
            answer = registrar.post(name)
            report.check(answer.status == 201, f"restart: '{name}' may come anew", answer)


def check_no_directory():
    with Bed(program) as bed:
        bed.write("file", "")
        agent, registrar = start(bed, registration={"directory": bed.path("file/containers")})
        with agent:
            report.check(agent.wait_for_log("registrations cannot be kept in"), "no directory: that is told", agent.log())
            answer = registrar.post(CONTAINER)
            report.check(answer.status == 201, "no directory: tasks run all the same", answer)


class DescriptorStore:
    """The part of systemd that keeps sockets while there is no agent: {name: socket}."""

    def __init__(self, path):
        self.kept = {}
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            text, descriptors, _, _ = socket.recv_fds(self.socket, 4096, 4)
            told = dict(line.split("=", 1) for line in text.decode().split("\n") if "=" in line)
            if told.get("FDSTORE") == "1" and descriptors:
                self.kept[told["FDNAME"]] = socket.socket(fileno=descriptors[0])
            if told.get("FDSTOREREMOVE") == "1":
                self.kept.pop(told["FDNAME"]).close()


def check_kept_sockets():
    if skips_emulated("apps_registration.kept", "knows no SO_RXQ_OVFL, without which no socket is adopted"):
        return
    with Bed(program) as bed:
        store = DescriptorStore(bed.path("notify"))
        config = {"registration": {"fd_store": True}}
        environment = {"NOTIFY_SOCKET": bed.path("notify")}
        agent, registrar = start(bed, how={"environment": environment}, **config)
        with agent:
            ports = {name: registrar.register(name) for name in ("one", "two")}
            names = {f"statsd-{port}" for port in ports.values()}
            report.check(until(lambda: set(store.kept) == names), "kept: the service manager is given the sockets", store.kept)
        with Sender(ports["one"]) as sender:
            sender.send("meanwhile:1|c", "meanwhile:2|c")
            how = handed_over(":".join(store.kept), *store.kept.values())
            how["environment"].update(environment)
            agent, registrar = start(bed, how=how, **config)
            with agent:
                check_values(report, agent, "kept: what was sent while there was no agent counts", "one", {"meanwhile": 3})
                listed = {one["container_id"]: one["statsd_port"] for one in registrar.call("GET", "/containers").json}
                report.check(listed == ports, "kept: all have the ports of before", (listed, ports))
                sender.send("after:1|c")
                check_values(report, agent, "kept: so does what is sent then", "one", {"after": 1})
                registrar.call("DELETE", "/container/two")
                report.check(until(lambda: set(store.kept) == {f"statsd-{ports['one']}"}),
                             "kept: what is unregistered is kept no more", store.kept)


def main():
    run_each(report, (check_registration, check_slow_clients, check_many_registrations, check_restart, check_no_directory,
                      check_kept_sockets))
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    sys.exit(main())
