"""Writes an explanation as data."""

from __future__ import annotations

from math import inf
from typing import Any

from redrive_model.explanation.way import Explanation, Way
from redrive_model.findings import Finding
from redrive_model.schedules.course import Course


def as_data(explained: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON has it. Times are in seconds since the event was sent; `null` is no limit."""
    return {
        "ways": [_way(way) for way in explained.ways],
        "not_reached": list(explained.not_reached),
        "not_modelled": list(explained.not_modelled),
        "findings": [_finding(each) for each in explained.findings],
    }


def _way(way: Way) -> dict[str, Any]:
    plain = (
        *("function", "kind", "source", "helper", "meanwhile", "blocks", "controls", "interval", "maximum", "order"),
        *("partial", "enabled"),
    )
    return {
        **{name: getattr(way, name) for name in plain},
        "places": list(way.places),
        "bridges": _number(way.bridges),
        "bridges_throttling": _number(way.bridges_throttling),
        "unknown": list(way.unknown),
        "before": [list(each) for each in way.before],
        "after": [list(each) for each in way.after],
        "courses": [_course(each) for each in way.courses],
        "notes": list(way.notes),
        "findings": [_finding(each) for each in way.findings],
    }


def _course(course: Course) -> dict[str, Any]:
    return {
        "failure": course.failure,
        "runs": course.runs,
        "least_attempts": _number(course.count[0]),
        "most_attempts": _number(course.count[1]),
        "attempts": [each._asdict() for each in course.attempts],
        "every": list(map(_number, course.every)),
        "endings": [{name: _number(value) for name, value in each._asdict().items()} for each in course.endings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"rule": finding.rule, "severity": finding.severity, "sentence": finding.sentence}


def _number(value: Any) -> Any:
    return None if value == inf else value
