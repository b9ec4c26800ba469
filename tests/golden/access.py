#!/usr/bin/env python3
"""Who gets into the shipped program: tokens, permissions, peers, TLS, and what changes while it runs.

access.py PROGRAM; TAP on standard output.
"""
import grp
import json
import os
import pwd
import re
import shutil
import signal
import ssl
import stat
import subprocess
import sys
import time
import warnings

from configured import (FIXTURES, HERE, RELOAD_S_MAX, Authorizer, Bed, bearer, hs256, key, request, run_each, status_of, token,
                        token_line, until)
from shipped import Report, exchange

SECRET = "correct horse battery staple, twice over"
LOOPBACK = "127.0.0.1:0"
UNAUTHORIZED = (b'{"error":{"status":401,"reason":"Unauthorized","message":"Send a valid token: Authorization: token=TOKEN, '
                b'Authorization: Bearer TOKEN, or the cookie dcos-acs-auth-cookie."}}')
FORBIDDEN = (b'{"error":{"status":403,"reason":"Forbidden","message":"You have no permission for '
             b'this."}}')
CHALLENGE = ("WWW-Authenticate", 'Bearer realm="metrics"')
OF_AGENT = "/system/v1/agent/a-1/metrics/v0"

report = Report()


def check_status(agent, name, wanted, *what, **how):
    answer = agent.ask(*what, **how)
    return report.check(status_of(answer) == wanted, name, (answer, agent.log()))


