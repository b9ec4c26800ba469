#!/usr/bin/env python3
"""Real containers on this host: each figure against the kernel's files and against what the runtimes say.

host.py PROGRAM; needs root, podman, runc, busybox and ip. Everything that it makes it takes away.
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import datetime, timezone
from decimal import Decimal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from shipped import Agent  # noqa: E402

import compare
import kernel
from figures import kernel_says, kind_of
from report import Report
from runtimes import Podman, Runc, Unable, run

INTERVAL_S = 1
SOON_S = 2 * INTERVAL_S + 0.5  # two intervals, and what it takes to ask
ATTEMPTS = 3                   # gauges may go up and come down between two readings

# Something small twice a second, in the shell itself, so that nothing is idle and little moves.
QUIET = ("mkfifo /tmp/f; exec 3<>/tmp/f; "
         "while :; do i=0; while [ $i -lt 300 ]; do i=$((i + 1)); done; read -t 0.5 line <&3; done")
BURN = "while :; do [ -e /nowhere ]; done"
MEMORY = ("dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2>/dev/null; "
          "dd if=/dev/zero of=/tmp/y bs=1M count=4 oflag=direct 2>/dev/null; " + QUIET)
NET = ("while ! ip link show e0 >/dev/null 2>&1; do sleep 0.1; done; "
       "nc -ll -p 9000 -e head -c 5000000 /dev/zero & " + QUIET)

report = Report("host")


def utc_now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def ask(agent, path):
    body = agent.ask("/v0" + path).body
    return compare.parse(body) if body else None


def listed(agent):
    return ask(agent, "/containers")


def wait_for(condition, limit_s):
    """Seconds that it took; None when it did not come."""
    start = time.monotonic()
    while time.monotonic() < start + limit_s:
        if condition():
            return time.monotonic() - start
        time.sleep(0.02)
    return None


def fresh_answer(agent, container_id, moment):
    """An answer all of which was read after the second `moment`. The last one, when that does not come."""
    message = None
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        message = ask(agent, f"/containers/{container_id}?view=full")
        if message and compare.oldest_timestamp(message) > moment:
            return message, True
        time.sleep(0.05)
    return message, False


def compare_container(agent, container):
    """Kernel, agent, kernel. Returns the message, or None."""
    for attempt in range(ATTEMPTS):
        before, moment = container.reading(), utc_now()
        message, is_fresh = fresh_answer(agent, container.id, moment)
        after = container.reading()
        if message is None:
            report.check(False, container.name + ".figures", "the agent does not know it")
            return None
        outcome = compare.compare(container.id, before, message, after, known)
        if not outcome.wrong and is_fresh:
            check_can_fail(container, before, message, after)
            break
    unchecked.update(outcome.unchecked)
    report.note(f"{container.name}: {outcome.counted} figures compared, {outcome.equal} did not move, "
                f"attempt {attempt + 1}")
    report.check(is_fresh, container.name + ".fresh", f"not all of it was read after {moment}")
    report.check(not outcome.wrong, container.name + ".figures", "; ".join(outcome.wrong))
    return message


def check_can_fail(container, before, message, after):
    """The comparison itself: each figure that is left out or another must show."""
    missed, points = [], message["datapoints"]
    demanded = {key[0] for key in kernel_says(before)}
    for i, point in enumerate(points):
        if kind_of(point["name"]) is None:
            continue
        others = points[:i] + points[i + 1:]
        alterations = [others + [{**point, "value": point["value"] + (1 << 40)}]]
        alterations += [others] if point["name"] in demanded else []
        for altered in alterations:
            if not compare.compare(container.id, before, {"datapoints": altered}, after, known).wrong:
                missed.append((point["name"], len(altered) - len(others)))
    report.check(not missed, container.name + ".comparison_can_fail", missed)


def check_moved(message, name, **least):
    """That there was something to compare: figures that the container must have caused."""
    values, _ = compare.values_of(message)
    for what, wanted in least.items():
        what = what.replace("__", ".")
        found = max((value for (figure, _, _), value in values.items() if figure == what), default=None)
        report.check(found is not None and found >= wanted, f"{name}.{what}",
                     f"at least {wanted} was caused, the agent says {found}")


def has_net(message):
    return any(point["name"].startswith("net.") for point in message["datapoints"])


# What the runtimes say -----------------------------------------------------------------------------

def check_podman(podman, container, message):
    values = {key[0]: value for key, value in compare.values_of(message)[0].items()}
    inspected = json.loads(podman.call("inspect", container.name))[0]["HostConfig"]
    said = {"mem.limit_bytes": inspected["Memory"], "cpus.limit": inspected["NanoCpus"] / 1e9,
            "container.threads_limit": inspected["PidsLimit"]}
    wrong = [(name, value, values.get(name)) for name, value in said.items() if value and values.get(name) != value]
    report.check(not wrong, container.name + ".podman_inspect", wrong)
    stats = json.loads(podman.call("stats", "--no-stream", "--format", "json", container.name))[0]
    used = human_bytes(stats["mem_usage"].split("/")[0])
    limit = human_bytes(stats["mem_usage"].split("/")[1])
    near = abs(used - float(values["mem.total_bytes"])) <= 0.02 * used + (1 << 20)
    report.check(near and abs(limit - values["mem.limit_bytes"]) <= 0.01 * limit and
                 abs(int(stats["pids"]) - values["container.threads"]) <= 1,
                 container.name + ".podman_stats", (stats, values["mem.total_bytes"], values["container.threads"]))


def human_bytes(text):
    number = text.strip().rstrip("kKMGiB")
    return float(number) * 1000 ** " kMG".index(text.strip()[len(number):].rstrip("iB").replace("K", "k") or " ")


def check_runc_events(agent, container, runc):
    """runc reads the same files at its own moment: what grows must lie between two readings of its."""
    first = runc.stats(container.id)
    message, _ = fresh_answer(agent, container.id, utc_now())
    second = runc.stats(container.id)
    values = {key[0]: value for key, value in compare.values_of(message)[0].items()}
    grows = {"cpus.nr_periods": ("cpu", "throttling", "periods"),
             "cpus.nr_throttled": ("cpu", "throttling", "throttledPeriods"),
             "mem.limit_failures": ("memory", "usage", "failcnt"), "mem.peak_bytes": ("memory", "usage", "max")}
    stands = {"mem.limit_bytes": ("memory", "usage", "limit"), "container.threads_limit": ("pids", "limit")}
    wrong = [(name, at(first, path), values.get(name), at(second, path)) for name, path in grows.items()
             if name in values and not at(first, path) <= values[name] <= at(second, path)]
    wrong += [(name, at(first, path), values.get(name)) for name, path in stands.items()
              if at(first, path) and at(first, path) < 1 << 62 and values.get(name) != at(first, path)]
    near = (1 << 20) + abs(at(first, ("memory", "usage", "usage")) - at(second, ("memory", "usage", "usage")))
    if abs(values["mem.total_bytes"] - at(second, ("memory", "usage", "usage"))) > near:
        wrong.append(("mem.total_bytes", values["mem.total_bytes"], at(second, ("memory", "usage", "usage"))))
    report.check(not wrong, container.name + ".runc_events", wrong)


def at(tree, path):
    for step in path:
        tree = (tree or {}).get(step)
    return tree or 0


# The test -----------------------------------------------------------------------------------------

def make_containers(stack, work, mounts):
    podman = stack.enter_context(Podman(work, "/nma-real-" + uuid.uuid4().hex[:8], mounts))
    runc = stack.enter_context(Runc(work, mounts))
    disk = kernel.disk_of(work)
    # Recent kernels count requests for version 1 only where there is a limit of them.
    throttle = ["--device-write-bps", disk + ":1gb"] if disk and "blkio" in kernel.v1_controllers(mounts) else []
    containers = {
        "cpu": podman.start("cpu", BURN, "--cpus", "0.25", "--memory", "64m", "--pids-limit", "50"),
        "memory": podman.start("memory", MEMORY, "--cpus", "0.5", "--memory", "96m", "--memory-reservation", "32m",
                               *throttle),
        "net": podman.start("net", NET, "--cpus", "0.5", "--memory", "64m"),
    }
    task, child = str(uuid.uuid4()), str(uuid.uuid4())
    # Version 2 allows no processes between a cgroup and its children, so Mesos has a leaf for them there.
    leaf = "" if kernel.v1_controllers(mounts) else "/leaf"
    containers["mesos"] = runc.start(
        "mesos", task, f"/mesos/{task}{leaf}", QUIET, network=False,
        cpu={"shares": 512, "quota": 50000, "period": 100000}, memory={"limit": 32 << 20, "reservation": 16 << 20},
        pids={"limit": 40})
    containers["nested"] = runc.start(
        "nested", child, f"/mesos/{task}/mesos/{child}{leaf}", BURN, cpu={"shares": 102}, memory={"limit": 8 << 20})
    containers["mesos"].without = ["/mesos/" + child]  # that one is a container of its own
    return podman, runc, containers


def make_traffic(stack, container):
    """A cable from a namespace of our own into the container's, and bytes over it."""
    peer = "nma-" + uuid.uuid4().hex[:8]
    run("ip", "netns", "add", peer)
    stack.callback(run, "ip", "netns", "del", peer, check=False)
    run("ip", "link", "add", "p0", "netns", peer, "type", "veth", "peer", "name", "e0", "netns",
        f"/proc/{container.pid}/ns/net")
    run("ip", "-n", peer, "addr", "add", "10.77.0.1/24", "dev", "p0")
    run("ip", "-n", peer, "link", "set", "p0", "up")
    inside = ["nsenter", "-t", str(container.pid), "-n", "ip"]
    run(*inside, "addr", "add", "10.77.0.2/24", "dev", "e0")
    run(*inside, "link", "set", "e0", "up")
    command = ["ip", "netns", "exec", peer, "timeout", "10", "busybox", "nc", "10.77.0.2", "9000"]
    sizes = []

    def has_come():
        sizes.append(len(subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout))
        return sizes[-1]
    wait_for(has_come, 10)  # until somebody listens
    report.check(sizes[-1] == 5000000, "net.traffic", f"{sizes[-1]} of 5000000 bytes came over the cable")


