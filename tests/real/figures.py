"""What the kernel's files say about a container, under the names of the Metrics API.

FIGURES is the table: a row for each figure, with the files that it comes from and how it is computed, on cgroup v1
and v2. It is written from the kernel's documentation, not from the agent's sources, so that the two can disagree.
"""
import os
import re
from collections import namedtuple
from decimal import ROUND_DOWN, Decimal

TICK_S = Decimal(1) / os.sysconf("SC_CLK_TCK")
MICRO = Decimal(1).scaleb(-6)
NANO = Decimal(1).scaleb(-9)
UNLIMITED_V1 = 1 << 62  # the kernel writes the largest number of pages, which differs between kernels
PRESSURE_SLACK = 30      # percent; averages of ten seconds turn quickly
OF_PROCESSES = "#"       # before names of what is computed from /proc/PID, where that can be looked at
SLACK_BYTES = 1 << 20   # what a living container's memory moves while it is read

# A container as the kernel shows it at one moment. files: text by name; processes: those of its cgroups, None where
# unknown; net_dev and snmp: text of a process of it in a network namespace of its own, None when it has none.
Reading = namedtuple("Reading", "files processes net_dev snmp", defaults=(None, None))

# kind: "grows" lies between two readings, "moves" does, too, but for the slack, "stands" is equal to both.
Row = namedtuple("Row", "name kind slack sources")


def keyed(file, key, factor=1):
    def source(reading):
        for line in reading.files.get(file, "").splitlines():
            words = line.split()
            if len(words) == 2 and words[0] == key:
                return int(words[1]) * factor
        return None
    return source


def single(file):
    def source(reading):
        text = reading.files.get(file, "").strip()
        return int(text) if text and text != "max" else None
    return source


def bounded(file):
    def source(reading):
        value = single(file)(reading)
        return value if value is not None and 0 <= value < UNLIMITED_V1 else None
    return source


def unless_zero(source):
    return lambda reading: source(reading) or None


def both(first, second, join=lambda a, b: a + b):
    def source(reading):
        values = first(reading), second(reading)
        return None if None in values else join(*values)
    return source


def ratio(value, of):
    return (Decimal(value) / of).quantize(MICRO, ROUND_DOWN)


def scaled(source, factor):
    """To microseconds, as the agent's answers are."""
    def scale(reading):
        value = source(reading)
        return None if value is None else (value * factor).quantize(MICRO, ROUND_DOWN)
    return scale


def of_pressure(file, line, key, factor=1):
    def source(reading):
        for words in (text.split() for text in reading.files.get(file, "").splitlines()):
            values = dict(pair.split("=") for pair in words[1:] if "=" in pair)
            if words[0] == line and key in values:
                return Decimal(values[key]) * factor
        return None
    return source


def soft_limit(reading):
    shares, weight = single("cpu.shares")(reading), single("cpu.weight")(reading)
    if shares is not None:
        return ratio(shares, 1024)
    return None if weight is None else ratio(weight, 100)


def quota(reading):
    """(quota, period), or None when there is none."""
    words = reading.files.get("cpu.max", "").split()
    if words:
        return None if words[0] == "max" else (int(words[0]), int(words[1]))
    found = single("cpu.cfs_quota_us")(reading)
    return None if found is None or found < 0 else (found, single("cpu.cfs_period_us")(reading))


def of_quota(place):
    def source(reading):
        found = quota(reading)
        return None if found is None else found[place] * MICRO
    return source


def cpu_limit(reading):
    found = quota(reading)
    return soft_limit(reading) if found is None else ratio(*found)


def threads(reading):
    found = single("pids.current")(reading)
    if found is not None:
        return found
    lists = [reading.files[name] for name in ("tasks", "cgroup.threads") if name in reading.files]
    return len(lists[0].split()) if lists else None


def grows(name, *sources):
    return Row(name, "grows", 0, sources)


def moves(name, *sources, slack=SLACK_BYTES):
    return Row(name, "moves", slack, sources)


def stands(name, *sources):
    return Row(name, "stands", 0, sources)


def stat(v1, v2=None):
    """A key of memory.stat; version 1's total_ lines take in the cgroups below."""
    found = [keyed("memory.stat", "total_" + v1)] if v1 else []
    return found + ([keyed("memory.stat", v2)] if v2 else [])


