#!/usr/bin/env python3
"""Whose containers the shipped program shows, by a stand-in for the Mesos agent, and what tasks say by Prometheus.

apps_tasks.py PROGRAM; TAP on standard output.
"""
import os
import sys
import time

from applications import CONTAINER, DOCKER, MESOS, Sender, check_values, free_ports, message, node_counts, start, values
from configured import END_S_MAX, Bed, run_each, status_of, until
from neighbours import Exporter, MesosAgent, endless, fail, hang, lie, mesos_state, redirect, trickle
from shipped import PATIENCE_S, Report

FRAMEWORK = "b7f2c9d0-5a1e-4e0f-9d3b-2f6c1a7e8d40-0001"
POD, CHILD = "pod-0d1c7b5d", "child-8e6a"
EXECUTOR = {"executor_id": "executor-of-web", "framework_id": FRAMEWORK, "framework_name": "marathon", "framework_role": "web",
            "framework_principal": "of_marathon"}
TASK = {**EXECUTOR, "task_name": "web", "task_id": "web.3d1f0c52"}
LABELS = {"DCOS_SERVICE_NAME": "shop", "TEAM": "blue", "tier": "front"}
STATIC = {"fault_domain_region": "eu-1", "fault_domain_zone": "eu-1a"}
SILENCE_S_MIN = 4  # it waits for 5, and a busy machine notes when it asked too late
AT_ONCE_S_MAX = 1

report = Report()


def dimensions(agent, container_id, what="/app"):
    found = dict(message(agent, container_id, what)["dimensions"])
    for node_key in ("mesos_id", "hostname", "cluster_id"):
        found.pop(node_key, None)
    return found


def check_dimensions_of(agent, name, container_id, wanted, what="/app"):
    wanted = {"container_id": container_id, **wanted}
    until(lambda: dimensions(agent, container_id, what) == wanted)
    found = dimensions(agent, container_id, what)
    report.check(found == wanted, "tasks: " + name, f"{found}\n{wanted}\n{agent.log()[-3000:]}")


def joined(*states):
    """The first one's, with the tasks of the others."""
    for other in states[1:]:
        states[0]["get_state"]["get_tasks"]["launched_tasks"] += other["get_state"]["get_tasks"]["launched_tasks"]
    return states[0]


def check_tasks():
    state = joined(mesos_state("normal", c_web=MESOS), mesos_state("nested", c_pod=POD, c_web=CHILD))
    with Bed(program) as bed, MesosAgent(state) as mesos:
        mesos_keys = {"url": mesos.url(), "authorization_file": bed.write("authorization", "token=abc\n")}
        agent, registrar = start(bed, mesos=mesos_keys, tags=STATIC)
        with agent:
            for container_id in (MESOS, POD, CHILD, CONTAINER):
                with Sender(registrar.register(container_id)) as sender:
                    sender.send("hits:1|c|#method:get", "fault:1|c|#fault_domain_zone:mine")
            wanted = {**TASK, "labels": {**LABELS, **STATIC}}
            check_dimensions_of(agent, "a container has its task's dimensions", MESOS, wanted, "")
            check_dimensions_of(agent, "so have its applications' figures", MESOS, wanted)
            check_dimensions_of(agent, "so has a nested one", CHILD, wanted)
            check_dimensions_of(agent, "the one around it has executor and framework, and no task", POD,
                                {**EXECUTOR, "labels": STATIC})
            check_dimensions_of(agent, "one that nobody knows has the configuration's labels", CONTAINER, {"labels": STATIC})
            names = {point["tags"].get("executor_name") for point in message(agent, MESOS, "")["datapoints"]}
            report.check(names == {"The web's"}, "tasks: figures of a container are tagged with the executor's name", names)
            tags = "fault_domain_region=eu-1,fault_domain_zone=eu-1a,method=get"
            check_values(report, agent, "tasks: figures have the configuration's tags, too, and keep their own", MESOS,
                         {("hits", tags): 1, ("fault", "fault_domain_region=eu-1,fault_domain_zone=mine"): 1})
            report.check(not mesos.wrong and set(mesos.authorizations) == {"token=abc"},
                         "tasks: the Mesos agent is asked as it wants to be", (mesos.wrong, mesos.authorizations))
            report.check(mesos.asked and min(mesos.gaps_s(), default=9) >= SILENCE_S_MIN,
                         "tasks: and no more often than every 5 s", mesos.gaps_s())


