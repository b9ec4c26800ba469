#!/usr/bin/env python3
"""The agent in small virtual machines of our own, on cgroup v2, v1 and hybrid, against the kernel's files there.

vm.py PROGRAM [v2|v1|hybrid ...]; needs qemu, busybox-static, cpio, kmod, gcc, and Debian's cloud kernel, which is
fetched once and kept below build/. SKIP with the reason where no such machine can be started.
"""
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

import compare
import kernel
from figures import Reading
from report import Report
from runtimes import Unable, make_rootfs, run

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, "..", "..", "build", "vm")
LIMIT_S = 120  # one machine; some 15 s is usual
LAYOUTS = ("v2", "v1", "hybrid")
MODULES = ("virtio_pci", "virtio_blk", "veth")
TOOLS = ("qemu-system-x86_64", "busybox", "cpio", "depmod", "modprobe", "gcc", "dpkg", "apt-get", "ldd")

report = Report("vm")

# That there was something to compare: what the payload caused, at least.
CAUSED = {
    "docker": {"cpus.user_time_secs": 0.05, "cpus.nr_throttled": 2, "cpus.throttled_time_secs": 0.1},
    "scope": {"mem.shmem_bytes": 20 << 20, "mem.anon_bytes": 12 << 20, "mem.peak_bytes": 32 << 20},
    "writer": {"net.rx_bytes": 3000, "net.tx_bytes": 3000, "blkio.io_service_bytes_write": 4 << 20,
               "blkio.io_service_bytes_read": 2 << 20},
    "nested": {"cpus.user_time_secs": 0.01},
}
CAUSED_V2 = {"victim": {"mem.events_oom_kill": 1, "mem.events_max": 1}}
CAUSED_V1 = {"victim": {"mem.limit_failures": 1}}


# The machine ----------------------------------------------------------------------------------------

def kernel_package():
    """The path of Debian's cloud kernel package, fetched when it is not there yet."""
    os.makedirs(CACHE, exist_ok=True)
    if not glob.glob(CACHE + "/linux-image-*.deb"):
        depends = run("apt-cache", "depends", "linux-image-cloud-amd64")
        names = re.findall(r"Depends: (linux-image-\S+)", depends)
        if not names:
            raise Unable("apt knows no linux-image-cloud-amd64")
        done = subprocess.run(["apt-get", "-qq", "download", names[0]], cwd=CACHE, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode != 0:
            raise Unable(f"{names[0]} cannot be had: {done.stderr[-300:]}")
    return sorted(glob.glob(CACHE + "/linux-image-*.deb"))[-1]


def pack(directory, archive, mode="wb"):
    names = subprocess.run(["find", "."], cwd=directory, check=True, capture_output=True).stdout
    with open(archive, mode) as out:
        subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=directory, input=names, stdout=out,
                       check=True)


def base_image():
    """(kernel, first archive): modules, busybox and qexit. Made once for each kernel."""
    package = kernel_package()
    base = package.removesuffix(".deb")
    if not os.path.exists(base + ".cpio"):
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            unpacked, root = work + "/kernel", work + "/root"
            run("dpkg", "-x", package, unpacked)
            version, = os.listdir(unpacked + "/lib/modules")
            run("depmod", "-b", unpacked, version)
            for module in MODULES:
                for line in run("modprobe", "-S", version, "-d", unpacked, "--show-depends", module).splitlines():
                    if line.startswith("insmod "):
                        path = line.split()[1]
                        target = root + "/lib/modules/" + path.split("/lib/modules/")[1]
                        os.makedirs(os.path.dirname(target), exist_ok=True)
                        shutil.copy(path, target)
            for name in ("modules.builtin", "modules.order"):
                shutil.copy(f"{unpacked}/lib/modules/{version}/{name}", f"{root}/lib/modules/{version}/{name}")
            for path in glob.glob(root + "/**/*.ko.xz", recursive=True):
                run("xz", "-d", path)
            run("depmod", "-b", root, version)
            for name in ("bin", "proc", "sys", "dev"):
                os.makedirs(f"{root}/{name}")
            shutil.copy(shutil.which("busybox"), root + "/bin/busybox")
            os.symlink("busybox", root + "/bin/sh")
            run("gcc", "-O2", "-static", "-o", root + "/bin/qexit", HERE + "/vm/qexit.c")
            pack(root, work + "/cpio")
            shutil.copy(glob.glob(unpacked + "/boot/vmlinuz-*")[0], base + ".vmlinuz")
            os.rename(work + "/cpio", base + ".cpio")
    return base + ".vmlinuz", base + ".cpio"


