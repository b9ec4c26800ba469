#!/usr/bin/env python3
"""The package node-metrics-agent-dcos under a booted systemd: installed on a node where Telegraf runs, used, and removed.

dcos_booted.py, after `make deb`, as root. Lines are as those of tests/real.
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import bed  # noqa: E402

# Runs inside, as a service of the booted system. What a DC/OS node has, as far as this is about it, is made first.
PAYLOAD = r"""
set -u
fail() { echo "FAILED dcos_booted.$1: $(printf '%s' "$2" | tr '\n' ' ' | cut -c1-600)"; }
check() { # NAME WANTED GOT
    if [ "$2" = "$3" ]; then echo "ok dcos_booted.$1"; else fail "$1" "wanted '$2', got '$3'"; fi
}
status() { curl -s -m 10 -o /tmp/body -w '%{http_code}' "$@"; }
metrics=/run/dcos/telegraf-dcos-metrics.sock
registration=/run/dcos/telegraf/dcos_statsd.sock
containers=/run/dcos/telegraf/dcos_statsd/containers
export DEBIAN_FRONTEND=noninteractive

groupadd -r dcos_adminrouter; useradd -r -g dcos_adminrouter dcos_adminrouter; useradd -r dcos_telegraf
mkdir -p /opt/mesosphere/bin /etc/mesosphere/roles /run/dcos $containers
touch /etc/mesosphere/roles/slave
printf '#!/bin/sh\necho 192.0.2.7\n' >/opt/mesosphere/bin/detect_ip; chmod +x /opt/mesosphere/bin/detect_ip
ip addr add 198.51.100.1/32 dev lo; ip link set lo up
chown root:dcos_telegraf $containers; chmod 775 $containers
printf '{"container_id":"old","statsd_host":"198.51.100.1","statsd_port":40123}' >$containers/old
chown dcos_telegraf: $containers/old
cat >/etc/systemd/system/dcos-telegraf.socket <<END
[Socket]
ListenStream=$metrics
SocketGroup=dcos_adminrouter
SocketMode=0660
END
printf '[Service]\nUser=dcos_telegraf\nExecStart=/usr/bin/sleep infinity\nRestart=always\n' >/etc/systemd/system/dcos-telegraf.service
systemctl daemon-reload
systemctl start dcos-telegraf.socket dcos-telegraf.service
check telegraf_runs active "$(systemctl is-active dcos-telegraf.service)"

# In one command, as docs/dcos.md says: the agent's package starts the service before the files of the other are in place.
apt-get install -y --no-install-recommends /debs/node-metrics-agent_*.deb /debs/node-metrics-agent-dcos_*.deb >/tmp/apt 2>&1 ||
    fail install "$(tail -c 500 /tmp/apt)"
check takes_over active "$(systemctl is-active node-metrics-agent.service)"
check telegraf_ended "inactive inactive" "$(systemctl is-active dcos-telegraf.service dcos-telegraf.socket | tr '\n' ' ' | sed 's/ $//')"
check socket_of_admin_router "root:dcos_adminrouter 660" "$(stat -c '%U:%G %a' $metrics)"
check socket_of_registration "root:root 660" "$(stat -c '%U:%G %a' $registration)"
check directory "node-metrics-agent:node-metrics-agent 700" "$(stat -c '%U:%G %a' $containers)"
check token_modes "root:root 600 root:node-metrics-agent 640" \
    "$(stat -c '%U:%G %a' /etc/node-metrics-agent/dcos-token /etc/node-metrics-agent/dcos-tokens | tr '\n' ' ' | sed 's/ $//')"

check admin_router 200 "$(runuser -u dcos_adminrouter -- curl -s -m 10 -o /dev/null -w '%{http_code}' --unix-socket $metrics http://a/v0/node)"
check others_may_not 000 "$(runuser -u nobody -- curl -s -m 10 -o /dev/null -w '%{http_code}' --unix-socket $metrics http://a/v0/node)"
check address_is_detected 1 "$(curl -s --unix-socket $metrics http://a/v0/node | grep -c '"hostname":"192.0.2.7"')"
check register 201 "$(status --unix-socket $registration -d '{"container_id":"new"}' http://a/container)"
check register_host 1 "$(grep -c '"statsd_host":"198.51.100.1"' /tmp/body)"
port=$(sed 's/.*"statsd_port":\([0-9]*\).*/\1/' /tmp/body)
token="Authorization: Bearer $(cat /etc/node-metrics-agent/dcos-token)"
check tcp_asks_for_token 401 "$(status http://127.0.0.1:61091/v0/node)"
check tcp_with_token 200 "$(status -H "$token" http://127.0.0.1:61091/v0/node)"
send() { # ADDRESS PORT LINE
    printf '%s' "$3" | nc -u -q0 "$1" "$2"
}
send 127.0.0.1 61825 'shared:1|c'; send 198.51.100.1 40123 'old:2|c'; send 198.51.100.1 "$port" 'new:3|c'; sleep 1
for id in node old new; do
    name=$id; [ $id != node ] || name=shared
    check "statsd_$id" 1 "$(curl -s --unix-socket $metrics http://a/v0/containers/$id/app | grep -c "\"name\":\"$name\"")"