def check_web_tokens():
    acl = {"alice": ["dcos:superuser"], "carol": ["dcos:adminrouter:ops:system-metrics"], "hal": ["dcos:adminrouter:*"],
           "dave": ["node-metrics-agent:route:ping"]}
    with Bed(program) as bed:
        auth = {"secret_file": bed.write("secret", SECRET), "public_key_file": bed.write("key.pem", key("rsa_a_pem"), 0o644),
                "jwks_file": bed.write("jwks", key("jwks"), 0o644), "acl_file": bed.write("acl", json.dumps(acl), 0o644)}
        with bed.start({"listen": [LOOPBACK], "auth": auth, "node": {"mesos_id": "a-1"}}) as agent:
            alice = token("rs256")
            for form in ("Authorization: Bearer ", "Authorization: token=", "Cookie: dcos-acs-auth-cookie="):
                check_status(agent, f"RS256 by '{form}' is let in", 200, headers=[form + alice])
            check_status(agent, "dcos:superuser opens the agent's paths", 200, OF_AGENT + "/node", bearer(alice))
            check_status(agent, "HS256 with a wildcard is let in", 200, OF_AGENT + "/node", bearer(hs256("hal", SECRET)))
            check_status(agent, "ES256 by its kid is let in", 200, headers=bearer(token("es256_kid")))
            check_status(agent, "its uid has no permission for the agent's paths", 403, OF_AGENT + "/ping",
                         bearer(token("es256_kid")))
            check_status(agent, "EdDSA by its kid is let in to its route", 200, headers=bearer(token("eddsa_kid")))
            check_status(agent, "and to no other", 403, "/v0/node", bearer(token("eddsa_kid")))
            wrong = {"another secret": hs256("alice", SECRET + "!"), "alg none": hs256("alice", SECRET, "none"),
                     "the public key for a secret": hs256("alice", key("rsa_a_pem")), "another key": token("rs256_4096"),
                     "the kid of another key": token("rs256_kid_of_b"), "half of it": alice[:len(alice) // 2]}
            for name, text in wrong.items():
                check_status(agent, f"{name} is answered 401", 401, headers=bearer(text))
            several = [*bearer(alice), *bearer(alice)]
            check_status(agent, "several tokens are answered 401", 401, headers=several)
            check_answers_tell_nothing(agent)
            log = agent.log()
            shown = [text for text in (alice, *wrong.values()) if text.split(".")[-1] in log]
            report.check(not shown, "no token is in the log", log)
            report.check(log.count("refused 127.0.0.1: it brings no token") == 1, "a cause is logged once a minute", log)


def check_answers_tell_nothing(agent):
    for target in ("/v0/node", "/v0/nothing", "/v0/containers/c0", "/nowhere", OF_AGENT + "/node"):
        answer = agent.ask(target)
        report.check(status_of(answer) == 401 and answer.body == UNAUTHORIZED and CHALLENGE in answer.headers,
                     f"{target} without a token is answered 401, with the challenge", answer)
        answer = agent.ask(target, bearer(token("rs256_bob")))
        report.check(status_of(answer) == 403 and answer.body == FORBIDDEN,
                     f"{target} without a permission is answered 403", answer)


def new_token(*words):
    made = subprocess.run([program, "token", "new", *words], capture_output=True, text=True, timeout=30, check=True,
                          stdin=subprocess.DEVNULL)
    return made.stdout.strip(), made.stderr.splitlines()[-1] + "\n"


def check_own_tokens():
    full, full_line = new_token("--uid", "prometheus", "dcos:superuser")
    narrow, narrow_line = new_token("node-metrics-agent:route:ping")
    bare, bare_line = new_token("--uid", "nobody-special")
    with Bed(program) as bed:
        auth = {"tokens_file": bed.write("tokens", "# ours\n\n" + full_line + narrow_line + bare_line)}
        with bed.start({"listen": [LOOPBACK], "auth": auth}) as agent:
            check_status(agent, "a token that `token new` made is let in", 200, "/v0/node", bearer(full))
            check_status(agent, "a token for one route is let in there", 200, "/v0/ping", bearer(narrow))
            check_status(agent, "and nowhere else", 403, "/v0/node", bearer(narrow))
            check_status(agent, "not where there is nothing, either", 403, "/v0/nothing", bearer(narrow))
            check_status(agent, "a token without permissions is known only", 403, "/v0/ping", bearer(bare))
            check_status(agent, "its digest is no token", 401, "/v0/ping", bearer(full_line.split()[0]))


def check_soon(agent, name, text, wanted):
    start = time.monotonic()
    is_so = until(lambda: agent.status(headers=bearer(text)) == wanted, RELOAD_S_MAX)
    took = time.monotonic() - start
    report.check(is_so, f"{name} within {RELOAD_S_MAX} s", f"{took:.1f} s\n{agent.log()}")


def check_reload():
    line = {name: token_line(name, "poller", "dcos:superuser") for name in ("one", "two", "three", "four", "five")}
    with Bed(program) as bed:
        tokens = bed.write("tokens", line["one"])
        public_key = bed.write("key.pem", key("rsa_a_pem"), 0o644)
        acl = bed.write("acl", '{"alice": ["dcos:superuser"]}', 0o644)
        auth = {"tokens_file": tokens, "public_key_file": public_key, "acl_file": acl}
        with bed.start({"listen": [LOOPBACK], "auth": auth}) as agent:
            check_status(agent, "reload: the first token is good", 200, headers=bearer("one"))
            bed.write("tokens", line["two"])
            check_soon(agent, "reload: a file that was renamed into its place counts", "two", 200)
            check_status(agent, "reload: what is not in it any more does not", 401, headers=bearer("one"))
            with open(tokens, "w") as file:
                file.write(line["three"])
            check_soon(agent, "reload: a file that was written in place counts", "three", 200)
            check_by_signal_alone(bed, agent, tokens, line["four"])
            check_status(agent, "reload: a token of the first public key is good", 200, headers=bearer(token("rs256")))
            bed.write("key.pem", key("rsa_b_pem"), 0o644)
            check_soon(agent, "reload: a new public key counts", token("rs256_b"), 200)
            check_status(agent, "reload: the old one does not, though its token was kept", 401, headers=bearer(token("rs256")))
            bed.write("acl", '{"alice": []}', 0o644)
            check_soon(agent, "reload: a permission that was taken is gone", token("rs256_b"), 403)
            check_broken_files(bed, agent, auth, line["five"])


def check_by_signal_alone(bed, agent, tokens, line):
    """By another name in another directory, where nobody watches, the same file is written."""
    os.mkdir(bed.path("elsewhere"))
    os.link(tokens, bed.path("elsewhere/tokens"))
    with open(bed.path("elsewhere/tokens"), "w") as file:
        file.write(line)
    check_status(agent, "reload: a change that nobody could hear of does not count yet", 401, headers=bearer("four"))
    agent.process.send_signal(signal.SIGHUP)
    check_soon(agent, "reload: after SIGHUP it counts", "four", 200)


def check_broken_files(bed, agent, auth, line):
    broken = (("tokens_file", "sha256:abc\n", 0o600, ":1: it must begin with"),
              ("public_key_file", "-----BEGIN", 0o644, ":1: "), ("acl_file", '{"alice": 3}', 0o644, ": .*alice"),
              ("tokens_file", line, 0o604, ": it is a secret that others may open; run: chmod o= "),
              ("acl_file", "{}", 0o646, ": others may write to it; run: chmod o-w "))
    for which, text, mode, why in broken:
        name = f"reload: {which} with mode {mode:o} and {text[:10].strip()}"
        path = auth[which]
        with open(path) as file:
            before = file.read()
        bed.write(os.path.basename(path), text, mode)
        pattern = "error: what was read before still counts: " + re.escape(path) + why
        if "chmod" in why:
            pattern += re.escape(path)
        report.check(agent.wait_for_log(pattern, RELOAD_S_MAX), name + " is told", agent.log())
        check_status(agent, name + ": the token of before still counts", 200, headers=bearer("four"))
        check_status(agent, name + ": none of the new ones does", 401, headers=bearer("five"))
        told = bed.run({"listen": [LOOPBACK], "auth": auth})
        report.check(told.returncode == 1 and re.search("(?m)^error: " + re.escape(path) + why, told.stderr),
                     name + ": no start with it", told)
        count = agent.log().count("certificates were read")
        bed.write(os.path.basename(path), before, 0o600)
        until(lambda: agent.log().count("certificates were read") > count, RELOAD_S_MAX)
    bed.write("tokens", line)
    check_soon(agent, "reload: a good file counts again", "five", 200)


def check_authorizer():
    with Bed(program) as bed:
        hold = {"slow": "allow\n", "fast": "allow\n", "never": "deny\n", "caf%C3%A9%20owner": "allow\n", "odd": "maybe\n"}
        authorizer = Authorizer(bed.path("ask"), hold)
        auth = {"authorizer_socket": bed.path("ask"), "authorizer_timeout_ms": 10000, "secret_file": bed.write("secret", SECRET),
                "acl_file": bed.write("acl", '{"alice": ["dcos:superuser"]}')}
        may_answer = authorizer.hold("slow")
        with bed.start({"listen": [LOOPBACK], "auth": auth, "node": {"mesos_id": "a-1"}}) as agent:
            of = {uid: bearer(hs256(uid, SECRET)) for uid in ("slow", "fast", "never", "café owner", "odd", "alice")}
            with agent.connect() as slow:
                slow.sendall(request("/v0/ping", of["slow"]))
                report.check(until(lambda: authorizer.questions), "authorizer: it is asked")
                check_status(agent, "authorizer: who waits for it does not hold up who need not", 200, headers=of["alice"])
                check_status(agent, "authorizer: nor who is asked about as well", 200, headers=of["fast"])
                may_answer.set()
                report.check(status_of(exchange(slow, b"")) == 200, "authorizer: late, but he is let in", agent.log())
            check_status(agent, "authorizer: its no is 403", 403, headers=of["never"])
            check_status(agent, "authorizer: so is an answer that is none", 403, headers=of["odd"])
            check_status(agent, "authorizer: a uid of any bytes can be asked about", 200, headers=of["café owner"])
            for _ in range(5):
                agent.ask(headers=of["fast"])
            check_status(agent, "authorizer: another permission is another question", 200, OF_AGENT + "/ping", of["fast"])
            asked = [question for question in authorizer.questions if question.startswith("fast ")]
            report.check(asked == ["fast dcos:adminrouter:ops:system-metrics", "fast dcos:adminrouter:system:agent"],
                         "authorizer: it is asked once for each", asked)
            report.check(not any(question.startswith("alice") for question in authorizer.questions),
                         "authorizer: not about who has it by the ACL", authorizer.questions)


def check_authorizer_that_fails():
    with Bed(program) as bed:
        auth = {"authorizer_socket": bed.path("ask"), "authorizer_timeout_ms": 100, "secret_file": bed.write("secret", SECRET)}
        with bed.start({"listen": [LOOPBACK], "auth": auth}) as agent:
            check_status(agent, "authorizer: where there is none, nobody is let in", 403, headers=bearer(hs256("a", SECRET)))
            report.check(agent.wait_for_log("ask: there is no such socket: is the authorizer running"),
                         "authorizer: that is told", agent.log())
            Authorizer(bed.path("ask"), {})
            check_status(agent, "authorizer: its silence is no", 403, headers=bearer(hs256("b", SECRET)))
            report.check(agent.wait_for_log("ask: it did not answer in time"), "authorizer: that is told, too", agent.log())


def other_group():
    """A group of ours that is not the first one, where there is one, for a file to be given to."""
    more = [gid for gid in os.getgroups() if gid != os.getegid()]
    return 65534 if os.geteuid() == 0 else next(iter(more), os.getegid())


def check_peers():
    uid, gid = os.geteuid(), os.getegid()
    owner = 65534 if uid == 0 else uid
    with Bed(program) as bed:
        listen = [{"address": "unix:" + bed.path("own"), "auth": "peer", "uids": [uid], "mode": "0600"},
                  {"address": "unix:" + bed.path("group"), "auth": "peer", "gids": [gid]},
                  {"address": "unix:" + bed.path("other"), "auth": "peer", "uids": [uid + 1], "gids": [gid + 10000]},
                  {"address": "unix:" + bed.path("given"), "auth": "peer", "uids": [pwd.getpwuid(uid).pw_name],
                   "owner": pwd.getpwuid(owner).pw_name, "group": grp.getgrgid(other_group()).gr_name, "mode": "0640"}]
        with bed.start({"listen": listen}) as agent:
            check_status(agent, "peers: a user who is listed is let in", 200, where=bed.path("own"))
            check_status(agent, "peers: so is a group", 200, where=bed.path("group"))
            answer = agent.ask(where=bed.path("other"))
            report.check(status_of(answer) == 403 and answer.body == FORBIDDEN, "peers: others are answered 403", answer)
            if uid == 0 or owner == uid:
                check_status(agent, "peers: a user may be listed by name", 200, where=bed.path("given"))
            for name, wanted in (("own", (uid, gid, 0o600)), ("group", (uid, gid, 0o660)),
                                 ("given", (owner, other_group(), 0o640))):
                info = os.stat(bed.path(name))
                found = (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode))
                report.check(found == wanted, f"peers: owner, group and mode of the socket '{name}'", found)
        report.check(not any(os.path.exists(bed.path(name)) for name in ("own", "group", "other", "given")),
                     "peers: the sockets are taken away", os.listdir(bed.directory.name))


def tls_context(client=None, lowest=None, highest=None):
    folder = os.path.join(FIXTURES, "tls")
    context = ssl.create_default_context(cafile=os.path.join(folder, "authority.pem"))
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)  # the fixtures have no key identifiers
    if lowest:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or else this side would refuse old versions itself
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # 1.1 is, of course
            context.minimum_version, context.maximum_version = lowest, highest
    if client:
        context.load_cert_chain(os.path.join(folder, client + ".pem"), os.path.join(folder, client + ".key"))
    return context