def pressure(name, file):
    """PSI: averages are percent of the last seconds, and move as the kernel looks; the total only grows."""
    rows = []
    for line in ("some", "full"):
        rows += [moves(f"{name}.{line}.avg{seconds}", of_pressure(file, line, f"avg{seconds}"), slack=PRESSURE_SLACK)
                 for seconds in (10, 60, 300)]
        rows.append(grows(f"{name}.{line}.total", of_pressure(file, line, "total", MICRO)))
    return rows


usage = single("memory.usage_in_bytes")
current = single("memory.current")


def working_set(used, inactive):
    return both(used, inactive, lambda a, b: max(a - b, 0))


FIGURES = [
    moves("container.processes", lambda reading: reading.processes, slack=1),
    moves("container.threads", threads, slack=1),
    stands("container.threads_limit", single("pids.max")),
    grows("container.threads_limit_hits", keyed("pids.events", "max")),
    grows("container.threads_peak", single("pids.peak")),
    moves("container.open_descriptors", single(OF_PROCESSES + "descriptors"), slack=4),
    moves("container.start_time_secs", single(OF_PROCESSES + "start_time"), slack=2),
    grows("cpus.user_time_secs", keyed("cpuacct.stat", "user", TICK_S), keyed("cpu.stat", "user_usec", MICRO)),
    grows("cpus.system_time_secs", keyed("cpuacct.stat", "system", TICK_S), keyed("cpu.stat", "system_usec", MICRO)),
    grows("cpus.nr_periods", keyed("cpu.stat", "nr_periods")),
    grows("cpus.nr_throttled", keyed("cpu.stat", "nr_throttled")),
    grows("cpus.throttled_time_secs", keyed("cpu.stat", "throttled_time", NANO),
          keyed("cpu.stat", "throttled_usec", MICRO)),
    grows("cpus.nr_bursts", keyed("cpu.stat", "nr_bursts")),
    grows("cpus.burst_time_secs", keyed("cpu.stat", "burst_time", NANO), keyed("cpu.stat", "burst_usec", MICRO)),
    grows("cpus.usage_time_secs", scaled(single("cpuacct.usage"), NANO), keyed("cpu.stat", "usage_usec", MICRO)),
    stands("cpus.quota_secs", of_quota(0)),
    stands("cpus.period_secs", of_quota(1)),
    stands("cpus.burst_limit_secs", scaled(single("cpu.cfs_burst_us"), MICRO), scaled(single("cpu.max.burst"), MICRO)),
    stands("cpus.shares", single("cpu.shares")),
    stands("cpus.weight", single("cpu.weight")),
    stands("cpus.limit", cpu_limit),
    stands("cpus.soft_limit", soft_limit),
    moves("mem.total_bytes", usage, current),
    moves("mem.total_memsw_bytes", single("memory.memsw.usage_in_bytes"), both(current, single("memory.swap.current"))),
    stands("mem.limit_bytes", bounded("memory.limit_in_bytes"), single("memory.max")),
    stands("mem.soft_limit_bytes", bounded("memory.soft_limit_in_bytes"), unless_zero(single("memory.low"))),
    stands("mem.high_bytes", single("memory.high")),
    grows("mem.peak_bytes", single("memory.max_usage_in_bytes"), single("memory.peak")),
    grows("mem.limit_failures", single("memory.failcnt")),
    moves("mem.swap_bytes", *stat("swap"), single("memory.swap.current")),
    moves("mem.file_bytes", *stat("cache", "file")),
    moves("mem.cache_bytes", *stat("cache", "file")),
    moves("mem.anon_bytes", *stat("rss", "anon")),
    moves("mem.rss_bytes", *stat("rss", "anon")),
    moves("mem.mapped_file_bytes", *stat("mapped_file", "file_mapped")),
    moves("mem.unevictable_bytes", *stat("unevictable", "unevictable")),
    moves("mem.shmem_bytes", *stat("shmem", "shmem")),
    moves("mem.dirty_bytes", *stat("dirty", "file_dirty")),
    moves("mem.writeback_bytes", *stat("writeback", "file_writeback")),
    moves("mem.kernel_bytes", single("memory.kmem.usage_in_bytes"), *stat(None, "kernel")),
    moves("mem.kernel_stack_bytes", *stat(None, "kernel_stack")),
    moves("mem.slab_bytes", *stat(None, "slab")),
    moves("mem.sock_bytes", single("memory.kmem.tcp.usage_in_bytes"), *stat(None, "sock")),
    moves("mem.working_set_bytes", working_set(usage, keyed("memory.stat", "total_inactive_file")),
          working_set(current, keyed("memory.stat", "inactive_file"))),
    stands("mem.limit_memsw_bytes", bounded("memory.memsw.limit_in_bytes")),
    stands("mem.swap_limit_bytes", single("memory.swap.max")),
    grows("mem.swap_peak_bytes", single("memory.swap.peak")),
    stands("mem.min_bytes", unless_zero(single("memory.min"))),
    moves("mem.under_oom", keyed("memory.oom_control", "under_oom"), slack=1),
    moves("mem.zswap_bytes", *stat(None, "zswap")),
    moves("mem.zswapped_bytes", *stat(None, "zswapped")),
    grows("mem.page_faults", *stat("pgfault", "pgfault")),
    grows("mem.page_faults_major", *stat("pgmajfault", "pgmajfault")),
    grows("mem.events_low", keyed("memory.events", "low")),
    grows("mem.events_high", keyed("memory.events", "high")),
    grows("mem.events_max", keyed("memory.events", "max")),
    grows("mem.events_oom", keyed("memory.events", "oom")),
    grows("mem.events_oom_kill", keyed("memory.events", "oom_kill"),
          keyed("memory.oom_control", "oom_kill")),
    grows("mem.events_oom_group_kill", keyed("memory.events", "oom_group_kill")),
    grows("mem.swap_events_max", keyed("memory.swap.events", "max")),
    grows("mem.swap_events_fail", keyed("memory.swap.events", "fail")),
    *pressure("cpus.pressure", "cpu.pressure"),
    *pressure("mem.pressure", "memory.pressure"),
    *pressure("blkio.pressure", "io.pressure"),
    *pressure("cpus.irq_pressure", "irq.pressure"),
]
ROWS = {row.name: row for row in FIGURES}

