"""What recompute.py knows of the full view of containers: everything but the documented datapoints."""
import glob
import os
import re
from decimal import Decimal

NO_LIMIT = 1 << 62
MICROSECONDS = 10**6
SETTINGS = {"Forwarding", "DefaultTTL", "RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn", "MemErrors"}


def put(wanted, name, value, tags=""):
    if value is not None:
        wanted[name, tags] = value


def seconds(value, per_second):
    return None if value is None else Decimal(value) / per_second


def limited(value):
    return None if value is None or value >= NO_LIMIT else value


def cgroup_v2(files):
    wanted = {}
    stat = files.keyed("memory.stat")
    for name, key in (("kernel", "kernel"), ("kernel_stack", "kernel_stack"), ("sock", "sock"), ("shmem", "shmem"),
                      ("dirty", "file_dirty"), ("writeback", "file_writeback"), ("slab", "slab"),
                      ("zswap", "zswap"), ("zswapped", "zswapped")):
        put(wanted, f"mem.{name}_bytes", stat.get(key))
    put(wanted, "mem.page_faults", stat.get("pgfault"))
    put(wanted, "mem.page_faults_major", stat.get("pgmajfault"))
    if stat:
        put(wanted, "mem.working_set_bytes", max(0, files.number("memory.current") - stat["inactive_file"]))
    put(wanted, "mem.min_bytes", files.number("memory.min") or None)
    for name, file in (("peak", "peak"), ("high", "high"), ("swap_limit", "swap.max"), ("swap_peak", "swap.peak")):
        put(wanted, f"mem.{name}_bytes", files.number("memory." + file))
    for prefix, file, keys in (("mem.events_", "memory.events", "low high max oom oom_kill oom_group_kill"),
                               ("mem.swap_events_", "memory.swap.events", "max fail")):
        events = files.keyed(file)
        for key in keys.split():
            put(wanted, prefix + key, events.get(key))
    cpu = files.keyed("cpu.stat")
    put(wanted, "cpus.usage_time_secs", seconds(cpu.get("usage_usec"), MICROSECONDS))
    put(wanted, "cpus.burst_time_secs", seconds(cpu.get("burst_usec"), MICROSECONDS))
    put(wanted, "cpus.nr_bursts", cpu.get("nr_bursts"))
    put(wanted, "cpus.weight", files.number("cpu.weight"))
    put(wanted, "cpus.burst_limit_secs", seconds(files.number("cpu.max.burst"), MICROSECONDS))
    for line in files.lines("cpu.max"):
        put_quota(wanted, *line.replace("max", "-1").split())
    for line in files.lines("io.stat"):
        device, *pairs = line.replace(":", ".", 1).split()
        for key, value in (pair.split("=") for pair in pairs):
            name = {"dbytes": "service_bytes_discard", "dios": "serviced_discard"}.get(key)
            number = int(value)
            if key.startswith("cost."):
                name, number = key.replace(".", "_"), seconds(number, MICROSECONDS)
            for tags in (f"{device},io", "default,io") if name else ():
                tagged = "blkio.io_" + name, tags
                wanted[tagged] = wanted.get(tagged, 0) + number
    wanted.update(pids(files))
    wanted.update(pressure(files))
    for size in ("2MB", "1GB"):
        put(wanted, "hugetlb.usage_bytes", files.number(f"hugetlb.{size}.current"), size)
        put(wanted, "hugetlb.limit_bytes", files.number(f"hugetlb.{size}.max"), size)
        put(wanted, "hugetlb.limit_failures", files.keyed(f"hugetlb.{size}.events").get("max"), size)
    return wanted


def put_quota(wanted, quota, period):
    if int(quota) >= 0:
        put(wanted, "cpus.quota_secs", seconds(int(quota), MICROSECONDS))
        put(wanted, "cpus.period_secs", seconds(int(period), MICROSECONDS))


def pids(files):
    wanted = {}
    put(wanted, "container.threads_limit", files.number("pids.max"))
    put(wanted, "container.threads_peak", files.number("pids.peak"))
    put(wanted, "container.threads_limit_hits", files.keyed("pids.events").get("max"))
    return wanted