def connect_tls(agent, context, where=0):
    return context.wrap_socket(agent.connect(where), server_hostname="localhost")


def ask_tls(agent, context, where=0, headers=()):
    with connect_tls(agent, context, where) as connection:
        return exchange(connection, request("/v0/ping", headers))


def der_of(name):
    with open(os.path.join(FIXTURES, "tls", name)) as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


def check_tls():
    good = bearer("one")
    with Bed(program) as bed:
        files = {"tls_certificate_file": bed.copy("tls", "server.pem", mode=0o644), "tls_key_file": bed.copy("tls", "server.key")}
        mutual = {**files, "tls_client_ca_file": bed.copy("tls", "authority.pem", mode=0o644)}
        acl = bed.write("acl", json.dumps({"poller é": ["dcos:adminrouter:ops:system-metrics"], "poller": ["dcos:superuser"]}))
        auth = {"tokens_file": bed.write("tokens", token_line("one", "poller", "dcos:superuser")), "acl_file": acl}
        listen = [{"address": LOOPBACK, **files}, {"address": LOOPBACK, **mutual}]
        with bed.start({"listen": listen, "auth": auth}) as agent:
            check_versions(agent, good)
            report.check(status_of(ask_tls(agent, tls_context())) == 401, "tls: it takes a token all the same")
            report.check(status_of(ask_tls(agent, tls_context(), 1, good)) == 200, "mutual: a token is as good")
            for client, headers, wanted in (
                    (None, (), 401), ("client", (), 200), ("client_with_signs", (), 403), ("client_of_stranger", (), 401),
                    ("client_expired", (), 401), ("client_for_servers", (), 401), ("client_of_stranger", good, 401),
                    ("client_with_nul", (), 401)):
                answer = ask_tls(agent, tls_context(client), 1, headers)
                report.check(status_of(answer) == wanted, f"mutual: {client}{' and a token' * bool(headers)}: {wanted}", answer)
            check_new_certificate(bed, agent, good)


