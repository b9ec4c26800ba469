#!/usr/bin/env python3
"""Reads the small machines' files once more, in another language and by other hands, and checks the golden
answers by them: the documented datapoints must all be there with these values, and no others.

recompute.py; TAP on standard output. Not for the hostile machine: what it says was checked by eye.
"""
import glob
import json
import os
import re
import sys
from decimal import ROUND_DOWN, Decimal

import recompute_full as full
from shipped import Report

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures")
MACHINES = ("debian12-v2", "centos7-v1", "hybrid", "minimal-4.19")

V1_NO_LIMIT = 1 << 62
PERCENT = Decimal("0.01")


class Files:
    def __init__(self, *parts):
        self.root = os.path.join(FIXTURES, *parts)

    def has(self, path):
        return os.path.isfile(os.path.join(self.root, path))

    def lines(self, path):
        if not self.has(path):
            return []
        with open(os.path.join(self.root, path)) as file:
            return file.read().splitlines()

    def number(self, path):
        lines = self.lines(path)
        return int(lines[0]) if lines and lines[0].isdigit() else None

    def keyed(self, path):
        return {line.split()[0]: int(line.split()[1]) for line in self.lines(path)}

    def keyed_first(self, path, key):
        return next(int(line.split()[1]) for line in self.lines(path) if line.split()[0] == key)


# The node ----------------------------------------------------------------------------------------

def percentages(columns):
    """Since boot; guest time is in user already."""
    user, nice, system, idle, wait, irq, softirq, steal = columns[:8]
    total = sum(columns[:8])

    def share(ticks):
        return (Decimal(ticks * 100) / total).quantize(PERCENT)
    return {"cpu.total": 100 - share(idle), "cpu.user": share(user + nice), "cpu.system": share(system + irq + softirq),
            "cpu.idle": share(idle), "cpu.wait": share(wait)}


def network(lines):
    names = ("bytes", "packets", "errors", "dropped", 0, 0, 0, 0, "bytes", "packets", "errors", "dropped")
    for line in lines[2:]:
        interface, _, numbers = line.rpartition(":")
        for i, (name, number) in enumerate(zip(names, numbers.split())):
            if name:
                yield interface.strip(), "in" if i < 8 else "out", name, int(number)


def node(machine, is_first):
    files = Files(machine)
    wanted = {}
    stat = [line.split() for line in files.lines("proc/stat")]
    wanted["cpu.cores", ""] = sum(bool(re.fullmatch(r"cpu\d+", words[0])) for words in stat)
    if is_first:
        for name, value in percentages([int(word) for word in stat[0][1:]]).items():
            wanted[name, ""] = value
    for name, word in zip(("1min", "5min", "15min"), files.lines("proc/loadavg")[0].split()):
        wanted["load." + name, ""] = Decimal(word)
    memory = {line.split()[0]: int(line.split()[1]) * 1024 for line in files.lines("proc/meminfo")}
    for name, key in (("memory.total", "MemTotal:"), ("memory.free", "MemFree:"), ("memory.buffers", "Buffers:"),
                      ("memory.cached", "Cached:"), ("swap.total", "SwapTotal:"), ("swap.free", "SwapFree:")):
        wanted[name, ""] = memory[key]
    wanted["swap.used", ""] = memory["SwapTotal:"] - memory["SwapFree:"]
    net = "proc/1/net/dev" if files.has("proc/1/net/dev") else "proc/net/dev"
    for interface, direction, name, number in network(files.lines(net)):
        wanted[f"network.{direction}" + ("" if name == "bytes" else "." + name), interface] = number
    wanted["process.count", ""] = sum(name.isdigit() for name in os.listdir(os.path.join(files.root, "proc")))
    wanted["system.uptime", ""] = int(files.lines("proc/uptime")[0].split(".")[0])
    return wanted


# Containers ---------------------------------------------------------------------------------------

V2_CONTAINERS = {"debian12-v2": "system.slice/docker-*.scope machine.slice/libpod-[0-9a-f]*.scope "
                 "user.slice/*/*/*/libpod-*.scope kubepods.slice/*/*/cri-containerd-*.scope "
                 "machine.slice/machine-*.scope mesos/*-*"}
V1_CONTAINERS = {"centos7-v1": "docker/* mesos/* mesos/*/mesos/*", "hybrid": "docker/* lxc/* lxc.payload.*"}


def container_id(directory):
    name = os.path.basename(directory).removesuffix(".scope")
    for prefix in ("docker-", "libpod-", "cri-containerd-", "machine-", "lxc.payload."):
        name = name.removeprefix(prefix)
    return name


def container_directories(machine, hierarchy, patterns):
    base = os.path.join(FIXTURES, machine, "sys/fs/cgroup", hierarchy)
    found = {}
    for pattern in patterns.split():
        for directory in glob.glob(os.path.join(base, pattern)):
            if os.path.isdir(directory) and "conmon" not in directory:
                found[container_id(directory)] = os.path.relpath(directory, base)
    return found


