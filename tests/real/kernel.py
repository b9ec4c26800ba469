"""Live cgroups of this machine: which hierarchies there are, and what their files say of a container."""
import os
import time

from figures import OF_PROCESSES, Reading

CONTROLLERS = ("cpu", "cpuacct", "memory", "blkio", "io", "pids", "hugetlb", "cpuset", "rdma", "misc")


def text_of(path):
    """None when it cannot be read."""
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return None


def hierarchies(mountinfo=None):
    """{mount point: set of v1 controllers, or "v2"}."""
    found = {}
    for line in (mountinfo or text_of("/proc/self/mountinfo")).splitlines():
        words = line.split()
        kind, _, options = words[words.index("-") + 1:][:3]
        if kind == "cgroup2" and "v2" not in found.values():
            found[words[4]] = "v2"
        if kind == "cgroup":
            names = set(options.split(",")) & set(CONTROLLERS)
            if names and not any(names & set(other) for other in found.values() if other != "v2"):
                found[words[4]] = names
    return found


def all_mounts():
    """Every hierarchy, those without controllers, too: runtimes make their cgroups in all of them."""
    lines = [line.split() for line in text_of("/proc/self/mountinfo").splitlines()]
    return [words[4] for words in lines if words[words.index("-") + 1] in ("cgroup", "cgroup2")]


def disk_of(path):
    """The whole disk's device node that a file lies on, or None."""
    number = os.stat(path).st_dev
    directory = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if os.path.exists(directory + "/partition"):
        directory = os.path.dirname(directory)
    node = "/dev/" + os.path.basename(directory)
    return node if os.path.isdir(directory) and os.path.exists(node) else None


def v1_controllers(mounts):
    return {name for names in mounts.values() if names != "v2" for name in names}


def is_told_by(file, controllers, taken):
    """Whether a file of a hierarchy counts: version 2 tells of what no version 1 hierarchy has."""
    owner = file.partition(".")[0]
    if controllers == "v2":
        return file.endswith(".pressure") or (owner not in taken and not (owner == "io" and "blkio" in taken))
    return owner in controllers or file == "tasks"


def paths_of(pid, container_id, mounts):
    """{mount point: the container's directory there}, by one of its processes."""
    places = {}
    for line in (text_of(f"/proc/{pid}/cgroup") or "").splitlines():
        _, names, path = line.split(":", 2)
        for mount, controllers in mounts.items():
            is_it = names == "" if controllers == "v2" else bool(controllers & set(names.split(",")))
            steps = path.strip("/").split("/")
            at = [i for i, step in enumerate(steps) if container_id in step]
            if is_it and at:
                places[mount] = os.path.join(mount, *steps[:at[-1] + 1])
    return places


def processes_below(directory, without):
    text = text_of(directory + "/cgroup.procs") or ""
    below = [entry.path for entry in os.scandir(directory) if entry.is_dir(follow_symlinks=False)]
    return set(text.split()).union(*(processes_below(path, without) for path in below
                                     if not path.endswith(tuple(without))))


def own_network(pid, file):
    """A process's text, when its network namespace is not the host's."""
    try:
        # We are in the host's; process 1 may hide its own even from root.
        if os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            return None
    except OSError:
        return None
    return text_of(f"/proc/{pid}/net/{file}")


def of_processes(pids):
    """What /proc/PID says of all of a container's processes, where we can look at all of them."""
    try:
        descriptors = sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)
        ticks = min(int(text_of(f"/proc/{pid}/stat").rpartition(")")[2].split()[19]) for pid in pids)
    except (OSError, ValueError, AttributeError):
        return {}
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return {OF_PROCESSES + "descriptors": str(descriptors), OF_PROCESSES + "start_time": str(int(time.time() - since_boot))}


def read_container(places, mounts, pid, without=()):
    """A Reading. `without` are ends of paths of cgroups below it that are containers of their own."""
    files, processes = {}, None
    taken = v1_controllers(mounts)
    for mount, directory in places.items():
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            if is_told_by(name, mounts[mount], taken) and os.path.isfile(path) and os.access(path, os.R_OK) \
                    and os.stat(path).st_mode & 0o444:
                text = text_of(path)
                if text is not None:
                    files[name] = text
        if mounts[mount] == "v2" and processes is None or "memory" in mounts[mount]:
            pids = processes_below(directory, without)
            processes = len(pids)
            files.update(of_processes(pids))
    return Reading(files, processes, own_network(pid, "dev"), own_network(pid, "snmp"))


def remove_tree(directory):
    """Takes a directory of cgroups away, the deepest first. Those in use get a second."""
    for path, _, _ in sorted(os.walk(directory), key=lambda step: -len(step[0])):
        for _ in range(50):
            try:
                os.rmdir(path)
            except FileNotFoundError:
                pass
            except OSError:
                time.sleep(0.02)
                continue
            break
