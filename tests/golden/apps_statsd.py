#!/usr/bin/env python3
"""What applications say to the shipped program by StatsD, and what is read back of it.

apps_statsd.py PROGRAM; TAP on standard output.
"""
import os
import re
import socket
import stat
import sys
import time

from applications import (CONTAINER, DOCKER, Sender, check_values, counts, free_ports, message, node_counts, send_by_nc, start,
                          values)
from configured import FIXTURES, Bed, run_each, until
from live import container_directories, remove
from shipped import Report

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's packages, whichever interpreter this is
try:
    import statsd
except ImportError:
    statsd = None

report = Report()


# What is sent to a container's own port, a packet each, and what shall be read back.
DIALECTS = [
    ("a counter", ["hits:1|c", "hits:41|c"], {"hits": 42}),
    ("a counter with a rate", ["sampled:3|c|@0.1"], {"sampled": 30}),
    ("a counter that goes down", ["down:5|c", "down:-7|c"], {"down": -2}),
    ("a large counter", ["large:9007199254740991|c"], {"large": 9007199254740991}),
    ("a gauge", ["level:7.25|g"], {"level": 7.25}),
    ("a gauge that is changed", ["depth:20|g", "depth:+1.5|g", "depth:-3|g"], {"depth": 18.5}),
    ("a gauge that is no number", ["unsure:NaN|g"], {"unsure": ""}),
    ("a timer", ["took:10|ms\ntook:20|ms\ntook:30|ms\ntook:40|ms"],
     {"took.count": 4, "took.sum": 100, "took.mean": 25, "took.stddev": (11.1803398875, 1e-6), "took.lower": 10,
      "took.upper": 40, "took.90_percentile": (40, 0.4)}),
    ("a timer with a rate", ["few:10|ms|@0.5"], {"few.count": 2, "few.sum": 20, "few.mean": 10, "few.stddev": 0}),
    ("a histogram", ["sizes:1:2:3|h"], {"sizes.count": 3, "sizes.sum": 6, "sizes.mean": 2, "sizes.upper": 3}),
    ("a distribution", ["spread:4:6|d"], {"spread.count": 2, "spread.mean": 5, "spread.lower": 4}),
    ("a set", ["users:ann|s\nusers:bob|s\nusers:ann|s\nusers:10.0.0.1:80|s"], {"users": 3}),
    ("values of several types", ["mixed:1|c:2|c:3|c|@0.5"], {"mixed": 9}),
    ("tags of DogStatsD", ["tagged:1|c|#method:get,zone:a,flag"], {("tagged", "flag=,method=get,zone=a"): 1}),
    ("tags of Influx", ["marked,zone=a,method=get:2|g"], {("marked", "method=get,zone=a"): 2}),
    ("both kinds of tags", ["both,zone=a:1|c|#method:get", "both:1|c|#zone:a,method:get"], {("both", "method=get,zone=a"): 2}),
    ("another's container, which is not believed", ["own:1|c|c:" + DOCKER], {"own": 1}),
    ("a time and what nobody knows", ["later:1|c|#a:b|T1700000000|card:low|x:y"], {("later", "a=b"): 1}),
    ("lines and carriage returns", ["one:1|c\r\n\n  two:2|c\nthree:3|c\n"], {"one": 1, "two": 2, "three": 3}),
    ("bad lines among good ones", ["good:1|c\nbad\nbad:|c\ngood:1|c\nbad:1|q\n:1|c\ngood:1|c"], {"good": 3}),
    ("events and service checks", ["_e{5,4}:title|text|#a:b\n_sc|name|0\nbeside:1|c"], {"beside": 1}),
    ("names of any bytes", [b"caf\xe9:1|c", "Größe:2|g", 'a "b"/c\\d:3|g'], {"caf\ufffd": 1, "Größe": 2, 'a "b"/c\\d': 3}),
]


def check_dialects():
    with Bed(program) as bed:
        agent, registrar = start(bed, statsd={"percentiles": [90, 50]}, tags={"fault_domain_region": "eu-1"})
        static = {"fault_domain_region": "eu-1"}
        with agent, Sender(registrar.register(CONTAINER)) as sender:
            for _, packets, _ in DIALECTS:
                sender.send(*packets)
            for name, _, wanted in DIALECTS:
                check_values(report, agent, "statsd: " + name, CONTAINER, wanted, ignored_tags=static)
            counted = counts(agent, CONTAINER)
            report.check((counted.get("malformed_lines"), counted.get("skipped_events"), counted.get("skipped_service_checks"))
                         == (4, 1, 1), "statsd: what was bad or is not ours is counted", counted)
            check_message(agent, static)
            check_metric_ids(agent)