def check_figures(agent, podman, runc, containers):
    took = wait_for(lambda: {c.id for c in containers.values()} <= set(listed(agent)), SOON_S)
    report.check(took is not None, "appear_within_two_intervals", listed(agent))
    messages = {name: compare_container(agent, container) for name, container in containers.items()}
    if None in messages.values():
        return
    check_moved(messages["cpu"], "cpu", cpus__user_time_secs=0.1, cpus__system_time_secs=0.1, cpus__nr_throttled=3,
                cpus__throttled_time_secs=0.5)
    check_moved(messages["memory"], "memory", mem__shmem_bytes=40 << 20, mem__total_bytes=40 << 20,
                mem__peak_bytes=40 << 20, mem__soft_limit_bytes=32 << 20)
    if any(value and key.startswith("blkio.io_service_bytes_write") for (key, _, _), value in
           compare.values_of(messages["memory"])[0].items()):
        check_moved(messages["memory"], "memory", blkio__io_service_bytes_write=4 << 20)
    else:
        report.skip("memory.blkio", "the kernel counts no requests of this container's file system to its cgroup")
    if "e0:" in (containers["net"].reading().net_dev or ""):
        check_moved(messages["net"], "net", net__tx_bytes=5000000, net__rx_packets=10)
    report.check(not has_net(messages["mesos"]), "mesos.shares_network_of_host", "it has net.* figures")
    report.check(has_net(messages["nested"]), "nested.has_network_of_its_own", "it has no net.* figures")
    for name in ("cpu", "memory", "net"):
        check_podman(podman, containers[name], messages[name])
        check_runc_events(agent, containers[name], podman.runc)
    for name in ("mesos", "nested"):
        if kernel.v1_controllers(kernel.hierarchies()):  # the leaf's own figures otherwise
            check_runc_events(agent, containers[name], runc)


