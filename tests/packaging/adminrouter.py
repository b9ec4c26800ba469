#!/usr/bin/env python3
"""The example configurations of nginx for DC/OS, with real nginx and three agents, each in a network namespace of its own.

adminrouter.py PROGRAM; as root. The lines are as those of tests/real: ok NAME, FAILED NAME: why, SKIP NAME: why.
"""
import concurrent.futures
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DCOS = os.path.join(HERE, "..", "..", "packaging", "dcos")
HOST = os.path.join(HERE, "..", "fixtures", "hybrid")
INSIDE = "--in-namespaces"
PATIENCE_S = 20

TOKEN, NARROW, WRONG = "nma_all", "nma_ping", "nma_nobody"
TOKENS = {TOKEN: "poller dcos:superuser", NARROW: "narrow node-metrics-agent:route:ping"}
IDS = [f"e9ab2d4c-0f5c-4b0e-9d3c-5a4d3b2a1c0f-S{number}" for number in (1, 2, 3)]
MASTER, ROUTER_PORT = "10.77.0.2", 80
SERIES = 1000

failures = 0


def check(is_good, name, why=""):
    global failures
    failures += not is_good
    print(f"ok adminrouter.{name}" if is_good else f"FAILED adminrouter.{name}: {str(why)[:600]}", flush=True)


def skip(why):
    print("SKIP adminrouter: " + why)
    sys.exit(0)


def run(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


def address_of(number):
    return f"10.77.0.{10 + number}"


class Node:
    """A network namespace with one end of a cable to the bridge, in which this script itself is."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        run("ip", "netns", "add", name)
        run("ip", "link", "add", "v" + name, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", "v" + name, "master", "bridge", "up")
        for words in (("addr", "add", address + "/24", "dev", "eth0"), ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
            run("ip", "-n", name, *words)

    def start(self, command, log):
        with open(log, "ab") as out:
            return subprocess.Popen(["ip", "netns", "exec", self.name, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out)


class Cluster:
    def __init__(self, program, folder):
        self.program, self.folder, self.processes, self.agents = program, folder, [], {}
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "bridge", "type", "bridge")
        run("ip", "addr", "add", "10.77.0.1/24", "dev", "bridge")
        run("ip", "link", "set", "bridge", "up")
        self.nodes = {number: Node(f"a{number}", address_of(number)) for number in (1, 2, 3)}
        self.master = Node("master", MASTER)
        tokens = "".join(f"sha256:{hashlib.sha256(token.encode()).hexdigest()} {who}\n" for token, who in TOKENS.items())
        self.tokens = self.write("tokens", tokens)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def start(self, node, command, log):
        process = node.start(command, self.path(log))
        self.processes.append(process)
        return process

    def start_agent(self, number, **tcp):
        """Its entrances are those of the shipped configuration; it reads a host that is the same for all."""
        config = {"interval_s": 3600, "host_root": HOST,
                  "node": {"mesos_id": IDS[number - 1], "hostname": address_of(number)},
                  "auth": {"tokens_file": self.tokens}, "statsd": {"listen": ["127.0.0.1:61825"], "host_container": "node"},
                  "listen": shipped_listeners(self.path(f"socket{number}"))}
        config["listen"][-1].update(tcp)
        file = self.write(f"agent{number}.json", json.dumps(config))
        # The log goes on where an agent before this one ended.
        before = self.log(f"agent{number}.log").count("try: ")
        self.agents[number] = self.start(self.nodes[number], [self.program, "--config", file], f"agent{number}.log")
        until(lambda: self.log(f"agent{number}.log").count("try: ") > before, f"agent {number} starts")

    def stop_agent(self, number):
        self.agents[number].terminate()
        self.agents[number].wait(PATIENCE_S)

    def start_nginx(self, node, name, text):
        folder = self.path(name)
        os.makedirs(folder)
        names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{each}_temp_path {folder}/{each};\n" for each in names)
        main = (f"user root;\ndaemon off;\nworker_processes 2;\npid {folder}/pid;\nerror_log {folder}/error.log info;\n"
                f"events {{ worker_connections 512; }}\nhttp {{\naccess_log {folder}/access.log;\n{paths}"
                f"include {folder}/site.conf;\n}}\n")
        self.write(f"{name}/nginx.conf", main)
        self.write(f"{name}/site.conf", text)
        command = ["nginx", "-p", folder, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
        self.start(node, command, f"{name}/out.log")

    def log(self, name):
        if not os.path.exists(self.path(name)):
            return ""
        with open(self.path(name), errors="replace") as file:
            return file.read()

    def end(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def shipped_listeners(socket_path):
    """Those of packaging/dcos/dcos-agent.json, with the socket of Admin Router made by the agent itself."""
    with open(os.path.join(DCOS, "dcos-agent.json")) as file:
        text = "\n".join(line for line in file if not line.strip().startswith("//"))
    listeners = [each for each in json.loads(text)["listen"] if each.get("serves") != "registration"]
    for each in listeners:
        if each["address"].startswith("systemd:"):
            each["address"] = "unix:" + socket_path
    return listeners


def until(is_so, what):
    """What was so: asked once more, it may not be."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := is_so()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.02)
    return found


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    def is_error(self, status):
        try:
            error = self.json()["error"]
        except (ValueError, KeyError, TypeError):
            return False
        return (self.status == error["status"] == status and error["reason"] and error["message"]
                and self.headers["Content-Type"] == "application/json")

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:200]}"


