#!/usr/bin/env python3
"""What makes the agent take Telegraf's place on a DC/OS node: the shipped setup, configuration and units, without systemd.

dcos.py PROGRAM; as root. Sockets are handed over as systemd does it; only paths are moved into a directory of the test's own.
The lines are as those of tests/real: ok NAME, FAILED NAME: why, SKIP NAME: why.
"""
import glob
import hashlib
import hmac
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "golden"))
sys.dont_write_bytecode = True

from configured import HOST, Bed, bearer, hs256, request, status_of  # noqa: E402
from service import handed_over  # noqa: E402
from shipped import exchange  # noqa: E402

DCOS = os.path.join(HERE, "..", "..", "packaging", "dcos")
USER = "nobody"  # in place of node-metrics-agent, who is not there without the package
SECRET = "a shared secret of the cluster, long enough"
METRICS_SOCKET = "run/dcos/telegraf-dcos-metrics.sock"
REGISTRATION_SOCKET = "run/dcos/telegraf/dcos_statsd.sock"
CONTAINERS = "run/dcos/telegraf/dcos_statsd/containers"

failures = 0


def check(is_good, name, why=""):
    global failures
    failures += not is_good
    print(f"ok dcos.{name}" if is_good else f"FAILED dcos.{name}: {str(why)[:800]}", flush=True)


def free_port(kind=socket.SOCK_STREAM, host="127.0.0.1"):
    with socket.socket(type=kind) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Root:
    """A node's file system, as far as the setup looks at it."""

    def __init__(self, bed, role="slave"):
        self.bed, self.path = bed, bed.path("root")
        os.chmod(bed.path("."), 0o755)
        for folder in ("etc/node-metrics-agent", "etc/mesosphere/roles", "run/dcos", "opt/mesosphere"):
            os.makedirs(self.at(folder))
        open(self.at("etc/mesosphere/roles/" + role), "w").close()
        for name in ("dcos-agent.json", "dcos-master.json"):
            shutil.copy(os.path.join(DCOS, name), self.at("etc/node-metrics-agent"))
        self.write("opt/detect_ip", "#!/bin/sh\necho 192.0.2.7\n", 0o755)
        self.detect(self.at("opt/detect_ip"))
        self.write("opt/systemctl", f"#!/bin/sh\necho \"$*\" >>{self.at('opt/systemctl.log')}\n", 0o755)

    def at(self, path):
        return os.path.join(self.path, path)

    def write(self, path, text, mode=0o644, owner=0):
        with open(self.at(path), "w") as file:
            file.write(text)
        os.chmod(self.at(path), mode)
        os.chown(self.at(path), owner, owner)

    def read(self, path):
        with open(self.at(path)) as file:
            return file.read()

    def detect(self, program):
        """As DC/OS has it, with more that is not for root's script."""
        self.write("opt/mesosphere/environment", f"PATH=/none\nSYSTEMCTL=/none\nROOT=/none\nMESOS_IP_DISCOVERY_COMMAND=\"{program}\"\n")

    def setup(self, **environment):
        environment = {**os.environ, "ROOT": self.path, "AGENT": program, "AGENT_USER": USER,
                       "SYSTEMCTL": self.at("opt/systemctl"), **environment}
        return subprocess.run([os.path.join(DCOS, "dcos-setup")], capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL, env=environment)

    def mode(self, path):
        about = os.lstat(self.at(path))
        owner = {0: "root", user_ids()[0]: USER}.get(about.st_uid, about.st_uid)
        return (about.st_mode & 0o7777, owner, about.st_gid)


def user_ids():
    user = pwd.getpwnam(USER)
    return user.pw_uid, user.pw_gid


