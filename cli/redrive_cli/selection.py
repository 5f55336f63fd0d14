"""Selects failures by id, content, reason, type, age and group. All of it is pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal

from redrive_cli.errors import Usage
from redrive_cli.failures.found import Found, facts_of

#: The number of times that an event is brought back before it is held back.
MAX_REPLAYS = 3

Verdict = Literal["selected", "not_selected", "held_back", "not_understood"]

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Conditions for failures; all must hold.

    Attributes:
        ids: Ids, in full or the last part of them; empty: any.
        where: Whether the facts of a failure are wanted; `None`: any.
        reason: Text in the reason, or a pattern with `*`; upper and lower case are the same.
        type: Name of the error's class, or a pattern with `*`.
        before: Failed at or before this time.
        after: Failed at or after this time.
        group: Message group or shard.
        in_doubt: Ids of what an interrupted replay may have sent, and nothing else; `None`: any.
        max_replays: Hold back what was brought back that often.
    """

    ids: frozenset[str] = frozenset()
    where: Callable[[Any], bool] | None = None
    reason: str | None = None
    type: str | None = None
    before: datetime | None = None
    after: datetime | None = None
    group: str | None = None
    in_doubt: frozenset[str] | None = None
    max_replays: int | None = None

    @property
    def is_everything(self) -> bool:
        """True if it leaves out nothing but failures that were replayed too often."""
        return not self.ids and all(
            each is None
            for each in (self.where, self.reason, self.type, self.before, self.after, self.group, self.in_doubt)
        )

    def verdict(self, found: Found) -> Verdict:
        """Decide about a failure."""
        if not self._matches(found):
            return "not_selected"
        if found.failure is None:
            return "not_understood"
        if self.max_replays is not None and found.history.times >= self.max_replays:
            return "held_back"
        return "selected"

    def _matches(self, found: Found) -> bool:
        if self.ids and self.ids.isdisjoint((found.id, found.key, found.key.rpartition("/")[2])):
            return False
        if self.group is not None and found.group != self.group:
            return False
        if self.in_doubt is not None and found.id not in self.in_doubt:
            return False
        if self.reason is not None and not _contains(found.reason, self.reason):
            return False
        error = None if found.failure is None else found.failure.error_type
        if self.type is not None and not fnmatchcase(error or "", self.type):
            return False
        at = found.at
        # A failure without a time is neither older nor newer than anything.
        if self.before is not None and (at is None or at > self.before):
            return False
        if self.after is not None and (at is None or at < self.after):
            return False
        return self.where is None or self.where(facts_of(found))


def _contains(text: str | None, pattern: str) -> bool:
    lower, wanted = (text or "").lower(), pattern.lower()
    return fnmatchcase(lower, wanted) if "*" in wanted else wanted in lower


def time_before(text: str, now: datetime) -> datetime:
    """Return the time that a person means by an age such as `90m` or by a time such as `2026-11-21T08:00`.

    Raises:
        Usage: It is neither.
    """
    parts = _AGE.findall(text)
    if parts and "".join(f"{number}{unit}" for number, unit in parts) == text.replace(" ", ""):
        return now - timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Usage(
            f"{text!r} is neither an age nor a time: give one such as 90m, 2h, 1d, or 2026-11-21T08:00 (UTC)"
        ) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def seconds_in(text: str) -> float:
    """Return the seconds in a duration such as `90s` or `1h30m`; `Usage` if it is none."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    if re.fullmatch(r"[\d.]+", text):
        return float(text)
    if "-" in text:
        raise Usage(f"{text!r} is no duration: give one such as 30s, 10m or 2h")
    return (moment - time_before(text, moment)).total_seconds()


def expression(text: str) -> Callable[[Any], bool]:
    """Return what tells whether facts match a JMESPath expression.

    Raises:
        Usage: It is no such expression.
    """
    import jmespath
    from jmespath.exceptions import ArityError, JMESPathError, JMESPathTypeError, UnknownFunctionError

    def refused(error: Exception) -> Usage:
        why = " ".join(str(error).split("\n")[0].split()).rstrip(": ")
        return Usage(
            f'--where {text!r} is no JMESPath expression ({why}); an example: "payload.total > `100` && '
            "error_type == 'KeyError'\""
        )

    try:
        compiled: Any = jmespath.compile(text)
        with suppress(JMESPathTypeError):
            compiled.search({})  # a function that does not exist
    except JMESPathError as error:
        raise refused(error) from None

    def matches(facts: Any) -> bool:
        try:
            found: Any = compiled.search(facts)
        except (ArityError, UnknownFunctionError) as error:
            raise refused(error) from None
        except JMESPathError:  # such as a function on a value of the wrong type
            return False
        # As JMESPath's own filters do: false, null and what is empty do not match, the number 0 does.
        return found is True or not (found is None or found is False or found in ("", [], {}))

    return matches