def check_host_network(agent, podman):
    try:
        container = podman.start("hostnet", QUIET, "--memory", "64m", network="host")
    except Unable as error:
        report.skip("hostnet", error)
        return
    wait_for(lambda: container.id in listed(agent), SOON_S)
    message = compare_container(agent, container)
    report.check(message is None or not has_net(message), "hostnet.shares_network_of_host", "it has net.* figures")
    podman.remove("hostnet")


def check_restart(agent, runc, containers):
    """The same id and the same cgroup's path, made anew: nothing of the old one may be left."""
    nested = containers["nested"]
    old = cpu_seconds(fresh_answer(agent, nested.id, utc_now())[0])
    runc.restart("nested", QUIET)
    appears = wait_for(lambda: nested.id in listed(agent), SOON_S)
    report.check(appears is not None, "restart.appears", "it is not there after two intervals")
    message = compare_container(agent, nested)
    report.check(message is not None and float(cpu_seconds(message)) < float(old) / 2, "restart.counts_anew",
                 f"{old} s of CPU time before, {message and cpu_seconds(message)} s after")


def cpu_seconds(message):
    values, _ = compare.values_of(message)
    return sum(values.get((f"cpus.{mode}_time_secs", "", ""), Decimal("nan")) for mode in ("user", "system"))


def check_removal(agent, podman, runc, containers):
    for name in ("cpu", "memory", "net"):
        podman.remove(name)
        gone(agent, containers[name])
    for name in ("nested", "mesos"):
        runc.remove(name)
        gone(agent, containers[name])


def gone(agent, container):
    took = wait_for(lambda: container.id not in listed(agent), SOON_S)
    report.check(took is not None, container.name + ".gone_within_two_intervals", "it is still listed")


def why_not():
    if os.geteuid() != 0:
        return "not root, and containers with limits need root"
    missing = [tool for tool in ("podman", "runc", "busybox", "ip", "nsenter") if not shutil.which(tool)]
    return f"not installed: {' '.join(missing)} (packaging/setup real)" if missing else None


def main(program):
    reason = why_not()
    if reason:
        report.skip("containers", reason)
        return 0
    known.update(compare.names_known(program))
    mounts = kernel.hierarchies()
    report.note("cgroups: " + ", ".join(f"{mount} {'v2' if names == 'v2' else '+'.join(sorted(names))}"
                                        for mount, names in mounts.items()))
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory(prefix="nma-real-"))
        try:
            podman, runc, containers = make_containers(stack, work, mounts)
        except Unable as error:
            report.skip("containers", error)
            return 0
        try:
            make_traffic(stack, containers["net"])
        except Unable as error:
            report.skip("net.traffic", error)
        agent = stack.enter_context(Agent(program, options=["--interval", str(INTERVAL_S)]))
        check_figures(agent, podman, runc, containers)
        check_host_network(agent, podman)
        check_restart(agent, runc, containers)
        check_removal(agent, podman, runc, containers)
        report.check(agent.process.poll() is None, "agent_lives", agent.log_text())
    for name in sorted(unchecked):
        report.note("unchecked: " + name)
    return report.status()


unchecked, known = set(), set()
if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(os.path.abspath(sys.argv[1])))
