"""Applications of the tests' own, which register, send StatsD and read back what became of it."""
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse

from configured import FIXTURES, until
from shipped import PATIENCE_S

CONTAINER = "b0a2c7de-90c4-4be2-8e6a-0d1c7b5d8f11"  # no container of any host: known by its registration alone
DOCKER = "2e569f4c6acd634e17438c0b84c62123e01083a8da52a9a045ea2c1fb032df12"  # one of the fixture debian12-v2
MESOS = "41a6c8d2-55b8-4d85-bf0f-0800b4048938"  # another one of it

LOOPBACK = {"address": "127.0.0.1:0", "auth": "none"}

# Bytes of one packet: clients over a network send as many.
PACKET_BYTES = 1432


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {key.lower(): value for key, value in response.getheaders()}
        text = response.read()
        self.json = json.loads(text) if text else None

    def __repr__(self):
        return f"{self.status} {self.headers} {self.json}"


class Registrar:
    """What the Mesos agent's module for metrics does, in the same words: an empty Host, and a connection for each."""

    def __init__(self, path):
        self.path = path

    def call(self, method, target, body=None):
        connection = UnixConnection(self.path)
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        text = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        for key, value in (("Host", ""), ("Accept", "application/json"), ("Content-Type", "application/json"),
                           ("Content-Length", str(len(text)))):
            connection.putheader(key, value)
        try:
            connection.endheaders(text)
        except BrokenPipeError:
            pass  # it may refuse to hear all of a body that is too large, and still answer
        try:
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def post(self, container_id, **fields):
        return self.call("POST", "/container", {"container_id": container_id, **fields})

    def register(self, container_id):
        """Returns the port to send to."""
        answer = self.post(container_id)
        if answer.status != 201:
            raise RuntimeError(f"{container_id} was not registered: {answer}")
        return answer.json["statsd_port"]


def start(bed, host="debian12-v2", how=None, **sections):
    """The agent with a socket for registrations. Returns it, and who uses that socket. `host` None is this very machine;
    `how` is of Bed.start."""
    config = {"listen": [LOOPBACK, {"address": "unix:" + bed.path("registration"), "serves": "registration", "mode": "0600"}],
              "interval_s": 1, "mesos": {"url": ""}, "node": {"mesos_id": "a-1", "hostname": "192.0.2.1"}, **sections,
              "statsd": {"interval_s": 1, **sections.get("statsd", {})},
              "registration": {"statsd_host": "127.0.0.1", "directory": bed.path("state/containers"),
                               **sections.get("registration", {})}}
    agent = bed.start(config, host_root=os.path.join(FIXTURES, host) if host else "/", **(how or {}))
    return agent, Registrar(bed.path("registration"))


def free_ports(count):
    """Ports that nobody has now, for TCP and UDP."""
    sockets = []
    for _ in range(count):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        sockets.append(one)
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


# Tags of all that applications say; what a test looks for is without them.
NODE_TAGS = ("container_id", "executor_name", "dcos_cluster_id", "host")

# Reading back -----------------------------------------------------------------------------------------

def message(agent, container_id, what="/app", metric=None, query=""):
    """A MetricsMessage; empty when there is nothing (204)."""
    target = f"/v0/containers/{urllib.parse.quote(container_id, safe='')}{what}"
    if metric is not None:
        target += "/" + urllib.parse.quote(metric, safe="")
    answer = agent.ask(target + query)
    if answer and answer.status_line.split()[1] == "204":
        return {"datapoints": [], "dimensions": {}}
    return json.loads(answer.body)


def values(agent, container_id, metric=None, ignored_tags=()):
    """{name: value}, and where there are tags {(name, "key=value,key=value"): value}."""
    found = {}
    for point in message(agent, container_id, metric=metric)["datapoints"]:
        tags = sorted(f"{k}={v}" for k, v in point.get("tags", {}).items() if k not in (*NODE_TAGS, *ignored_tags))
        found[(point["name"], ",".join(tags)) if tags else point["name"]] = point["value"]
    return found


def differences(found, wanted):
    """Those of `wanted` that are not so: {name: (value, wanted value)}. A wanted value may be (value, how near)."""
    wrong = {}
    for name, value in wanted.items():
        is_near = isinstance(value, tuple)
        got = found.get(name)
        if is_near and not (isinstance(got, (int, float)) and abs(got - value[0]) <= value[1]):
            wrong[name] = (got, value)
        if not is_near and (got != value or isinstance(got, bool) or type(got) is str and value != ""):
            wrong[name] = (got, value)
    return wrong


def check_values(report, agent, name, container_id, wanted, seconds=PATIENCE_S, ignored_tags=()):
    wrong = wanted

    def is_so():
        nonlocal wrong
        wrong = differences(values(agent, container_id, ignored_tags=ignored_tags), wanted)
        return not wrong
    until(is_so, seconds)
    return report.check(not wrong, name, f"got, wanted: {wrong}\nall: {values(agent, container_id)}\n{agent.log()[-3000:]}")


def counts(agent, container_id):
    """What the agent counted of a container: {"malformed_lines": n, …, "worst_metric": name}."""
    return message(agent, container_id, query="?view=full").get("counts", {})


def node_counts(agent):
    answer = json.loads(agent.ask("/v0/node?view=full").body)
    return {point["name"]: point["value"] for point in answer["datapoints"]}


# Sending ----------------------------------------------------------------------------------------------

class Sender:
    """Sends packets to a StatsD port of 127.0.0.1."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))

    def send(self, *packets):
        for packet in packets:
            self.socket.send(packet if isinstance(packet, bytes) else packet.encode())

    def send_all(self, lines):
        """Packs lines into packets, and waits when many of them are not read yet, so that the kernel drops none."""
        for number, packet in enumerate(packed(lines)):
            self.send(packet)
            if number % 40 == 39:
                self.wait_until_read()

    def send_evenly(self, lines, per_second):
        """One line a packet, and waits for nobody. Returns how many there were."""
        began = time.monotonic()
        count = 0
        for line in lines:
            self.socket.send(line)
            count += 1
            if count % 100 == 0:
                ahead = count / per_second - (time.monotonic() - began)
                if ahead > 0:
                    time.sleep(ahead)
        return count

    def wait_until_read(self):
        return until(lambda: waiting_bytes(self.port) == 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def packed(lines):
    packet = b""
    for line in lines:
        if packet and len(packet) + 1 + len(line) > PACKET_BYTES:
            yield packet
            packet = b""
        packet += b"\n" * bool(packet) + line
    if packet:
        yield packet


def socket_row(port):
    with open("/proc/net/udp") as file:
        for line in file:
            words = line.split()
            if words[1].endswith(f":{port:04X}") and words[1].startswith("0100007F") and words[2].startswith("00000000"):
                return words
    return None


def waiting_bytes(port):
    row = socket_row(port)
    return int(row[4].split(":")[1], 16) if row else 0


def dropped_packets(port):
    row = socket_row(port)
    return int(row[-1]) if row else 0


def send_by_nc(port, text):
    """False when there is no nc here."""
    if not shutil.which("nc"):
        return False
    subprocess.run(["nc", "-u", "-q", "0", "127.0.0.1", str(port)], input=text.encode(), check=True, timeout=PATIENCE_S)
    return True


def resident_bytes(process_id):
    with open(f"/proc/{process_id}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))
