"""Reads scenarios: what is sent when, which functions fail how, and outages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from redrive_cli.errors import Usage
from redrive_cli.selection import seconds_in

#: Ways to send, and the member of each that says what to send.
_TARGETS = ("queue", "stream", "table", "function")
_FAULTS = ("error", "timeout", "crash", "throttle", "service_error")
_UNREACHABLE = "unreachable"
_FAULT_FIELDS = frozenset({"function", "target", "kind", "start", "end", "probability", "retried"})
_SEND_FIELDS = frozenset({*_TARGETS, "at", "body", "count", "every", "group", "key"})
_TOP = frozenset({"send", "faults", "until", "seed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Events to send.

    Attributes:
        target: Kind of what they are sent to.
        name: Its name.
        body: The event, for a table the item.
        at: Time of the first, in seconds.
        count: Number of events.
        every: Seconds between two of them.
        group: Message group, or partition key.
    """

    target: Literal["queue", "stream", "table", "function"]
    name: str
    body: Any
    at: float = 0.0
    count: int = 1
    every: float = 0.0
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        name: Name of the function that fails, or of the target that cannot be reached.
        kind: `error`, `timeout`, `crash`, `throttle` or `service_error` of a function, `unreachable` of a target.
        start: When it begins, in seconds.
        end: When it ends.
        probability: Probability for each call or delivery.
        retried: Whether services try to reach the target again.
    """

    name: str
    kind: Literal["error", "timeout", "crash", "throttle", "service_error", "unreachable"] = "error"
    start: float = 0.0
    end: float = math.inf
    probability: float = 1.0
    retried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario.

    Attributes:
        sends: The events.
        faults: What goes wrong.
        until: When to stop, in seconds; `None`: when nothing is left to happen.
        seed: Seed of all chance.
    """

    sends: Sequence[Send]
    faults: Sequence[Fault] = ()
    until: float | None = None
    seed: int = 0


def read_scenario(path: Path) -> Scenario:
    """Read a scenario in YAML.

    Raises:
        Usage: There is no such file, or it is no scenario; the sentence names the place in it.
    """
    if not path.is_file():
        raise Usage(f"{path} is no file: give a scenario in YAML or Python, as docs/explain.md describes it")
    import yaml

    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise Usage(f"{path} cannot be read as YAML: {error}") from None
    scenario = _object(found, f"{path}", _TOP)
    sends = [_send(each, f"{path}: send[{number}]") for number, each in enumerate(_list(scenario, "send", path))]
    if not sends:
        raise Usage(f"{path}: send has no events, so that nothing would happen: give at least one")
    faults = [_fault(each, f"{path}: faults[{number}]") for number, each in enumerate(_list(scenario, "faults", path))]
    until = scenario.get("until")
    return Scenario(
        sends=sends,
        faults=faults,
        until=None if until is None else _time(until, f"{path}: until"),
        seed=int(scenario.get("seed", 0)),
    )


def _send(given: Any, place: str) -> Send:
    found = _object(given, place, _SEND_FIELDS)
    targets = [each for each in _TARGETS if each in found]
    if len(targets) != 1:
        raise Usage(f"{place}: give exactly one of {', '.join(_TARGETS)}")
    target: Any = targets[0]
    if target == "table" and not isinstance(found.get("body"), Mapping):
        raise Usage(f"{place}: body is the item, an object with the table's key")
    count = found.get("count", 1)
    if not isinstance(count, int) or count < 1:
        raise Usage(f"{place}: count {count!r} is no number of events: give 1 or more")
    group = found.get("group", found.get("key"))
    return Send(
        target=target,
        name=str(found[target]),
        body=found.get("body", {}),
        at=_time(found.get("at", 0), f"{place}: at"),
        count=count,
        every=_time(found.get("every", 0), f"{place}: every"),
        group=None if group is None else str(group),
    )


def _fault(given: Any, place: str) -> Fault:
    found = _object(given, place, _FAULT_FIELDS)
    if ("function" in found) == ("target" in found):
        raise Usage(f"{place}: give either function, the function that fails, or target, which cannot be reached")
    of, possible = ("target", (_UNREACHABLE,)) if "target" in found else ("function", _FAULTS)
    kind: Any = found.get("kind", possible[0])
    if kind not in possible:
        raise Usage(f"{place}: kind {kind!r}: give one of {', '.join(possible)} for a {of}")
    retried = found.get("retried", True)
    if not isinstance(retried, bool) or (of == "function" and "retried" in found):
        raise Usage(f"{place}: retried {retried!r}: give true or false, and only with target")
    probability = float(found.get("probability", 1))
    if not 0 < probability <= 1:
        raise Usage(f"{place}: probability {probability:g}: give a number above 0, up to 1")
    start, end = _time(found.get("start", 0), f"{place}: start"), found.get("end")
    last = math.inf if end is None else _time(end, f"{place}: end")
    if last <= start:
        raise Usage(f"{place}: end {end} is not after start: give a later one")
    name = str(found[of])
    return Fault(name=name, kind=kind, start=start, end=last, probability=probability, retried=retried)


def _object(given: Any, place: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise Usage(f"{place} is {given!r}: write an object with {', '.join(sorted(known))}")
    found = cast("Mapping[str, Any]", given)
    unknown = sorted(set(found) - known)
    if unknown:
        raise Usage(f"{place}: {', '.join(unknown)} is not known: there are {', '.join(sorted(known))}")
    return found


def _list(scenario: Mapping[str, Any], name: str, path: Path) -> list[Any]:
    found: Any = scenario.get(name) or []
    if not isinstance(found, list):
        raise Usage(f"{path}: {name} is {found!r}: write a list")
    return cast("list[Any]", found)


def _time(given: Any, place: str) -> float:
    try:
        return float(given) if isinstance(given, (int, float)) else seconds_in(str(given))
    except Usage as error:
        raise Usage(f"{place}: {error}") from None
