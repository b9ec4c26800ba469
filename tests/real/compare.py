"""Compares an answer of the agent with what the kernel said just before it and just after it."""
import json
import re
import subprocess
from collections import namedtuple
from decimal import Decimal

from figures import is_of_processes, kernel_says, kind_of

# wrong: lines that say what; unchecked: names; counted: figures compared; equal: those that moved not at all.
Outcome = namedtuple("Outcome", "wrong unchecked counted equal")


def parse(body):
    return json.loads(body, parse_float=Decimal)


def values_of(message):
    """{(name, device, policy): value}, and names that come twice."""
    values, twice = {}, []
    for point in message["datapoints"]:
        tags = point.get("tags", {})
        key = point["name"], tags.get("device") or tags.get("page_size") or "", tags.get("policy", "")
        extra = sorted(set(tags) - {"container_id", "executor_name", "device", "page_size", "policy"})
        if extra:
            key = (point["name"] + "{" + ",".join(f"{tag}={tags[tag]}" for tag in extra) + "}", *key[1:])
        if key in values:
            twice.append(key)
        values[key] = point["value"]
    return values, twice


def oldest_timestamp(message):
    return min(point["timestamp"] for point in message["datapoints"])


def is_between(kind, slack, low, value, high):
    if kind == "grows":
        return low <= value <= high
    if kind == "moves":
        return min(low, high) - slack <= value <= max(low, high) + slack
    return low == value == high


def names_known(program):
    """What the program says that it knows; a figure of a later version is not missing."""
    table = subprocess.run([program, "datapoints"], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))


def compare(container_id, before, message, after, known):
    """before and after are Readings; the message was sampled between them."""
    early, late = kernel_says(before), kernel_says(after)
    values, twice = values_of(message)
    wrong = [f"{key} comes twice" for key in twice]
    wrong += [f"{point['name']} is tagged {point.get('tags')}" for point in message["datapoints"]
              if point.get("tags", {}).get("container_id") != container_id]
    unchecked, counted, equal = set(), 0, 0
    for key, value in sorted(values.items()):
        kind = kind_of(key[0])
        if kind is None or (is_of_processes(key[0]) and key not in late):
            unchecked.add(key[0])
        elif key not in late:
            wrong.append(f"{key} is {value}, but the kernel does not say")
        else:
            # What is new in the file was not there before: a device's first request.
            low = early.get(key, 0 if kind[0] == "grows" else late[key])
            counted += 1
            equal += low == value == late[key]
            if not is_between(*kind, low, value, late[key]):
                wrong.append(f"{key} is {value}, the kernel says {low} before and {late[key]} after")
    wrong += [f"{key} is missing, the kernel says {early[key]}" for key in sorted(early)
              if key not in values and key[0] in known]
    return Outcome(wrong, unchecked, counted, equal)
