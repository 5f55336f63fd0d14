"""Writes an explanation for people, in lines of 80 characters."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from redrive_cli.output.terminal import WIDTH, printable
from redrive_model.explanation.paths import as_text as path_text
from redrive_model.explanation.way import Explanation, Way
from redrive_model.explanation.words import count, duration, span
from redrive_model.findings import Finding
from redrive_model.schedules.course import Course, Ending

#: Failures, as a person would say them.
FAILURES = {
    "error": "the function fails",
    "crash": "it times out or crashes",
    "throttling": "Lambda cannot invoke it",
    "outage": "an outage of {}",
    "permanent": "it raises Permanent",
}
#: So many attempts are listed with their times.
_LISTED = 6


def as_text(explained: Explanation, outage: float | None) -> list[str]:
    """Return the lines for an explanation.

    Args:
        explained: The explanation.
        outage: Length of the outage, if one was asked for.
    """
    lines = [line for way in explained.ways for line in (*_way(way, outage), "")]
    if explained.not_reached:
        names = ", ".join(explained.not_reached)
        lines += [*_wrapped(f"Nothing in the stack invokes {names}.", "  "), ""]
    if explained.findings:
        lines += ["Other findings", *(line for each in explained.findings for line in _finding(each)), ""]
    if explained.not_modelled:
        lines += ["Not modelled", *(line for each in explained.not_modelled for line in _wrapped(f"  {each}", "    "))]
    if not explained.ways:
        lines += ["no way into a function was found"]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def title(way: Way) -> str:
    """Return the heading of a way."""
    if way.kind in ("asynchronous", "synchronous"):
        return f"{way.function} ({way.kind})"
    return f"{way.source} → {way.function} ({way.kind})"


def _way(way: Way, outage: float | None) -> Iterator[str]:
    yield from _wrapped(title(way) + ("" if way.enabled else ", disabled"), "  ")
    for path in way.before:
        yield from _wrapped(f"  comes by    {path_text(path)}", " " * 14)
    if way.meanwhile:
        yield from _wrapped(f"  meanwhile   {way.meanwhile}; it blocks {way.blocks}", " " * 14)
    yield from _wrapped(f"  failures    {place_of(way)}", " " * 14)
    for path in way.after:
        yield from _wrapped(f"  then        {path_text(path)}", " " * 14)
    for what, seconds in (("fails", way.bridges), ("is throttled", way.bridges_throttling)):
        if seconds is not None:
            yield from _wrapped(f"  bridges     {duration(seconds)} in which the function {what}", " " * 14)
    for course in way.courses:
        yield from _course(course, outage)
    if not way.courses and way.kind != "synchronous":
        why = "the source is not in the stack, or a setting is out of range"
        if way.unknown:
            why = f"{', '.join(way.unknown)} is only known at deployment"
        elif way.notes:
            why = "see the notes"
        yield from _wrapped(f"  its attempts cannot be told: {why}", "    ")
    for note in way.notes:
        yield from _wrapped(f"  note: {note}", "    ")
    for finding in way.findings:
        yield from _finding(finding)


def place_of(way: Way) -> str:
    """Return where failed events of a way end."""
    if way.kind == "synchronous":
        return "go back to the caller"
    return f"end in {' and '.join(way.places)}" if way.places else "are LOST: there is no place for them"


def failure_of(course: Course, outage: float | None) -> str:
    """Return what fails in a course."""
    return FAILURES[course.failure].format("" if outage is None else duration(outage))


def _course(course: Course, outage: float | None) -> Iterator[str]:
    ran = "" if course.runs else " without a run"
    yield from _wrapped(f"  {failure_of(course, outage)}: {count(*course.count)}{ran}", "    ")
    if len(course.attempts) > 1 or course.count[1] > 1:
        yield from _wrapped(f"    at {times_of(course)}", "       ")
    for ending in course.endings:
        yield from _wrapped(f"    {ending_of(ending)}", "       ")


def times_of(course: Course) -> str:
    """Return the times of a course's attempts."""
    listed = [span(each.earliest, each.latest) for each in course.attempts[:_LISTED]]
    if course.count[1] > _LISTED:
        listed.append(f"then every {span(*course.every)}")
    return ", ".join(listed)


def ending_of(ending: Ending) -> str:
    """Return how a course ends, and when."""
    end = ending.end.upper() if ending.end == "lost" else ending.end
    reason = f" ({ending.reason})" if ending.reason else ""
    return f"{end} after {span(ending.earliest, ending.latest)}{reason}"


def _finding(finding: Finding) -> Iterator[str]:
    level = "warning" if finding.severity == "warning" else "error"
    yield from _wrapped(f"  {level} {finding.rule}: {finding.sentence}", "    ")


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(printable(text), WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
