"""Reads and checks the schedule expressions of EventBridge's rules and of EventBridge Scheduler.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from redrive_model.schedules.cron import read_cron
from redrive_model.schedules.errors import ScheduleError

#: Whose expression it is: `events` is a rule of an event bus, `scheduler` a schedule of EventBridge Scheduler.
Service = Literal["events", "scheduler"]
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


class Schedule(Protocol):
    """When a rule or schedule fires."""

    def after(self, time: float, start: float) -> float | None:
        """Return the first time at which it fires after a time.

        Args:
            time: The time, in seconds since the epoch.
            start: When the rule was created, or the schedule's start date, in seconds since the epoch.

        Returns:
            Seconds since the epoch; `None` if it never fires again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate expression.

    Attributes:
        period: Seconds from one time to the next. A day has 24 hours, whatever the clocks do.
        fires_at_start: Whether it fires at once, as Scheduler does, or after the first period.
    """

    period: int
    fires_at_start: bool = False

    def after(self, time: float, start: float) -> float | None:
        """Return the first time at which it fires after a time."""
        first = start if self.fires_at_start else start + self.period
        return first if time < first else first + (floor((time - first) / self.period) + 1) * self.period


@dataclass(frozen=True, slots=True)
class At:
    """A time at which a schedule fires once.

    Attributes:
        time: The time, in seconds since the epoch.
    """

    time: float

    def after(self, time: float, start: float = 0.0) -> float | None:
        """Return the first time at which it fires after a time; Scheduler ignores the start date of such a schedule."""
        return self.time if time < self.time else None


def check(expression: str, service: Service = "events", zone: str = "UTC") -> str | None:
    """Check a schedule expression.

    Args:
        expression: The expression.
        service: Whose expression it is.
        zone: Name of the time zone, for Scheduler.

    Returns:
        `None` if AWS takes it; otherwise a sentence with the value, the rule and the remedy.
    """
    try:
        read(expression, service, zone)
    except ScheduleError as error:
        return str(error)
    return None


def read(expression: str, service: Service = "events", zone: str = "UTC") -> Schedule:
    """Read a schedule expression: `rate(5 minutes)`, `cron(0 12 * * ? *)`, or `at(2026-11-26T20:00:00)` of Scheduler.

    Args:
        expression: The expression.
        service: Whose expression it is.
        zone: Name of the time zone, for Scheduler. Rules are in UTC.

    Returns:
        The schedule, whose `after` says when it fires.

    Raises:
        ScheduleError: AWS refuses the expression.
    """
    kinds = "rate(…), cron(…) or at(…)" if service == "scheduler" else "rate(…) or cron(…)"
    found = re.fullmatch(r"(rate|cron|at)\((\S(?:.*\S)?)\)", expression)
    if found is None or (found[1] == "at" and service == "events"):
        raise ScheduleError(
            f"{expression!r} is no schedule: {service} takes {kinds}; write it without blanks around it"
        )
    if service == "events" and zone != "UTC":
        raise ScheduleError(f"time zone {zone} for a rule: rules are in UTC; use a schedule of EventBridge Scheduler")
    kind, content = found.groups()
    try:
        place = ZoneInfo(zone)
    except (KeyError, ValueError) as error:
        raise ScheduleError(
            f"{zone!r} is no time zone; give a name of the IANA database, such as Europe/Paris"
        ) from error
    if kind == "rate":
        return _read_rate(content, service)
    return _read_at(content, place) if kind == "at" else read_cron(content, place)


def _read_rate(content: str, service: Service) -> Rate:
    found = re.fullmatch(r"(\d+)\s+(minute|hour|day)(s?)", content)
    if found is None or int(found[1]) == 0:
        raise ScheduleError(f"rate({content}): a rate is a number from 1 and its unit; write rate(5 minutes)")
    number = int(found[1])
    if service == "events" and (found[3] == "s") == (number == 1):  # Scheduler takes both
        unit = found[2] if number == 1 else f"{found[2]}s"
        raise ScheduleError(
            f"rate({content}): the unit of 1 has no s, and that of more has one; write rate({number} {unit})"
        )
    return Rate(number * _SECONDS[found[2]], fires_at_start=service == "scheduler")


def _read_at(content: str, zone: ZoneInfo) -> At:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", content):
            raise ValueError("no such form")
        local = datetime.fromisoformat(content)
    except ValueError as error:
        raise ScheduleError(f"at({content}) is no time; write at(yyyy-mm-ddThh:mm:ss), without a time zone") from error
    return At(local.replace(tzinfo=zone).timestamp())
