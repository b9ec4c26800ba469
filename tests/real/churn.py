#!/usr/bin/env python3
"""Very many containers: 1,000 at once, 10,000 where 1,000 have room, and CHURN_COUNT that come and go.

churn.py PROGRAM; as root. The containers are cgroups below a parent of our own, in every hierarchy; each has limits that
are its number, so that a figure of another container shows. CHURN_COUNT (default 50,000) and CHURN_SECONDS (90) bound the
last part.
"""
import contextlib
import json
import multiprocessing
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from shipped import Agent  # noqa: E402

import kernel
from cgroups import Maker, id_of, is_it, number_of
from poller import Poller
from report import Report

COUNT = int(os.environ.get("CHURN_COUNT", "50000"))
SECONDS = float(os.environ.get("CHURN_SECONDS", "90"))
INTERVAL_S = 1
TWO_INTERVALS_S = 2 * INTERVAL_S + 0.5
STEADY_COUNT = 1000
CROWD_COUNT = 10000
WARM_COUNT = 10000
WAVE_COUNT = 250   # made together, then taken away together
WAVES_ALIVE = 3
REUSE_EVERY = 8    # one in so many takes an id that was there before
RSS_SLACK_KB = 256
GOING_S = 1        # what it takes to remove a container at the most
OLD_S = 15         # a reading of more containers than usual, on a machine that does much else
report = Report("churn")


