#!/usr/bin/env python3
"""Which figures each right buys, on this host with real containers, and that giving the others away costs none.

rights.py PROGRAM; needs root, podman, runc, busybox, unshare, setpriv, mke2fs; strace for one part. The table of
docs/security.md is what this measured. Everything that it makes it takes away: its mounts and processes are in
namespaces of its own, where process 1 is ours, for on some machines it hides from root.
"""
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from shipped import Agent  # noqa: E402

import kernel
from report import Report
from runtimes import Podman, Runc, Unable, run

HERE = os.path.dirname(os.path.abspath(__file__))
SECURITY = os.path.join(HERE, "..", "..", "docs", "security.md")
CAPABILITIES = ("CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE", "CAP_NET_ADMIN", "CAP_SYS_ADMIN")
NOBODY, GROUP, TASK_USER = 65534, 4242, 1000
QUIET = "while :; do sleep 1000; done"
OFF = {"seccomp": False, "landlock": False, "capabilities": list(CAPABILITIES)}
OWN_NAMESPACES = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=TERM",
                  "--mount-proc")

report = Report("rights")


# What the agent shows with some rights --------------------------------------------------------------

class Bed:
    """A program that anybody may run, containers, and configurations."""

    def __init__(self, stack, program):
        self.stack = stack
        self.directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="nma-rights-"))
        os.chmod(self.directory, 0o755)
        self.program = shutil.copy(program, self.directory)
        self.work_dir = os.path.join(self.directory, "mesos")
        self.ids = {}

    def config(self, process):
        path = os.path.join(self.directory, f"config-{uuid.uuid4().hex[:8]}.json")
        with open(path, "w") as file:
            json.dump({"process": process, "disk": {"walk_entries_per_s": 10000},
                       "discovery": {"mesos_work_dir": self.work_dir}}, file)
        os.chmod(path, 0o644)
        return path

    def once(self, process, *rights):
        """(set of figures, number of datapoints, log)."""
        config, shown, count, log = self.config(process), set(), 0, ""
        for name, what in (("node", ("node",)), *((n, ("container", i)) for n, i in self.ids.items())):
            done = subprocess.run([*rights, self.program, "--config", config, "--view", "full", "once", *what],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            log += done.stderr
            if done.returncode != 0:
                continue
            message = json.loads(done.stdout)
            count += len(message["datapoints"])
            for point in message["datapoints"]:
                shown.add((name, point["name"], point.get("tags", {}).get("path", "")))
            shown |= {(name, key, "") for key, value in message["dimensions"].items() if value}
        return shown, count, log


def setpriv(*capabilities, uid=NOBODY, group=None):
    names = "".join(",+" + name.removeprefix("CAP_").lower() for name in capabilities)
    groups = ["--groups", str(group)] if group else ["--clear-groups"]
    return ["setpriv", "--reuid", str(uid), "--regid", str(uid), *groups, "--inh-caps", "-all" + names,
            "--ambient-caps", "-all" + names, "--bounding-set", "-all" + names]


def group_of(figure):
    _, name, _ = figure
    if name.endswith("_pressure_counter"):
        return "mem.*_pressure_counter"
    return name.partition(".")[0] + ".*" if "." in name else name


def groups_of(figures):
    return sorted({group_of(figure) for figure in figures})


# The host -------------------------------------------------------------------------------------------

def cover(stack, directory):
    """An empty directory over the one of the host, which stays as it is."""
    if not os.path.isdir(directory):
        os.makedirs(directory)
        stack.callback(os.rmdir, directory)
    run("mount", "-t", "tmpfs", "tmpfs", directory)
    stack.callback(run, "umount", "-l", directory, check=False)


def make_closed_file_system(bed):
    """A real file system below a directory that only root may enter."""
    closed = os.path.join(bed.directory, "closed")
    os.makedirs(closed + "/disk", mode=0o700)
    os.chmod(closed, 0o700)
    with open(closed + "/image", "wb") as image:
        image.truncate(16 << 20)
    run("mke2fs", "-q", "-F", "-t", "ext4", closed + "/image")
    run("mount", "-o", "loop", closed + "/image", closed + "/disk")
    bed.stack.callback(run, "umount", closed + "/disk", check=False)


def make_containers(bed, mounts):
    cover(bed.stack, "/var/lib/containers")
    cover(bed.stack, "/run/containers")
    podman = bed.stack.enter_context(Podman(bed.directory, "/nma-rights-" + uuid.uuid4().hex[:8], mounts))
    podman.command[1:5] = ["--root", "/var/lib/containers/storage", "--runroot", "/run/containers/storage"]
    runc = bed.stack.enter_context(Runc(bed.directory, mounts))
    bed.ids["podman"] = podman.start("shop", QUIET, "--memory", "64m", "--cpus", "0.5").id
    task = str(uuid.uuid4())
    runs = f"{bed.work_dir}/slaves/a-S0/frameworks/f-0001/executors/shop.1/runs/{task}"
    os.makedirs(runs)
    with open(runs + "/stdout", "w") as file:
        file.write("x" * 100000)
    os.chmod(runs, 0o750)  # Mesos' own mode since 1.8, and it is the task's user's
    os.chown(runs, TASK_USER, TASK_USER)
    bed.ids["mesos"] = runc.start("mesos", task, f"/mesos/{task}", QUIET, memory={"limit": 32 << 20}).id
    return podman


@contextlib.contextmanager
def hidepid():
    run("mount", "-t", "proc", "-o", f"hidepid=2,gid={GROUP}", "proc", "/proc")
    try:
        yield
    finally:
        run("umount", "-l", "/proc")


# The table ------------------------------------------------------------------------------------------

def measure(bed):
    """{right: (figures, count)} on /proc as it is; and where it hides processes."""
    open_proc = {"nothing": bed.once(OFF, *setpriv())[:2]}
    for name in CAPABILITIES:
        open_proc[name] = bed.once(OFF, *setpriv(name))[:2]
    open_proc["all five"] = bed.once(OFF, *setpriv(*CAPABILITIES))[:2]
    open_proc["uid 0 alone"] = bed.once(OFF, *setpriv(uid=0))[:2]
    for name in CAPABILITIES[:2]:
        open_proc["uid 0 and " + name] = bed.once(OFF, *setpriv(name, uid=0))[:2]
    open_proc["root"] = bed.once(OFF)[:2]
    with hidepid():
        hidden = {"nothing": bed.once(OFF, *setpriv())[:2], "group": bed.once(OFF, *setpriv(group=GROUP))[:2],
                  "CAP_SYS_PTRACE": bed.once(OFF, *setpriv("CAP_SYS_PTRACE"))[:2],
                  "CAP_DAC_READ_SEARCH": bed.once(OFF, *setpriv("CAP_DAC_READ_SEARCH"))[:2]}
    return open_proc, hidden


def bought(table):
    nothing = table["nothing"][0]
    return {right: groups_of(figures - nothing) for right, (figures, _) in table.items()}


def documented(heading):
    """{right: groups} of the table below a heading of docs/security.md."""
    with open(SECURITY) as file:
        section = file.read().partition(heading + "\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \|([^|]*)\|$", section, re.M)
    return {right.strip(" `"): sorted(re.findall(r"`([^`]+)`", groups)) for right, _, groups in rows}


def check_table(name, heading, table):
    claims = documented(heading)
    report.check(claims, name + ".is_in_the_document", f"no table below {heading}")
    for right, groups in bought(table).items():
        report.note(f"{name}: {right}: {table[right][1]} datapoints; more than nothing: {' '.join(groups) or '-'}")
        if right in claims:
            report.check(groups == claims[right], f"{name}.{right.replace(' ', '_')}",
                         f"measured {groups}, docs/security.md says {claims[right]}")


# Confinement ----------------------------------------------------------------------------------------

def compare(name, free, confined):
    lost, won = free[0] - confined[0], confined[0] - free[0]
    report.check(not lost and free[0], name, f"lost: {sorted(lost)[:20]}, of {len(free[0])}; new: {sorted(won)[:5]}")


def check_confinement(bed):
    free = bed.once(OFF)
    confined = bed.once({})
    report.note(f"as root, free: {free[1]} datapoints, confined: {confined[1]}")
    compare("confined_root_shows_all", free, confined)
    as_nobody = {"user": "nobody", "capabilities": list(CAPABILITIES)}
    compare("confined_nobody_with_capabilities_shows_all", free, bed.once(as_nobody))
    compare("confined_nobody_without_shows_as_much", bed.once(OFF, *setpriv()),
            bed.once({"user": "nobody", "capabilities": []}))
    doctors = [subprocess.run([bed.program, "--config", bed.config(process), "doctor"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60).stdout for process in (OFF, {})]
    report.check(doctors[0] == doctors[1] and doctors[0], "confined_doctor_says_the_same", doctors)
    with hidepid():
        compare("confined_root_sees_hidden_processes", bed.once(OFF), bed.once({}))


def status_of(pid):
    lines = kernel.text_of(f"/proc/{pid}/status").splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def check_life(bed, podman):
    """The confined agent under a tracer: nothing that it does may be refused by the filter."""
    trace = os.path.join(bed.directory, "trace")
    wrapper = os.path.join(bed.directory, "traced")
    with open(wrapper, "w") as file:
        file.write(f'#!/bin/sh\nexec strace -D -f -o {trace} "{bed.program}" "$@"\n')
    os.chmod(wrapper, 0o755)
    options = ["--config", bed.config({"user": "nobody", "capabilities": list(CAPABILITIES)}), "--interval", "1"]
    with Agent(wrapper, options=[*options, "--listen", "127.0.0.1:0"]) as agent:
        agent.wait_for_second_reading()
        pid = agent.process.pid
        status = status_of(pid)
        report.check(status["Uid"].split() == [str(NOBODY)] * 4, "life.user", status["Uid"])
        report.check(status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", "life.is_confined",
                     (status["Seccomp"], status["NoNewPrivs"]))
        report.check(status["CapPrm"] == status["CapBnd"] and int(status["CapInh"], 16) == 0, "life.capabilities",
                     {key: value for key, value in status.items() if key.startswith("Cap")})
        threads = [status_of(f"{pid}/task/{task}")["Seccomp"] for task in os.listdir(f"/proc/{pid}/task")]
        report.check(set(threads) == {"2"} and len(threads) > 1, "life.every_thread", threads)
        for path in ("/v0/node?view=full", "/v0/containers", f"/v0/containers/{bed.ids['podman']}?view=full", "/x"):
            agent.ask(path)
        podman.start("late", QUIET)
        time.sleep(1.5)
        podman.remove("late")
        time.sleep(1.5)
        if int(status["SigBlk"], 16) >> (signal.SIGHUP - 1) & 1:
            agent.process.send_signal(signal.SIGHUP)
            time.sleep(1)
        report.check(agent.process.poll() is None, "life.lives", "it ended")
        start = time.monotonic()
        report.check(agent.end() == 0, "life.end", "not 0")
        report.check(time.monotonic() - start < 2, "life.end_within_2_s", time.monotonic() - start)
    with open(trace) as file:
        after = file.read().partition("SECCOMP_SET_MODE_FILTER")[2]
    refused = [line for line in after.splitlines() if "ENOSYS" in line or "SIGSYS" in line or " EPERM " in line]
    report.check(after.count("\n") > 500, "life.was_traced", f"{len(after)} bytes after the filter")
    report.check(not refused, "life.no_call_refused", refused[:10])


@contextlib.contextmanager
def stuck_mount(place):
    """A file system whose server never says a word. Unable where there can be none."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        raise Unable(f"no FUSE here: {error}") from error
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0"
    try:
        if libc.mount(b"stuck", place.encode(), b"fuse", 0, options.encode()) != 0:
            raise Unable("no FUSE here: " + os.strerror(ctypes.get_errno()))
        yield
    finally:
        os.close(device)
        run("umount", "-l", place, check=False)


def check_end_when_stuck(bed, name, is_first):
    """A reading, the first one or a later one, that the kernel holds for ever."""
    root = os.path.join(bed.directory, "stuck-" + name)
    place = root + "/sys/class/thermal"
    os.makedirs(place)
    os.makedirs(root + "/proc")
    with open(root + "/proc/loadavg", "w") as file:
        file.write("0.1 0.2 0.3 1/2 3\n")
    with contextlib.ExitStack() as stack:
        if is_first:
            stack.enter_context(stuck_mount(place))
        agent = stack.enter_context(Agent(bed.program, host_root=root, options=["--interval", "1"]))
        if not is_first:
            agent.ask("/v0/node")  # is answered after the first reading
            stack.enter_context(stuck_mount(place))
        time.sleep(2.5)  # two ticks
        tasks = f"/proc/{agent.process.pid}/task"
        held = [kernel.text_of(f"{tasks}/{task}/wchan") for task in os.listdir(tasks)]
        report.check(any("fuse" in (text or "") for text in held), f"stuck.{name}.is_held", held)
        start = time.monotonic()
        status = agent.end()
        took_s = time.monotonic() - start
        report.check(status == 0 and took_s < 2, f"stuck.{name}.ends_within_2_s", f"status {status} after {took_s} s")


def why_not():
    if os.geteuid() != 0:
        return "not root, and giving rights away takes them"
    missing = [tool for tool in ("podman", "runc", "busybox", "unshare", "setpriv", "mke2fs") if not shutil.which(tool)]
    return f"not installed: {' '.join(missing)} (packaging/setup real)" if missing else None


def why_no_trace():
    if not shutil.which("strace"):
        return "strace is not installed (packaging/setup real)"
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return None if done.returncode == 0 else "no process may be traced here: " + done.stderr


def is_as_documented(mounts):
    """The table is of a kernel that counts descriptors itself, with memory on version 1."""
    release = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    return release >= (6, 2) and "memory" in kernel.v1_controllers(mounts)


def main(program):
    mounts = kernel.hierarchies()
    with contextlib.ExitStack() as stack:
        try:
            bed = Bed(stack, program)
            podman = make_containers(bed, mounts)
            make_closed_file_system(bed)
        except Unable as error:
            report.skip("all", error)
            return 0
        if is_as_documented(mounts):
            open_proc, hidden = measure(bed)
            check_table("table", "### On /proc as it usually is", open_proc)
            check_table("hidepid", "### On /proc with hidepid=2", hidden)
        else:
            report.skip("table", "docs/security.md tells of Linux 6.2 and later with memory on cgroup version 1")
        check_confinement(bed)
        try:
            check_end_when_stuck(bed, "first_reading", True)
            check_end_when_stuck(bed, "later_reading", False)
        except Unable as error:
            report.skip("stuck", error)
        reason = why_no_trace()
        if reason:
            report.skip("life", reason)
        else:
            check_life(bed, podman)
    return report.status()


def enter(program):
    reason = why_not()
    if not reason and subprocess.run([*OWN_NAMESPACES, "true"], stdin=subprocess.DEVNULL).returncode != 0:
        reason = "no namespaces of our own here"
    if reason:
        report.skip("all", reason)
        return 0
    os.execvp(OWN_NAMESPACES[0], [*OWN_NAMESPACES, sys.executable, os.path.abspath(__file__), "--inside", program])


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--inside":
        sys.exit(main(sys.argv[2]))
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(enter(os.path.abspath(sys.argv[1])))
