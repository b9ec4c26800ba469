#!/usr/bin/env python3
"""The RPM in a root with a database of its own: installed, upgraded, verified, erased; and what rpmlint says.

rpm_root.py; run `make rpm` first. The root is Debian's, for the tools that the scripts call; its dpkg is not asked.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import bed

report = bed.Report("rpm_root")
NAME = "node-metrics-agent"
CONFIG = f"/etc/{NAME}/{NAME}.json"


def build_old(package, work):
    """The same program as version 0.0.1 with another default configuration."""
    tree, program = work + "/tree", work + "/program"
    bed.run(bed.TOP + "/packaging/source-tree", tree)
    for path, old, new in (("CMakeLists.txt", r"(project\(node-metrics-agent VERSION) [0-9.]+", r"\1 0.0.1"),
                           (f"packaging/{NAME}.json", r"\A", "// first default\n")):
        with open(f"{tree}/{path}", encoding="utf-8") as file:
            text = file.read()
        bed.write(f"{tree}/{path}", re.sub(old, new, text))
    os.makedirs(program)
    bed.run("sh", "-c", f'rpm2cpio "$1" | (cd "$2" && cpio -idm --quiet "./usr/bin/{NAME}" "*/THIRD-PARTY")', "sh", package, program)
    for path in bed.glob.glob(program + "/usr/share/*/*/THIRD-PARTY"):
        bed.shutil.copy(path, program + "/usr/bin")
    bed.run(tree + "/packaging/rpm/build", f"{program}/usr/bin/{NAME}", timeout=120)
    return bed.glob.glob(f"{tree}/build/rpm/{NAME}-[0-9]*.rpm")[0]


class Root(bed.Root):
    def rpm(self, *arguments):
        """(status, output). Of dependencies the database knows nothing."""
        done = subprocess.run(["rpm", "--root", self.path, "--dbpath", "/var/lib/rpm", *arguments], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr

    def remains(self):
        # systemd's own memory of what was enabled stays.
        return [path for path in self.named(f"*{NAME}*", ".rpm") if not path.startswith("/var/lib/systemd")]


def check_package(package):
    needed = [line for line in bed.run("rpm", "-qp", "--requires", package).splitlines() if not line.startswith(("rpmlib(", "/bin/sh", f"config({NAME})"))]
    report.check(not needed, "needs_nothing", "the program is not static: " + " ".join(needed))
    report.check(bed.run("rpm", "-qp", "--qf", "%{buildhost}", package) == "reproducible", "build_host")
    report.check(bed.run("rpm", "-qp", "--qf", "%{payloadcompressor}", package) == "gzip", "payload_for_every_rpm")
    specs = bed.glob.glob(bed.BUILD + "/rpm/SPECS/*.spec")
    done = subprocess.run(["rpmlint", "-c", bed.TOP + "/packaging/rpm/rpmlint.toml", package, *specs], capture_output=True,
                          text=True)
    said = [line for line in done.stdout.splitlines() if ": W: " in line or ": E: " in line]
    report.check(done.returncode == 0 and not said, "rpmlint", said or done.stderr)


def check_life(root, old, new):
    status, said = root.rpm("-i", "--nodeps", old)
    report.check(status == 0, "install", said)
    _, user = bed.in_root(root.path, f"getent passwd {NAME}", False)
    report.check(re.match(rf"{NAME}:x:\d+:\d+:Metrics agent:/nonexistent:/(usr/)?sbin/nologin", user), "install.user", user)
    status, said = bed.in_root(root.path, f"{NAME} --view full once node | jq -e '.datapoints | length > 100'", False)
    report.check(status == 0, "install.runs", said)
    status, said = bed.in_root(root.path, f"{NAME} --config {CONFIG} check-config", False)
    report.check(status == 0, "install.config_is_good", said)
    status, said = root.rpm("-V", "--nodeps", NAME)
    report.check(status == 0, "verify.as_packed", said)
    _, files = root.rpm("-ql", NAME)
    wanted = (f"/usr/bin/{NAME}", f"/usr/lib/systemd/system/{NAME}.service", f"/usr/lib/sysusers.d/{NAME}.conf",
              f"/usr/share/man/man8/{NAME}.8.gz", f"/usr/share/man/man5/{NAME}.json.5.gz", CONFIG)
    report.check(all(path in files.split() for path in wanted), "install.files", files)

    changed = '{"interval_s": 7} // mine\n'
    bed.write(root.path + CONFIG, changed)
    status, said = root.rpm("-V", "--nodeps", NAME)
    report.check([line.split()[-1] for line in said.splitlines()] == [CONFIG], "verify.names_what_changed", said)
    status, said = root.rpm("-U", "--nodeps", new)
    report.check(status == 0, "upgrade", said)
    report.check(root.text(CONFIG) == changed, "upgrade.changed_config_stays", root.text(CONFIG)[:200])
    report.check("// Configuration of" in root.text(CONFIG + ".rpmnew"), "upgrade.new_default_beside_it")
    _, user_after = bed.in_root(root.path, f"getent passwd {NAME}", False)
    report.check(user == user_after, "upgrade.same_user", user_after)

    status, said = root.rpm("-e", "--nodeps", NAME)
    report.check(status == 0, "erase", said)
    report.check(root.text(CONFIG + ".rpmsave") == changed, "erase.changed_config_is_saved")
    for end in (".rpmsave", ".rpmnew"):
        os.unlink(root.path + CONFIG + end)
    os.rmdir(root.path + f"/etc/{NAME}")
    report.check(root.remains() == [], "erase.nothing_else_is_left", root.remains())

    # Unchanged from one default to the next.
    root.rpm("-i", "--nodeps", old)
    before = root.text(CONFIG)
    root.rpm("-U", "--nodeps", new)
    report.check("first default" in before and "first default" not in root.text(CONFIG), "upgrade.unchanged_config_follows")
    addition = f"/usr/lib/systemd/system/{NAME}.service.d/old-systemd.conf"
    report.check(not os.path.exists(root.path + addition), "new_systemd.nothing_is_added")
    root.rpm("-e", "--nodeps", NAME)
    report.check(root.remains() == [], "erase.unchanged_config_goes", root.remains())

    bed.write(root.path + "/usr/bin/systemctl", "#!/bin/sh\necho systemd 219\n", 0o755)
    root.rpm("-i", "--nodeps", new)
    report.check("User=root" in root.text(addition), "old_systemd.starts_as_root", root.text(addition))
    status, said = root.rpm("-V", "--nodeps", NAME)
    report.check(status == 0, "old_systemd.verifies", said)
    root.rpm("-e", "--nodeps", NAME)
    report.check(root.remains() == [], "old_systemd.erase", root.remains())


def main():
    reason = bed.tools_missing("debootstrap", "rpm", "rpmbuild", "rpm2cpio", "cpio", "rpmlint", "unshare")
    if reason:
        report.skip("all", reason)
        return 0
    with tempfile.TemporaryDirectory(prefix="nma-rpm-") as work:
        try:
            package = bed.package("rpm/node-metrics-agent-[0-9]*.rpm", "rpm")
            check_package(package)
            bed.check_docs(report, package, bed.package("rpm/node-metrics-agent-dcos-*.rpm", "rpm"))
            root = Root(work + "/root")
            bed.make_root(root.path)
            # A program with libraries, as from source, runs there only with these.
            if bed.run("rpm", "-qp", "--requires", package).count(".so."):
                bed.in_root(root.path, "apt-get install -y --no-install-recommends " + bed.FETCHED)
            check_life(root, build_old(package, work), package)
        except (bed.Unable, OSError, subprocess.SubprocessError) as error:
            report.check(False, "all", error)
        shutil.rmtree(work + "/root", ignore_errors=True)
    return report.status()


if __name__ == "__main__":
    sys.exit(main())
