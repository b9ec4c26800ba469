#!/usr/bin/env python3
"""The agent of another processor on a real kernel of that processor, in a virtual machine.

processors.py ROOT ARCH PROGRAM [KERNEL], as root; ROOT is what packaging/cross/root ARCH prints, ARCH is arm64 or armhf;
KERNEL is arm64 for programs of armhf under a kernel of 64 bits, as a Raspberry Pi has it by default. An
emulator of programs (packaging/cross/build --test) hands system calls over to this machine's kernel; here the kernel
is the processor's own, and filters, Landlock and times are those that a user of it has. Needs qemu-system-arm, cpio.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "real"))
from report import Report  # noqa: E402

LIMIT_S = 300
LATE_YEAR = "2096"  # as processors/init sets the clock
MACHINES = {
    "arm64": ("linux-image-arm64", ("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53"), "qemu-aarch64-static",
              "aarch64-linux-gnu-gcc"),
    "armhf": ("linux-image-armmp", ("qemu-system-arm", "-M", "virt", "-cpu", "cortex-a15"), "qemu-arm-static",
              "arm-linux-gnueabihf-gcc"),
}


def run(*command, **how):
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, **how)


def fetch(root, cache, arch, package):
    """The path of a Debian package of that processor, fetched once."""
    found = glob.glob(f"{cache}/{package}_*.deb")
    if not found:
        os.makedirs(f"{root}/root/fetched", exist_ok=True)
        run("chroot", root, "sh", "-c", f"cd /root/fetched && apt-get -qq download {package}:{arch}")
        for path in glob.glob(f"{root}/root/fetched/*.deb"):
            shutil.move(path, cache)
        found = glob.glob(f"{cache}/{package}_*.deb")
    return found[0]


def kernel(root, cache, arch):
    if f"{arch}\n" not in run("chroot", root, "dpkg", "--print-foreign-architectures").stdout:
        run("chroot", root, "dpkg", "--add-architecture", arch)
        run("chroot", root, "apt-get", "-qq", "update")
    meta = MACHINES[arch][0]
    name, = re.findall(r"Depends: (linux-image-[^:\s]*)", run("chroot", root, "apt-cache", "depends", f"{meta}:{arch}").stdout)
    unpacked = f"{cache}/{name}"
    if not os.path.exists(unpacked):
        run("dpkg", "-x", fetch(root, cache, arch, name), unpacked)
    return glob.glob(unpacked + "/boot/vmlinuz-*")[0]


def copy_libraries(root, tree, arch, program):
    """What the dynamic linker of that processor would load for it; a program without one would run instead."""
    if "INTERP" not in run("readelf", "--wide", "--program-headers", root + program).stdout:
        return
    shown = run("chroot", root, MACHINES[arch][2], "-E", "LD_TRACE_LOADED_OBJECTS=1", program).stdout
    for path in re.findall(r"(/\S+) \(0x", shown):
        target = tree + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(root + path, target)


def make_image(root, cache, arch, program, image):
    with tempfile.TemporaryDirectory(prefix="nma-machine-") as tree:
        for package in ("busybox", "strace"):
            run("dpkg", "-x", fetch(root, cache, arch, package), tree)
        os.makedirs(tree + "/bin", exist_ok=True)
        for place in (f"{tree}/usr/bin/node-metrics-agent", f"{root}/root/program"):
            shutil.copy(program, place)
        for tool in ("bin/busybox", "usr/bin/strace"):
            shutil.copy(f"{tree}/{tool}", root + "/root/" + os.path.basename(tool))
        for each in ("/root/program", "/root/busybox", "/root/strace"):
            copy_libraries(root, tree, arch, each)
            os.remove(root + each)
        shutil.copy(HERE + "/processors/help.c", root + "/root/help.c")
        run("chroot", root, MACHINES[arch][3], "-static", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64", "-o", "/root/help", "/root/help.c")
        shutil.move(root + "/root/help", tree + "/bin/nma-help")
        for directory in ("proc", "sys", "dev", "etc"):
            os.makedirs(f"{tree}/{directory}", exist_ok=True)
        with open(tree + "/etc/passwd", "w") as file:
            file.write("root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
        with open(tree + "/etc/group", "w") as file:
            file.write("root:x:0:\nnogroup:x:65534:\n")
        shutil.copy(HERE + "/processors/init", tree + "/init")
        os.chmod(tree + "/init", 0o755)
        shutil.rmtree(tree + "/usr/share", ignore_errors=True)
        names = subprocess.run(["find", "."], cwd=tree, check=True, capture_output=True).stdout
        with open(image, "wb") as out:
            subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=tree, input=names, stdout=out, check=True)


def boot(arch, vmlinuz, image, console):
    """Returns {piece: text} of what the machine said."""
    command = [*MACHINES[arch][1], "-m", "512", "-kernel", vmlinuz, "-initrd", image, "-display", "none", "-monitor", "none",
               "-serial", "file:" + console, "-no-reboot", "-nic", "none",
               "-append", "console=ttyAMA0 quiet panic=-1"]
    began = time.monotonic()
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        pass  # what it said tells how far it came
    with open(console, errors="replace") as file:
        text = file.read().replace("\r", "")
    pieces = dict(re.findall(r"(?ms)^@@ (\w+)\n(.*?)(?=^@@ |\Z)", text))
    return pieces, text, time.monotonic() - began


def points(text):
    start = text.find("{")
    if start < 0:
        return {}
    return {each["name"]: each["value"] for each in json.JSONDecoder().raw_decode(text[start:])[0]["datapoints"]}


def check_machine(report, pieces, text):
    if not report.check("done" in pieces, "runs", text[-1500:]):
        return
    report.note(f"{pieces['kernel'].splitlines()[0]}")
    log = pieces["log"]
    confined = re.search("confined: .*", log)
    report.check(confined and re.search(r"landlock \d", confined[0]) and confined[0].endswith(", seccomp"),
                 "confined", log)
    report.note(f"{confined[0] if confined else log}")
    seccomp = re.findall(r"Seccomp:\s*(\d)", pieces["threads"])
    report.check(seccomp and set(seccomp) == {"2"}, "each_thread_is_filtered", pieces["threads"])
    report.check("status 0" in pieces["end"], "ends_well", pieces["end"] + log)
    check_figures(report, pieces)
    report.check(not pieces["refused"].strip(), "no_call_is_refused", pieces["refused"])
    calls = dict((call, int(count)) for count, call in re.findall(r"(\d+) (\w+)\n", pieces["calls"]))
    report.check(sum(calls.values()) > 500, "there_were_calls", pieces["calls"])
    report.note(f"calls: {' '.join(sorted(calls))}")
    report.note(f"{' '.join(pieces['threads'].split()[-9:])}")
    report.note(f"idle: {' '.join(pieces['idle'].split())}")


def check_figures(report, pieces):
    node, proc = points(pieces["node"]), pieces["proc"]
    total = int(re.search(r"MemTotal: *(\d+)", proc)[1]) * 1024
    report.check(node.get("memory.total") == total, "memory_is_the_kernels", (node.get("memory.total"), total))
    uptime = float(proc.split()[0])
    report.check(0 <= uptime - node.get("system.uptime", -9) < 10, "uptime_is_the_kernels", (node.get("system.uptime"), uptime))
    report.check(len(node) >= 100, "figures_of_the_node", len(node))
    report.note(f"{len(node)} names of figures of the node")
    container = points(pieces["container"])
    report.check(container.get("mem.limit_bytes") == 64 << 20, "limit_of_the_container", pieces["container"][:500])
    report.check(container.get("cpus.user_time_secs", 0) > 0.5, "time_of_the_container", container)
    app = points(pieces["app"])
    report.check(app.get("shop.orders") == 3, "statsd", pieces["app"][:500])
    report.check(app.get("shop_total.counter") == 5_000_000_001, "prometheus_beyond_32_bits", pieces["app"][:500])
    for piece in ("late", "late_app"):
        stamps = set(re.findall(r'"timestamp": *"(\d{4})-', pieces[piece]))
        report.check(stamps == {LATE_YEAR}, piece + ".year", stamps)
    late = points(pieces["late"])
    report.check(0 <= late.get("system.uptime", -9) - node.get("system.uptime", 0) < 60, "late.uptime_goes_on", late.get("system.uptime"))
    report.check(points(pieces["late_app"]).get("shop.late") == 7, "late.statsd", pieces["late_app"][:500])


def main():
    root, arch, program = sys.argv[1:4]
    machine = (sys.argv[4:] or [arch])[0]
    report = Report("processors." + (arch if machine == arch else f"{arch}-on-{machine}"))
    missing = [each for each in (MACHINES[machine][1][0], "cpio", "dpkg") if not shutil.which(each)]
    if missing or os.geteuid() != 0:
        report.skip("machine", f"needs root and {' '.join(missing)} (packaging/setup cross)")
        return 0
    cache = root + ".machine"
    os.makedirs(cache, exist_ok=True)
    try:
        vmlinuz = kernel(root, cache, machine)
    except subprocess.CalledProcessError as error:
        report.skip("machine", f"Debian's kernel for it cannot be had: {error.stderr[-300:]}")
        return 0
    image = f"{cache}/image.cpio"
    make_image(root, cache, arch, program, image)
    pieces, text, took_s = boot(machine, vmlinuz, image, f"{cache}/console")
    report.note(f"{took_s:.0f} s")
    check_machine(report, pieces, text)
    return report.status()


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5) or sys.argv[2] not in MACHINES:
        sys.exit(__doc__)
    sys.exit(main())