def check_versions(agent, good):
    versions = ssl.TLSVersion
    for version, name in ((versions.TLSv1_2, "TLSv1.2"), (versions.TLSv1_3, "TLSv1.3")):
        with connect_tls(agent, tls_context(lowest=version, highest=version)) as connection:
            spoken = connection.version()
            answer = exchange(connection, request("/v0/ping", good))
        report.check(spoken == name and status_of(answer) == 200, f"tls: {name} is spoken", (spoken, answer))
    try:
        why = connect_tls(agent, tls_context(lowest=versions.TLSv1, highest=versions.TLSv1_1)).version()
    except (ssl.SSLError, ConnectionResetError) as error:
        why = str(error)
    report.check(re.search("(?i)alert|EOF|reset", why), "tls: 1.1 is refused by the server", why)
    answer = agent.ask("/v0/ping", good)
    report.check(status_of(answer) != 200, "tls: without it nothing is said", answer)


def read_answer(connection):
    """One of several on a connection; its status, and whether another may follow."""
    stream = connection.makefile("rb")
    status = int((stream.readline() or b"- 0").split()[1])
    headers = dict(line.decode().lower().split(": ", 1) for line in iter(lambda: stream.readline().strip(), b""))
    stream.read(int(headers.get("content-length", 0)))
    return status