# Figures of devices and of the network have many values in a file ------------------------------------

OPERATIONS = {"Read": "read", "Write": "write", "Sync": "sync", "Async": "async", "Discard": "discard"}
IO_V1 = ("io_service_bytes", "io_serviced", "io_service_time", "io_wait_time", "io_merged", "io_queued")
IO_V2 = {"rbytes": ("io_service_bytes", "read"), "wbytes": ("io_service_bytes", "write"),
         "dbytes": ("io_service_bytes", "discard"), "rios": ("io_serviced", "read"),
         "wios": ("io_serviced", "write"), "dios": ("io_serviced", "discard")}


def io_files(reading):
    """(text, figure, policy) of version 1's files. The throttling figures that take in the cgroups below win."""
    for figure in ("io_service_bytes", "io_serviced"):
        for name in (f"blkio.throttle.{figure}_recursive", f"blkio.throttle.{figure}"):
            if name in reading.files:
                yield reading.files[name], figure, "throttling"
                break
        yield reading.files.get(f"blkio.bfq.{figure}_recursive", ""), figure, "bfq_recursive"
    for figure in IO_V1:
        yield reading.files.get(f"blkio.{figure}", ""), figure, "cfq"
        yield reading.files.get(f"blkio.{figure}_recursive", ""), figure, "cfq_recursive"


def io_v1(reading):
    for text, figure, policy in io_files(reading):
        factor = NANO if figure.endswith("_time") else 1
        for line in text.splitlines():
            words = line.split()
            if words[0] == "Total":
                yield figure, "total", "default", policy, int(words[1]) * factor
            elif words[1] in OPERATIONS:
                yield figure, OPERATIONS[words[1]], words[0].replace(":", "."), policy, int(words[2]) * factor
            elif words[1] == "Total":
                yield figure, "total_of_device", words[0].replace(":", "."), policy, int(words[2]) * factor


