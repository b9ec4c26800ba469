#!/usr/bin/env python3
"""Applications that send garbage, too much, or too many names: nobody else is harmed, and all of it is counted.

apps_flood.py PROGRAM; TAP on standard output.
"""
import os
import random
import signal
import sys
import threading
import time

from applications import (CONTAINER, Sender, check_values, counts, dropped_packets, free_ports, message, node_counts,
                          resident_bytes, start, values)
from configured import Bed, run_each, until
from shipped import Report, skips_emulated

GARBAGE_LINES = 10_000
FLOOD_PACKETS_PER_S = 20_000
FLOOD_S = 2
NAMES = 100_000
STOPPED_PACKETS = 5_000
GROWTH_BYTES_MAX = 40 << 20
ANSWER_S_MAX = 1

report = Report()


def garbage(count):
    """Lines of which none is StatsD, with nothing in them that ends a line."""
    chance = random.Random(5)
    printable = bytes(byte for byte in range(0x21, 0x7f) if byte not in b":|")
    makers = [
        lambda: bytes(chance.choices(printable, k=chance.randint(1, 60))),
        lambda: b"\x80" + bytes(chance.choices([byte for byte in range(1, 256) if byte not in b"\r\n:"], k=40)),
        lambda: b"name:" + bytes(chance.choices(printable, k=5)),
        lambda: b"name:1|" + chance.choice([b"", b"x", b"cc", b"C", b"\xff", b"ms2"]),
        lambda: b"name:" + chance.choice([b"", b"one", b"0x10", b"inf", b"1e999", b"--1", b"1 2", b"\0"]) + b"|c",
        lambda: b"name:1|c|@" + chance.choice([b"0", b"-1", b"2", b"nan", b"", b"half"]),
        lambda: b"n" * 300 + b":1|c",
        lambda: chance.choice([b":1|c", b"|", b":", b":|", b"|c", b"name:NaN|c", b"name|c", b"na\x01me:1|c", b"a:1|c|T1x"]),
        lambda: b"name:1|c|#" + b",".join(b"k%d:v" % number for number in range(40)),
    ]
    return [chance.choice(makers)() for _ in range(count)]


