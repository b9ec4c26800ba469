#!/usr/bin/env python3
"""The Debian package, built on Debian 12, installed and run on other Debians and Ubuntus.

deb_others.py [SUITE...], after `make deb`, as root. Needs the network: a root of each is made by debootstrap. SKIP where
a distribution's archive cannot be reached.
"""
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import bed  # noqa: E402

NAME = "node-metrics-agent"
# (archive, components, script of debootstrap, options). Debian 12 has no keys of Ubuntu; the root is for this test alone.
UBUNTU = ("http://archive.ubuntu.com/ubuntu", "main,universe", "gutsy", ["--no-check-gpg"])
DEBIAN = (bed.MIRROR, "main", "sid", [])
SUITES = {"trixie": DEBIAN, "jammy": UBUNTU, "noble": UBUNTU}

report = bed.Report("deb_others")


def check(suite, root, package):
    mirror, components, script, options = SUITES[suite]
    if subprocess.run(["curl", "-sfIo", "/dev/null", "-m", "30", f"{mirror}/dists/{suite}/Release"], check=False).returncode != 0:
        report.skip(suite, f"{mirror} cannot be reached")
        return
    done = subprocess.run(["debootstrap", "--variant=minbase", *options, "--components=" + components, suite, root, mirror, script],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        report.check(False, suite, (done.stdout + done.stderr)[-500:])
        return
    bed.run("cp", package, root + "/root/agent.deb")
    status, said = bed.in_root(root, "apt-get update && apt-get install -y --no-install-recommends /root/agent.deb", False)
    if not report.check(status == 0, suite + ".installs", said[-800:]):
        return
    status, said = bed.in_root(root, f"{NAME} --view full once node", False)
    report.check(status == 0 and '"memory.total"' in said, suite + ".runs", said[-800:])
    status, said = bed.in_root(root, f"{NAME} --config /etc/{NAME}/{NAME}.json check-config", False)
    report.check(status == 0, suite + ".takes_its_configuration", said)
    status, said = bed.in_root(root, f"apt-get purge -y {NAME} && ! test -e /etc/{NAME}", False)
    report.check(status == 0, suite + ".purges", said[-800:])


def main():
    reason = bed.tools_missing("curl", "debootstrap", "unshare")
    if reason:
        report.skip("all", reason)
        return
    try:
        package = bed.package(f"deb/{NAME}_*.deb", "deb")
        for suite in sys.argv[1:] or SUITES:
            with tempfile.TemporaryDirectory(prefix="nma-others-") as work:
                check(suite, work + "/root", package)
    except (bed.Unable, OSError) as error:
        report.check(False, "all", error)


main()
sys.exit(report.status())