def io_v2(reading):
    for line in reading.files.get("io.stat", "").splitlines():
        device, *pairs = line.split()
        for key, _, value in (pair.partition("=") for pair in pairs):
            if key in IO_V2:
                yield *IO_V2[key], device.replace(":", "."), "io", int(value)


def io_figures(reading):
    """{(name, device, policy): value}; device "default" is the sum of all."""
    values = {}

    def add(figure, operation, device, policy, value):
        key = f"blkio.{figure}_{operation}", device, policy
        values[key] = values.get(key, 0) + value

    for figure, operation, device, policy, value in io_v1(reading):
        if operation == "total_of_device":
            add(figure, "total", device, policy, value)
            continue
        add(figure, operation, device, policy, value)
        if operation != "total":
            add(figure, operation, "default", policy, value)
    for figure, operation, device, policy, value in io_v2(reading):
        for where in (device, "default"):
            add(figure, operation, where, policy, value)
            add(figure, "total", where, policy, value)
    return values


NET_COLUMNS = {"rx_bytes": 0, "rx_packets": 1, "rx_errors": 2, "rx_dropped": 3,
               "tx_bytes": 8, "tx_packets": 9, "tx_errors": 10, "tx_dropped": 11}


def net_figures(reading):
    if reading.net_dev is None:
        return {}
    values = {("net." + name, "", ""): 0 for name in NET_COLUMNS}
    for line in reading.net_dev.splitlines()[2:]:
        interface, _, numbers = line.rpartition(":")
        if interface.strip() != "lo":
            for name, column in NET_COLUMNS.items():
                values["net." + name, "", ""] += int(numbers.split()[column])
    return values


def snmp_figures(reading):
    """net/snmp has two lines for each protocol, names and values: Tcp's ActiveOpens is net.tcp_active_opens."""
    values, lines = {}, [line.split() for line in (reading.snmp or "").splitlines()]
    for names, numbers in zip(lines[::2], lines[1::2]):
        for name, number in zip(names[1:], numbers[1:]):
            snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            if int(number) >= 0:
                values[f"net.{names[0].rstrip(':').lower()}_{snake}", "", ""] = int(number)
    return values


def hugetlb_figures(reading):
    """The page's size stands where other figures have a device."""
    values = {}
    for file, text in reading.files.items():
        match = re.fullmatch(r"hugetlb\.(\w+)\.(usage_in_bytes|current|limit_in_bytes|max|failcnt|events)", file)
        if not match:
            continue
        size, what = match.groups()
        if what in ("usage_in_bytes", "current"):
            values["hugetlb.usage_bytes", size, ""] = int(text)
        elif what == "failcnt":
            values["hugetlb.limit_failures", size, ""] = int(text)
        elif what == "events":
            values["hugetlb.limit_failures", size, ""] = int(dict(line.split() for line in text.splitlines())["max"])
        elif bounded(file)(reading) is not None:
            values["hugetlb.limit_bytes", size, ""] = bounded(file)(reading)
    return values


def is_of_processes(name):
    return name in ("container.open_descriptors", "container.start_time_secs")


def kind_of(name):
    """"grows", "moves" or "stands", and the slack. None for a figure that no row speaks of."""
    if name in ROWS:
        return ROWS[name].kind, ROWS[name].slack
    if name.startswith("net.") and name[4:] in NET_COLUMNS:
        return "grows", 0
    if re.match(r"net\.(ip|icmp|tcp|udp|udplite)_", name):
        return ("moves", 2) if name == "net.tcp_curr_estab" else ("grows", 0)
    if name.startswith("hugetlb."):
        return ("grows", 0) if name.endswith("failures") else ("moves", 0)
    if name.startswith("blkio.io_") and name[6:].rpartition("_")[0] in IO_V1:
        return ("moves", 4) if "io_queued" in name else ("grows", 0)
    return None


def kernel_says(reading):
    """{(name, device, policy): value} of all that the table finds in the files."""
    values = {**io_figures(reading), **net_figures(reading), **snmp_figures(reading), **hugetlb_figures(reading)}
    for row in FIGURES:
        for source in row.sources:
            value = source(reading)
            if value is not None:
                values[row.name, "", ""] = value
                break
    return values
