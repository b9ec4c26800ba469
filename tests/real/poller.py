"""A client that asks for containers over one connection, and knows what each of them must say."""
import calendar
import http.client
import json
import socket
import time

from cgroups import id_of, is_it, mark_of, number_of

MARKED_S = 1  # what it takes to make a container at the most; times of readings are whole seconds, rounded down


def read_at(message):
    """Seconds since the epoch at which the oldest of its figures was read."""
    oldest = min(point["timestamp"] for point in message["datapoints"])
    return calendar.timegm(time.strptime(oldest, "%Y-%m-%dT%H:%M:%SZ"))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Poller:
    def __init__(self, socket_path, maker):
        self.connection = UnixConnection(socket_path)
        self.maker = maker
        self.figures = maker.figures(maker.tops)
        self.last_was_there = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def get(self, path):
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        body = response.read()
        if response.status not in (200, 204):
            raise RuntimeError(f"{path} is answered {response.status}: {body[:200]}")
        return json.loads(body) if body else None

    def listed(self):
        return [number_of(name) for name in self.get("/v0/containers") if is_it(name, self.maker.token)]

    def newest_reading(self):
        """When the reading was made that is shown now, in seconds since the epoch."""
        return read_at(self.get("/v0/node"))

    def check(self, number, generation):
        """Asks for a container that stays. What is wrong with the answer, or ""."""
        said = self.ask(number)
        return self.what_is_wrong(number, said, (generation,), False) if said else ""

    def check_changing(self, number, lives, figures):
        """The same for one that comes and goes. What was read before it had its marks, or while one of the same id was
        there, may say so; about to go, some of its files may be gone, and figures be left out."""
        made, generation, pattern = lives.made[number], lives.generation[number], lives.pattern[number]
        said = self.ask(number)
        if not said:
            return ""
        is_settled = read_at(said) > made + MARKED_S and lives.made[number] == made
        may_miss = not is_settled or lives.removed[number] > 0
        generations = (generation,) if is_settled else (0, 1)
        return self.what_is_wrong(number, said, generations, may_miss, not is_settled, figures[pattern])

    def ask(self, number):
        message = self.get(f"/v0/containers/{id_of(number, self.maker.token)}?view=full")
        self.last_was_there = message is not None
        return message

    def what_is_wrong(self, number, message, generations, may_miss, may_be_unmarked=False, figures=None):
        name = id_of(number, self.maker.token)
        values = {point["name"]: point["value"] for point in message["datapoints"]}
        wrong = [f"{point['name']} is of {point['tags']}" for point in message["datapoints"]
                 if point.get("tags", {}).get("container_id") != name]
        for figure in self.figures if figures is None else figures:
            said, right, default = self.said(figure, values, number, generations)
            is_missing = said is None and may_miss
            is_unmarked = said == default and may_be_unmarked
            if said not in right and not is_missing and not is_unmarked:
                wrong.append(f"{figure} is {said} and not {right}")
        return f"{number}: " + "; ".join(wrong[:3]) if wrong else ""

    @staticmethod
    def said(figure, values, number, generations):
        """(what the answer says, what is right, what it is before it is marked)."""
        marks = [mark_of(number, generation)[figure] for generation in generations]
        if figure in ("shares", "weight"):
            of_processor = 1024 if figure == "shares" else 100
            said = values.get("cpus.soft_limit")
            return said, [int(mark * 10**6 / of_processor) / 10**6 for mark in marks], 1
        return values.get(figure), marks, None
