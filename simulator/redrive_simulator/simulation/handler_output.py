"""Selects what handlers have written themselves from the logs of their functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from redrive_simulator.simulation.handler_errors import REQUEST
from redrive_simulator.timeline.words import clock, one_line

# Lines of metrics in embedded metric format, and those of the helpers about failures: the timeline and the errors of
# handlers tell the same.
_TOLD = re.compile(r'\{"_aws": |(\[[A-Z]+\] )?\{"event": "redrive\.(sqs|stream)\.(failure|batch)"')
# What a helper says once of settings that are missing.
_REMEDY = re.compile(r'"unknown_remedy": ("(?:[^"\\]|\\.)*")')
_TRACEBACK = ("Traceback (most recent call last):", " ")
_LONGEST = 600


def output_in(log: Iterable[tuple[float, str]]) -> list[str]:
    """Return what a person has written into a log, each different text once, with its first time and how often it came.

    Args:
        log: Lines of a function, each with its time.
    """
    found: dict[str, tuple[float, int]] = {}
    for time, text in _texts(log):
        first, number = found.get(text, (time, 0))
        found[text] = (first, number + 1)
    return [f"{clock(time)}  {f'{number}× ' if number > 1 else ''}{text}" for text, (time, number) in found.items()]


def _texts(log: Iterable[tuple[float, str]]) -> Iterable[tuple[float, str]]:
    """Join each traceback with the line of its error, and leave out what the timeline tells."""
    began, lines = 0.0, list[str]()
    for time, line in log:
        if not line.startswith(_TRACEBACK):
            if lines:
                yield began, "\n".join(lines)
            lines = []
        said = line
        if _TOLD.match(line):
            remedy = _REMEDY.search(line)
            said = f"[WARNING] {json.loads(remedy[1])}" if remedy else ""
        if said:
            began = began if lines else time
            lines.append(_shortened(said))
    if lines:
        yield began, "\n".join(lines)


def _shortened(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return indent + one_line(REQUEST.sub("", line), _LONGEST)
