#!/usr/bin/env python3
"""The shipped program as a service: what it tells systemd, what it takes from it, how it ends, and that it is confined.

service.py PROGRAM; TAP on standard output.
"""
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from configured import (END_S_MAX, FIXTURES, HERE, RELOAD_S_MAX, Authorizer, Bed, ServiceManager, bearer, hs256, request,
                        run_each, status_of, token_line, until)
from shipped import Report, exchange, skips_emulated

SECRET = "correct horse battery staple, twice over"
LONG = "/v0/node?view=full"
OPEN = {"address": "127.0.0.1:0", "auth": "none"}

report = Report()


def check_told():
    with Bed(program) as bed:
        manager = ServiceManager(bed.path("notify"))
        config = {"listen": [OPEN, {"address": "unix:" + bed.path("s"), "auth": "none"}],
                  "auth": {"tokens_file": bed.write("tokens", token_line("one", "poller"))}}
        with bed.start(config, environment={"NOTIFY_SOCKET": bed.path("notify")}) as agent:
            ready = ["READY=1", "STATUS=serving; addresses: 2"]
            report.check(manager.wait_for(1) == [ready], "notify: ready", manager.messages)
            report.check(agent.status("/v0/node") == 200, "notify: and so it is", agent.log())
            check_reload_is_told(agent, manager, "notify: a reload", ready)
            os.chmod(bed.path("tokens"), 0o604)
            agent.wait_for_log("what was read before still counts", RELOAD_S_MAX)
            check_reload_is_told(agent, manager, "notify: one that fails",
                                 ["READY=1", "STATUS=serving with the keys of before; see the log"])
            count = len(manager.messages)
            agent.process.terminate()
            stopping = ["STOPPING=1", "STATUS=answers are on their way"]
            report.check(manager.wait_for(count + 1)[count:] == [stopping], "notify: the end", manager.messages)
        report.check(not manager.texts("WATCHDOG"), "notify: no watchdog where none is asked for", manager.messages)


def check_reload_is_told(agent, manager, name, ready):
    count = len(manager.messages)
    before_us = time.monotonic_ns() // 1000
    agent.process.send_signal(signal.SIGHUP)
    told = manager.wait_for(count + 2)[count:]
    after_us = time.monotonic_ns() // 1000
    when = re.fullmatch(r"MONOTONIC_USEC=(\d+)", told[0][1])
    report.check(told[0][0] == "RELOADING=1" and when and before_us <= int(when[1]) <= after_us
                 and told[0][2:] == ["STATUS=reading keys and certificates"], name + " begins, with its time", told)
    report.check(told[1:] == [ready], name + " ends", told)


def check_watchdog():
    with Bed(program) as bed:
        name = "nma-" + os.path.basename(bed.directory.name)
        manager = ServiceManager("\0" + name)
        watched = {"NOTIFY_SOCKET": "@" + name, "WATCHDOG_USEC": "600000"}
        with bed.start({"listen": [OPEN]}, environment=watched):
            fed = manager.wait_for(4, "WATCHDOG=1")
            times = [when for when, lines in manager.messages if lines == ["WATCHDOG=1"]]
            gaps_s = [later - sooner for sooner, later in zip(times, times[1:])]
            report.check(len(fed) >= 4, "watchdog: it is fed", manager.messages)
            report.check(0.1 < sum(gaps_s) / len(gaps_s) < 0.6, "watchdog: sooner than it would bite", gaps_s)
        report.check(manager.texts("READY=1"), "notify: an abstract socket is as good", manager.messages)
        count = len(manager.texts("WATCHDOG"))
        with bed.start({"listen": [OPEN]}, environment={**watched, "WATCHDOG_PID": "1"}):
            time.sleep(0.8)
        report.check(len(manager.texts("WATCHDOG")) == count, "watchdog: that of another process is left alone",
                     manager.messages)