def check_setup():
    with Bed(program) as bed:
        root = Root(bed)
        uid, gid = user_ids()
        # As Telegraf leaves it: root's and of its group, with its user's files.
        os.makedirs(root.at(CONTAINERS))
        os.chmod(root.at(CONTAINERS), 0o775)
        for each in ("run/dcos/telegraf", "run/dcos/telegraf/dcos_statsd"):
            os.chown(root.at(each), 0, 1234)
            os.chmod(root.at(each), 0o775)
        root.write(CONTAINERS + "/task-1", '{"container_id":"task-1","statsd_host":"198.51.100.1","statsd_port":40001}', 0o644, 1234)
        os.symlink("/etc/passwd", root.at(CONTAINERS + "/link"))
        before = os.stat("/etc/passwd")
        done = root.setup()
        check(done.returncode == 0 and "role agent, address 192.0.2.7" in done.stdout, "setup", done)
        check(root.read("opt/systemctl.log").splitlines() == ["stop dcos-telegraf.service", "stop dcos-telegraf.socket"],
              "setup_ends_telegraf", root.read("opt/systemctl.log"))
        check(root.mode(CONTAINERS) == (0o700, USER, gid) and root.mode(CONTAINERS + "/task-1") == (0o600, USER, gid),
              "setup_registrations", (root.mode(CONTAINERS), root.mode(CONTAINERS + "/task-1")))
        check(all(root.mode(each) == (0o755, "root", 0) for each in ("run/dcos/telegraf", "run/dcos/telegraf/dcos_statsd")),
              "setup_closes_what_is_above", root.mode("run/dcos/telegraf"))
        after = os.stat("/etc/passwd")
        check((before.st_mode, before.st_uid) == (after.st_mode, after.st_uid), "setup_follows_no_link")
        check(root.mode("etc/node-metrics-agent/dcos-token")[:2] == (0o600, "root")
              and root.mode("etc/node-metrics-agent/dcos-tokens") == (0o640, "root", gid), "setup_token",
              (root.mode("etc/node-metrics-agent/dcos-token"), root.mode("etc/node-metrics-agent/dcos-tokens")))
        token = root.read("etc/node-metrics-agent/dcos-token")
        made = root.read("run/node-metrics-agent-dcos/config.json")
        wanted = root.read("etc/node-metrics-agent/dcos-agent.json")
        wanted = "\n".join(line if line.strip().startswith("//") else line.replace('"hostname": ""', '"hostname": "192.0.2.7"')
                           .replace("127.0.0.1:5051", "192.0.2.7:5051") for line in wanted.split("\n"))
        check(made == wanted, "setup_configuration", made)
        root.write(CONTAINERS + "/later", "{}", 0o600, uid)
        done = root.setup()
        check(done.returncode == 0 and root.read("etc/node-metrics-agent/dcos-token") == token, "setup_again_keeps_token", done)
        root.detect("/none")
        done = root.setup(MESOS_IP_DISCOVERY_COMMAND=root.at("opt/detect_ip"))
        check(done.returncode == 0 and "not known" in done.stderr
              and root.read("run/node-metrics-agent-dcos/config.json") == root.read("etc/node-metrics-agent/dcos-agent.json"),
              "setup_without_address", done)
        root.detect(root.at("opt/detect_ip"))
        root.write("opt/detect_ip", "#!/bin/sh\necho 'x|e id|'\n", 0o755)
        done = root.setup()
        check(done.returncode == 0 and "not known" in done.stderr, "setup_believes_addresses_only", done)
        root.write("opt/systemctl", "#!/bin/sh\n[ $1 = show ] && echo User=root || true\n", 0o755)
        done = root.setup(AGENT_USER="")
        check(done.returncode == 0 and root.mode(CONTAINERS) == (0o700, "root", 0)
              and root.mode(CONTAINERS + "/later") == (0o600, "root", 0), "setup_for_who_the_unit_names", done)


