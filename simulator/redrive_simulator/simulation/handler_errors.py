"""Finds the errors of handlers in the logs of their functions, each with its file and line."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

_PLACE = re.compile(r'\s*File "(.+)", line (\d+), in (.+)')
_ERROR = "[ERROR] "
#: In the errors of Lambda itself, such as that of a timeout; it differs each time.
REQUEST = re.compile(r"\bRequestId: [0-9a-f-]{36} ")


def errors_in(logs: Iterable[tuple[str, list[tuple[float, str]]]]) -> list[str]:
    """Return a line for each different error: how often, the function, the error and its place.

    Args:
        logs: Names of functions and their logs.
    """
    found: Counter[str] = Counter()
    for function, lines in logs:
        said, place = "", ""
        for _, line in lines:
            if line.startswith(_ERROR):
                found[_line(function, said, place)] += 1
                said, place = REQUEST.sub("", line.removeprefix(_ERROR)), ""
            elif (match := _PLACE.match(line)) is not None:
                place = f"{match[1]}:{match[2]} in {match[3]}"
            elif '"frames": [' in line:
                found[_line(function, *_of_helper(line))] += 1
        found[_line(function, said, place)] += 1
    found.pop("", None)
    return [f"{number}× {text}" for text, number in found.most_common()]


def _of_helper(line: str) -> tuple[str, str]:
    """Return the error in a log line of a helper, and its place."""
    try:
        said: dict[str, Any] = json.loads(line[line.index("{") :])
    except ValueError:
        return "", ""
    frames: list[str] = said.get("frames") or [""]
    return f"{said.get('error_type')}: {said.get('error')}", frames[-1]


def _line(function: str, said: str, place: str) -> str:
    if not said:
        return ""
    return f"{function}: {said}" + (f", at {place}" if place else "")
