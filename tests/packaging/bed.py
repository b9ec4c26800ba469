"""Roots of Debian 12 to install packages into, and machines that boot them: by nspawn, and by QEMU with Debian's kernel.

The root is made once by debootstrap and kept as build/packaging/debian12.tar. TOP, BUILD: the tree, and where results go.
"""
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = TOP + "/build"
CACHE = BUILD + "/packaging"
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")

sys.path[:0] = [TOP + "/tests/real", TOP + "/tests/lint"]
import links  # noqa: E402
import vm  # noqa: E402
from report import Report  # noqa: E402,F401
from runtimes import Unable, run  # noqa: E402,F401

# What a machine with systemd has, and what the tests in it need.
PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates,curl,jq,netcat-openbsd,openssl,e2fsprogs,mount,procps"
# What the agent depends on, as files: apt finds and installs them, without the network.
FETCHED = "libmicrohttpd12 libcjson1 libevent-extra-2.1-7 libevent-core-2.1-7 libnettle8 libgmp10 libgnutls30"
MODULES = ("ext4", "loop")
NSPAWN_S, MACHINE_S = 300, 1200  # on an idle machine a tenth of this


def tools_missing(*names):
    """Why a test cannot run, or None."""
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        return f"not installed: {' '.join(missing)} (packaging/setup packages)"
    return None if os.geteuid() == 0 else "it takes root"


def package(pattern, target):
    """The one file that matches below build, which `make TARGET` makes."""
    found = [path for path in glob.glob(f"{BUILD}/{pattern}") if "dbgsym" not in path]
    if len(found) != 1:
        raise Unable(f"build/{pattern} is not there: run `make {target}` first")
    return found[0]


def version():
    return run(TOP + "/packaging/version").strip()


def in_root(root, command, check=True):
    """(status, output) of a shell command in the root, with a /proc of its own."""
    script = 'mount -t proc proc "$1/proc" && exec chroot "$1" sh -c "$2"'
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
                   "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["unshare", "-m", "-p", "-f", "sh", "-c", script, "sh", root, command], env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
    if check and done.returncode != 0:
        raise Unable(f"{command}: {done.stdout[-800:]}")
    return done.returncode, done.stdout


class Root:
    """A root as a test looks at it."""

    def __init__(self, path):
        self.path = path

    def text(self, path):
        """Of a file in it; why it cannot be read, otherwise."""
        try:
            with open(self.path + path, encoding="utf-8") as file:
                return file.read()
        except OSError as error:
            return str(error)

    def named(self, pattern, package_end):
        """All paths whose last part is like that, but for packages."""
        return in_root(self.path, f"find / -xdev -path /proc -prune -o -name '{pattern}' ! -name '*{package_end}' -print")[1].split()


def make_root(directory):
    """A fresh Debian 12."""
    archive = CACHE + "/debian12.tar"
    os.makedirs(CACHE, exist_ok=True)
    if not os.path.exists(archive):
        work = CACHE + "/debootstrap"
        shutil.rmtree(work, ignore_errors=True)
        run("debootstrap", "--variant=minbase", "--include=" + PACKAGES, "bookworm", work, MIRROR, timeout=900)
        in_root(work, f"apt-get update && apt-get install -y --no-install-recommends --download-only {FETCHED}")
        run("tar", "-C", work, "--one-file-system", "-cf", archive + ".new", ".")
        shutil.rmtree(work)
        os.rename(archive + ".new", archive)
    os.makedirs(directory)
    run("tar", "-C", directory, "-xpf", archive)


UNPACK = """case $1 in
*.deb) dpkg-deb -x "$1" "$2" ;;
*) rpm2cpio "$1" | (cd "$2" && cpio -idm --quiet) ;;
esac"""


def check_docs(report, *packages):
    """What packages say where more is to be read is in them: links in their texts, links between them, units' pointers."""
    with tempfile.TemporaryDirectory(prefix="nma-docs-") as work:
        for package_file in packages:
            run("sh", "-c", UNPACK, "sh", package_file, work)
        docs = pathlib.Path(work + "/usr/share/doc")
        wrong = links.of_package(docs)
        wrong += [f"{path} leads nowhere" for path in docs.rglob("*") if not path.exists()]
        for unit in pathlib.Path(work).glob("**/systemd/system/*.*"):
            pages = re.findall(r"\bfile://(/\S+)", unit.read_text()) if unit.is_file() else []
            wrong += [f"{unit.name}: {page} is not there" for page in pages if not os.path.exists(work + page)]
        report.check(list(docs.glob("*/docs/dcos.md*")) and not wrong, "docs.links_lead_somewhere", wrong)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def add_payload(root, script, end):
    """At the end of its start the machine runs the script, whose output goes to /root/out, and then `end`."""
    shutil.copy(script, root + "/root/payload")
    os.chmod(root + "/root/payload", 0o755)
    write(root + "/root/run", f"#!/bin/sh\n/root/payload >/root/out 2>&1\necho status $? >>/root/out\nsync\n{end}\n", 0o755)
    write(root + "/etc/systemd/system/payload.service",
          "[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\nExecStart=/root/run\n")
    wants = root + "/etc/systemd/system/default.target.wants"
    os.makedirs(wants, exist_ok=True)
    os.symlink("../payload.service", wants + "/payload.service")