def connect(host=MASTER, port=ROUTER_PORT):
    return http.client.HTTPConnection(host, port, timeout=PATIENCE_S)


def ask(path, token=TOKEN, headers=None, method="GET", where=None):
    connection = connect(*(where or ()))
    if headers is None:
        headers = {"Authorization": "token=" + token} if token else {}
    try:
        connection.request(method, path, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def through(number, path, **how):
    return ask(f"/system/v1/agent/{IDS[number - 1]}/metrics/v0{path}", **how)


def master_configuration(cluster, moved=()):
    """The map is made as the example says, from what a Mesos master says."""
    slaves = [{"id": IDS[n - 1], "active": True, "pid": f"slave(1)@{address_of(moved.get(n, n) if moved else n)}:5051"} for n in (1, 2, 3)]
    slaves += [{"id": "hostile; }", "active": True, "pid": "slave(1)@10.77.0.11:5051"},
               {"id": "gone-S4", "active": False, "pid": "slave(1)@10.77.0.14:5051"},
               {"id": "odd-S5", "active": True, "pid": "slave(1)@evil.example; :5051"},
               {"id": "odd-S6\n", "active": True, "pid": "slave(1)@10.77.0.11:5051"},
               {"id": "odd-S7", "active": True, "pid": "slave(1)@10.77.0.11\n"},
               {"id": "odd-S8", "active": True, "pid": "slave(1)@1:5051"},
               {"id": "odd-S9", "active": True, "pid": "slave(1)@10.77.0.256:5051"},
               {"id": "odd-S10", "active": True, "pid": None},
               {"id": IDS[0].upper(), "active": True, "pid": "slave(1)@10.77.0.14:5051"}]
    # Words of nginx' map.
    slaves += [{"id": word, "active": True, "pid": f"slave(1)@{address_of(3)}:5051"}
               for word in ("default", "include", "hostnames", "volatile")]
    made = subprocess.run(["jq", "-r", "-f", os.path.join(DCOS, "nginx-agents.jq")], input=json.dumps({"slaves": slaves}),
                          capture_output=True, text=True, check=True).stdout
    with open(os.path.join(DCOS, "nginx-adminrouter-master.conf")) as file:
        text = file.read()
    agents = cluster.write("metrics-agents.conf", made)
    return made, text.replace("include metrics-agents.conf;", f"include {agents};")


def check_each_agent():
    for number in (1, 2, 3):
        answer = through(number, "/node")
        good = answer.status == 200 and answer.json()["dimensions"]["mesos_id"] == IDS[number - 1]
        check(good and answer.json()["dimensions"]["hostname"] == address_of(number), f"agent{number}", answer)
    check(through(1, "").status == 200 and through(1, "/").status == 200, "index")
    check(through(1, "/containers?state=all").status == 200, "query", through(1, "/containers?state=all"))
    head = through(2, "/node", method="HEAD")
    check(head.status == 200 and head.body == b"", "head", head)
    post = through(2, "/node", method="POST")
    check(post.is_error(405) and post.headers["Allow"] == "GET, HEAD", "post", post)
    no_content = through(3, "/containers/nobody")
    check(no_content.status == 204 and no_content.body == b"", "no_content", no_content)


def check_tokens():
    answer = through(1, "/node", token=None)
    check(answer.is_error(401) and answer.headers["WWW-Authenticate"], "no_token", answer)
    check(through(1, "/node", token=WRONG).is_error(401), "wrong_token", through(1, "/node", token=WRONG))
    check(through(1, "/node", token=NARROW).is_error(403), "forbidden", through(1, "/node", token=NARROW))
    check(through(1, "/ping", token=NARROW).status == 200, "permitted", through(1, "/ping", token=NARROW))
    cookie = through(2, "/node", headers={"Cookie": "a=b; dcos-acs-auth-cookie=" + TOKEN})
    check(cookie.status == 200, "cookie", cookie)
    bearer = through(2, "/node", headers={"Authorization": "Bearer " + TOKEN})
    check(bearer.status == 200, "bearer", bearer)
    both = through(2, "/node", headers={"Authorization": "token=" + WRONG, "Cookie": "dcos-acs-auth-cookie=" + TOKEN})
    check(both.is_error(401), "header_before_cookie", both)
    large = through(1, "/ping", headers={"Authorization": "token=" + TOKEN, "Cookie": "x=" + "y" * 12000})
    check(large.status == 200, "large_cookie", large)


def check_unknown(cluster):
    for name, path in (("unknown_agent", "/system/v1/agent/e9ab2d4c-S9/metrics/v0/node"), ("other_path", "/system/v1/nothing"),
                       ("bad_id", "/system/v1/agent/a.b/metrics/v0/node"), ("word_as_id", "/system/v1/agent/default/metrics/v0/node"), ("inactive_agent", "/system/v1/agent/gone-S4/metrics/v0/node"),
                       ("other_version", f"/system/v1/agent/{IDS[0]}/metrics/v01/node")):
        check(ask(path).is_error(404), name, ask(path))
    unknown = through(1, "/nothing")
    check(unknown.is_error(404) and "index" in unknown.json()["error"]["message"], "unknown_resource", unknown)
    for bad in (b"GET\r\n\r\n", b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"a" * 17000 + b"\r\n\r\n"):
        with socket.create_connection((MASTER, ROUTER_PORT), PATIENCE_S) as client:
            client.sendall(bad)
            head, _, body = read_all(client).partition(b"\r\n\r\n")
            status = int(head.split()[1]) if head else 0
            check(status in (400, 414, 431) and json.loads(body)["error"]["status"] == status, f"bad_request_{status}", head + body)


def read_all(client):
    text = b""
    try:
        while piece := client.recv(65536):
            text += piece
    except ConnectionResetError:
        pass
    return text


def check_down(cluster):
    cluster.stop_agent(2)
    start = time.monotonic()
    answer = through(2, "/node")
    check(answer.is_error(502) and time.monotonic() - start < 3, "down", answer)
    others = [through(agent, "/node") for agent in (1, 3)]
    check([answer.status for answer in others] == [200, 200], "others_go_on", others)
    run("ip", "-n", "a2", "link", "set", "eth0", "down")
    start = time.monotonic()
    answer = through(2, "/node")
    check((answer.is_error(502) or answer.is_error(504)) and time.monotonic() - start < 5, "unreachable", answer)
    check(through(1, "/node").status == 200, "others_do_not_wait")
    run("ip", "-n", "a2", "link", "set", "eth0", "up")
    cluster.start_agent(2)
    until(lambda: through(2, "/node").status == 200, "agent 2 is back")
    check(True, "back")


def other_than_200(answer):
    return answer if answer.status != 200 else None


def check_moved(cluster, nginx_pid):
    """Another node has got the address of one: it answers for itself only."""
    master_configuration(cluster, moved={1: 3})
    os.kill(nginx_pid, signal.SIGHUP)
    # Workers with the old map take connections for a moment yet, beside the new ones.
    answer = until(lambda: other_than_200(through(1, "/node")), "nginx takes the new map")
    check(answer.is_error(404), "other_agents_address", answer)
    master_configuration(cluster)
    os.kill(nginx_pid, signal.SIGHUP)
    until(lambda: through(1, "/node").status == 200, "nginx takes the old map")


def check_keepalive(cluster):
    connection = connect()
    for number in (1, 2, 3, 1, 2, 3):
        connection.request("GET", f"/system/v1/agent/{IDS[number - 1]}/metrics/v0/ping", headers={"Authorization": "token=" + TOKEN})
        answer = connection.getresponse()
        good = answer.status == 200 and answer.read()
        if not good or answer.will_close:
            break
    check(good and not answer.will_close, "keepalive", answer.status)
    established = subprocess.run(["ip", "netns", "exec", "a1", "ss", "-Htn", "state", "established"], capture_output=True,
                                 text=True, check=True).stdout
    check(0 < established.count(":61091") <= 2 * 8, "keepalive_to_agents", established)


def send_series(number):
    code = f"""
import socket
with socket.socket(type=socket.SOCK_DGRAM) as sender:
    for i in range({SERIES}):
        sender.sendto(b"a.metric.of.some.length.%d:%d|g|#zone:north,instance:number-%d" % (i, i, i), ("127.0.0.1", 61825))
        if i % 50 == 49:
            import time; time.sleep(0.01)
"""
    run("ip", "netns", "exec", f"a{number}", sys.executable, "-c", code)


def has_series(number):
    answer = through(number, "/containers/node/app")
    return answer.status == 200 and len(answer.json()["datapoints"]) == SERIES


def check_large():
    # A busy machine loses some packets.
    for number in (1, 2, 3):
        until(lambda: has_series(number) or send_series(number), f"agent {number} has all series")
    answers = {number: through(number, "/containers/node/app") for number in (1, 2, 3)}
    sizes = [len(answer.body) for answer in answers.values()]
    check(all(len(answer.json()["datapoints"]) == SERIES for answer in answers.values()) and min(sizes) > 150_000, "large", sizes)
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        paths = [("/containers/node/app", "/node", "/ping", "/containers")[i % 4] for i in range(100)]
        results = list(pool.map(lambda i: through(i % 3 + 1, paths[i]), range(100)))
    bad = [result for result in results if result.status != 200]
    check(not bad, "parallel_100", (len(bad), bad[:2]))
    right = all(result.json()["dimensions"]["mesos_id"] == IDS[i % 3] for i, result in enumerate(results) if i % 4 < 2)
    check(right, "parallel_100_right_agents")
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        results = list(pool.map(lambda _: through(1, "/containers/node/app"), range(100)))
    bad = [result for result in results if result.status != 200]
    check(not bad, "parallel_100_of_one", (len(bad), bad[:2]))


def check_agent_side(cluster):
    with open(os.path.join(DCOS, "nginx-adminrouter-agent.conf")) as file:
        text = file.read().replace("/run/dcos/telegraf-dcos-metrics.sock", cluster.path("socket1"))
    check(re.findall(r"^ *listen (.*);", text, re.M) == ["127.0.0.1:61001"], "agent_side_is_for_loopback")
    text = text.replace("listen 127.0.0.1:61001;", "listen 61001;")
    cluster.start_nginx(cluster.nodes[1], "router1", text)
    where = (address_of(1), 61001)
    until(lambda: is_open(*where), "the agent's nginx starts")
    for name, path, status in (("node", "/v0/node", 200), ("index", "/v0", 200), ("index_slash", "/v0/", 200),
                               ("query", "/v0/node?view=full", 200), ("no_such", "/v0/nothing", 404), ("no_version", "/", 404),
                               ("beside", "/v0x", 404), ("metric", "/v0/containers/node/app/a.metric.of.some.length.7", 200),
                               ("encoded", "/v0/containers/node/app/a%2Emetric%2Eof%2Esome%2Elength%2E7", 200),
                               ("slash_in_id", "/v0/containers/node/app/a%2Fb", 204)):
        answer = ask("/system/v1/metrics" + path, token=None, where=where)
        check(answer.status == status and (status != 404 or answer.is_error(404)), f"agent_side_{name}", answer)
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        results = list(pool.map(lambda _: ask("/system/v1/metrics/v0/node", token=None, where=where).status, range(100)))
    check(set(results) == {200}, "agent_side_parallel_100", set(results))
    measure("agent side, unix socket", "/system/v1/metrics/v0/node", where)
    cluster.stop_agent(1)
    answer = ask("/system/v1/metrics/v0/node", token=None, where=where)
    check(answer.is_error(502), "agent_side_down", answer)
    cluster.start_agent(1)


def check_tls(cluster, text):
    """As the comments of the master's file say. A node without the certificate gets no token."""
    tls = os.path.join(HERE, "..", "fixtures", "tls")
    for name in ("server.pem", "server.key"):
        shutil.copy(os.path.join(tls, name), cluster.path(name))
        os.chmod(cluster.path(name), 0o600)
    cluster.stop_agent(1)
    with open(cluster.path("agent1.log"), "w"):
        pass
    cluster.start_agent(1, tls_certificate_file=cluster.path("server.pem"), tls_key_file=cluster.path("server.key"))
    text = text.replace("        proxy_pass http:", "        # proxy_pass http:")
    text = re.sub(r"^ *# (proxy_(?:pass https|ssl_).*;)$", r"\1", text, flags=re.M)
    for old, new in (("/etc/nginx/metrics-ca.pem", os.path.abspath(os.path.join(tls, "authority.pem"))),
                     ("metrics-agents.example", "localhost"), ("listen 80;", "listen 8080;")):
        check(old in text, "tls_comments", old)
        text = text.replace(old, new)
    cluster.start_nginx(cluster.master, "master_tls", text)
    until(lambda: is_open(MASTER, 8080), "nginx with TLS to agents starts")
    answers = [ask(f"/system/v1/agent/{IDS[number]}/metrics/v0/node", where=(MASTER, 8080)) for number in (0, 1)]
    check(answers[0].status == 200, "tls_to_agents", (answers[0], cluster.log("master_tls/error.log")[-400:]))
    check(answers[1].is_error(502), "tls_asks_nobody_without", answers[1])
    cluster.stop_agent(1)
    cluster.start_agent(1)


def is_open(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def measure(name, path, where):
    connection = connect(*where)
    times = []
    for _ in range(1000):
        start = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": "token=" + TOKEN})
        connection.getresponse().read()
        times.append(time.perf_counter() - start)
    connection.close()
    times.sort()
    print(f"# measured: {name}: median {statistics.median(times) * 1e6:.0f} us, 99 % {times[990] * 1e6:.0f} us", flush=True)


def check_all(program, folder):
    cluster = Cluster(program, folder)
    try:
        for number in (1, 2, 3):
            cluster.start_agent(number)
        made, text = master_configuration(cluster)
        check(not [word for word in ("hostile", "evil", "S4", "odd", "10.77.0.14") if word in made] and made.count("upstream ") == 7,
              "map", made)
        cluster.start_nginx(cluster.master, "master", text)
        until(lambda: is_open(MASTER, ROUTER_PORT), "nginx starts")
        until(lambda: cluster.log("master/pid").strip(), "nginx says its ID")
        check_each_agent()
        check_tokens()
        check_unknown(cluster)
        check_keepalive(cluster)
        check_large()
        path = f"/system/v1/agent/{IDS[0]}/metrics/v0/"
        for what in ("ping", "node", "containers/node/app"):
            measure(f"{what}, direct", path + what, (address_of(1), 61091))
            measure(f"{what}, by nginx", path + what, (MASTER, ROUTER_PORT))
        check_agent_side(cluster)
        check_down(cluster)
        check_moved(cluster, int(cluster.log("master/pid")))
        check_tls(cluster, text)
        logs = cluster.log("master/access.log") + cluster.log("master/error.log")
        check(TOKEN not in logs and WRONG not in logs, "no_token_in_logs")
    except Exception as error:  # the reason is in somebody's log
        logs = [cluster.log(name)[-300:] for name in ("master/out.log", "master/error.log") if os.path.exists(cluster.path(name))]
        check(False, "runs_to_its_end", (error, logs))
    finally:
        cluster.end()


def main(program):
    missing = [tool for tool in ("nginx", "ip", "ss", "jq", "unshare") if not shutil.which(tool)]
    if missing:
        skip("not installed: " + " ".join(missing))
    # Interfaces, names of namespaces and all: gone with the last process in there.
    inside = ["unshare", "--net", "--mount", "--propagation", "private"]
    tried = subprocess.run([*inside, "sh", "-c", "mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip netns add a && "
                            "ip link add name bridge type bridge"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if tried.returncode:
        skip("no network namespaces of our own here: " + " ".join(tried.stderr.split()))
    script = "mount -t tmpfs none /run/netns && exec \"$@\""
    return subprocess.run([*inside, "sh", "-c", script, "sh", sys.executable, os.path.abspath(__file__), INSIDE, program],
                          stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if sys.argv[1] != INSIDE:
        sys.exit(main(os.path.abspath(sys.argv[1])))
    with tempfile.TemporaryDirectory(prefix="nma-ar-") as place:
        check_all(sys.argv[2], place)
    sys.exit(1 if failures else 0)