def check_refusals():
    """What cannot be taken over leaves Telegraf running."""
    def links(root):
        os.makedirs(os.path.dirname(root.at(CONTAINERS)))
        os.symlink("/etc", root.at(CONTAINERS))

    def no_configuration(root):
        # As between unpacking and configuring of the DEB.
        os.rename(root.at("etc/node-metrics-agent/dcos-agent.json"), root.at("etc/node-metrics-agent/dcos-agent.json.dpkg-new"))

    before = os.stat("/etc")
    for name, make, environment, wanted in (("a_link", links, {}, "is a link"), ("no_configuration", no_configuration, {}, "is not there yet"),
                                            ("no_token", lambda root: None, {"AGENT": "/bin/false"}, "")):
        with Bed(program) as bed:
            root = Root(bed)
            make(root)
            done = root.setup(**environment)
            check(done.returncode == 1 and wanted in done.stderr and not os.path.exists(root.at("opt/systemctl.log")),
                  "setup_refuses_" + name, done)
    # One that is put there after all has been looked at: the fake systemctl does it, as a process that Telegraf left could.
    for at in ("run/dcos/telegraf", "run/dcos/telegraf/dcos_statsd", CONTAINERS):
        with Bed(program) as bed:
            root = Root(bed)
            os.makedirs(root.at(CONTAINERS))
            place = root.at(at)
            root.write("opt/systemctl", f"#!/bin/sh\n[ -L {place} ] || {{ mv {place} {place}.gone && ln -s /etc {place}; }}\n", 0o755)
            done = root.setup()
            check(done.returncode == 1 and "is a link" in done.stderr, "setup_notices_a_link_at_" + os.path.basename(at), done)
    after = os.stat("/etc")
    check((before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid), "setup_leaves_targets_of_links")


def check_configurations():
    """As they are shipped, with files where they should be."""
    for role, name in (("slave", "agent"), ("master", "master")):
        with Bed(program) as bed:
            root = Root(bed, role)
            root.setup()
            text = root.read("run/node-metrics-agent-dcos/config.json").replace("/etc/node-metrics-agent", root.at("etc/node-metrics-agent"))
            done = subprocess.run([program, "--config", bed.write("c.json", text), "check-config"], capture_output=True, text=True)
            check(done.returncode == 0 and not re.search("error|warning", done.stderr), "configuration_" + name, done)