# By nspawn ------------------------------------------------------------------------------------------

# In cgroups of our own, which the machine then takes for its root.
IN_CGROUPS = r"""
made=
for mount in $(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts); do
    mkdir "$mount/$2" || continue
    for file in cpuset.cpus cpuset.mems; do
        [ ! -e "$mount/$2/$file" ] || cat "$mount/$file" >"$mount/$2/$file"
    done
    sh -c 'echo $PPID' >"$mount/$2/cgroup.procs"
    made="$made $mount/$2"
done
timeout "$3" systemd-nspawn -q -D "$1" -b --register=no --keep-unit --private-network --console=pipe </dev/null
status=$?
for directory in $made; do
    sh -c 'echo $PPID' >"${directory%/*}/cgroup.procs"
    find "$directory" -depth -type d -exec rmdir {} + 2>/dev/null
done
exit $status
"""


def boot_nspawn(root):
    """What the payload said."""
    name = f"nma-packaging-{os.getpid()}"
    done = subprocess.run(["sh", "-c", IN_CGROUPS, "sh", root, name, str(NSPAWN_S)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace")
    return output_of(root, done.stdout + done.stderr)


def output_of(root, console):
    path = root + "/root/out"
    if not os.path.exists(path):
        raise Unable("the machine did not come to its payload: " + console[-600:])
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


# By QEMU --------------------------------------------------------------------------------------------

INIT = """#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in virtio_pci virtio_blk ext4 loop; do modprobe $module; done
mkdir -p /new /run
mount -t tmpfs -o mode=755 run /run
mount -t ext4 /dev/vda /new || poweroff -f
for directory in proc sys dev run; do mount --move /$directory /new/$directory; done
exec switch_root /new /lib/systemd/systemd
"""
LAYOUTS = {"v2": "systemd.unified_cgroup_hierarchy=1",
           "v1": "systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1"}
QUIET = ("console=ttyS0 quiet panic=-1 rw systemd.show_status=0 systemd.firstboot=0 systemd.getty_auto=0 "
         "systemd.mask=serial-getty@ttyS0.service net.ifnames=0")


def add_modules(work):
    """Of the kernel's package, those that the root's file system takes, as one more archive."""
    unpacked = work + "/kernel"
    run("dpkg", "-x", vm.kernel_package(), unpacked)
    version, = os.listdir(unpacked + "/lib/modules")
    run("depmod", "-b", unpacked, version)
    target = f"{work}/early/lib/modules/{version}"
    for module in vm.MODULES + MODULES:
        for line in run("modprobe", "-S", version, "-d", unpacked, "--show-depends", module).splitlines():
            if line.startswith("insmod "):
                path = line.split()[1]
                place = target + path.split("/lib/modules/" + version)[1]
                os.makedirs(os.path.dirname(place), exist_ok=True)
                shutil.copy(path, place)
    for name in ("modules.builtin", "modules.order"):
        shutil.copy(f"{unpacked}/lib/modules/{version}/{name}", f"{target}/{name}")
    for path in glob.glob(target + "/**/*.ko.xz", recursive=True):
        run("xz", "-d", path)
    run("depmod", "-b", work + "/early", version)
    write(work + "/early/init", INIT, 0o755)


def boot_machine(root, layout, work):
    """What the payload said, in a virtual machine with cgroups of version 1 or 2."""
    kernel, base = vm.base_image()
    add_modules(work)
    shutil.copy(base, work + "/initrd")
    vm.pack(work + "/early", work + "/initrd", "ab")
    image = work + "/image"
    run("mke2fs", "-q", "-t", "ext4", "-d", root, image, "1200M")
    command = ["timeout", str(MACHINE_S), "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1024",
               "-smp", "2", "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio", "-drive",
               f"file={image},format=raw,if=virtio", "-kernel", kernel, "-initrd", work + "/initrd",
               "-append", f"{QUIET} {LAYOUTS[layout]}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    subprocess.run(["debugfs", "-R", f"dump /root/out {work}/out", image], capture_output=True, check=False)
    if not os.path.exists(work + "/out"):
        raise Unable(f"the machine did not come to its payload (status {done.returncode}): {done.stdout[-600:]}")
    with open(work + "/out", encoding="utf-8", errors="replace") as file:
        return file.read()
