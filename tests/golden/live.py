#!/usr/bin/env python3
"""Starts the shipped program on this very machine and compares it with what the kernel says at the same moment.

live.py PROGRAM; TAP on standard output.

What only grows is read before and after the answer, which must lie between; what never changes must be equal;
what goes up and down must be near.
"""
import json
import os
import secrets
import signal
import subprocess
import sys
import time

from shipped import Agent, Report

NEAR_BYTES = 512 << 20
NEAR_COUNT = 100

report = Report()


def text_of(path):
    with open(path) as file:
        return file.read()


def words_of(path):
    return [line.split() for line in text_of(path).splitlines()]


def kernel_says():
    """What grows, and what stays, by name of datapoint and tag."""
    grows = {("system.uptime", ""): int(float(words_of("/proc/uptime")[0][0]))}
    names = {"ctxt": "system.context_switches", "processes": "system.forks", "intr": "system.interrupts"}
    for line in words_of("/proc/stat"):
        if line[0] in names:
            grows[names[line[0]], ""] = int(line[1])
    columns = {"in": 0, "in.packets": 1, "in.errors": 2, "in.dropped": 3,
               "out": 8, "out.packets": 9, "out.errors": 10, "out.dropped": 11}
    for line in text_of("/proc/net/dev").splitlines()[2:]:
        name, _, numbers = line.rpartition(":")
        for what, column in columns.items():
            grows["network." + what, name.strip()] = int(numbers.split()[column])
    return grows


def constants():
    memory = {line[0]: int(line[1]) * 1024 for line in words_of("/proc/meminfo")}
    boot = [int(line[1]) for line in words_of("/proc/stat") if line[0] == "btime"]
    return {"memory.total": memory["MemTotal:"], "swap.total": memory["SwapTotal:"],
            "cpu.cores": os.sysconf("SC_NPROCESSORS_ONLN"), "system.boot_time": boot[0]}


def gauges():
    memory = {line[0]: int(line[1]) * 1024 for line in words_of("/proc/meminfo")}
    count = sum(name.isdigit() for name in os.listdir("/proc"))
    return {"memory.free": (memory["MemFree:"], NEAR_BYTES), "memory.cached": (memory["Cached:"], NEAR_BYTES),
            "memory.buffers": (memory["Buffers:"], NEAR_BYTES), "swap.free": (memory["SwapFree:"], NEAR_BYTES),
            "process.count": (count, NEAR_COUNT)}


def by_name_and_tag(message):
    values = {}
    for point in message["datapoints"]:
        tags = point.get("tags", {})
        key = (point["name"], ",".join(str(tags[tag]) for tag in sorted(tags) if tag != "container_id"))
        report_duplicate(key, values)
        values[key] = point["value"]
    return values


def report_duplicate(key, values):
    if key in values:
        report.check(False, f"{key} comes once")


def check_node(answer, before, after):
    message = answer()
    values = by_name_and_tag(message)
    later = after()
    wrong = [(key, low, values.get(key), later.get(key)) for key, low in before.items() if key in later and
             not low <= values.get(key, -1) <= later[key]]
    report.check(not wrong, f"{len(before)} counters lie between before and after", wrong)
    for name, wanted in constants().items():
        report.check(values.get((name, "")) == wanted, f"{name} is {wanted}", values.get((name, "")))
    for name, (wanted, near) in gauges().items():
        report.check(abs(values.get((name, ""), -near) - wanted) <= near, f"{name} is near {wanted}",
                     values.get((name, "")))
    listed = {key[1] for key in values if key[0] == "network.in"}
    report.check(listed == {key[1] for key in before if key[0] == "network.in"}, "every interface is there", listed)
    check_file_systems(values)
    return values


def root_is_storage():
    with open("/proc/self/mountinfo") as file:
        types = [line.split(" - ")[1].split()[0] for line in file if line.split()[4] == "/"]
    return bool(types) and types[-1] not in ("rootfs", "tmpfs", "ramfs", "squashfs")


def check_file_systems(values):
    paths = [key[1] for key in values if key[0] == "filesystem.capacity.total"]
    if root_is_storage():
        report.check("/" in paths, "the root file system is there", paths)
    else:
        print("SKIP live.root: / is no mount of storage here (a chroot, or in memory)")
    for path in paths:
        fs = os.statvfs(path)
        capacity = {what: values.get(("filesystem.capacity." + what, path), -1) for what in ("total", "used", "free")}
        report.check(capacity["total"] == fs.f_blocks * fs.f_frsize and
                     abs(capacity["used"] - (fs.f_blocks - fs.f_bfree) * fs.f_frsize) <= NEAR_BYTES and
                     abs(capacity["free"] - fs.f_bavail * fs.f_frsize) <= NEAR_BYTES,
                     f"capacity of {path} is what statvfs says", (capacity, fs))
        inodes = [values.get(("filesystem.inode." + what, path)) for what in ("total", "used", "free")]
        report.check(fs.f_files == 0 or (inodes[0] == fs.f_files and inodes[1] + inodes[2] <= inodes[0] and
                                         abs(inodes[2] - fs.f_favail) <= NEAR_BYTES),
                     f"inodes of {path} are what statvfs says", (inodes, fs))


