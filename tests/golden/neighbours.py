"""Stand-ins for those whom the agent asks by HTTP: the Mesos agent, and Prometheus endpoints of tasks."""
import http.server
import json
import os
import threading
import time

from configured import FIXTURES

ENDLESS_BYTES_MAX = 64 << 20


class Neighbour(http.server.ThreadingHTTPServer):
    """Serves 127.0.0.1 until the block ends. `asked` lists (time, path) of all requests."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.asked = []
        self.is_over = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def handle_error(self, *_):
        pass  # who asks may go away

    def hang(self):
        self.is_over.wait(120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def answer(self, body):
        self.server.asked.append((time.monotonic(), self.path))
        self.server.answer(self, body)

    def say(self, status, text, content_type="application/json"):
        text = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def mesos_state(fixture, **replaced):
    """An answer to GET_STATE from tests/fixtures/mesos. Container IDs change: c_web="…" replaces "c-web"."""
    with open(os.path.join(FIXTURES, "mesos", fixture + ".json")) as file:
        text = file.read()
    for name, container_id in replaced.items():
        text = text.replace(f'"{name.replace("_", "-")}"', json.dumps(container_id))
    return json.loads(text)


class MesosAgent(Neighbour):
    """Answers POST /api/v1 GET_STATE. `manner`: "good", "hanging", "refusing" (401) or "broken" (half an answer)."""

    def __init__(self, state, manner="good", port=0):
        self.state = state
        self.manner = manner
        self.wrong = []  # requests that a Mesos agent would not take
        self.authorizations = []
        super().__init__(port)

    def answer(self, request, body):
        try:
            is_right = (request.command, request.path, json.loads(body).get("type")) == ("POST", "/api/v1", "GET_STATE")
        except ValueError:
            is_right = False
        kinds = (request.headers.get("Content-Type"), request.headers.get("Accept"))
        if not is_right or kinds != ("application/json", "application/json"):
            self.wrong.append((request.command, request.path, kinds, body))
            request.say(400, "what?", "text/plain")
            return
        self.authorizations.append(request.headers.get("Authorization"))
        text = json.dumps(self.state)
        if self.manner == "hanging":
            self.hang()
        elif self.manner == "refusing":
            request.say(401, "who are you?", "text/plain")
        else:
            request.say(200, text[:len(text) // 2] if self.manner == "broken" else text)

    def gaps_s(self):
        times = [when for when, _ in self.asked]
        return [later - sooner for sooner, later in zip(times, times[1:])]


class Exporter(Neighbour):
    """Prometheus endpoints by path: a text, (content type, text), or a function of (exporter, request)."""

    def __init__(self, **pages):
        self.pages = {"/" + name: page for name, page in pages.items()}
        super().__init__()

    def answer(self, request, body):
        page = self.pages.get(request.path, lambda _, missed: missed.say(404, "no such page"))
        if callable(page):
            page(self, request)
            return
        kind, text = page if isinstance(page, tuple) else ("text/plain; version=0.0.4", page)
        request.say(200, text, kind)

    def count(self, path):
        return sum(asked == path for _, asked in self.asked)


# Pages that are no good.

def hang(exporter, _):
    exporter.hang()


def trickle(exporter, request):
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    while not exporter.is_over.wait(0.1):
        request.wfile.write(b"x")
        request.wfile.flush()


def lie(_, request):
    """It says that much more comes than there is, and goes."""
    request.send_response(200)
    request.send_header("Content-Length", str(1 << 50))
    request.end_headers()
    request.wfile.write(b"lie 1\n")
    request.close_connection = True


def endless(_, request):
    request.send_response(200)
    request.send_header("Connection", "close")
    request.end_headers()
    line = b"".join(b"endless{n=\"%d\"} 1\n" % i for i in range(1000))
    for _ in range(ENDLESS_BYTES_MAX // len(line)):
        request.wfile.write(line)
    request.close_connection = True


def fail(_, request):
    request.say(500, "fail 1\n", "text/plain")


def redirect(_, request):
    request.send_response(302)
    request.send_header("Location", "/good")
    request.send_header("Content-Length", "0")
    request.end_headers()