def check_stuck_reading():
    inside = ["unshare", "--map-root-user", "--mount", "--propagation", "private"]
    if not shutil.which("unshare") or subprocess.run([*inside, "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        print("SKIP service.stuck: no mount namespace of our own here")
        return
    done = subprocess.run([*inside, sys.executable, os.path.join(HERE, "service.py"), "--with-own-mounts", program],
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    if done.returncode == 77:
        print("SKIP service.stuck: " + done.stdout.strip())
        return
    report.check(done.returncode == 0, "stuck: a reading that does not end is told, and the watchdog is not fed", done)


@contextlib.contextmanager
def stuck_mount(place):
    """A file system whose server never says a word."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        print(f"no FUSE here: {error}")
        sys.exit(77)
    try:
        options = f"fd={device},rootmode=40000,user_id=0,group_id=0"
        if libc.mount(b"stuck", place.encode(), b"fuse", 0, options.encode()) != 0:
            print("no FUSE here: " + os.strerror(ctypes.get_errno()))
            sys.exit(77)
        yield
    finally:
        os.close(device)
        libc.umount2(place.encode(), 2)  # MNT_DETACH


def stick():
    """In a mount namespace of our own, whose end takes the mount away."""
    with Bed(program) as bed:
        place = bed.path("host/sys/class/thermal")
        os.makedirs(place)
        os.makedirs(bed.path("host/proc"))
        with open(bed.path("host/proc/loadavg"), "w") as file:
            file.write("0.1 0.2 0.3 1/2 3\n")
        manager = ServiceManager(bed.path("notify"))
        environment = {"NOTIFY_SOCKET": bed.path("notify"), "WATCHDOG_USEC": "500000"}
        with bed.start({"listen": [OPEN], "interval_s": 1}, environment=environment, host_root=bed.path("host")) as agent:
            manager.wait_for(2, "WATCHDOG=1")
            with stuck_mount(place):
                report.check(agent.wait_for_log("error: a reading does not end"), "it is told", agent.log())
                time.sleep(0.3)
                count = len(manager.texts("WATCHDOG"))
                time.sleep(1)
                report.check(len(manager.texts("WATCHDOG")) == count, "the watchdog is not fed", manager.messages)
                report.check(agent.status() == 200, "clients are answered all the same")
                check_end(agent, "a stuck reading does not hold up the end")
    return report.end()


def check_end(agent, name):
    status, took = agent.end()
    report.check(status == 0 and took < END_S_MAX, f"{name}: it ends within {END_S_MAX} s with status 0",
                 (status, took, agent.log()))


def check_end_waits_for_permission():
    with Bed(program) as bed:
        authorizer = Authorizer(bed.path("ask"), {"slow": "allow\n"})
        may_answer = authorizer.hold("slow")
        auth = {"authorizer_socket": bed.path("ask"), "authorizer_timeout_ms": 10000, "secret_file": bed.write("secret", SECRET)}
        with bed.start({"listen": ["127.0.0.1:0"], "auth": auth}) as agent:
            with agent.connect() as client:
                client.sendall(request("/v0/node", bearer(hs256("slow", SECRET))))
                until(lambda: authorizer.questions)
                agent.process.terminate()
                agent.wait_for_log("stopping")
                may_answer.set()
                answer = exchange(client, b"")
            check_end(agent, "end: a client that waited for its permission")
            report.check(status_of(answer) == 200 and json.loads(answer.body)["datapoints"], "end: that client is answered",
                         (answer, agent.log()))


@contextlib.contextmanager
def one_with_narrow_socket():
    """What is sent takes its room from the socket that it came by: little fits, so that the rest is still with the agent."""
    with Bed(program) as bed, socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        narrow.bind(("127.0.0.1", 0))
        narrow.listen()
        config = {"listen": [{"address": "systemd:0", "auth": "none"}]}
        host = os.path.join(FIXTURES, "debian12-v2")
        with bed.start(config, host_root=host, **handed_over("narrow", narrow)) as agent:
            yield agent


def check_end_waits_for_slow_client():
    with one_with_narrow_socket() as agent:
        whole = agent.ask(LONG).body
        with agent.connect(receive_bytes=2048) as client:
            client.sendall(request(LONG, connection="keep-alive"))
            first = client.recv(1)
            agent.process.terminate()
            agent.wait_for_log("stopping")
            time.sleep(0.1)
            rest = exchange(client, b"")
        check_end(agent, "end: a client that reads slowly")
        report.check(first and rest.body == whole, "end: that client gets all of its answer", (len(rest.body), len(whole)))


def check_end_does_not_wait_for_deaf_client():
    with one_with_narrow_socket() as agent, agent.connect(receive_bytes=2048) as client:
        client.sendall(request(LONG, connection="keep-alive"))
        client.recv(1)
        status, took = agent.end()
        report.check(status == 0 and 0.5 < took < END_S_MAX + 3, "end: a client that does not take its answer is not waited for long",
                     (status, took))


def check_end_with_silent_clients():
    with Bed(program) as bed:
        listen = [OPEN, {"address": "unix:" + bed.path("s"), "auth": "none"}]
        with bed.start({"listen": listen}) as agent:
            with agent.connect(), agent.connect(bed.path("s")), agent.connect() as half:
                half.sendall(b"GET /v0/no")
                time.sleep(0.1)
                check_end(agent, "end: clients that are silent or in mid-sentence")


def check_end_in_storm():
    with Bed(program) as bed:
        tls = {"tls_certificate_file": bed.copy("tls", "server.pem", mode=0o644), "tls_key_file": bed.copy("tls", "server.key")}
        config = {"listen": [{**OPEN, **tls}, OPEN], "auth": {"tokens_file": bed.write("tokens", token_line("one", "poller"))}}
        with bed.start(config) as agent:
            with agent.connect(0), agent.connect(1) as client:
                client.sendall(request(connection="keep-alive"))
                for _ in range(100):
                    agent.process.send_signal(signal.SIGHUP)
                report.check(agent.status(where=1) == 200, "storm: who asks in a storm of reloads is answered", agent.log())
                for _ in range(100):
                    agent.process.send_signal(signal.SIGHUP)
                agent.process.terminate()
                for _ in range(100):
                    if agent.process.poll() is None:
                        agent.process.send_signal(signal.SIGHUP)
                check_end(agent, "storm: SIGTERM among reloads")


def check_journal():
    with Bed(program) as bed:
        def own(log):
            info = os.fstat(log.fileno())
            return {"JOURNAL_STREAM": f"{info.st_dev}:{info.st_ino}"}

        with bed.start({"listen": [OPEN]}, environment=own) as agent:
            lines = agent.log().splitlines()
            report.check(lines and all(line.startswith("<6>") for line in lines), "journal: each line has its priority", lines)
        with bed.start({"listen": [OPEN]}, environment={"JOURNAL_STREAM": "1:2"}) as agent:
            lines = agent.log().splitlines()
            report.check(lines and not any(line.startswith("<") for line in lines), "journal: what is another's has none", lines)
        ours, theirs = socket.socketpair()
        info = os.fstat(theirs.fileno())
        environment = {**os.environ, "JOURNAL_STREAM": f"{info.st_dev}:{info.st_ino}"}
        with ours, theirs:
            subprocess.run([program, "--listen", "0.0.0.0:1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=theirs, env=environment, timeout=30)
            told = ours.recv(4096)
        report.check(told.startswith(b"<3>0.0.0.0:1 asks for tokens"), "journal: a socket is as good, for an error", told)


# Does what systemd does between fork and exec: descriptors from 3 on, and whose they are.
LAUNCHER = """
import fcntl, os, sys
count = int(sys.argv[1])
descriptors = [int(word) for word in sys.argv[2:2 + count]]
copies = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in descriptors]
for fd in descriptors:
    os.close(fd)
for place, fd in enumerate(copies, 3):
    os.dup2(fd, place)
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.execv(sys.argv[2 + count], sys.argv[2 + count:])
"""


def handed_over(names, *sockets):
    """How to start the agent with these sockets."""
    descriptors = [each.fileno() for each in sockets]
    return {"launcher": [sys.executable, "-c", LAUNCHER, str(len(sockets)), *map(str, descriptors)], "pass_fds": descriptors,
            "environment": {"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": names}}


def check_systemd_sockets():
    with Bed(program) as bed, socket.socket() as web, socket.socket(socket.AF_UNIX) as local:
        web.bind(("127.0.0.1", 0))
        local.bind(bed.path("local"))
        for each in (web, local):
            each.listen()
        listen = [{"address": "systemd:web", "auth": "none"}, {"address": "systemd:1", "auth": "peer", "uids": [os.geteuid()]}]
        with socket.create_connection(web.getsockname()) as early:
            early.sendall(request())
            with bed.start({"listen": listen}, **handed_over("web:local", web, local)) as agent:
                report.check(agent.ports == [web.getsockname()[1]], "systemd: the socket of that name is served", agent.log())
                report.check(status_of(exchange(early, b"")) == 200, "systemd: who came before the agent is answered", agent.log())
                report.check(agent.status() == 200, "systemd: so is who comes later", agent.log())
                report.check(agent.status(where=bed.path("local")) == 200, "systemd: a unix socket by its position", agent.log())
        report.check(os.path.exists(bed.path("local")), "systemd: its socket is left to it")
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(("127.0.0.1", 0))
            check_no_start(bed, "systemd:web", "a name that was not handed over", "FileDescriptorName=", "other", local)
            check_no_start(bed, "systemd:1", "a position that was not", "systemd handed over no socket 1", "web", web)
            check_no_start(bed, "systemd:web", "a name that two have", "several sockets named web", "web:web", web, local)
            check_no_start(bed, "systemd:web", "datagrams", "ListenStream=", "web", datagrams)
            check_no_start(bed, "systemd:web", "those of another process", "systemd handed over no socket web", "web", web,
                           LISTEN_PID="1")


def check_no_start(bed, address, name, why, names, *sockets, **environment):
    how = handed_over(names, *sockets)
    done = subprocess.run(bed.command({"listen": [{"address": address, "auth": "none"}]}, how["launcher"]), capture_output=True,
                          text=True, timeout=30, stdin=subprocess.DEVNULL, pass_fds=how["pass_fds"],
                          env={**os.environ, **how["environment"], **environment})
    report.check(done.returncode == 1 and f"cannot listen on {address}: " in done.stderr and why in done.stderr,
                 f"systemd: {name}: no start, and it is said why", done)


def landlock_version():
    """0 where the kernel has none (landlock_create_ruleset(2), the same number on all machines)."""
    return max(0, ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def check_confined():
    """As it comes, with nothing configured about it; all other checks here run so, too."""
    if skips_emulated("service.confined", "knows neither seccomp nor Landlock"):
        return
    with Bed(program) as bed:
        with bed.start({"listen": [OPEN]}) as agent:
            line = re.search("(?m)^confined: .*$", agent.log())
            report.check(line and line[0].endswith(", seccomp"), "confined: the log says so", agent.log())
            wanted = "landlock" if landlock_version() else "no landlock"
            report.check(line and f", {wanted} " in line[0] + " ", "confined: by Landlock where the kernel has it", line)
            tasks = f"/proc/{agent.process.pid}/task"
            for task in os.listdir(tasks):
                with open(f"{tasks}/{task}/status") as file:
                    status = dict(re.findall(r"(\w+):\s*(\S+)\n", file.read()))
                report.check(status["Seccomp"] == "2" and status["NoNewPrivs"] == "1" and int(status["CapEff"], 16) & ~0x80004 == 0,
                             "confined: so is each thread", status)


def main():
    run_each(report, (check_told, check_watchdog, check_stuck_reading, check_end_waits_for_permission,
                      check_end_waits_for_slow_client,
                      check_end_does_not_wait_for_deaf_client, check_end_with_silent_clients, check_end_in_storm, check_journal,
                      check_systemd_sockets, check_confined))
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[-1])
    sys.exit(stick() if sys.argv[1] == "--with-own-mounts" else main())