def check_garbage():
    lines = garbage(GARBAGE_LINES)
    good = [b"good:1|c|#n:%d" % (number % 10) for number in range(GARBAGE_LINES // 10)]
    mixed = [line for number in range(len(good)) for line in (*lines[number * 10:number * 10 + 10], good[number])]
    with Bed(program) as bed:
        agent, registrar = start(bed, statsd={"receive_buffer_bytes": 1 << 20})
        with agent, Sender(registrar.register(CONTAINER)) as sender:
            sender.send_all(mixed)
            sender.send(b"name:1|c\n" * 1500)  # longer than any packet that is read: its whole lines up to there count
            report.check(dropped_packets(sender.port) == 0, "garbage: all of it arrives")
            check_values(report, agent, "garbage: good lines among it count", CONTAINER,
                         {("good", f"n={number}"): len(good) // 10 for number in range(10)})
            counted = counts(agent, CONTAINER)
            report.check(counted.get("malformed_lines") == len(lines), "garbage: each of its lines is counted",
                         (counted, len(lines)))
            report.check(counted.get("truncated_packets") == 1, "garbage: so is a packet that is too long", counted)
            report.check(agent.status("/v0/node") == 200, "garbage: the agent is well", agent.log())


# Floods -------------------------------------------------------------------------------------------------

def check_flood():
    """Two at once: one that sends more than it should, and one that makes up a name for everything."""
    with Bed(program) as bed:
        agent, registrar = start(bed, limits={"app_series_per_container": 1000})
        with agent:
            ports = {name: registrar.register(name) for name in ("loud", "inventive", "quiet")}
            before = resident_bytes(agent.process.pid)
            with Sender(ports["loud"]) as loud, Sender(ports["inventive"]) as inventive, Sender(ports["quiet"]) as quiet:
                floods = [threading.Thread(target=loud.send_evenly, args=(loud_lines(), FLOOD_PACKETS_PER_S)),
                          threading.Thread(target=inventive.send_evenly, args=(invented_lines(), NAMES))]
                for flood in floods:
                    flood.start()
                slow_s, slowest_s = answer_while(agent, floods, quiet)
                for flood in floods:
                    flood.join()
                for sender in (loud, inventive, quiet):
                    sender.wait_until_read()
                dropped = {name: dropped_packets(port) for name, port in ports.items()}
            report.check(slow_s < ANSWER_S_MAX and slowest_s < 10 * ANSWER_S_MAX, "flood: clients are answered all the while",
                         (slow_s, slowest_s))
            grown = resident_bytes(agent.process.pid) - before
            report.check(grown < GROWTH_BYTES_MAX, f"flood: memory grows by less than {GROWTH_BYTES_MAX >> 20} MiB", grown)
            check_sums(agent, {"loud": FLOOD_PACKETS_PER_S * FLOOD_S, "inventive": NAMES}, dropped)
            check_offender(agent)
            check_values(report, agent, "flood: who is quiet is heard", "quiet", {"quiet": 1})


def check_drops():
    """An agent that does not read for a while: what the kernel has no room for is counted, and nothing else is lost."""
    with Bed(program) as bed:
        [shared_port] = free_ports(1)
        agent, registrar = start(bed, statsd={"listen": [f"127.0.0.1:{shared_port}"], "host_container": "the-node",
                                              "receive_buffer_bytes": 1 << 17})
        with agent, Sender(registrar.register(CONTAINER)) as own, Sender(shared_port) as shared:
            agent.process.send_signal(signal.SIGSTOP)
            try:
                for sender in (own, shared):
                    for _ in range(STOPPED_PACKETS):
                        sender.send(b"lost:1|c")
                dropped = {sender: dropped_packets(sender.port) for sender in (own, shared)}
            finally:
                agent.process.send_signal(signal.SIGCONT)
            report.check(all(dropped.values()), "drops: the kernel has no room for all", dropped)
            check_values(report, agent, "drops: what it has is not lost", CONTAINER, {"lost": STOPPED_PACKETS - dropped[own]})
            check_values(report, agent, "drops: at a shared port, too", "the-node", {"lost": STOPPED_PACKETS - dropped[shared]})
            if skips_emulated("apps_flood.drops", "tells no drops"):
                return
            until(lambda: counts(agent, CONTAINER).get("dropped_packets") == dropped[own])
            report.check(counts(agent, CONTAINER).get("dropped_packets") == dropped[own],
                         "drops: the rest is counted for the container", (counts(agent, CONTAINER), dropped))
            total = sum(dropped.values())
            until(lambda: node_counts(agent).get("agent.statsd.dropped_packets") == total)
            report.check(node_counts(agent).get("agent.statsd.dropped_packets") == total, "drops: and in all", total)


def loud_lines():
    for number in range(FLOOD_PACKETS_PER_S * FLOOD_S):
        yield b"loud.%d:1|c" % (number % 100)


def invented_lines():
    """Most of what has no room is of one name, with tags that are made up."""
    for number in range(NAMES):
        yield b"invented.%d:1|c" % number if number % 2 else b"request:1|c|#id:%d" % number


def answer_while(agent, floods, quiet):
    """Returns the time of an answer in seconds that nine of ten are below, and the longest."""
    times_s = []
    quiet.send(b"quiet:1|g")
    while any(flood.is_alive() for flood in floods):
        for target in ("/v0/node", "/v0/containers/loud/app"):
            began = time.monotonic()
            agent.ask(target)
            times_s.append(time.monotonic() - began)
        time.sleep(0.05)
    return sorted(times_s)[len(times_s) * 9 // 10], max(times_s)


def check_sums(agent, sent, dropped):
    for name, count in sent.items():
        if skips_emulated("apps_flood." + name, "tells no drops"):
            continue
        def is_complete():
            counted = counts(agent, name)
            return counted.get("samples", 0) + counted.get("dropped_packets", 0) == count
        until(is_complete, 10)
        counted = counts(agent, name)
        report.check(is_complete(), f"flood: of '{name}' what came and what the kernel dropped is what was sent",
                     (counted, count))
        report.check(counted.get("dropped_packets", 0) == dropped[name], f"flood: the kernel says the same of '{name}'",
                     (counted, dropped[name]))
    counted = counts(agent, "loud")
    shown = sum(value for name, value in values(agent, "loud").items())
    report.check(shown == counted.get("samples"), "flood: all that came is shown", (shown, counted))


def check_offender(agent):
    counted = counts(agent, "inventive")
    shown = len(message(agent, "inventive")["datapoints"])
    report.check(shown == 1000, "flood: series are as many as there may be", shown)
    report.check(counted.get("overflow_samples", 0) >= counted.get("samples", 0) - 1000 > 0,
                 "flood: what had no room is counted", counted)
    report.check(counted.get("worst_metric") == "request", "flood: the worst offender is named", counted)


def main():
    run_each(report, (check_garbage, check_drops, check_flood))
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    sys.exit(main())