def check_trouble():
    """Three agents at once, for it takes its time until a Mesos agent is asked again."""
    state = mesos_state("normal", c_web=MESOS)
    [port] = free_ports(1)
    with Bed(program) as bed_a, Bed(program) as bed_b, Bed(program) as bed_c, MesosAgent(state, "hanging") as hanging, \
            MesosAgent(state, "broken") as broken:
        beds = {"unreachable": (bed_a, f"http://127.0.0.1:{port}"), "hanging": (bed_b, hanging.url()),
                "broken": (bed_c, broken.url())}
        rules = {"label_names": ["DCOS_SPACE"], "label_prefixes": ["DCOS_METRICS_t"]}
        agents = {manner: start(bed, mesos={"url": url, **rules}) for manner, (bed, url) in beds.items()}
        with agents["unreachable"][0], agents["hanging"][0], agents["broken"][0]:
            until(lambda: hanging.asked and broken.asked)
            for manner, (agent, registrar) in agents.items():
                with Sender(registrar.register(MESOS)) as sender:
                    sender.send("hits:1|c")
                check_values(report, agent, f"trouble: {manner}: figures are shown all the same", MESOS, {"hits": 1})
                slowest_s = max(answer_s(agent, target) for target in ("/v0/node", f"/v0/containers/{MESOS}/app") * 10)
                report.check(slowest_s < AT_ONCE_S_MAX, f"trouble: {manner}: clients are answered at once", slowest_s)
            for manner, reason in (("unreachable", "unreachable"), ("broken", "malformed")):
                check_reason(agents[manner][0], manner, reason)
            broken.manner = "good"
            with MesosAgent(state, port=port):
                for manner in ("unreachable", "broken"):
                    check_dimensions_of(agents[manner][0], f"once it was {manner}, and is well again", MESOS,
                                        {**TASK, "labels": {"DCOS_SPACE": "/shop", "ier": "front"}})
            report.check(min(broken.gaps_s(), default=9) >= SILENCE_S_MIN, "trouble: it is not asked more often for that",
                         broken.gaps_s())
            check_end(agents["hanging"][0], "trouble: a question that is on its way")


def check_end(agent, name):
    status, took_s = agent.end()
    report.check(status == 0 and took_s < END_S_MAX, name + " does not hold up the end", (status, took_s, agent.log()))


def check_reason(agent, manner, reason):
    def told():
        return message(agent, MESOS, "", query="?view=full").get("missing", {}).get("task")
    until(lambda: told() == reason and node_counts(agent).get("agent.mesos.failures"))
    report.check(told() == reason, f"trouble: {manner}: why there is no task is said", told())
    report.check(node_counts(agent).get("agent.mesos.failures", 0) > 0, f"trouble: {manner}: it is counted")
    report.check("Mesos agent" in agent.log(), f"trouble: {manner}: it is told", agent.log())


def answer_s(agent, target):
    began = time.monotonic()
    answer = agent.ask(target)
    took = time.monotonic() - began
    return took if status_of(answer) == 200 else PATIENCE_S


# Prometheus ---------------------------------------------------------------------------------------------

GOOD = r"""# HELP temperature In the rooms.
# TYPE temperature gauge
temperature{room="a"} 21.5
temperature{room="b \"x\""} NaN
# TYPE requests_total counter
requests_total{code="200"} 1027
# TYPE latency histogram
latency_bucket{le="0.1"} 3
latency_bucket{le="+Inf"} 5
latency_sum 1.25
latency_count 5
# TYPE size summary
size{quantile="0.5"} 4
size{quantile="0.99"} 9
size_sum 20
size_count 5
plain 7 1700000000000
this is no sample
"""
OPENMETRICS = ("application/openmetrics-text; version=1.0.0; charset=utf-8",
               '# TYPE hits counter\nhits_total 3 # {trace="x"} 1\n# TYPE level gauge\nlevel 2\n# EOF\n')