def bundle(program, root, name):
    """A program with the libraries that it is linked to, at the places where its loader looks."""
    os.makedirs(root + "/bin", exist_ok=True)
    shutil.copy(program, f"{root}/bin/{name}")
    done = subprocess.run(["ldd", program], capture_output=True, text=True)
    for path in re.findall(r"(/\S+) \(0x", done.stdout):
        target = root + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(os.path.realpath(path), target)


def add_runtime(root, runtime, number):
    """A real container for the payload to start, where the runtime is there."""
    if not shutil.which(runtime):
        return
    bundle(shutil.which(runtime), root, runtime)
    directory = f"{root}/payload/{runtime}"
    make_rootfs(directory + "/rootfs")
    run(runtime, "spec", "--bundle", directory) if runtime == "runc" else subprocess.run(
        [runtime, "spec"], cwd=directory, check=True)
    with open(directory + "/config.json") as file:
        spec = json.load(file)
    spec["process"].pop("rlimits", None)
    spec["process"].update(terminal=False, args=[
        "sh", "-c", "while :; do i=0; while [ $i -lt 100 ]; do i=$((i + 1)); done; "
        "usleep 200000; done"])
    spec["linux"]["cgroupsPath"] = f"/libpod_parent/libpod-{number:064x}"
    spec["linux"].setdefault("resources", {}).update(
        cpu={"shares": 700, "quota": 40000, "period": 100000}, memory={"limit": 48 << 20}, pids={"limit": 25})
    with open(directory + "/config.json", "w") as file:
        json.dump(spec, file)


def make_payload(program, work):
    root = work + "/root"
    bundle(program, root, "node-metrics-agent")
    os.makedirs(root + "/payload")
    shutil.copy(HERE + "/vm/run", root + "/payload/run")
    shutil.copy(HERE + "/vm/init", root + "/init")
    add_runtime(root, "crun", 0xC0FFEE)
    add_runtime(root, "runc", 0xF00D)
    _, base = base_image()
    shutil.copy(base, work + "/initrd")
    pack(root, work + "/initrd", "ab")  # the kernel unpacks one archive after the other
    return work + "/initrd"


def boot(layout, initrd, work):
    """What the machine left in /out. Unable when it did not finish. Never with KVM: it need not work where it opens."""
    out = f"{work}/out-{layout}"
    os.makedirs(out)
    with open(out + ".disk", "wb") as disk:
        disk.truncate(64 << 20)
    command = ["timeout", str(LIMIT_S), "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "768",
               "-smp", "1", "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
               "-serial", f"file:{out}.tar", "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
               "-drive", f"file={out}.disk,format=raw,if=virtio", "-kernel", base_image()[0], "-initrd", initrd,
               "-append", f"console=ttyS0 quiet panic=-1 psi=1 cg={layout}" + " cgroup_no_v1=all" * (layout == "v2")]
    start = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    took = time.monotonic() - start
    try:
        with tarfile.open(out + ".tar") as archive:
            archive.extractall(out)
    except (tarfile.TarError, OSError):
        pass
    if done.returncode % 2 == 0 or done.returncode > 123 or not os.path.exists(out + "/moment"):
        raise Unable(f"the machine did not finish (status {done.returncode} after {took:.0f} s): {done.stdout[-300:]} "
                     f"{done.stderr[-300:]} {log_of(out)[-500:]}")
    return out, took


# What it said ---------------------------------------------------------------------------------------

def text_of(path):
    return kernel.text_of(path) or ""


def log_of(out):
    return text_of(out + "/log")


def reading_of(out, when, name, path, others):
    """A Reading from a dump with a line "file:text" for each line of each file."""
    mounts = kernel.hierarchies(text_of(out + "/mountinfo"))
    taken, files, processes = kernel.v1_controllers(mounts), {}, {}
    for line in text_of(f"{out}/{when}.{name}").splitlines():
        file, _, text = line.partition(":")
        for mount, controllers in mounts.items():
            if not file.startswith(f"{mount}/{path}/"):
                continue
            place = file[len(f"{mount}/{path}/"):]
            if place.endswith("cgroup.procs") and not any(file.startswith(f"{mount}/{other}/") for other in others):
                processes.setdefault(mount, set()).add(text)
            if "/" not in place and kernel.is_told_by(place, controllers, taken):
                files[place] = files.get(place, "") + text + "\n"
    home = [mount for mount, controllers in mounts.items() if controllers == "v2" or "memory" in controllers]
    count = max((len(processes.get(mount, ())) for mount in home), default=0)
    net = f"{out}/{when}.{name}.net"
    return Reading(files, count, kernel.text_of(net), kernel.text_of(net + ".snmp"))