def pressure(files):
    wanted = {}
    for group, file in (("cpus.pressure", "cpu"), ("mem.pressure", "memory"), ("blkio.pressure", "io"),
                        ("cpus.irq_pressure", "irq")):
        for line in files.lines(file + ".pressure"):
            kind, *pairs = line.split()
            for key, value in (pair.split("=") for pair in pairs):
                number = seconds(int(value), MICROSECONDS) if key == "total" else Decimal(value)
                put(wanted, f"{group}.{kind}.{key}", number)
    return wanted


def cgroup_v1(cpu, memory, tasks, huge, unified):
    wanted = {}
    put(wanted, "cpus.usage_time_secs", seconds(cpu.number("cpuacct.usage") // 1000, MICROSECONDS))
    put(wanted, "cpus.shares", cpu.number("cpu.shares"))
    put_quota(wanted, cpu.lines("cpu.cfs_quota_us")[0], cpu.lines("cpu.cfs_period_us")[0])
    stat = memory.keyed("memory.stat")
    put(wanted, "mem.working_set_bytes",
        max(0, memory.number("memory.usage_in_bytes") - stat["total_inactive_file"]))
    for name, key in (("shmem", "shmem"), ("dirty", "dirty"), ("writeback", "writeback")):
        put(wanted, f"mem.{name}_bytes", stat.get("total_" + key))
    put(wanted, "mem.page_faults", stat.get("total_pgfault"))
    put(wanted, "mem.page_faults_major", stat.get("total_pgmajfault"))
    put(wanted, "mem.peak_bytes", memory.number("memory.max_usage_in_bytes"))
    put(wanted, "mem.limit_failures", memory.number("memory.failcnt"))
    put(wanted, "mem.kernel_bytes", memory.number("memory.kmem.usage_in_bytes"))
    put(wanted, "mem.sock_bytes", memory.number("memory.kmem.tcp.usage_in_bytes"))
    put(wanted, "mem.limit_memsw_bytes", limited(memory.number("memory.memsw.limit_in_bytes")))
    oom = memory.keyed("memory.oom_control")
    put(wanted, "mem.under_oom", oom.get("under_oom"))
    put(wanted, "mem.events_oom_kill", oom.get("oom_kill"))
    wanted.update(pids(tasks))
    wanted.update(pressure(unified))
    for size in ("2MB", "1GB"):
        put(wanted, "hugetlb.usage_bytes", huge.number(f"hugetlb.{size}.usage_in_bytes"), size)
        put(wanted, "hugetlb.limit_bytes", limited(huge.number(f"hugetlb.{size}.limit_in_bytes")), size)
        put(wanted, "hugetlb.limit_failures", huge.number(f"hugetlb.{size}.failcnt"), size)
    return wanted


def processes(files, process_ids):
    """Of the processes of a container: the oldest, their descriptors."""
    wanted = {}
    started = [int(line.rpartition(")")[2].split()[19]) for process in process_ids
               for line in files.lines(f"proc/{process}/stat")]
    boot = files.keyed_first("proc/stat", "btime")
    if started:
        put(wanted, "container.start_time_secs", boot + seconds(min(started), 100))
    listed = [path for process in process_ids for path in glob.glob(os.path.join(files.root, f"proc/{process}/fd"))]
    if listed:
        put(wanted, "container.open_descriptors", sum(len(os.listdir(path)) for path in listed))
    return wanted


def protocols(lines):
    wanted = {}
    for names, numbers in zip(lines[::2], lines[1::2]):
        group = names.partition(":")[0]
        if group not in ("Ip", "Icmp", "Tcp", "Udp"):
            continue
        for name, number in zip(names.split()[1:], numbers.split()[1:]):
            if name not in SETTINGS:
                words = re.findall(r"[A-Z][a-z]+|OKs", name)
                put(wanted, f"net.{group.lower()}_{'_'.join(words).lower()}", int(number))
    return wanted
