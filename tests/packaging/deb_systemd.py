#!/usr/bin/env python3
"""The Debian package under a booted systemd: what tests/packaging/inside_systemd checks there.

deb_systemd.py [nspawn|v2|v1 ...]: in a container by systemd-nspawn, and in virtual machines with Debian's kernel and
cgroups of version 2 and 1. Run `make deb` first.
"""
import os
import re
import shutil
import sys
import tempfile
import time

import bed

report = bed.Report("deb_systemd")
TOOLS = {"nspawn": ("debootstrap", "systemd-nspawn", "unshare"),
         "v2": ("debootstrap", "mke2fs", "debugfs", "unshare") + bed.vm.TOOLS}
TOOLS["v1"] = TOOLS["v2"]


def relay(kind, output):
    """The machine's lines as ours. One that did not come to its end has failed."""
    for line in output.splitlines():
        found = re.match(r"(ok|FAILED|SKIP) ([a-z0-9_.]+)(?:: (.*))?$", line)
        if found and found[1] == "SKIP":
            report.skip(f"{kind}.{found[2]}", found[3])
        elif found:
            report.check(found[1] == "ok", f"{kind}.{found[2]}", found[3])
        else:
            report.note(f"{kind}: {line.removeprefix('# ')}")
    report.check(re.search(r"^status 0$", output, re.M) and "ok purge.units_gone" in output, kind + ".came_to_its_end",
                 output[-300:])


def test(kind, root, work):
    with open(root + "/root/where", "w", encoding="utf-8") as file:
        file.write(kind)
    relay(kind, bed.boot_nspawn(root) if kind == "nspawn" else bed.boot_machine(root, kind, work))


def main(kinds):
    with tempfile.TemporaryDirectory(prefix="nma-deb-") as work:
        for kind in kinds:
            reason = bed.tools_missing(*TOOLS[kind])
            if kind != "nspawn" and os.uname().machine != "x86_64":
                reason = "the kernel's package is for x86_64 alone"
            if reason:
                report.skip(kind, reason)
                continue
            try:
                started = time.monotonic()
                root = f"{work}/{kind}/root"
                os.makedirs(f"{work}/{kind}")
                bed.make_root(root)
                shutil.copy(bed.package("deb/node-metrics-agent_*.deb", "deb"), root + "/root/agent.deb")
                bed.in_root(root, "apt-get install -y --no-install-recommends /root/agent.deb")
                bed.add_payload(root, bed.HERE + "/inside_systemd", "systemctl poweroff")
                test(kind, root, f"{work}/{kind}")
                report.note(f"{kind}: {time.monotonic() - started:.0f} s")
            except (bed.Unable, OSError) as error:
                report.check(False, kind, error)
            shutil.rmtree(f"{work}/{kind}", ignore_errors=True)
    return report.status()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["nspawn", "v2", "v1"]))
