"""The shipped program with configurations, files, clients and neighbours of a test's own."""
import base64
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import traceback

from shipped import PATIENCE_S, exchange

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures")
HOST = os.path.join(FIXTURES, "minimal-4.19")

# What the agent promises: for the end after a signal, and for files that change.
END_S_MAX = 2
RELOAD_S_MAX = 2


def fixture_text(file, name):
    """A text of tests/fixtures/auth: their literals are written as JSON's are."""
    with open(os.path.join(FIXTURES, "auth", file)) as header:
        return json.loads(re.search(rf'string_view {name} =\s*("(?:\\.|[^"\\])*");', header.read())[1])


def key(name):
    return fixture_text("keys.h", name)


def token(name):
    return fixture_text("tokens.h", name)


def hs256(uid, secret, algorithm="HS256"):
    """A JSON Web Token until 2100."""
    parts = [json.dumps(part).encode() for part in ({"alg": algorithm}, {"uid": uid, "exp": 4102444800})]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def token_line(own_token, uid, *permissions):
    return " ".join(["sha256:" + hashlib.sha256(own_token.encode()).hexdigest(), uid, *permissions]) + "\n"


def bearer(text):
    return ("Authorization: Bearer " + text,)


def until(is_so, seconds=PATIENCE_S):
    """Waits; returns what `is_so` said last."""
    deadline = time.monotonic() + seconds
    while not (answer := is_so()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer


def run_each(report, checks):
    for check in checks:
        try:
            check()
        except Exception:  # one that breaks off must not hide the others
            report.check(False, check.__name__ + " runs to its end", traceback.format_exc())


class Bed:
    """A directory for what one check needs. Only its owner may enter, whatever the umask."""

    def __init__(self, program):
        self.program = program
        self.directory = tempfile.TemporaryDirectory(prefix="nma-")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def write(self, name, text, mode=0o600):
        """By rename, so that nobody sees half of it. Returns the path."""
        path = self.path(name)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)
        return path

    def copy(self, folder, source, name=None, mode=0o600):
        with open(os.path.join(FIXTURES, folder, source)) as file:
            return self.write(name or source, file.read(), mode)

    def command(self, config, launcher=(), host_root=HOST):
        path = self.write("agent.json", json.dumps({"interval_s": 3600, "host_root": host_root, **config}))
        return [*launcher, self.program, "--config", path]

    def run(self, config, launcher=()):
        """For starts that fail."""
        return subprocess.run(self.command(config, launcher), capture_output=True, text=True, timeout=PATIENCE_S,
                              stdin=subprocess.DEVNULL)

    def start(self, config, **how):
        return Running(self, config, **how)


class Running:
    """The program at work. Leaving it checks that it ends well."""

    def __init__(self, bed, config, environment=None, launcher=(), host_root=HOST, wait_for="try: ", **how):
        self.log_path = bed.path("log")
        with open(self.log_path, "wb") as log:
            environment = environment(log) if callable(environment) else environment or {}
            self.process = subprocess.Popen(bed.command(config, launcher, host_root), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env={**os.environ, **environment}, **how)
        if not self.wait_for_log(wait_for):
            self.end()
            raise RuntimeError(f"it does not say '{wait_for}':\n{self.log()}")
        self.ports = [int(port) for port in re.findall(r"listening on https?://\S+:(\d+)\n", self.log())]

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def wait_for_log(self, pattern, seconds=PATIENCE_S):
        return until(lambda: re.search(pattern, self.log()) or self.process.poll() is not None,
                     seconds) and re.search(pattern, self.log())

    def connect(self, where=0, receive_bytes=None):
        """`where`: the number of a TCP address, or the path of a unix socket."""
        connection = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(PATIENCE_S)
        connection.connect(where if isinstance(where, str) else ("127.0.0.1", self.ports[where]))
        return connection

    def ask(self, target="/v0/ping", headers=(), where=0):
        with self.connect(where) as connection:
            return exchange(connection, request(target, headers))

    def status(self, *what, **how):
        return status_of(self.ask(*what, **how))

    def end(self, with_signal=signal.SIGTERM):
        """Returns the exit status, and how long it took."""
        start = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return self.process.returncode, time.monotonic() - start

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status, _ = self.end()
        if kind is None and (status != 0 or re.search("runtime error|Sanitizer", self.log())):
            raise RuntimeError(f"it ended with status {status}:\n{self.log()}")


def request(target="/v0/ping", headers=(), connection="close"):
    lines = [f"GET {target} HTTP/1.1", "Host: localhost", "Connection: " + connection, *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def status_of(response):
    return int(response.status_line.split()[1]) if response else 0


class Authorizer:
    """The program of one's own that the agent asks. What it has no answer for it never answers."""

    def __init__(self, path, answers):
        self.answers = answers
        self.questions = []
        self.may_answer = {}  # uid -> event that it waits for
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def hold(self, uid):
        self.may_answer[uid] = threading.Event()
        return self.may_answer[uid]

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection, connection.makefile("r") as lines:
            question = lines.readline().rstrip("\n")
            self.questions.append(question)
            uid = question.split(" ")[0]
            if uid in self.may_answer:
                self.may_answer[uid].wait(PATIENCE_S)
            if uid in self.answers:
                connection.sendall(self.answers[uid].encode())
            else:
                lines.read()  # until the agent has enough


class ServiceManager:
    """Takes what the agent tells systemd: a list of (time, lines)."""

    def __init__(self, address):
        self.messages = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            text = self.socket.recv(4096).decode()
            self.messages.append((time.monotonic(), text.split("\n")))

    def texts(self, mark=""):
        return [lines for _, lines in self.messages if mark in lines[0]]

    def wait_for(self, count, mark="", seconds=PATIENCE_S):
        until(lambda: len(self.texts(mark)) >= count, seconds)
        return self.texts(mark)
