"""The shipped program as its users meet it: started, asked over its sockets, ended."""
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections import namedtuple

Response = namedtuple("Response", "status_line headers body")

# A loaded machine under sanitizers is slow; nothing waits this long otherwise.
PATIENCE_S = 30


def skips_emulated(name, why):
    """True, and said, when the program runs in an emulator of its processor, which knows not all that the kernel does."""
    if os.environ.get("NMA_EMULATED"):
        print(f"SKIP {name}: the emulator {why}")
    return bool(os.environ.get("NMA_EMULATED"))


class Report:
    """Test Anything Protocol on standard output."""

    def __init__(self):
        self.count = 0
        self.failures = 0

    def check(self, is_good, name, detail=""):
        self.count += 1
        self.failures += not is_good
        print(f"{'ok' if is_good else 'not ok'} {self.count} - {name}")
        if not is_good and detail:
            print("\n".join("# " + line for line in str(detail).splitlines()))
        return is_good

    def end(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failures else 0


def exchange(connection, request):
    """Sends bytes, reads until the other side closes. Returns a Response; None when it said nothing."""
    connection.settimeout(PATIENCE_S)
    answer = b""
    try:
        connection.sendall(request)
        while piece := connection.recv(65536):
            answer += piece
    except (BrokenPipeError, ConnectionResetError):
        pass  # it may refuse to hear all of a request that is too long
    return parse_response(answer) if answer else None


def parse_response(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines]
    if ("transfer-encoding", "chunked") in [(k.lower(), v.lower()) for k, v in headers]:
        body = join_chunks(body)
    return Response(status_line, headers, body)


def join_chunks(body):
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            break
        whole, body = whole + body[:length], body[length + 2:]
    return whole


class Agent:
    """The program on a unix socket of its own, in a directory of its own."""

    def __init__(self, program, host_root=None, options=()):
        self.directory = tempfile.TemporaryDirectory(prefix="nma-")
        self.socket_path = os.path.join(self.directory.name, "s")
        self.log = open(os.path.join(self.directory.name, "log"), "w+b")
        root = ["--host-root", host_root] if host_root else []
        command = [program, *root, "--listen", "unix:" + self.socket_path, "--auth", "none", "--interval", "3600", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            self.wait_until_it_listens()
        except Exception:
            self.end()
            raise

    def wait_until_it_listens(self):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                self.connect().close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("it does not listen:\n" + self.log_text())

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.socket_path)
        return connection

    def ask(self, target, method="GET", headers=(), body=b""):
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        with self.connect() as connection:
            return exchange(connection, ("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def wait_for_second_reading(self):
        """A reading's time shows in its datapoints, in whole seconds; the second comes 1 s after the first."""
        find = re.compile(rb'"timestamp": ?"([^"]*)"')
        first = None  # it may listen before its first reading
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            now = find.search(self.ask("/v0/node?view=full").body)
            if first and now and now[1] != first[1]:
                return
            first = first or now
            time.sleep(0.05)
        raise RuntimeError("there is no second reading")

    def log_text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def end(self, with_signal=signal.SIGTERM):
        """Returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        status = self.process.returncode
        self.log.close()
        self.directory.cleanup()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