def check_processors(values):
    shares = {key[0]: value for key, value in values.items() if key[0].startswith("cpu.") and not key[1]}
    percent = [shares.get("cpu." + what, -1) for what in ("total", "user", "system", "idle", "wait")]
    report.check(all(0 <= share <= 100 for share in percent), "shares of the processors are from 0 to 100", shares)
    report.check(abs(percent[0] + percent[3] - 100) < 1e-9, "total and idle make 100", shares)
    report.check(abs(percent[1] + percent[2]) <= percent[0] + 0.02 or shares.get("cpu.steal", 0) > 0,
                 "user and system are no more than total", shares)


def check_once():
    def answer():
        return json.loads(subprocess.run([program, "--view", "full", "once", "node"], check=True,
                                         capture_output=True).stdout)
    check_processors(check_node(answer, kernel_says(), kernel_says))


def check_served():
    before = kernel_says()
    with Agent(program) as agent:
        def answer():
            return json.loads(agent.ask("/v0/node?view=full").body)
        check_processors(check_node(answer, before, kernel_says))
        agent.wait_for_second_reading()
        check_processors(by_name_and_tag(answer()))


# A container of our own ----------------------------------------------------------------------------

def container_directories(container_id):
    """Where Docker would make the container's cgroups here: {controllers: directory}."""
    places = {}
    for line in words_of("/proc/self/mountinfo"):
        after = line[line.index("-") + 1:]
        # A new cpuset takes no process before it is given processors; Docker's would have some.
        if after[0] == "cgroup" and not after[2].startswith(("rw,name=", "rw,cpuset")):
            places[after[2].removeprefix("rw,")] = f"{line[4]}/docker/{container_id}"
        if after[0] == "cgroup2" and "memory" in text_of(line[4] + "/cgroup.subtree_control"):
            places["v2"] = f"{line[4]}/system.slice/docker-{container_id}.scope"
    return places


def remove(directories):
    for directory in directories:
        for _ in range(100):
            try:
                os.rmdir(directory)
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.02)
        try:
            os.rmdir(os.path.dirname(directory))  # "docker", when we made it; full or gone otherwise
        except OSError:
            pass


def first_number(places, *choices):
    for file, key in choices:
        for directory in places.values():
            path = os.path.join(directory, file)
            if os.path.exists(path):
                rows = words_of(path)
                found = rows[0][0] if key is None else dict(rows).get(key)
                if found is not None:
                    return int(found)
    return None


def container_says(places):
    user = first_number(places, ("cpu.stat", "user_usec"), ("cpuacct.stat", "user"))
    return {"memory": first_number(places, ("memory.current", None), ("memory.usage_in_bytes", None)),
            "user_s": None if user is None else user / (1e6 if "v2" in places else os.sysconf("SC_CLK_TCK"))}


def wait_until(condition):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def check_container():
    container_id = secrets.token_hex(32)
    places = container_directories(container_id)
    if os.geteuid() != 0 or not places:
        print("SKIP live.container: not root, or no cgroups here")
        return
    child = None
    with Agent(program, options=["--interval", "1"]) as agent:
        def is_listed():
            return container_id in json.loads(agent.ask("/v0/containers").body)
        try:
            for directory in places.values():
                os.makedirs(directory)
            child = subprocess.Popen(["sh", "-c", "while :; do :; done"])
            for directory in places.values():
                with open(directory + "/cgroup.procs", "w") as file:
                    file.write(str(child.pid))
            report.check(wait_until(is_listed), "a new container shows", agent.log_text())
            wait_until(lambda: container_says(places)["user_s"] != 0)
            before = container_says(places)
            time.sleep(2.2)  # two readings
            compare_container(json.loads(agent.ask("/v0/containers/" + container_id).body or "{}"), before, places)
        except OSError as error:
            print(f"SKIP live.container: no cgroup of our own: {error}")
        finally:
            if child:
                child.send_signal(signal.SIGKILL)
                child.wait()
            remove(places.values())
        report.check(wait_until(lambda: not is_listed()), "a removed container goes")


def compare_container(message, before, places):
    after = container_says(places)
    values = {point["name"]: point["value"] for point in message.get("datapoints", [])}
    if before["user_s"] is not None:
        seconds = values.get("cpus.user_time_secs", -1)
        report.check(before["user_s"] <= seconds <= after["user_s"], "its CPU time lies between before and after",
                     (before, seconds, after))
    if before["memory"] is not None:
        report.check(abs(values.get("mem.total_bytes", -(1 << 40)) - after["memory"]) <= 16 << 20,
                     "its memory is near", (before, values, after))
    report.check(values.get("container.processes") == 1, "it has one process", values)


def main():
    check_once()
    check_served()
    check_container()
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    sys.exit(main())