done

# Who asks and registers during a restart waits, and nobody's registration is lost.
systemctl restart node-metrics-agent.service &
sleep 0.05
check during_restart 200 "$(status --unix-socket $metrics http://a/v0/node)"
check register_during_restart 201 "$(status --unix-socket $registration -d '{"container_id":"newer"}' http://a/container)"
wait
check registrations_stay "new newer old" "$(curl -s --unix-socket $registration http://a/containers | grep -o '"container_id":"[a-z]*"' | cut -d'"' -f4 | sort | tr '\n' ' ' | sed 's/ $//')"
systemctl start dcos-telegraf.service dcos-telegraf.socket
check telegraf_stays_away "inactive inactive active" \
    "$(systemctl is-active dcos-telegraf.service dcos-telegraf.socket node-metrics-agent.service | tr '\n' ' ' | sed 's/ $//')"
check telegraf_has_not_failed "" "$(systemctl --failed --no-legend)"
systemctl kill -s KILL node-metrics-agent.service; sleep 4
check comes_back 200 "$(status --unix-socket $metrics http://a/v0/node)"

runuser -u node-metrics-agent -- node-metrics-agent --config /run/node-metrics-agent-dcos/config.json doctor >/tmp/doctor 2>&1
check doctor_runs 1 "$(grep -c '^Linux ' /tmp/doctor)"
check doctor_names_mesos 1 "$(grep -c '^TROUBLE  the Mesos agent does not tell' /tmp/doctor)"
check doctor_names_nothing_else_of_ours "" "$(grep -E '^(TROUBLE|note).*(registr|StatsD|keys)' /tmp/doctor)"
systemd-run --quiet --pipe --wait --uid=node-metrics-agent -p AmbientCapabilities=CAP_DAC_READ_SEARCH \
    node-metrics-agent --config /etc/node-metrics-agent/node-metrics-agent.json doctor >/tmp/doctor 2>&1
check doctor_by_systemd_run 1 "$(grep -c "^Linux .* as user $(id -u node-metrics-agent)$" /tmp/doctor)"
check log "" "$(journalctl -u node-metrics-agent -p warning --no-pager -o cat | grep -v -e 'Mesos agent: unreachable' -e 'tokens travel readably' -e '^refused 127' -e 'Main process exited' -e 'Failed with result' -e '^Dependency failed')"

dpkg --purge node-metrics-agent-dcos >/tmp/dpkg 2>&1 || fail purge "$(cat /tmp/dpkg)"
check back_on_loopback 200 "$(sleep 1; status http://127.0.0.1:61092/v0/node)"
chown root:dcos_telegraf ${containers%/*/*} ${containers%/*}
chmod 775 ${containers%/*/*} ${containers%/*}
chown -R dcos_telegraf: $containers
systemctl start dcos-telegraf.socket dcos-telegraf.service
check telegraf_is_back "active active" "$(systemctl is-active dcos-telegraf.service dcos-telegraf.socket | tr '\n' ' ' | sed 's/ $//')"
check nothing_left "" "$(ls -d /etc/node-metrics-agent/dcos* /run/node-metrics-agent-dcos 2>/dev/null)"
"""


def boot(folder):
    """What the payload says."""
    root = os.path.join(folder, "root")
    bed.make_root(root)
    bed.in_root(root, f"apt-get install -y --no-install-recommends {bed.FETCHED} iproute2 init-system-helpers")
    os.makedirs(os.path.join(root, "debs"))
    for pattern in ("deb/node-metrics-agent_*.deb", "deb/node-metrics-agent-dcos_*.deb"):
        shutil.copy(bed.package(pattern, "deb"), os.path.join(root, "debs"))
    script = os.path.join(folder, "payload")
    bed.write(script, "#!/bin/bash\n" + PAYLOAD, 0o755)
    bed.add_payload(root, script, "systemctl poweroff")
    return bed.boot_nspawn(root)


def main():
    why = bed.tools_missing("systemd-nspawn", "debootstrap", "unshare")
    if why:
        print("SKIP dcos_booted: " + why)
        return 0
    with tempfile.TemporaryDirectory(prefix="nma-dcos-") as folder:
        try:
            result = boot(folder)
        except (bed.Unable, OSError, subprocess.SubprocessError) as error:
            print(f"FAILED dcos_booted: {' '.join(str(error).split())}")
            return 1
    for line in result.splitlines():
        print(line if line.startswith(("ok ", "FAILED ", "SKIP ")) else "# " + line)
    if "dcos_booted.nothing_left" not in result:
        print("FAILED dcos_booted: it did not run to its end")
        return 1
    return 1 if "FAILED" in result else 0


if __name__ == "__main__":
    sys.exit(main())