def check_message(agent, static):
    whole = message(agent, CONTAINER)
    dimensions = whole["dimensions"]
    report.check((dimensions.get("mesos_id"), dimensions.get("hostname"), dimensions.get("container_id"))
                 == ("a-1", "192.0.2.1", CONTAINER), "answer: its dimensions are the container's", dimensions)
    report.check(dimensions.get("labels") == static and "task_name" not in dimensions,
                 "answer: where nobody knows the task, its labels are the configuration's", dimensions)
    points = whole["datapoints"]
    report.check(all(point["unit"] == "" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", point["timestamp"])
                     for point in points), "answer: each datapoint has its unit and time", points[:3])
    report.check(all(point["tags"].items() >= {"fault_domain_region": "eu-1", "host": "192.0.2.1"}.items() for point in points),
                 "answer: each has the configuration's tags, and the host's", points[:3])
    report.check(CONTAINER in agent.ask("/v0/containers").body.decode(), "answer: the container is listed")
    report.check(message(agent, CONTAINER, "")["datapoints"] == [], "answer: it has nothing but that")


def check_metric_ids(agent):
    parts = {"took." + part for part in ("count", "sum", "mean", "stddev", "lower", "upper", "90_percentile", "50_percentile")}
    ignored = ("fault_domain_region",)
    for metric, wanted in (("took", parts), ("took.mean", {"took.mean"}), ("hits", {"hits"}), ("nothing", set()),
                           ("tagged", {("tagged", "flag=,method=get,zone=a")}), ('a "b"/c\\d', {'a "b"/c\\d'})):
        found = set(values(agent, CONTAINER, metric, ignored))
        report.check(found == wanted, f"answer: what {metric} alone is", (found, wanted))


def check_client_library():
    if not statsd:
        print("SKIP apps.library: there is no python3-statsd")
        return
    with Bed(program) as bed:
        agent, registrar = start(bed)
        with agent:
            client = statsd.StatsClient("127.0.0.1", registrar.register(CONTAINER), prefix="shop")
            client.incr("hits", 3)
            client.decr("hits")
            client.gauge("depth", 5)
            client.gauge("depth", -2, delta=True)
            client.gauge("below", -4)
            client.set("people", "ann")
            client.timing("slow", 320)
            with client.timer("block"):
                pass
            with client.pipeline() as pipe:
                for took_ms in (1, 2, 3, 4):
                    pipe.timing("fast", took_ms)
                    pipe.incr("piped", took_ms)
            check_values(report, agent, "library: what it sends is understood", CONTAINER,
                         {"shop.hits": 2, "shop.depth": 3, "shop.below": -4, "shop.people": 1, "shop.slow.mean": 320,
                          "shop.block.count": 1, "shop.fast.count": 4, "shop.fast.sum": 10, "shop.piped": 10})
            report.check(counts(agent, CONTAINER).get("malformed_lines", 0) == 0, "library: all of it",
                         counts(agent, CONTAINER))


def check_nc():
    with Bed(program) as bed:
        agent, registrar = start(bed)
        with agent:
            port = registrar.register(CONTAINER)
            if not send_by_nc(port, "by.hand:7|g\n"):
                print("SKIP apps.nc: there is no nc")
                return
            send_by_nc(port, "by.hand:+1|g\nby.hand.count:2|c|#who:me")
            check_values(report, agent, "nc: what it sends counts", CONTAINER,
                         {"by.hand": 8, ("by.hand.count", "who=me"): 2})


def check_windows():
    with Bed(program) as bed:
        agent, registrar = start(bed, statsd={"interval_s": 1, "expiry_s": 3})
        with agent, Sender(registrar.register(CONTAINER)) as sender:
            sender.send("took:10:20|ms\nseen:a|s\nseen:b|s\nlevel:1|g\nhits:1|c")
            check_values(report, agent, "windows: the first is shown", CONTAINER, {"took.count": 2, "took.sum": 30, "seen": 2})
            sent_s = time.monotonic()
            until(lambda: time.monotonic() > sent_s + 1)  # it is over then, whenever it began
            sender.send("took:50|ms\nseen:c|s\nhits:1|c")
            check_values(report, agent, "windows: then the second alone", CONTAINER, {"took.count": 1, "took.sum": 50, "seen": 1})
            check_values(report, agent, "windows: counters go on", CONTAINER, {"hits": 2})
            until(lambda: set(values(agent, CONTAINER)) == {"hits"})
            report.check(values(agent, CONTAINER) == {"hits": 2}, "windows: what is over goes, but for counters",
                         values(agent, CONTAINER))


# Those who share a socket -------------------------------------------------------------------------------

