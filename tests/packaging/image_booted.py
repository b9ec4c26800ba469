#!/usr/bin/env python3
"""image.py inside a virtual machine whose cgroups are of version 2 alone: the image by podman there, its sidecar with its pod's cgroup.

image_booted.py, after `make image`, as root. Needs the network, for podman's packages.
"""
import os
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import bed  # noqa: E402

PAYLOAD = """#!/bin/sh
cd /root/tree && exec python3 -B tests/packaging/image.py
"""

report = bed.Report("image_booted")
TOOLS = ("debootstrap", "mke2fs", "debugfs", "unshare") + bed.vm.TOOLS


def make_root(root):
    """With podman, and of this tree what image.py reads."""
    bed.make_root(root)
    bed.in_root(root, "apt-get update && apt-get install -y --no-install-recommends podman runc busybox-static python3 util-linux")
    tree = root + "/root/tree"
    for name in ("tests/packaging", "tests/real", "tests/lint"):
        shutil.copytree(f"{bed.TOP}/{name}", f"{tree}/{name}", ignore=shutil.ignore_patterns("__pycache__"))
    os.mkdir(tree + "/packaging")
    for name in ("packaging/version", "CMakeLists.txt"):
        shutil.copy(f"{bed.TOP}/{name}", f"{tree}/{name}")
    architecture = bed.run("dpkg", "--print-architecture").strip()
    os.makedirs(f"{tree}/build/static/{architecture}")
    os.makedirs(tree + "/build/oci")
    shutil.copy(f"{bed.BUILD}/static/{architecture}/node-metrics-agent", f"{tree}/build/static/{architecture}")
    shutil.copy(bed.package("oci/*.oci.tar", "image"), tree + "/build/oci")


def relay(output):
    """The machine's lines as ours. One that did not come to its end has failed."""
    for line in output.splitlines():
        word, _, rest = line.partition(" image.")
        if word == "ok":
            report.check(True, rest)
        elif word in ("FAILED", "SKIP"):
            name, _, why = rest.partition(": ")
            report.check(False, name, why) if word == "FAILED" else report.skip(name, why)
        else:
            report.note(line.removeprefix("# "))
    report.check("\nstatus 0" in output and "\nok image." in "\n" + output, "came_to_its_end", output[-300:])


def main():
    reason = bed.tools_missing(*TOOLS)
    if not reason and os.uname().machine != "x86_64":
        reason = "the kernel's package is for x86_64 alone"
    if reason:
        return report.skip("all", reason)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nma-image-") as work:
        try:
            make_root(work + "/root")
            bed.write(work + "/payload", PAYLOAD, 0o755)
            bed.add_payload(work + "/root", work + "/payload", "systemctl poweroff")
            relay(bed.boot_machine(work + "/root", "v2", work))
        except (bed.Unable, OSError) as error:
            report.check(False, "all", error)
    report.note(f"{time.monotonic() - started:.0f} s")


main()
sys.exit(report.status())