GOOD_VALUES = {("temperature.gauge", "room=a"): 21.5, ("temperature.gauge", 'room=b "x"'): "",
               ("requests_total.counter", "code=200"): 1027, "latency.sum": 1.25, "latency.count": 5, "size.sum": 20,
               "size.count": 5, "plain.value": 7, "up": 1, "scrape_samples_scraped": 12, "scrape_dropped": 1}
BOUNDS = {"latency.0.1": 3, "latency.+Inf": 5, "size.0.5": 4, "size.0.99": 9}


def by_name(agent, container_id):
    return {point["name"]: point["value"] for point in message(agent, container_id)["datapoints"]}


def counting(exporter, request):
    """Each time another value, and another series."""
    asked = exporter.count("/counting")
    request.say(200, f'turns {asked}\nturn{{n="{asked}"}} 1\n', "text/plain")


def many(_, request):
    request.say(200, "".join(f'many{{n="{number}"}} {number}\n' for number in range(150)), "text/plain")


def check_endpoints():
    bad = {"hang": hang, "trickle": trickle, "lie": lie, "endless": endless, "fail": fail, "redirect": redirect,
           "noise": "\x01\x02 not a line\n{}{}{}\n= 7\n"}
    well = {"good": GOOD, "openmetrics": OPENMETRICS, "counting": counting, "many": many, "empty": ""}
    with Bed(program) as bed, Exporter(**well, **bad) as exporter:
        [closed_port] = free_ports(1)
        targets = {exporter.url(path): "c-" + path[1:] for path in (*exporter.pages, "/missing")}
        targets[f"http://127.0.0.1:{closed_port}/metrics"] = "c-closed"
        agent, _ = start(bed, prometheus={"targets": targets, "interval_s": 1, "timeout_ms": 500, "samples": 100})
        with agent:
            check_values(report, agent, "scrape: names and values of all kinds", "c-good", GOOD_VALUES, ignored_tags=("url",))
            check_bounds(agent)
            urls = {point["tags"]["url"] for point in message(agent, "c-good")["datapoints"]}
            report.check(urls == {exporter.url("/good")}, "scrape: each is tagged with the URL", urls)
            check_values(report, agent, "scrape: OpenMetrics", "c-openmetrics",
                         {"hits_total.counter": 3, "level.gauge": 2, "up": 1, "scrape_dropped": 0}, ignored_tags=("url",))
            check_values(report, agent, "scrape: one that has nothing to say is up", "c-empty",
                         {"up": 1, "scrape_samples_scraped": 0}, ignored_tags=("url",))
            check_values(report, agent, "scrape: what is too much is left out and counted", "c-many",
                         {"scrape_samples_scraped": 100, "scrape_dropped": 50, "up": 1}, ignored_tags=("url",))
            for name in (*bad, "missing", "closed"):
                until(lambda: by_name(agent, "c-" + name).get("up") == 0)
                found = by_name(agent, "c-" + name)
                report.check(found.get("up") == 0 and set(found) <= {"up", "scrape_duration_seconds", "scrape_samples_scraped",
                                                                     "scrape_dropped"}, f"scrape: {name} is down", found)
            check_harmed_by_nobody(agent, exporter)
            check_end(agent, "scrape: endpoints that do not answer")


def check_bounds(agent):
    found = by_name(agent, "c-good")
    report.check({name: found.get(name) for name in BOUNDS} == BOUNDS, "scrape: quantiles and buckets by their bounds", found)


