#!/usr/bin/env python3
"""What `doctor` says of applications, of keys and of the service: each finding where its condition is made, and none elsewhere.

doctor.py PROGRAM; TAP on standard output.
"""
import http.server
import os
import socket
import subprocess
import sys
import threading

from configured import FIXTURES, Bed, run_each
from shipped import Report

STRANGER = 65534
HEALTHY = os.path.join(FIXTURES, "hybrid")  # a host that lacks nothing
OPEN = {"address": "127.0.0.1:0", "auth": "none"}
STATE = b'{"type":"GET_STATE","get_state":{"get_tasks":{},"get_executors":{},"get_frameworks":{}}}'

report = Report()
is_root = os.geteuid() == 0


def registration(bed, **keys):
    return {"listen": [{"address": "unix:" + bed.path("r"), "serves": "registration"}],
            "registration": {"directory": bed.path("containers"), **keys}}


def doctor(bed, config, launcher=(), host_root=HEALTHY, environment=None):
    done = subprocess.run([*bed.command(config, launcher, host_root), "doctor"], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    return done.returncode, " ".join(done.stdout.split()) + done.stderr


def check(bed, name, config, *wanted, status=1, unwanted=(), **how):
    """Findings have lines that are broken anywhere: blanks count as one."""
    got, text = doctor(bed, config, **how)
    report.check(got == status and all(part in text for part in wanted) and not any(part in text for part in unwanted),
                 name, (got, text))


def as_stranger():
    return ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]


# Of all that is asked here.
WORDS = ("statsd", "StatsD", "registration", "Mesos agent", "mesos.", "keys", "certificates")


def check_silence():
    with Bed(program) as bed:
        check(bed, "silence: nothing is said of what is not configured", {"listen": [OPEN]}, status=0, unwanted=WORDS)
        check(bed, "silence: nor of what is as it should be", {**registration(bed), "statsd": {"listen": ["127.0.0.1:0"]}},
              status=0, unwanted=WORDS)
        report.check(not os.path.exists(bed.path("containers")), "silence: doctor makes no directory")


def check_buffer():
    with open("/proc/sys/net/core/rmem_max") as file:
        granted = 2 * int(file.read())
    with Bed(program) as bed:
        # Registered ports are opened when rights were given away, so root has no more of them.
        config = {**registration(bed), "statsd": {"receive_buffer_bytes": granted + 2048}}
        check(bed, "buffer: one that the kernel cuts", config, f"is {granted + 2048}.", f"at most: {granted}.",
              f"net.core.rmem_max={granted // 2 + 1024}")
        config["statsd"]["receive_buffer_bytes"] = granted
        check(bed, "buffer: the largest that the kernel grants", config, status=0, unwanted=["rmem_max"])