def inode_of(container_id):
    """Of its cgroup in the fixture."""
    for folder, names, _ in os.walk(os.path.join(FIXTURES, "debian12-v2", "sys/fs/cgroup")):
        for name in names:
            if container_id in name:
                return os.stat(os.path.join(folder, name)).st_ino
    raise RuntimeError("the fixture has no such container")


def check_shared_port():
    with Bed(program) as bed:
        [port] = free_ports(1)
        agent, registrar = start(bed, statsd={"listen": [f"127.0.0.1:{port}", "unix:" + bed.path("statsd")],
                                              "socket_mode": "0620"})
        with agent, Sender(port) as sender:
            registrar.register(CONTAINER)
            sender.send("named:1|c|c:" + DOCKER, "named:1|c|c:ci-" + DOCKER, "stray:1|c|c:no-such-container", "nobody:1|c",
                        "named:1|c|#a:b|c:" + DOCKER, "named:1|c|c:" + CONTAINER, f"inode:1|c|c:in-{inode_of(DOCKER)}",
                        "inode:1|c|c:in-1")
            check_values(report, agent, "shared: who is named and there has it", DOCKER,
                         {"named": 2, ("named", "a=b"): 1, "inode": 1})
            check_values(report, agent, "shared: so has who is registered", CONTAINER, {"named": 1})
            listed = agent.ask("/v0/containers").body.decode()
            report.check("no-such-container" not in listed, "shared: nobody comes to be by being named", listed)
            report.check(not {"stray", "nobody"} & set(values(agent, DOCKER)), "shared: nobody else has what is nobody's")
            until(lambda: node_counts(agent).get("agent.statsd.unattributed") == 3)
            counted = {name: value for name, value in node_counts(agent).items() if "statsd" in name}
            report.check((counted.get("agent.statsd.unattributed"), counted.get("agent.statsd.samples")) == (3, 8),
                         "shared: what is nobody's is counted", counted)
            mode = stat.S_IMODE(os.stat(bed.path("statsd")).st_mode)
            report.check(mode == 0o620, "shared: the unix socket has its mode", oct(mode))
        report.check(not os.path.exists(bed.path("statsd")), "shared: and is taken away")


def send_unix(path, *packets):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        for packet in packets:
            sender.sendto(packet.encode(), path)


def check_host_container():
    with Bed(program) as bed:
        [port] = free_ports(1)
        # Of this machine: only there the kernel's word about a sender can be looked up.
        agent, _ = start(bed, host=None, statsd={"listen": [f"127.0.0.1:{port}", "unix:" + bed.path("statsd")],
                                                 "host_container": "the-node"})
        with agent, Sender(port) as sender:
            send_unix(bed.path("statsd"), "by.unix:1|g\nby.unix.count:2|c")
            sender.send("by.udp:3|c")
            check_values(report, agent, "host: whose sender is in no container goes to the one for that", "the-node",
                         {"by.unix": 1, "by.unix.count": 2, "by.udp": 3})


def check_real_sender():
    """The kernel says in which container a sender is, whatever it writes."""
    container_id = "ab" * 32
    places = container_directories(container_id)
    if os.geteuid() != 0 or not places:
        print("SKIP apps.sender: not root, or no cgroups here")
        return
    with Bed(program) as bed:
        agent, _ = start(bed, host=None, statsd={"listen": ["unix:" + bed.path("statsd")], "host_container": "the-node"})
        with agent:
            child = None
            try:
                for directory in places.values():
                    os.makedirs(directory)
                child = os.fork()
                if child == 0:
                    send_when_contained(places, agent, bed.path("statsd"), container_id)
                check_values(report, agent, "sender: its container has what it sent", container_id, {"hits": 2})
                report.check("stray" not in values(agent, "the-node"), "sender: nobody else has", values(agent, "the-node"))
            except OSError as error:
                print(f"SKIP apps.sender: no cgroup of our own: {error}")
            finally:
                if child:
                    os.kill(child, 9)
                    os.waitpid(child, 0)
                remove(places.values())


def send_when_contained(places, agent, path, container_id):
    """The child's. It lives until it is killed: who is gone is in no container any more."""
    try:
        for directory in places.values():
            with open(directory + "/cgroup.procs", "w") as file:
                file.write(str(os.getpid()))
        until(lambda: container_id in agent.ask("/v0/containers").body.decode())
        send_unix(path, "hits:1|c", "hits:1|c|c:" + "cd" * 32)
        time.sleep(60)
    finally:
        os._exit(0)


def main():
    run_each(report, (check_dialects, check_client_library, check_nc, check_windows, check_shared_port, check_host_container,
                      check_real_sender))
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    sys.exit(main())