class Node:
    """The agent with the shipped configuration and the sockets of the shipped units."""

    def __init__(self, bed, role="slave", change=None, names="dcos-metrics:dcos-registration"):
        self.bed, self.root = bed, Root(bed, role)
        os.makedirs(self.root.at(CONTAINERS))
        self.tcp, self.udp, self.mesos = free_port(), free_port(socket.SOCK_DGRAM), free_port()
        self.names = names
        self.change = change

    def configuration(self):
        text = self.root.read("run/node-metrics-agent-dcos/config.json")
        moves = ((":/run/dcos/", ":" + self.root.at("run/dcos/")), ('"/run/dcos/', '"' + self.root.at("run/dcos/")),
                 ("/etc/node-metrics-agent", self.root.at("etc/node-metrics-agent")), ("0.0.0.0:61091", f"127.0.0.1:{self.tcp}"),
                 ("localhost:61825", f"localhost:{self.udp}"), ("198.51.100.1", "127.0.0.1"),
                 ("http://192.0.2.7:5051", f"http://127.0.0.1:{self.mesos}"))
        for old, new in moves:
            text = text.replace(old, new)
        # The rest of the setup of tests, and who the unit would make it run as.
        config = json.loads("\n".join(line for line in text.split("\n") if not line.strip().startswith("//")))
        config["process"] = {"user": USER}
        config["discovery"] = {"mesos_work_dir": self.root.at("var/mesos")}
        if self.change:
            self.change(config, self)
        return config

    def start(self):
        self.root.setup()
        self.listeners = []
        for path, group, in ((METRICS_SOCKET, user_ids()[1]), (REGISTRATION_SOCKET, 0)):
            made = socket.socket(socket.AF_UNIX)
            if os.path.exists(self.root.at(path)):
                os.unlink(self.root.at(path))
            made.bind(self.root.at(path))
            os.chmod(self.root.at(path), 0o660)
            os.chown(self.root.at(path), 0, group)
            made.listen(64)
            self.listeners.append(made)
        return self.again()

    def again(self):
        how = handed_over(self.names or "", *self.listeners)
        if self.names is None:  # as systemd before 227
            del how["environment"]["LISTEN_FDNAMES"]
        return self.bed.start(self.configuration(), host_root=HOST, **how)

    def ask(self, agent, path="/v0/node", headers=(), where=METRICS_SOCKET):
        return agent.ask(path, headers, self.root.at(where))

    def by_tcp(self, path="/v0/node", headers=()):
        with socket.create_connection(("127.0.0.1", self.tcp), 10) as client:
            return exchange(client, request(path, headers))

    def token(self):
        return bearer(self.root.read("etc/node-metrics-agent/dcos-token").strip())

    def register(self, agent, container_id):
        body = json.dumps({"container_id": container_id}).encode()
        with agent.connect(self.root.at(REGISTRATION_SOCKET)) as client:
            return exchange(client, b"POST /container HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n"
                            + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


def send(port, text):
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(text, ("127.0.0.1", port))


def points(response):
    return {point["name"]: point["value"] for point in json.loads(response.body)["datapoints"]} if response.body else {}


def wait_for_point(ask, name):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        answer = ask()
        if status_of(answer) == 200 and name in points(answer):
            return points(answer)[name]
        time.sleep(0.05)
    return None


def check_entrances():
    with Bed(program) as bed:
        node = Node(bed)
        uid, _ = user_ids()
        port = free_port(socket.SOCK_DGRAM)
        node.root.write(CONTAINERS + "/old", json.dumps({"container_id": "old", "statsd_host": "127.0.0.1", "statsd_port": port}), 0o644, 1234)
        with node.start() as agent:
            answer = node.ask(agent)
            check(status_of(answer) == 200 and json.loads(answer.body)["dimensions"]["hostname"] == "192.0.2.7", "admin_router", answer)
            check(status_of(node.ask(agent, where=REGISTRATION_SOCKET)) == 404, "registration_shows_no_metrics")
            answer = node.register(agent, "task-2")
            made = json.loads(answer.body)
            check(status_of(answer) == 201 and made["statsd_host"] == "127.0.0.1" and made["statsd_port"] > 1023, "registration", answer)
            send(made["statsd_port"], b"hits:3|c")
            got = wait_for_point(lambda: node.ask(agent, "/v0/containers/task-2/app"), "hits")
            check(got == 3, "registered_port", got)
            send(port, b"old_hits:4|c")
            got = wait_for_point(lambda: node.ask(agent, "/v0/containers/old/app"), "old_hits")
            check(got == 4, "port_that_telegraf_gave", (got, agent.log()))
            send(node.udp, b"component.requests:5|c")
            got = wait_for_point(lambda: node.ask(agent, "/v0/containers/node/app"), "component.requests")
            check(got == 5, "shared_statsd", got)
            check(status_of(node.by_tcp()) == 401, "tcp_without_token", node.by_tcp())
            check(status_of(node.by_tcp(headers=node.token())) == 200, "tcp_with_token", node.by_tcp(headers=node.token()))
            check(status_of(node.by_tcp("/system/v1/metrics/v0/containers", node.token())) == 200, "tcp_prefix")
            with open(f"/proc/{agent.process.pid}/status") as file:
                check(f"\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n" in file.read(), "is_no_root")
            log = agent.log()
        check("warning: registration" not in log and "error" not in log, "nothing_to_complain", log)
        # systemd keeps the sockets: who asks while there is no agent waits for the next one.
        with socket.socket(socket.AF_UNIX) as early:
            early.connect(node.root.at(METRICS_SOCKET))
            early.sendall(request())
            with node.again() as agent:
                # The agent may have closed it, so nothing more can be sent.
                answer = early.makefile("rb").read()
                check(answer.startswith(b"HTTP/1.1 200 "), "who_asks_during_a_restart_waits", (answer, agent.log()))
                send(made["statsd_port"], b"hits:2|c")
                got = wait_for_point(lambda: node.ask(agent, "/v0/containers/task-2/app"), "hits")
                check(got == 2, "registrations_stay", (got, agent.log()))


def check_old_systemd():
    """219 tells no names, and hands over in any order."""
    with Bed(program) as bed:
        node = Node(bed, names=None)
        with node.start() as agent:
            node.listeners.reverse()
            check(status_of(node.ask(agent)) == 200, "systemd_219")
        with node.again() as agent:
            check(status_of(node.ask(agent)) == 200 and status_of(node.register(agent, "x")) == 201, "systemd_219_other_order", agent.log())


def check_tokens_of_cluster():
    """What the comments say how to do, done."""
    def change(config, node):
        node.root.write("run/dcos/secret", SECRET, 0o640)
        os.chown(node.root.at("run/dcos/secret"), 0, user_ids()[1])
        node.root.write("etc/node-metrics-agent/acl", json.dumps({"alice": ["dcos:superuser"], "bob": []}))
        config["auth"].update(secret_file=node.root.at("run/dcos/secret"), acl_file=node.root.at("etc/node-metrics-agent/acl"))
        config["listen"][0]["auth"] = "token"

    with Bed(program) as bed:
        node = Node(bed, change=change)
        with node.start() as agent:
            for where, ask in (("admin_router", lambda headers: node.ask(agent, headers=headers)),
                               ("tcp", lambda headers: node.by_tcp(headers=headers))):
                statuses = [status_of(ask(headers)) for headers in
                            ((), bearer(hs256("alice", SECRET)), bearer(hs256("bob", SECRET)), bearer(hs256("alice", SECRET + "x")),
                             node.token())]
                check(statuses == [401, 200, 403, 401, 200], "cluster_tokens_" + where, (statuses, agent.log()))


def check_master():
    with Bed(program) as bed:
        node = Node(bed, role="master")
        with node.start() as agent:
            check([status_of(node.ask(agent, path)) for path in ("/v0/ping", "/v0/node", "/v0/containers")] == [200, 200, 404], "master",
                  agent.log())
            check(status_of(node.by_tcp()) == 401 and status_of(node.by_tcp(headers=node.token())) == 200, "master_tcp")
            config = node.configuration()
            check("mesos" not in config and all(each.get("serves") != "registration" for each in config["listen"]),
                  "master_registers_nobody", config)
            send(node.udp, b"component.requests:5|c")
            time.sleep(0.3)
            check(agent.process.poll() is None, "master_statsd", agent.log())


def check_units():
    with Bed(program) as bed:
        root = bed.path("pkg")
        subprocess.run([os.path.join(DCOS, "install"), root], check=True)
        files = sorted(os.path.relpath(each, root) for each in glob.glob(root + "/**", recursive=True) if not os.path.isdir(each))
        check(len(files) == 13 and "usr/lib/systemd/system/dcos-telegraf.socket.d/node-metrics-agent.conf" in files, "install", files)
        if not shutil.which("systemd-analyze"):
            print("SKIP dcos.units: no systemd-analyze")
            return
        units = os.path.join(root, "usr/lib/systemd/system")
        base = os.path.join(HERE, "..", "..", "packaging", "systemd", "node-metrics-agent.service")
        if os.path.exists(base):
            shutil.copy(base, units)
        else:
            print("SKIP dcos.units_of_service: packaging/systemd is not there")
            with open(os.path.join(units, "node-metrics-agent.service"), "w") as file:
                file.write("[Service]\nType=notify\nExecStart=/usr/bin/node-metrics-agent\n")
        with open(os.path.join(units, "dcos-telegraf.service"), "w") as file:
            file.write("[Service]\nExecStart=/bin/true\n")
        with open(os.path.join(units, "dcos-telegraf.socket"), "w") as file:
            file.write("[Socket]\nListenStream=/run/dcos/telegraf-dcos-metrics.sock\n")
        os.makedirs(os.path.join(root, "usr/bin"))
        for name in ("usr/bin/node-metrics-agent", "bin/kill", "bin/true", "usr/bin/kill", "bin/sh"):
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            shutil.copy("/bin/true", os.path.join(root, name))
        for unit in sorted(os.listdir(units)):
            if not unit.endswith((".service", ".socket")):
                continue
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", "--root=" + root, os.path.join("/usr/lib/systemd/system", unit)],
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL)
            about_ours = [line for line in done.stderr.splitlines() if "dcos" in line or "node-metrics-agent" in line]
            check(done.returncode == 0 and not about_ours, "verify_" + unit, done)


def main():
    if os.geteuid() != 0:
        print("SKIP dcos: only root can make what belongs to others")
        return
    for each in (check_setup, check_refusals, check_configurations, check_entrances, check_old_systemd, check_tokens_of_cluster, check_master, check_units):
        try:
            each()
        except Exception as error:
            check(False, each.__name__ + "_runs_to_its_end", repr(error))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    main()
    sys.exit(1 if failures else 0)