def check_harmed_by_nobody(agent, exporter):
    began, count = time.monotonic(), exporter.count("/counting")
    until(lambda: exporter.count("/counting") >= count + 3)
    took = time.monotonic() - began
    report.check(took < 6, "scrape: one that is well is asked every second next to those that are not", took)
    until(lambda: by_name(agent, "c-counting").get("turns.value", 0) >= count + 3)
    found = values(agent, "c-counting", ignored_tags=("url",))
    turns = [name for name in found if name[0] == "turn.value"]
    report.check(len(turns) == 1, "scrape: what it says no more is shown no more", found)
    slowest_s = max(answer_s(agent, "/v0/node") for _ in range(20))
    report.check(slowest_s < AT_ONCE_S_MAX, "scrape: clients are answered at once", slowest_s)


def set_ports(state, **ports):
    """A port of a task's discovery becomes another one."""
    for task in state["get_state"]["get_tasks"]["launched_tasks"]:
        for port in task["discovery"]["ports"].get("ports", []):
            port["number"] = ports.get(f"p{port['number']}", port["number"])
    return state


def check_discovered():
    """Ports that are the host's are asked at the node's own address, which is a loopback one here."""
    with Bed(program) as bed, Exporter(metrics=GOOD, **{"federate?match=a": "custom 1\n"}) as exporter:
        state = set_ports(joined(mesos_state("port_label", c_web=MESOS, c_custom=DOCKER),
                                 mesos_state("port_label", c_web=POD, c_custom=CONTAINER)),
                          p12345=exporter.port, p12346=exporter.port)
        with MesosAgent(state) as mesos:
            agent, registrar = start(bed, node={"mesos_id": "a-1", "hostname": "127.0.0.1"}, tags=STATIC,
                                     prometheus={"interval_s": 1}, mesos={"url": mesos.url()})
            with agent:
                registrar.register(CONTAINER)
                check_values(report, agent, "discovered: a task's labelled port is asked", MESOS, GOOD_VALUES,
                             ignored_tags=("url", *STATIC))
                check_values(report, agent, "discovered: another path by its label", DOCKER, {"custom.value": 1, "up": 1},
                             ignored_tags=("url", *STATIC))
                # As tasks of a pod are where nested containers share the cgroup of the one around them.
                check_values(report, agent, "discovered: so is a registered container without a cgroup", CONTAINER,
                             {"custom.value": 1, "up": 1}, 10, ignored_tags=("url", *STATIC))
                report.check(not by_name(agent, POD), "discovered: one that nobody has seen is not", by_name(agent, POD))
                tags = [point["tags"] for point in message(agent, MESOS)["datapoints"]]
                report.check(all(STATIC.items() <= each.items() for each in tags), "discovered: with the configuration's tags",
                             tags[:2])
                report.check(dimensions(agent, MESOS).get("task_name") == "web", "discovered: as the task's",
                             dimensions(agent, MESOS))
                check_gone_task(agent, registrar)
        with Bed(program) as other, MesosAgent(state) as mesos:
            agent, _ = start(other, node={"hostname": "127.0.0.1"}, prometheus={"interval_s": 1},
                             mesos={"url": mesos.url(), "scrape": False})
            with agent:
                until(lambda: dimensions(agent, MESOS, "").get("task_name") == "web")
                report.check(dimensions(agent, MESOS, "").get("task_name") == "web",
                             "discovered: the Mesos agent may be asked for names alone", dimensions(agent, MESOS, ""))
                count = exporter.count("/metrics")
                time.sleep(2.5)
                report.check(exporter.count("/metrics") == count, "discovered: not where that is switched off")


def check_gone_task(agent, registrar):
    """Its address may be another's by now."""
    registrar.call("DELETE", "/container/" + CONTAINER)
    until(lambda: "custom.value" not in by_name(agent, CONTAINER))
    report.check("custom.value" not in by_name(agent, CONTAINER), "discovered: a container that is gone is asked no more",
                 by_name(agent, CONTAINER))


def main():
    run_each(report, (check_tasks, check_trouble, check_endpoints, check_discovered))
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    sys.exit(main())