def check_new_certificate(bed, agent, good):
    ask = request("/v0/ping", good, "keep-alive")
    with connect_tls(agent, tls_context()) as old:
        old.sendall(ask)
        report.check(read_answer(old) == 200 and old.getpeercert(True) == der_of("server.pem"), "tls: the first certificate")
        for count in (1, 2):
            agent.process.send_signal(signal.SIGHUP)
            agent.wait_for_log("(?s)" + "certificates were read.*" * count)
        for _ in range(2):
            old.sendall(ask)
            report.check(read_answer(old) == 200, "tls: a reload of the same certificate leaves connections alone")
        bed.copy("tls", "next_server.pem", "server.pem", 0o644)
        report.check(agent.wait_for_log(r"still counts: \S+server.key is not the key of the certificate in", RELOAD_S_MAX),
                     "tls: a certificate without its key is told", agent.log())
        report.check(status_of(ask_tls(agent, tls_context(), 0, good)) == 200, "tls: the one of before still counts")
        bed.copy("tls", "next_server.key", "server.key")

        def is_new():
            with connect_tls(agent, tls_context()) as connection:
                return connection.getpeercert(True) == der_of("next_server.pem")
        report.check(until(is_new, RELOAD_S_MAX), f"tls: new connections see a new certificate within {RELOAD_S_MAX} s",
                     agent.log())
        old.sendall(ask)
        report.check(read_answer(old) == 200, "tls: an open connection is answered once more")
        report.check(old.recv(1) == b"", "tls: and closed then")


def check_open_addresses():
    with Bed(program) as bed:
        for address in ("0.0.0.0:0", "[::]:0"):
            told = bed.run({"listen": [{"address": address, "auth": "none"}]})
            report.check(told.returncode == 2 and "others can reach this address" in told.stderr,
                         f"{address} without tokens is refused", told)
            told = bed.run({"listen": [address]})
            report.check(told.returncode == 2 and f"{address} asks for tokens, and no token could be good" in told.stderr,
                         f"{address} without keys is refused", told)
        told = bed.run({"listen": [{"address": LOOPBACK, "auth": "peer", "uids": [0]}]})
        report.check(told.returncode == 2 and 'auth "peer" is for unix sockets' in told.stderr, "so are peers by TCP", told)
    inside = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*inside, "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        print("SKIP access.open_address: no network namespace of our own here")
        return
    done = subprocess.run([*inside, sys.executable, os.path.join(HERE, "access.py"), "--in-own-network", program],
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    report.check(done.returncode == 0, "0.0.0.0 with tokens starts, and warns that they can be read on the way", done)


def serve_the_world():
    """Where there is no world: in a network namespace of our own, with not even a loopback that is up."""
    with Bed(program) as bed:
        auth = {"tokens_file": bed.write("tokens", token_line("one", "poller", "dcos:superuser"))}
        with bed.start({"listen": ["0.0.0.0:0"], "auth": auth}) as agent:
            print(agent.log())
            return 0 if re.search(r"warning: http://0\.0\.0\.0:\d+: tokens travel readably over the network", agent.log()) else 1


def main():
    run_each(report, (check_web_tokens, check_own_tokens, check_reload, check_authorizer, check_authorizer_that_fails,
                      check_peers, check_tls, check_open_addresses))
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[-1])
    sys.exit(serve_the_world() if sys.argv[1] == "--in-own-network" else main())
