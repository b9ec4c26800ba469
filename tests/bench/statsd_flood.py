#!/usr/bin/env python3
"""How many StatsD metrics a second the agent takes on one processor, next to collectd's plugin and netdata; prints Markdown.

statsd_flood.py BUILD_DIRECTORY [REPETITIONS]

Daemons are on processor 0, where they go before others (as root), the sender is on the last one. All sockets have the kernel's
default buffer, which is raised for all when we are allowed to. Runs at each rate are interleaved, and the other daemons stand
still. Daemons that are not installed are left out.
"""
import glob
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

# Lines of a packet, and of a second.
LOADS = [(25, rate) for rate in (100_000, 250_000, 500_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000)]
LOADS += [(1, rate) for rate in (50_000, 100_000, 200_000)]
SECONDS = 3
BUFFER_BYTES = 4 << 20
RMEM_DEFAULT = "/proc/sys/net/core/rmem_default"
COLLECTD = """
Hostname "bench"
FQDNLookup false
Interval 10
WriteThreads 1
BaseDir "{folder}"
PIDFile "{folder}/pid"
LoadPlugin statsd
LoadPlugin csv
<Plugin statsd>
  Host "127.0.0.1"
  Port "{port}"
  TimerPercentile 90.0
</Plugin>
<Plugin csv>
  DataDir "{folder}/csv"
  StoreRates false
</Plugin>
"""

NETDATA = """
[global]
    hostname = bench
    run as user = root
    process scheduling policy = keep
[directories]
    config = {folder}
    cache = {folder}
    lib = {folder}
    log = {folder}
[db]
    mode = ram
    update every = 10
[ml]
    enabled = no
[health]
    enabled = no
[web]
    mode = none
[plugins]
    enable running new plugins = no
    timex = no
    proc = no
    cgroups = no
    tc = no
    diskspace = no
    idlejitter = no
    checks = no
    apps = no
    statsd = yes
[statsd]
    enabled = yes
    bind to = udp:127.0.0.1:{port}
"""


def text_of(path):
    with open(path) as file:
        return file.read()


def on_processor(number, command):
    """Others that want it, too, must not make packets drop. No niceness helps where sessions have shares of their own."""
    first = ["chrt", "--rr", "1"] if number == 0 and os.geteuid() == 0 else []
    return [*first, "taskset", "-c", str(number), *command]


def socket_words(port):
    for line in text_of("/proc/net/udp").splitlines()[1:]:
        words = line.split()
        if words[1] == f"0100007F:{port:04X}":
            return words
    return None