def id_of(path):
    return re.sub(r"^(docker|libpod)-|\.scope$", "", path.rpartition("/")[2])


def check_container(layout, out, name, path, others, known):
    label = f"{layout}.{name}"
    body = text_of(f"{out}/answer.{name}")
    if not body:
        report.check(False, label + ".figures", "the agent does not know it; it lists " + text_of(out + "/listed"))
        return set()
    message = compare.parse(body)
    moment = text_of(out + "/moment").strip()
    report.check(compare.oldest_timestamp(message) > moment, label + ".fresh", f"not all was read after {moment}")
    outcome = compare.compare(id_of(path), reading_of(out, "before", name, path, others), message,
                              reading_of(out, "after", name, path, others), known)
    report.note(f"{label}: {outcome.counted} figures compared, {outcome.equal} did not move")
    report.check(not outcome.wrong, label + ".figures", "; ".join(outcome.wrong))
    values = compare.values_of(message)[0]
    caused = {**CAUSED, **(CAUSED_V2 if layout == "v2" else CAUSED_V1)}.get(name, {})
    for what, wanted in caused.items():
        found = max((value for (figure, _, _), value in values.items() if figure == what), default=None)
        report.check(found is not None and found >= wanted, f"{label}.{what}", f"{wanted} was caused, it says {found}")
    return outcome.unchecked


def check_layout(layout, out, known):
    rows = [line.split() for line in text_of(out + "/containers").splitlines()]
    rows = [row for row in rows if len(row) == 3]
    unchecked = set()
    for name, path, _ in rows:
        others = [other for _, other, _ in rows if other.startswith(path + "/")]
        unchecked |= check_container(layout, out, name, path, others, known)
    listed = json.loads(text_of(out + "/listed") or "[]")
    wanted = sorted(id_of(path) for _, path, _ in rows)
    report.check(sorted(listed) == wanted, layout + ".lists_all_and_no_more", (listed, wanted))
    later = json.loads(text_of(out + "/listed.later") or '["no answer"]')
    gone = [id_of(path) for name, path, _ in rows if name == "docker"]
    report.check(sorted(later + gone) == wanted, layout + ".gone_within_two_intervals", later)
    report.check(text_of(out + "/agent.status").strip() == "0", layout + ".agent_ends_well",
                 text_of(out + "/agent.status") + text_of(out + "/agent.log"))
    refused = text_of(out + "/refused").strip()
    if refused:
        report.skip(f"{layout}.{refused}", "it refuses: " + text_of(f"{out}/{refused}.log"))
    return unchecked


def why_not():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f"not installed: {' '.join(missing)} (packaging/setup real)"
    return None if os.uname().machine == "x86_64" else "the kernel's package is for x86_64 alone"


def main(program, layouts):
    reason = why_not()
    if reason:
        report.skip("machine", reason)
        return 0
    known, unchecked = compare.names_known(program), set()
    with tempfile.TemporaryDirectory(prefix="nma-vm-") as work:
        try:
            initrd = make_payload(program, work)
        except (Unable, OSError, subprocess.SubprocessError) as error:
            report.skip("machine", error)
            return 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            started = [(layout, pool.submit(boot, layout, initrd, work)) for layout in layouts]
            for layout, future in started:
                try:
                    out, took = future.result()
                except (Unable, OSError, subprocess.SubprocessError) as error:
                    report.skip(layout, error)
                    continue
                report.note(f"{layout}: the machine took {took:.1f} s")
                if os.environ.get("KEEP"):
                    shutil.copytree(out, os.path.join(os.environ["KEEP"], layout), dirs_exist_ok=True)
                unchecked |= check_layout(layout, out, known)
    for name in sorted(unchecked):
        report.note("unchecked: " + name)
    return report.status()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(os.path.abspath(sys.argv[1]), sys.argv[2:] or LAYOUTS))
