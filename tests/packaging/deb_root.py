#!/usr/bin/env python3
"""The Debian package in a clean Debian 12: installed, upgraded, reinstalled, removed, purged; and what lintian says.

deb_root.py; run `make deb` first. systemd does not run there; deb_systemd.py is for that.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import bed

report = bed.Report("deb_root")
NAME = "node-metrics-agent"
CONFIG = f"/etc/{NAME}/{NAME}.json"
APT = "apt-get install -y --no-install-recommends"
KEEP = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"


def repack(package, version, addition, work):
    """The same package with a lower version and another default configuration."""
    tree, result = f"{work}/tree-{version}", f"{work}/{NAME}_{version}.deb"
    bed.run("dpkg-deb", "-R", package, tree)
    with open(tree + "/DEBIAN/control", encoding="utf-8") as file:
        control = re.sub(r"^Version: .*$", "Version: " + version, file.read(), flags=re.M)
    bed.write(tree + "/DEBIAN/control", control)
    with open(tree + CONFIG, "a", encoding="utf-8") as file:
        file.write(addition)
    bed.run("dpkg-deb", "--root-owner-group", "-b", tree, result)
    return result


class Root(bed.Root):
    def do(self, command, check=True):
        return bed.in_root(self.path, command, check)

    def remains(self):
        return sorted(self.named(f"*{NAME}*", ".deb"))


def check_installed(root):
    status, said = root.do(f"{NAME} --version && {NAME} --view full once node | jq -e '.datapoints | length > 100'", False)
    report.check(status == 0, "install.runs", said)
    status, said = root.do(f"{NAME} --config {CONFIG} check-config", False)
    report.check(status == 0, "install.config_is_good", said)
    _, user = root.do(f"getent passwd {NAME}; getent group {NAME}", False)
    report.check(re.match(rf"{NAME}:x:(\d+):(\d+):Metrics agent:/nonexistent:/usr/sbin/nologin\n{NAME}:x:\2:\n", user)
                 and int(user.split(":")[2]) < 1000, "install.user", user)
    link = root.path + f"/etc/systemd/system/multi-user.target.wants/{NAME}.service"
    report.check(os.path.islink(link), "install.enabled", "no link in multi-user.target.wants")
    _, modes = root.do(f"stat -c '%U:%G %a %n' /etc/{NAME} {CONFIG} /usr/bin/{NAME} /lib/systemd/system/{NAME}.*", False)
    wanted = {f"root:root 755 /etc/{NAME}", f"root:root 644 {CONFIG}", f"root:root 755 /usr/bin/{NAME}",
              f"root:root 644 /lib/systemd/system/{NAME}.service", f"root:root 644 /lib/systemd/system/{NAME}.socket"}
    report.check(set(modes.split("\n")) - {""} == wanted, "install.modes", modes)
    _, conffiles = root.do(f"dpkg-query -W -f '${{Conffiles}}' {NAME}", False)
    report.check(conffiles.split()[::2] == [CONFIG], "install.conffiles", conffiles)
    _, verified = root.do(f"dpkg -V {NAME}", False)
    report.check([line for line in verified.splitlines() if "/usr/share/" not in line] == [], "install.verifies", verified)


def check_life(root, files):
    old, older_default, new = files
    root.do(f"{APT} {old}")
    check_installed(root)
    before = root.text(CONFIG)

    root.do(f"{APT} {older_default}")
    report.check(root.text(CONFIG) != before and "second default" in root.text(CONFIG), "upgrade.unchanged_config_follows")

    changed = '{"interval_s": 7} // mine\n'
    bed.write(root.path + CONFIG, changed)
    status, said = root.do(f"{APT} {KEEP} {new}", False)
    report.check(status == 0, "upgrade.asks_nothing", said[-500:])
    report.check(root.text(CONFIG) == changed, "upgrade.changed_config_stays", root.text(CONFIG)[:200])
    report.check("// Configuration of" in root.text(CONFIG + ".dpkg-dist"), "upgrade.new_default_beside_it")
    link = root.path + f"/etc/systemd/system/multi-user.target.wants/{NAME}.service"
    os.unlink(link)
    root.do(f"{APT} --reinstall {new}")
    report.check(root.text(CONFIG) == changed, "reinstall.changed_config_stays")
    report.check(not os.path.lexists(link), "reinstall.disabled_stays_disabled")

    bed.write(root.path + f"/run/{NAME}/containers/web-1", "{}\n")
    root.do(f"apt-get remove -y {NAME}")
    left = root.remains()
    report.check(root.text(CONFIG) == changed, "remove.config_stays")
    report.check(not [path for path in left if path.startswith(("/usr/", "/lib/"))], "remove.program_is_gone", left)

    root.do(f"apt-get purge -y {NAME}")
    left = [path for path in root.remains() if not path.startswith(("/var/log", "/var/cache"))]
    report.check(left == [], "purge.nothing_is_left", left)
    _, user = root.do(f"getent passwd {NAME}", False)
    report.check(user != "", "purge.user_stays", "its number must not become another's")
    _, state = root.do(f"dpkg-query -W -f '${{db:Status-Abbrev}}' {NAME}", False)
    report.check("no packages found" in state or state.startswith("un"), "purge.dpkg_knows_nothing", state)

    status, said = root.do(f"{APT} {new}", False)
    report.check(status == 0, "install_again", said[-500:])


def check_lintian():
    changes = bed.package("deb/node-metrics-agent_*.changes", "deb")
    done = subprocess.run(["lintian", "--pedantic", "-I", "-E", "--allow-root", changes], capture_output=True, text=True)
    said = [line for line in done.stdout.splitlines() if line[:3] in ("E: ", "W: ", "I: ", "P: ", "X: ")]
    report.check(done.returncode == 0 and not said, "lintian", said or done.stderr)


def main():
    reason = bed.tools_missing("debootstrap", "dpkg-deb", "lintian", "unshare")
    if reason:
        report.skip("all", reason)
        return 0
    with tempfile.TemporaryDirectory(prefix="nma-deb-") as work:
        try:
            package = bed.package("deb/node-metrics-agent_*.deb", "deb")
            bed.check_docs(report, package, bed.package("deb/node-metrics-agent-dcos_*.deb", "deb"))
            root = Root(work + "/root")
            bed.make_root(root.path)
            files = (repack(package, "0.0.1", "// first default\n", work),
                     repack(package, "0.0.2", "// second default\n", work), package)
            names = []
            for path in files:
                shutil.copy(path, root.path + "/root/")
                names.append("/root/" + os.path.basename(path))
            check_life(root, names)
        except (bed.Unable, OSError) as error:
            report.check(False, "all", error)
    check_lintian()
    return report.status()


if __name__ == "__main__":
    sys.exit(main())