class Meter:
    """What the agent uses, by its own files in /proc and, where it has one, its memory cgroup."""

    def __init__(self, agent, directory, maker):
        self.pid, self.directory, self.maker = agent.process.pid, directory, maker

    def read(self):
        status = dict(line.split(":", 1) for line in kernel.text_of(f"/proc/{self.pid}/status").splitlines())
        ticks = kernel.text_of(f"/proc/{self.pid}/stat").rpartition(")")[2].split()
        return {"rss_kb": int(status["VmRSS"].split()[0]), "anon_kb": int(status["RssAnon"].split()[0]),
                "threads": int(status["Threads"]), "descriptors": self.count_descriptors(),
                "cpu_s": (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK"), "moment": time.monotonic(),
                **self.charged()}

    def count_descriptors(self):
        """The fewest of some looks, since a file that is being read counts, too."""
        counts = []
        for _ in range(10):
            counts.append(len(self.descriptors()))
            time.sleep(0.05)
        return min(counts)

    def descriptors(self):
        """What is open, but for the cgroups of containers that others run here."""
        found = []
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(OSError):
                found.append(os.readlink(f"/proc/{self.pid}/fd/{name}"))
        return [path for path in found if path in self.maker.mounts or self.maker.name in path or
                not path.startswith(tuple(mount + "/" for mount in self.maker.mounts))]

    def watches(self):
        """Its inotify watches; each keeps kernel memory, and a user may have only so many."""
        texts = [kernel.text_of(f"/proc/{self.pid}/fdinfo/{name}") or "" for name in os.listdir(f"/proc/{self.pid}/fdinfo")]
        return sum(text.count("inotify wd:") for text in texts)

    def reclaim(self):
        """Makes the kernel give up what it only keeps in case: names of cgroups that have gone."""
        for name, what in (("memory.force_empty", "0"), ("memory.reclaim", "1G")):
            with contextlib.suppress(OSError, TypeError):
                with open(f"{self.directory}/{name}", "w") as file:
                    file.write(what)

    def charged(self):
        for total, part in (("memory.usage_in_bytes", "memory.kmem.usage_in_bytes"), ("memory.current", None)):
            text = self.directory and kernel.text_of(f"{self.directory}/{total}")
            if text:
                found = {"charged_kb": int(text) // 1024}
                kernel_bytes = kernel.text_of(f"{self.directory}/{part}") if part else None
                stat = kernel.text_of(self.directory + "/memory.stat") or ""
                keyed = dict(line.split() for line in stat.splitlines())
                if kernel_bytes or "kernel" in keyed:
                    found["kernel_kb"] = int(kernel_bytes or keyed["kernel"]) // 1024
                return found
        return {}


def shown(reading):
    names = {"rss_kb": "RSS", "anon_kb": "of its own", "charged_kb": "charged with the kernel's part",
             "kernel_kb": "the kernel's part"}
    return (", ".join(f"{text} {reading[name]} kB" for name, text in names.items() if name in reading) +
            f", {reading['descriptors']} descriptors, {reading['threads']} threads")


def cpu_per_minute(first, last):
    return 60 * (last["cpu_s"] - first["cpu_s"]) / (last["moment"] - first["moment"])


@contextlib.contextmanager
def started(program, maker, *options):
    directory = maker.place_of_agent()
    agent = Agent(program, options=["--interval", str(INTERVAL_S), *options])
    try:
        if directory:
            maker.put(directory, agent.process.pid)
        yield agent, Meter(agent, directory, maker)
        report.check(agent.process.poll() is None, "agent_lives", f"it ended with {agent.process.poll()}: {agent.log_text()}")
    finally:
        agent.end()


def listed(agent, token):
    return {number_of(name) for name in json.loads(agent.ask("/v0/containers").body) if is_it(name, token)}


def wait_for(condition, limit_s):
    start = time.monotonic()
    while time.monotonic() < start + limit_s:
        if condition():
            return time.monotonic() - start
        time.sleep(0.05)
    return None


def is_empty_again(agent, maker, name):
    took = wait_for(lambda: not listed(agent, maker.token), TWO_INTERVALS_S)
    report.check(took is not None, name + ".nothing_stale_after_two_intervals", f"{len(listed(agent, maker.token))} are listed")


# 1,000 at once ----------------------------------------------------------------------------------------

def check_steady(agent, meter, maker):
    for number in range(STEADY_COUNT):
        maker.make(number)
    with maker.sleepers(STEADY_COUNT):
        complete = wait_for(lambda: len(listed(agent, maker.token)) == STEADY_COUNT, 3 * TWO_INTERVALS_S)
        report.check(complete is not None, "steady.all_are_there", f"{len(listed(agent, maker.token))} of {STEADY_COUNT}")
        time.sleep(TWO_INTERVALS_S)
        first = meter.read()
        time.sleep(10)
        last = meter.read()
        report.note(f"{STEADY_COUNT} containers with a process each, {len(maker.tops)} hierarchies, interval {INTERVAL_S} s: "
                    f"{cpu_per_minute(first, last):.2f} s of CPU time a minute; {shown(last)}")
        report.check(last["descriptors"] == first["descriptors"] and last["threads"] == first["threads"] and
                     last["rss_kb"] <= first["rss_kb"] + RSS_SLACK_KB, "steady.does_not_grow", (first, last))
        with Poller(agent.socket_path, maker) as poller:
            wrong = [poller.check(number, 0) for number in random.sample(range(STEADY_COUNT), 300)]
        report.check(not any(wrong), "steady.figures_are_its_own", [text for text in wrong if text][:3])
    for number in range(STEADY_COUNT):
        maker.remove(number)
    is_empty_again(agent, maker, "steady")


# 10,000 where 1,000 have room -------------------------------------------------------------------------

def check_crowd(program, maker):
    with tempfile.NamedTemporaryFile("w", prefix="nma-", suffix=".json") as config:
        config.write(json.dumps({"limits": {"containers": STEADY_COUNT}}))
        config.flush()
        maker.narrow(2)  # as many hierarchies as it takes
        with started(program, maker, "--config", config.name) as (agent, meter):
            before = meter.read()
            start = time.monotonic()
            for number in range(CROWD_COUNT):
                maker.make(number)
            report.note(f"{CROWD_COUNT} cgroups in each of {len(maker.tops)} hierarchies made in {time.monotonic() - start:.1f} s")
            time.sleep(2 * TWO_INTERVALS_S)
            first = meter.read()
            time.sleep(4)
            last = meter.read()
            names = json.loads(agent.ask("/v0/containers").body)
            report.check(len(names) == STEADY_COUNT == len(set(names)), "crowd.limit_holds",
                         f"{len(names)} containers are listed")
            report.check("left out" in agent.log_text(), "crowd.overflow_is_logged", agent.log_text())
            report.note("it says: " + next((line for line in agent.log_text().splitlines() if "left out" in line), ""))
            report.note(f"{CROWD_COUNT} cgroups, {STEADY_COUNT} with room: {cpu_per_minute(first, last):.2f} s of CPU time a "
                        f"minute; {shown(last)}; before: {shown(before)}")
            with Poller(agent.socket_path, maker) as poller:
                own = [number_of(name) for name in names if is_it(name, maker.token)]
                wrong = [poller.check(number, 0) for number in random.sample(own, min(200, len(own)))]
            report.check(not any(wrong), "crowd.figures_are_its_own", [text for text in wrong if text][:3])
            for number in range(CROWD_COUNT):
                maker.remove(number)
            is_empty_again(agent, maker, "crowd")
        maker.narrow(None)


# Coming and going -------------------------------------------------------------------------------------

class Lives:
    """When each container was made and began to go, and which of its generation lives: shared with the maker's process."""

    def __init__(self, count):
        self.made = multiprocessing.RawArray("d", count)
        self.removed = multiprocessing.RawArray("d", count)
        self.generation = multiprocessing.RawArray("b", count)
        self.pattern = multiprocessing.RawArray("b", count)  # of hierarchies
        self.done = multiprocessing.RawValue("l", 0)


def patterns_of(maker):
    """Which hierarchies a wave is made in, in turn: all of them, or only cheap ones."""
    cheap = [top for top in maker.all_tops if maker.marks_in(top) and "memory" not in maker.controllers_of(top)]
    dear = [top for top in maker.all_tops if maker.marks_in(top) and top not in cheap]
    return [maker.all_tops, cheap or dear, cheap or dear, dear + cheap, cheap or dear]


def churn(maker, count, seconds, lives):
    """Waves of containers, in a process of its own."""
    waves, start, patterns = [], time.monotonic(), patterns_of(maker)
    for first in range(0, count, WAVE_COUNT):
        if time.monotonic() > start + seconds:
            break
        pattern = first // WAVE_COUNT % len(patterns)
        maker.tops = patterns[pattern]
        waves.append([])
        for number in range(first, min(first + WAVE_COUNT, count)):
            name = number - WAVE_COUNT * (WAVES_ALIVE + 2)  # has gone two waves ago
            is_reused = number % REUSE_EVERY == 0 and name >= 0
            make_one(maker, name if is_reused else number, int(is_reused), pattern, waves[-1], lives)
            lives.done.value += 1
        if first >= WAVE_COUNT * WAVES_ALIVE:
            take_away(maker, waves.pop(0), lives)
    while waves:
        take_away(maker, waves.pop(0), lives)


def make_one(maker, name, generation, pattern, wave, lives):
    lives.generation[name], lives.pattern[name] = generation, pattern
    lives.made[name] = time.time()
    lives.removed[name] = 0
    maker.make(name, generation)
    wave.append((name, maker.tops))


def take_away(maker, wave, lives):
    for name, tops in wave:
        lives.removed[name] = time.time()
        maker.remove(name, tops)


def poll(agent, maker, worker, lives):
    """Asks until the worker is done. Returns (answers checked, lists asked for, oldest reading shown, what was wrong)."""
    checked, lists, oldest_s, wrong = 0, 0, 0, []
    figures = [maker.figures(tops) for tops in patterns_of(maker)]
    with Poller(agent.socket_path, maker) as poller:
        while worker.is_alive():
            read_at = poller.newest_reading()
            oldest_s = max(oldest_s, time.time() - read_at)
            names = poller.listed()
            lists += 1
            wrong += [f"{number} is listed in a reading {read_at - lives.removed[number]:.1f} s after it began to go"
                      for number in names if 0 < lives.removed[number] < read_at - GOING_S]
            for number in random.sample(names, min(20, len(names))):
                text = poller.check_changing(number, lives, figures)
                checked += poller.last_was_there
                wrong += [text] if text else []
            time.sleep(0.05)
    return checked, lists, oldest_s, wrong


def come_and_go(agent, maker, count):
    """Runs the maker beside the poller. Returns (made, seconds, the maker's exit code, what poll returns)."""
    lives = Lives(count)
    worker = multiprocessing.Process(target=churn, args=(maker, count, SECONDS, lives))
    start = time.monotonic()
    worker.start()
    try:
        polled = poll(agent, maker, worker, lives)
    finally:
        if worker.is_alive():
            worker.terminate()
        worker.join()
    return lives.done.value, time.monotonic() - start, worker.exitcode, polled


def check_churn(agent, meter, maker):
    # Memory that was set aside counts once it is touched, and some is for those that come and go.
    come_and_go(agent, maker, min(WARM_COUNT, COUNT))
    wait_for(lambda: not listed(agent, maker.token), TWO_INTERVALS_S)
    time.sleep(TWO_INTERVALS_S)  # what came and went between two readings is given back at the next one
    warm, open_before = meter.read(), meter.descriptors()
    report.note(f"after {min(WARM_COUNT, COUNT)} to warm up: {shown(warm)}")
    made, took, status, (checked, lists, oldest_s, wrong) = come_and_go(agent, maker, COUNT)
    report.note(f"{made} containers made and removed in {took:.1f} s ({made / took:.0f}/s) in {len(maker.all_tops)} "
                f"hierarchies; {lists} lists and {checked} containers' answers checked; no reading shown was older than "
                f"{oldest_s:.1f} s")
    report.check(status == 0, "made_and_removed", f"the maker ended with {status}")
    if made < COUNT:
        report.skip("count", f"{made} of {COUNT} fit into {SECONDS:.0f} s here")
    report.check(oldest_s < OLD_S, "readings_go_on", f"a reading {oldest_s:.1f} s old was shown")
    report.check(checked > 100, "answers_were_checked", checked)
    report.check(not wrong, "nothing_wrong_or_stale", f"{len(wrong)}, as {wrong[:3]}")
    is_empty_again(agent, maker, "end")
    time.sleep(TWO_INTERVALS_S)
    end = meter.read()
    report.note(f"at the end: {shown(end)}; {cpu_per_minute(warm, end):.2f} s of CPU time a minute")
    meter.reclaim()
    report.note("after the kernel took back what it could: " + shown(meter.read()))
    rss_kb_max = warm["rss_kb"] + max(RSS_SLACK_KB, warm["rss_kb"] * 3 // 100)
    report.check(end["rss_kb"] <= rss_kb_max, "rss_as_before", (warm, end))
    report.check(end["descriptors"] == warm["descriptors"], "descriptors_as_before",
                 (warm, end, sorted(set(meter.descriptors()) - set(open_before))))
    alive = sum(len(below) for mount in maker.mounts for _, below, _ in os.walk(mount))
    report.check(meter.watches() <= 2 * alive + 100, "watches_only_what_is_there",
                 f"{meter.watches()} inotify watches, but only {alive} cgroups are there")
    report.check(end["threads"] == warm["threads"], "threads_as_before", (warm, end))


def main(program):
    if os.geteuid() != 0:
        report.skip("containers", "not root, and cgroups need root")
        return 0
    maker = Maker(secrets.token_hex(4))
    try:
        maker.open()
    except OSError as error:
        maker.close()
        report.skip("containers", f"cgroups cannot be made here: {error}")
        return 0
    try:
        report.note(f"hierarchies: {' '.join(maker.tops)}")
        check_crowd(program, maker)
        with started(program, maker) as (agent, meter):
            check_steady(agent, meter, maker)
            check_churn(agent, meter, maker)
    finally:
        maker.close()
    return report.status()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(os.path.abspath(sys.argv[1])))
