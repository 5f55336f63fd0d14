"""Reads cron expressions of EventBridge, and says when they fire.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from redrive_model.schedules.errors import ScheduleError

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class Field(NamedTuple):
    """A field of a cron expression.

    Attributes:
        name: Its name.
        least: Its smallest value.
        most: Its largest value.
        names: Names of the values, from the smallest.
        special: What it may have besides values, as AWS's page lists it.
    """

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    special: str = ""

    def __str__(self) -> str:
        names = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.name} takes {self.least}-{self.most}{names}, and , - * /{self.special}"


MINUTES = Field("minutes", 0, 59)
HOURS = Field("hours", 0, 23)
DAYS = Field("day of month", 1, 31, special=" ? L W")
MONTHS = Field("month", 1, 12, _MONTHS)
WEEKDAYS = Field("day of week", 1, 7, _WEEKDAYS, special=" ? L #")
YEARS = Field("year", 1970, 2199)
_FIELDS = (MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, YEARS)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a month on which an expression fires.

    Attributes:
        numbers: Days of the month.
        near: Days of the month of which the nearest working day is meant: `15W`.
        last: Whether the last day of the month is meant: `L`.
        weekdays: Days of the week, from Sunday, which is 1.
        last_weekdays: Days of the week that are meant in the last week: `6L`.
        nth: A day of the week, and which of the month is meant: `3#2`.
    """

    numbers: frozenset[int] = frozenset()
    near: frozenset[int] = frozenset()
    last: bool = False
    weekdays: frozenset[int] = frozenset()
    last_weekdays: frozenset[int] = frozenset()
    nth: tuple[int, int] | None = None

    def of(self, year: int, month: int) -> list[int]:
        """Return the days of a month, in order."""
        length = monthrange(year, month)[1]
        near = {_working_day(year, month, day) for day in self.near if day <= length}
        numbers = self.numbers | near | ({length} if self.last else set[int]())
        return [day for day in range(1, length + 1) if day in numbers or self._has_weekday(year, month, day)]

    def _has_weekday(self, year: int, month: int, day: int) -> bool:
        weekday = date(year, month, day).isoweekday() % 7 + 1
        return (
            weekday in self.weekdays
            or (weekday in self.last_weekdays and day + 7 > monthrange(year, month)[1])
            or self.nth == (weekday, (day + 6) // 7)
        )


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression.

    Attributes:
        minutes: Minutes of an hour, in order.
        hours: Hours of a day, in order.
        days: Days of a month.
        months: Months.
        years: Years.
        zone: Time zone in which it is meant.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: Days
    months: frozenset[int]
    years: frozenset[int]
    zone: tzinfo

    def after(self, time: float, start: float = 0.0) -> float | None:
        """Return the first time at which it fires after a time.

        Args:
            time: The time, in seconds since the epoch.
            start: Not used: a cron expression does not depend on when its rule was created.

        Returns:
            Seconds since the epoch; `None` if it never fires again. A local time that does not exist, because clocks
            are set forward, is left out; one that exists twice counts the first time:
            https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
        """
        for local in self._local_times(datetime.fromtimestamp(time, self.zone) - timedelta(days=1)):
            found = local.timestamp()
            if found > time and datetime.fromtimestamp(found, self.zone) == local:
                return found
        return None

    def _local_times(self, first: datetime) -> Iterator[datetime]:
        """Yield local times, in order, from the beginning of a day."""
        for year in sorted(each for each in self.years if each >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for day in self.days.of(year, month):
                    if (year, month, day) < (first.year, first.month, first.day):
                        continue
                    for hour in self.hours:
                        for minute in self.minutes:
                            yield datetime(year, month, day, hour, minute, tzinfo=self.zone)


def read_cron(fields: str, zone: tzinfo) -> Cron:
    """Read what stands within `cron(…)`.

    Args:
        fields: The fields.
        zone: Time zone in which they are meant.

    Raises:
        ScheduleError: AWS refuses the expression.
    """
    texts = fields.upper().split()
    if len(texts) != len(_FIELDS):
        raise ScheduleError(
            f"cron({fields}) has {len(texts)} fields: cron takes {len(_FIELDS)}; write minutes, hours, day of month, "
            "month, day of week and year"
        )
    minutes, hours, of_month, months, of_week, years = texts
    if (of_month == "?") == (of_week == "?"):
        raise ScheduleError(
            f"cron({fields}): either the day of month ({of_month}) or the day of week ({of_week}) is ?; write ? for "
            "the one that does not count"
        )
    return Cron(
        minutes=tuple(sorted(_values(minutes, MINUTES))),
        hours=tuple(sorted(_values(hours, HOURS))),
        days=_days_of_month(of_month) if of_week == "?" else _days_of_week(of_week),
        months=_values(months, MONTHS),
        years=_values(years, YEARS),
        zone=zone,
    )


def _days_of_month(text: str) -> Days:
    plain: list[str] = []
    near: set[int] = set()
    for part in text.split(","):
        if part.endswith("W"):
            near.add(_value(part[:-1], DAYS, part))
        elif part != "L":
            plain.append(part)
    numbers = _values(",".join(plain), DAYS) if plain else frozenset[int]()
    return Days(numbers=numbers, near=frozenset(near), last="L" in text.split(","))


def _days_of_week(text: str) -> Days:
    weekday, sharp, number = text.partition("#")
    if sharp:
        if not re.fullmatch("[1-5]", number):
            raise ScheduleError(f"{text} for {WEEKDAYS.name}: # stands alone and counts from 1 to 5; write {weekday}#1")
        return Days(nth=(_value(weekday, WEEKDAYS, text), int(number)))
    plain: list[str] = []
    last: set[int] = set()
    for part in text.split(","):
        if part == "L":  # the last day of the week
            plain.append("SAT")
        elif part.endswith("L"):
            last.add(_value(part[:-1], WEEKDAYS, part))
        else:
            plain.append(part)
    weekdays = _values(",".join(plain), WEEKDAYS) if plain else frozenset[int]()
    return Days(weekdays=weekdays, last_weekdays=frozenset(last))


def _values(text: str, field: Field) -> frozenset[int]:
    """Read a list of values, ranges and steps. A range may go beyond the largest value: `20-2` of hours."""
    values: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and int(step) >= 1):
            raise ScheduleError(f"{part} for {field.name}: a step is 1 or more; write {span}/1")
        first, dash, last = span.partition("-")
        start = field.least if span == "*" else _value(first, field, part)
        end = _value(last, field, part) if dash else field.most if span == "*" or slash else start
        if end < start:
            if field is YEARS:
                raise ScheduleError(f"{part} for {field.name}: the range goes backwards; write {last}-{first}")
            end += field.most - field.least + 1
        values.update(
            (value - field.least) % (field.most - field.least + 1) + field.least
            for value in range(start, end + 1, int(step or 1))
        )
    return frozenset(values)


def _value(text: str, field: Field, part: str) -> int:
    if text in field.names:
        return field.names.index(text) + field.least
    if not text.isdecimal() or not field.least <= int(text) <= field.most:
        raise ScheduleError(f"{part} for {field.name}: {field}; give values within")
    return int(text)


def _working_day(year: int, month: int, day: int) -> int:
    """Return the working day nearest to a day, within its month."""
    weekday, length = date(year, month, day).isoweekday(), monthrange(year, month)[1]
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < length else day - 2
    return day
