"""Draws what becomes of an event, with the code that draws timelines of simulations."""

from __future__ import annotations

from math import inf

from redrive_cli.explain.text import FAILURES, title
from redrive_model.explanation.way import Way
from redrive_model.schedules.course import Course, End, Failure
from redrive_simulator.timeline.entries import Entry, Event, Kind
from redrive_simulator.timeline.timeline import Timeline

#: So many attempts are all drawn; of more, so many of the first ones.
_ALL, _FIRST = 20, 8
_ATTEMPTS: dict[Failure, Kind] = {
    "error": Kind.FAILED,
    "crash": Kind.TIMED_OUT,
    "throttling": Kind.THROTTLED,
    "outage": Kind.FAILED,
    "permanent": Kind.FAILED,
}
_ENDS: dict[End, Kind] = {
    "processed": Kind.SUCCEEDED,
    "dead-lettered": Kind.DEAD_LETTERED,
    "set aside": Kind.SET_ASIDE,
    "given up": Kind.DESTINATION,
    "lost": Kind.DROPPED,
}


def picture(way: Way, width: int = 900, head: str | None = None) -> str:
    """Draw the courses of a way's event as SVG, a lane for each failure, at its earliest times.

    Args:
        way: The way.
        width: Width in pixels.
        head: Title. Default: one that names the way.
    """
    entries: list[Entry] = []
    events: dict[str, Event] = {}
    for course in way.courses:
        name = FAILURES[course.failure].replace("an outage of {}", "an outage")
        _add(course, name, way, entries, events)
    if way.kind == "synchronous":
        _add_call(way, entries, events)
    head = head or f"{title(way)}: what becomes of one event"
    return Timeline(entries, events, head).svg(width=width)


def _add_call(way: Way, entries: list[Entry], events: dict[str, Event]) -> None:
    """Add the one attempt of a call whose caller gets the error."""
    name = "the function fails"
    events[name] = Event(name, name, 0.0, way.source)
    for kind in (Kind.SENT, Kind.FAILED):
        entries.append(
            Entry(len(entries), 0.0, kind, name, "", way.function, (name,), 0, 0.0, inf, -1, "", "the caller gets it")
        )


def _add(course: Course, name: str, way: Way, entries: list[Entry], events: dict[str, Event]) -> None:
    id = course.failure
    events[id] = Event(id, name, 0.0, way.source)

    def entry(time: float, kind: Kind, number: int = 0, until: float = inf, place: str = "", reason: str = "") -> None:
        parent = len(entries) - 1 if kind is Kind.RETRY or number == 0 else -1
        entries.append(
            Entry(len(entries), time, kind, name, "", way.function, (id,), number, 0.0, until, parent, place, reason)
        )

    entry(0.0, Kind.SENT)
    ending = course.endings[0]
    drawn = [each for each in course.attempts if each.earliest <= ending.earliest]
    drawn = drawn if len(drawn) <= _ALL else drawn[:_FIRST]
    if ending.end == "processed":
        drawn = [each for each in drawn if each.earliest < ending.earliest]
    for each, following in zip(drawn, [*drawn[1:], None], strict=True):
        entry(each.earliest, _ATTEMPTS[course.failure], each.number)
        until = ending.earliest if following is None else following.earliest
        if until > each.earliest:
            entry(each.earliest, Kind.RETRY, each.number, until)
    kind = Kind.EXPIRED if ending.end == "lost" and "retention" in ending.reason else _ENDS[ending.end]
    place = "" if ending.end in ("lost", "processed") or not way.places else way.places[0]
    number = int(min(course.count[1], 10_000)) or 1
    entry(ending.earliest, kind, number if ending.end == "processed" else 0, place=place, reason=ending.reason)