def check_pid_namespace():
    inside = ["unshare", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*inside, "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        print("SKIP doctor.namespace: no PID namespace of our own here")
        return
    with Bed(program) as bed:
        config = {"listen": [OPEN], "statsd": {"listen": ["unix:" + bed.path("s")]}}
        wanted = "from outside of the agent's PID namespace cannot be told"
        check(bed, "namespace: senders that cannot be told", config, "note who sends", wanted, "hostPID: true", launcher=inside, host_root="/")
        check(bed, "namespace: UDP does not mind", {"listen": [OPEN], "statsd": {"listen": ["127.0.0.1:0"]}},
              launcher=inside, host_root="/", unwanted=[wanted])
        _, text = doctor(bed, config, host_root="/")
        with open("/proc/self/status") as file:
            is_initial = os.readlink("/proc/self/ns/pid") == "pid:[4026531836]" and "NSpid" in file.read()
        report.check((wanted in text) != is_initial, "namespace: nothing in the host's own", text)


def check_directory():
    with Bed(program) as bed:
        lost = "registrations cannot be kept"
        place = bed.path("containers")
        bed.write("containers", "")
        check(bed, "directory: a file", registration(bed), lost, "is no directory")
        os.unlink(place)
        os.mkdir(place)
        os.chmod(place, 0o777)
        check(bed, "directory: everybody's", registration(bed), lost, f"chmod o-w {place}")
        os.chmod(place, 0o700)
        check(bed, "directory: our own", registration(bed), status=0, unwanted=[lost])
        report.check(os.listdir(place) == [], "directory: nothing in it was touched")
        if not is_root:
            print("SKIP doctor.directory: only root makes those of others")
            return
        os.chown(place, STRANGER - 1, 0)
        check(bed, "directory: another's", registration(bed), lost, "is neither root's nor", f"chown 0 {place}")
        os.chown(place, 0, 0)
        os.chmod(place, 0o755)
        os.chmod(bed.path("."), 0o755)
        config = registration(bed)
        check(bed, "directory: denied to who the agent becomes", {**config, "process": {"user": "nobody"}}, lost,
              f"User {STRANGER} may not read or write", f"chown {STRANGER} {place}")
        config["registration"]["directory"] = bed.path("none/containers")
        check(bed, "directory: root makes one for whom it becomes", {**config, "process": {"user": "nobody"}}, status=0,
              unwanted=[lost])
        done = run_as_stranger(bed, config)
        report.check(done.returncode == 1 and "may not make it" in done.stdout, "directory: missing, and not to be made", done)


def run_as_stranger(bed, config):
    command = bed.command(config, host_root=HEALTHY)
    os.chmod(command[-1], 0o644)
    return subprocess.run([*as_stranger(), *command, "doctor"], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)


def check_host_and_files():
    with Bed(program) as bed:
        config = registration(bed, statsd_host="203.0.113.77")
        check(bed, "host: an address of nobody here", config, "statsd_host is 203.0.113.77, which is no address of this machine")
        check(bed, "host: no matter where nobody registers", {"listen": [OPEN], "registration": config["registration"]}, status=0,
              unwanted=WORDS)
        few = ["prlimit", "--nofile=1200:1200"]
        check(bed, "files: too few for all registrations", registration(bed), "TROUBLE too few files",
              "The hard limit of open files is 1200.", "limits.registrations is 1024", "LimitNOFILE=", launcher=few, host_root="/",
              environment={"NOTIFY_SOCKET": bed.path("notify")})
        _, text = doctor(bed, registration(bed), few, "/")
        report.check("note as doctor was started here, too few files" in text and "is 1200 here" in text and "TROUBLE too few" not in text,
                     "files: too few where doctor was started by hand, whose limit may be another", text)
        check(bed, "files: enough for fewer", {**registration(bed), "limits": {"registrations": 64}}, launcher=few, host_root="/",
              status=doctor(bed, {"listen": [OPEN]}, few, "/")[0], unwanted=["limits.registrations is"])


def check_notes():
    with Bed(program) as bed:
        config = registration(bed, fd_store=True)
        check(bed, "store: by hand there is none, which is said with care", config, "note nobody keeps the sockets",
              "always so when doctor is run by hand", "It should be 1024", status=0)
        check(bed, "store: nothing where a manager is there", config, status=0, environment={"NOTIFY_SOCKET": bed.path("notify")},
              unwanted=WORDS)
        config = {"listen": [OPEN], "statsd": {"listen": ["0.0.0.0:0", "127.0.0.1:0", "[::]:0"]}}
        check(bed, "reach: UDP that others reach is a note", config, "note other machines reach the UDP port",
              "statsd.listen has 0.0.0.0, ::.", status=0)


class Mesos(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, body, self.headers.get("Authorization")))
        status, answer = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def check_mesos():
    lost = "does not tell which tasks run"
    with Bed(program) as bed, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mesos) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        config = {"listen": [OPEN], "mesos": {"url": url}}
        server.asked = []
        server.answer = (200, STATE)
        check(bed, "mesos: one that answers", config, status=0, unwanted=[lost])
        report.check(server.asked == [("/api/v1", b'{"type":"GET_STATE"}', None)], "mesos: it was asked once", server.asked)
        for status in (401, 403):
            server.answer = (status, b"no")
            check(bed, f"mesos: one that says {status}", config, lost, f"HTTP status {status}", "mesos.authorization_file")
        server.answer = (200, b"{}")
        check(bed, "mesos: another program", config, lost, "did not answer with the state of a Mesos agent", "/version")
        config["mesos"]["authorization_file"] = bed.path("token")
        check(bed, "mesos: no file with a token", config, lost, "cannot be used by user", ": absent.")
        bed.write("token", "token=abc\n")
        server.answer = (200, STATE)
        check(bed, "mesos: one with a token", config, status=0, unwanted=[lost])
        report.check(server.asked[-1][2] == "token=abc", "mesos: it is sent", server.asked[-1])
        server.shutdown()
    with Bed(program) as bed, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        config = {"listen": [OPEN], "mesos": {"url": f"http://127.0.0.1:{silent.getsockname()[1]}"}}
        check(bed, "mesos: nobody there", config, lost, "where nobody takes a connection", "ss -ltn")
        silent.listen()
        check(bed, "mesos: one that says nothing", config, lost, "no answer came within 10 seconds")


def check_keys():
    with Bed(program) as bed:
        secret = bed.write("secret", "s" * 40, 0o644)
        acl = bed.write("acl", "{}", 0o606)
        config = {"listen": ["127.0.0.1:0"], "auth": {"secret_file": secret, "acl_file": acl}}
        check(bed, "keys: all that cannot be used are named", config, "so the agent does not start",
              f"chmod o= {secret}", f"chmod o-w {acl}")
        os.chmod(secret, 0o600)
        os.chmod(acl, 0o644)
        check(bed, "keys: good ones", config, status=0, unwanted=WORDS)
        if not is_root:
            print("SKIP doctor.keys: only root becomes somebody else")
            return
        become = {"process": {"user": "nobody", "capabilities": []}}
        os.chmod(bed.path("."), 0o755)
        check(bed, "keys: not readable for who the agent becomes", {**config, **become}, "so the agent does not start",
              f"With the rights of user {STRANGER}: {secret}: Permission denied")
        tls = {"tls_certificate_file": bed.copy("tls", "server.pem", mode=0o644), "tls_key_file": bed.copy("tls", "server.key")}
        config = {"listen": [{**OPEN, **tls}], **become}
        check(bed, "keys: a certificate that is read at start only", config, "not taken up before the agent is started anew",
              bed.path("server.key") + ": Permission denied", unwanted=["does not start"])


def main():
    run_each(report, (check_silence, check_buffer, check_pid_namespace, check_directory, check_host_and_files, check_notes,
                      check_mesos, check_keys))
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    sys.exit(main())