class Daemon:
    """One that is flooded. What it says that it received is `received`, a function."""

    def __init__(self, name, port, command, received):
        self.name, self.port, self.received = name, port, received
        self.process = subprocess.Popen(on_processor(0, command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        while not socket_words(port):
            if self.process.poll() is not None:
                sys.exit(f"{name} ended: {command}")
            time.sleep(0.05)

    def drops(self):
        return int(socket_words(self.port)[-1])

    def cpu_s(self):
        """Of all its threads, to the nanosecond: /proc/PID/stat counts ticks, between which short turns fall."""
        return sum(int(text_of(path).split()[0]) for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat")) / 1e9

    def resident_kib(self):
        return next(int(line.split()[1]) for line in text_of(f"/proc/{self.process.pid}/status").splitlines()
                    if line.startswith("VmRSS"))

    def wait_until_read(self):
        while int(socket_words(self.port)[4].split(":")[1], 16):
            time.sleep(0.02)

    def stop(self):
        """Stands still while another one is measured."""
        self.process.send_signal(signal.SIGSTOP)

    def take(self, flood, lines_per_packet, rate):
        self.process.send_signal(signal.SIGCONT)
        time.sleep(0.2)
        drops, cpu_s = self.drops(), self.cpu_s()
        command = [flood, *map(str, (self.port, lines_per_packet, rate, SECONDS))]
        sent = subprocess.run(on_processor((os.cpu_count() or 1) - 1, command), check=True, capture_output=True, text=True)
        packets, lines, took_us = map(int, sent.stdout.split())
        self.wait_until_read()
        lost = self.drops() - drops
        got = lines * (packets - lost) / packets
        return {"sent": lines / took_us * 1e6, "got": got / took_us * 1e6, "lost": lost / packets,
                "us": (self.cpu_s() - cpu_s) / got * 1e6, "lines": lines - lost * lines_per_packet}

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_agent(folder, agent):
    port = free_port()
    config = {"listen": [{"address": "unix:" + folder + "/s", "auth": "none"}],
              "statsd": {"listen": [f"127.0.0.1:{port}"], "host_container": "bench"}}
    with open(folder + "/agent.json", "w") as file:
        json.dump(config, file)

    def received():
        told = subprocess.run(["curl", "-s", "--unix-socket", folder + "/s", "http://x/v0/containers/bench/app?view=full"],
                              check=True, capture_output=True).stdout
        return counters_of(json.loads(told))
    return Daemon("node-metrics-agent", port, [agent, "--config", folder + "/agent.json"], received)


def counters_of(message):
    """Six lines of ten are counters that count 1."""
    return sum(point["value"] for point in message["datapoints"] if point["name"].startswith("bench.requests."))


def start_collectd(folder):
    if not shutil.which("collectd"):
        return None
    port = free_port()
    with open(folder + "/collectd.conf", "w") as file:
        file.write(COLLECTD.format(folder=folder, port=port))

    def received():
        time.sleep(11)  # until it has written once more
        rows = [text_of(path).splitlines()[-1] for path in glob.glob(folder + "/csv/bench/statsd/derive-bench.requests.*")]
        return sum(int(row.split(",")[1]) for row in rows)
    return Daemon("collectd", port, ["collectd", "-f", "-C", folder + "/collectd.conf"], received)


def start_netdata(folder):
    if not shutil.which("netdata"):
        return None
    port = free_port()
    with open(folder + "/netdata.conf", "w") as file:
        file.write(NETDATA.format(folder=folder, port=port))
    return Daemon("netdata", port, ["netdata", "-D", "-c", folder + "/netdata.conf"], lambda: "(not asked)")


def raise_buffers():
    """Returns what was there before; None when it is not ours to change."""
    before = text_of(RMEM_DEFAULT).strip()
    try:
        with open(RMEM_DEFAULT, "w") as file:
            file.write(str(BUFFER_BYTES))
    except OSError:
        return None
    return before


def spread(values, form):
    return f"{form(statistics.median(values))} ({form(min(values))}–{form(max(values))})"


def print_table(daemons, results, repetitions):
    print(f"### StatsD, {SECONDS} s each, {repetitions} repetitions: median (lowest–highest)\n")
    print("| lines a packet | daemon | sent, thousand/s | received, thousand/s | lost, % | CPU, µs a metric | "
          "of one processor, % |")
    print("|---|---|---|---|---|---|---|")
    for load in LOADS:
        for daemon in daemons:
            runs = results[(daemon.name, *load)]
            print(f"| {load[0]} | {daemon.name} | {statistics.median(run['sent'] for run in runs) / 1000:.0f} | "
                  f"{spread([run['got'] for run in runs], lambda x: f'{x / 1000:.0f}')} | "
                  f"{spread([100 * run['lost'] for run in runs], lambda x: f'{x:.2f}')} | "
                  f"{spread([run['us'] for run in runs], lambda x: f'{x:.2f}')} | "
                  f"{spread([run['us'] * run['got'] / 1e4 for run in runs], lambda x: f'{x:.0f}')} |")
    print()


def print_ends(daemons, results):
    print("| daemon | VmRSS before, kB | after, kB | counters: it says | the kernel says |\n|---|---|---|---|---|")
    for daemon in daemons:
        daemon.process.send_signal(signal.SIGCONT)
        lines = sum(run["lines"] for key, runs in results.items() if key[0] == daemon.name for run in runs)
        print(f"| {daemon.name} | {daemon.before_kib} | {daemon.resident_kib()} | {daemon.received()} | {lines * 0.6:.0f} |")
    print()


def main():
    build = sys.argv[1]
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    before = raise_buffers()
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(build, folder, repetitions)
    finally:
        if before:
            with open(RMEM_DEFAULT, "w") as file:
                file.write(before)


def measure(build, folder, repetitions):
    daemons = []
    try:
        for start in (lambda: start_agent(folder, build + "/agent/node-metrics-agent"), lambda: start_collectd(folder),
                      lambda: start_netdata(folder)):
            daemons += filter(None, [start()])
        time.sleep(2)
        for daemon in daemons:
            daemon.before_kib = daemon.resident_kib()
            daemon.stop()
        results = {}
        for _ in range(repetitions):
            for load in LOADS:
                for daemon in daemons:
                    run = daemon.take(build + "/tests/bench/flood", *load)
                    daemon.stop()
                    results.setdefault((daemon.name, *load), []).append(run)
        print_table(daemons, results, repetitions)
        print_ends(daemons, results)
    finally:
        for daemon in daemons:
            daemon.end()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main()