def put(wanted, name, value, tags=""):
    if value is not None:
        wanted[name, tags] = value


def seconds(value, per_second):
    return None if value is None else Decimal(value) / per_second


def v2_container(directory):
    files = Files(directory)
    wanted = {}
    cpu = files.keyed("cpu.stat")
    put(wanted, "cpus.user_time_secs", seconds(cpu.get("user_usec"), 10**6))
    put(wanted, "cpus.system_time_secs", seconds(cpu.get("system_usec"), 10**6))
    put(wanted, "cpus.nr_periods", cpu.get("nr_periods"))
    put(wanted, "cpus.nr_throttled", cpu.get("nr_throttled"))
    put(wanted, "cpus.throttled_time_secs", seconds(cpu.get("throttled_usec"), 10**6))
    # Mesos gives a task 100 of weight for each processor.
    share = seconds(files.number("cpu.weight"), 100)
    put(wanted, "cpus.soft_limit", share)
    put(wanted, "cpus.limit", share)
    for line in files.lines("cpu.max"):
        quota, period = line.split()
        if quota != "max":
            put(wanted, "cpus.limit", Decimal(quota) / Decimal(period))
    current, swap = files.number("memory.current"), files.number("memory.swap.current")
    put(wanted, "mem.total_bytes", current)
    put(wanted, "mem.total_memsw_bytes", None if swap is None else current + swap)
    put(wanted, "mem.swap_bytes", swap)
    put(wanted, "mem.limit_bytes", files.number("memory.max"))
    put(wanted, "mem.soft_limit_bytes", files.number("memory.low") or None)
    stat = files.keyed("memory.stat")
    for name, key in (("file", "file"), ("cache", "file"), ("anon", "anon"), ("rss", "anon"),
                      ("mapped_file", "file_mapped"), ("unevictable", "unevictable")):
        put(wanted, f"mem.{name}_bytes", stat.get(key))
    for line in files.lines("io.stat"):
        device, *pairs = line.replace(":", ".", 1).split()
        values = {key: int(value) for key, value in (pair.split("=") for pair in pairs)}
        for figure, ends, keys in (("service_bytes", "bytes", "rwd"), ("serviced", "ios", "rwd")):
            of = {"read": values["r" + ends], "write": values["w" + ends],
                  "total": sum(values[key + ends] for key in keys)}  # discards are in the total only
            for name, value in of.items():
                for tags in (f"{device},io", "default,io"):
                    key = f"blkio.io_{figure}_{name}", tags
                    wanted[key] = wanted.get(key, 0) + value
    put(wanted, "container.threads", files.number("pids.current"))
    return wanted


def v1_container(root, path):
    cpu, memory, block = (Files(root, controller, path) for controller in ("cpu,cpuacct", "memory", "blkio"))
    wanted = {}
    ticks = cpu.keyed("cpuacct.stat")
    put(wanted, "cpus.user_time_secs", seconds(ticks["user"], 100))
    put(wanted, "cpus.system_time_secs", seconds(ticks["system"], 100))
    stat = cpu.keyed("cpu.stat")
    put(wanted, "cpus.nr_periods", stat["nr_periods"])
    put(wanted, "cpus.nr_throttled", stat["nr_throttled"])
    put(wanted, "cpus.throttled_time_secs", seconds(stat["throttled_time"], 10**9))
    quota = int(cpu.lines("cpu.cfs_quota_us")[0])
    share = (Decimal(cpu.number("cpu.shares")) / 1024).quantize(Decimal("0.000001"), ROUND_DOWN)
    put(wanted, "cpus.soft_limit", share)
    put(wanted, "cpus.limit", Decimal(quota) / cpu.number("cpu.cfs_period_us") if quota > 0 else share)
    put(wanted, "mem.total_bytes", memory.number("memory.usage_in_bytes"))
    put(wanted, "mem.total_memsw_bytes", memory.number("memory.memsw.usage_in_bytes"))
    for name, file in (("limit", "memory.limit_in_bytes"), ("soft_limit", "memory.soft_limit_in_bytes")):
        if memory.number(file) < V1_NO_LIMIT:
            put(wanted, f"mem.{name}_bytes", memory.number(file))
    stat = memory.keyed("memory.stat")
    for name, key in (("swap", "swap"), ("file", "cache"), ("cache", "cache"), ("anon", "rss"), ("rss", "rss"),
                      ("mapped_file", "mapped_file"), ("unevictable", "unevictable")):
        put(wanted, f"mem.{name}_bytes", stat["total_" + key])
    for policy, prefix, suffix in (("throttling", "blkio.throttle.", ""), ("cfq", "blkio.", ""),
                                   ("cfq_recursive", "blkio.", "_recursive")):
        for figure in ("io_service_bytes", "io_serviced", "io_service_time", "io_wait_time", "io_merged", "io_queued"):
            for line in block.lines(prefix + figure + suffix):
                words = line.replace(":", ".").split()
                if words[0] == "Total":
                    continue
                # The kernel counts time in nanoseconds.
                value = seconds(int(words[2]), 10**9) if figure.endswith("time") else int(words[2])
                for tags in (f"{words[0]},{policy}", f"default,{policy}"):
                    key = f"blkio.{figure}_{words[1].lower()}", tags
                    wanted[key] = wanted.get(key, 0) + value
    put(wanted, "container.threads", Files(root, "pids", path).number("pids.current"))
    return wanted


def own_network(machine, process_ids):
    files = Files(machine)
    host = os.readlink(os.path.join(files.root, "proc/1/ns/net"))
    for process in process_ids:
        if os.readlink(os.path.join(files.root, f"proc/{process}/ns/net")) == host:
            return {}, {}
        wanted = {}
        for interface, direction, name, number in network(files.lines(f"proc/{process}/net/dev")):
            number = 0 if interface == "lo" else number
            key = f"net.{direction.replace('in', 'rx').replace('out', 'tx')}_{name}", ""
            wanted[key] = wanted.get(key, 0) + number
        return wanted, full.protocols(files.lines(f"proc/{process}/net/snmp"))
    return {}, {}


def processes_below(directory):
    found = []
    for path in sorted(glob.glob(os.path.join(glob.escape(directory), "**", "cgroup.procs"), recursive=True)):
        if path.endswith("/supervisor/cgroup.procs"):
            continue  # nspawn itself
        if "/mesos/" in path[len(directory):]:
            continue  # a nested container of Mesos counts its own
        with open(path) as file:
            found += file.read().split()
    return found


def containers(machine):
    """Of each container the documented datapoints, and all others."""
    found = {}
    for name, path in container_directories(machine, "", V2_CONTAINERS.get(machine, "")).items():
        directory = os.path.join(FIXTURES, machine, "sys/fs/cgroup", path)
        found[name] = v2_container(directory), full.cgroup_v2(Files(directory))
        add_processes(machine, directory, *found[name])
    root = os.path.join(FIXTURES, machine, "sys/fs/cgroup")
    for name, path in container_directories(machine, "memory", V1_CONTAINERS.get(machine, "")).items():
        parts = (Files(root, part, path) for part in ("cpu,cpuacct", "memory", "pids", "hugetlb", "unified"))
        found[name] = v1_container(root, path), full.cgroup_v1(*parts)
        add_processes(machine, os.path.join(root, "memory", path), *found[name])
    return found


def add_processes(machine, directory, wanted, others):
    processes = processes_below(directory)
    wanted["container.processes", ""] = len(processes)
    traffic, protocols = own_network(machine, processes)
    wanted.update(traffic)
    others.update(protocols)
    others.update(full.processes(Files(machine), processes))


# Golden answers -----------------------------------------------------------------------------------

def golden(machine, file):
    with open(os.path.join(HERE, machine, file), "rb") as text:
        raw = text.read()
    body = raw if raw.startswith(b"{") else raw.partition(b"\n\n")[2]
    body = re.sub(rb":SIZE\b|: SIZE\b", b":0", body)
    return json.loads(body, parse_float=Decimal, parse_int=int) if body.strip() else None


def answered(message):
    values = {}
    for point in message["datapoints"]:
        tags = point.get("tags", {})
        key = point["name"], ",".join(tags[tag] for tag in sorted(tags) if tag not in ("container_id", "executor_name"))
        if key in values:
            raise ValueError(f"{key} comes twice")
        values[key] = point["value"]
    return values


def compare(report, name, wanted, values, may_have=r"$^"):
    wrong = [f"{key}: files say {wanted[key]}, golden {values.get(key, 'nothing')}" for key in wanted
             if values.get(key) != wanted[key]]
    surplus = [f"{key}: golden {values[key]}, files say nothing" for key in values
               if key not in wanted and not re.match(may_have, key[0])]
    report.check(not wrong and not surplus, name, "\n".join(wrong + surplus))


def main():
    report = Report()
    for machine in MACHINES:
        for file, is_first in (("node", False), ("once-node", True)):
            compare(report, f"{machine}: {file}", node(machine, is_first), answered(golden(machine, file)),
                    r"filesystem\.")
        wanted = containers(machine)
        listed = golden(machine, "containers")
        report.check(sorted(listed) == sorted(wanted), f"{machine}: list of containers",
                     sorted(set(listed) ^ set(wanted)))
        for number, name in enumerate(sorted(listed)):
            documented, others = wanted.get(name, ({}, {}))
            values = answered(golden(machine, f"container-{number}"))
            compare(report, f"{machine}: container {name}", documented, values)
            values = answered(golden(machine, f"container-{number}-full"))
            compare(report, f"{machine}: container {name} in full", {**documented, **others}, values)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
