"""Computes the course of an event that fails: its attempts, each with its earliest and latest time, and its end.

Times are in seconds since the event was sent. Where AWS publishes no exact time, the two differ, and the truth lies
between them: runs take no time at the earliest and the function's timeout at the latest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf
from typing import Literal, NamedTuple

#: Kinds of failures. `error`: the function raises or reports a failure. `crash`: it times out, or its process ends.
#: `throttling`: Lambda cannot invoke it. `outage`: it raises until a dependency is back. `permanent`: it raises
#: `Permanent`, which only our helpers know.
Failure = Literal["error", "crash", "throttling", "outage", "permanent"]
#: Ends of an event, in the words of docs/glossary.md.
End = Literal["processed", "dead-lettered", "set aside", "given up", "lost"]
#: Shortest and longest time.
Span = tuple[float, float]
#: The wait after the attempt with a number, counted from 1.
Waits = Callable[[int], Span]

#: So many attempts are listed one by one; the waits between later ones are the longest, and all the same.
_LISTED = 64


class Attempt(NamedTuple):
    """An attempt.

    Attributes:
        number: Its number, counted from 1.
        earliest: Its earliest time.
        latest: Its latest time.
    """

    number: int
    earliest: float
    latest: float


class Ending(NamedTuple):
    """One way in which a course can end.

    Attributes:
        end: What becomes of the event.
        earliest: Its earliest time.
        latest: Its latest time.
        reason: Why, in a few words.
    """

    end: End
    earliest: float
    latest: float
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """The course of an event that fails in one way.

    Attributes:
        failure: What goes wrong.
        attempts: The attempts, at most the first 64.
        count: Least and greatest number of attempts.
        every: The time between further attempts.
        endings: How it can end, the likeliest first. More than one only where AWS leaves it open.
        runs: Whether the code runs at all.
    """

    failure: Failure
    attempts: tuple[Attempt, ...]
    count: Span
    every: Span
    endings: tuple[Ending, ...]
    runs: bool = True

    @property
    def loses(self) -> bool:
        """Return True if the event may be lost."""
        return any(each.end == "lost" for each in self.endings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The length of retries.

    Attributes:
        first: Time of the first attempt.
        run: Time of a run, as far as the next wait counts from its end.
        waits: The waits.
        most: Number of attempts; `math.inf` for no limit.
        exhausted: End after the last attempt, and its reason.
        settles: Time from the last attempt to that end.
        limit: Age from which nothing is attempted; `math.inf` for none.
        expired: End at the limit, and its reason.
        looks_ahead: Whether the event is given up at once if its next attempt would be too late.
        lags: Whether the limit is noticed at the next attempt only.
    """

    first: Span
    run: Span
    waits: Waits
    most: float
    exhausted: tuple[End, str]
    settles: Span = (0.0, 0.0)
    limit: float = inf
    expired: tuple[End, str] = ("lost", "")
    looks_ahead: bool = False
    lags: bool = False


def course(failure: Failure, policy: Policy, *, until: float | None = None, runs: bool = True) -> Course:
    """Compute the course of an event.

    Args:
        failure: What goes wrong.
        policy: How long it is retried.
        until: When an outage ends, and attempts begin to succeed; `None`: never.
        runs: Whether the code runs at all.
    """
    attempts, every = _attempts(policy)
    count = _count(policy, attempts, every)
    ending = _failed(policy, attempts, every, count)
    if until is not None:
        ending = _with_success(policy, attempts, every, count, ending, until)
    shown = tuple(each for each in attempts if each.number <= count[1])
    return Course(failure, shown, count, every, ending, runs)


def _attempts(policy: Policy) -> tuple[list[Attempt], Span]:
    """Return the first attempts that are possible, and the time between those after them."""
    earliest, latest = policy.first
    found: list[Attempt] = []
    step: Span = (0.0, 0.0)
    for number in range(1, _LISTED + 1):
        if number > policy.most or earliest >= policy.limit:
            break
        found.append(Attempt(number, earliest, latest))
        shortest, longest = policy.waits(number)
        step = (shortest + policy.run[0], longest + policy.run[1])
        earliest, latest = earliest + step[0], latest + step[1]
    return found, step


def _at(number: float, attempts: list[Attempt], every: Span) -> Span:
    """Return the time of the attempt with a number."""
    if number <= len(attempts):
        return attempts[int(number) - 1][1:]
    last, further = attempts[-1], number - len(attempts)
    return last.earliest + further * every[0], last.latest + further * every[1]


def _count(policy: Policy, attempts: list[Attempt], every: Span) -> Span:
    """Return the least and the greatest number of attempts."""
    if not attempts:
        return 0, 0
    if policy.limit == inf:
        return policy.most, policy.most
    certain = sum(each.latest < policy.limit for each in attempts)
    possible = len(attempts)
    if len(attempts) == _LISTED < policy.most:
        last = attempts[-1]
        if certain == _LISTED and every[1] > 0:
            certain += max(0, ceil((policy.limit - last.latest) / every[1]) - 1)
        possible = inf if every[0] <= 0 else possible + max(0, ceil((policy.limit - last.earliest) / every[0]) - 1)
    return min(max(certain, 1), policy.most), min(possible, policy.most)


def _failed(policy: Policy, attempts: list[Attempt], every: Span, count: Span) -> tuple[Ending, ...]:
    """Return the endings of an event that always fails."""
    if not attempts:
        return (Ending(policy.exhausted[0], *policy.first, policy.exhausted[1]),)
    least, most = count
    end, reason = policy.expired
    if policy.looks_ahead and least < policy.most:
        earliest, latest = _at(least, attempts, every)[0], _at(most, attempts, every)[1]
        late = Ending(end, earliest, min(latest, policy.limit) + policy.run[1], reason)
    else:
        late = Ending(end, policy.limit, policy.limit + (every[1] if policy.lags else 0.0), reason)
    if policy.most == inf:
        return (late,)
    last = _at(policy.most, attempts, every)
    done = (last[0] + policy.run[0] + policy.settles[0], last[1] + policy.run[1] + policy.settles[1])
    exhausted = Ending(policy.exhausted[0], *done, policy.exhausted[1])
    if policy.looks_ahead:
        return (exhausted,) if least == policy.most else (late,) if most < policy.most else (exhausted, late)
    if done[1] < policy.limit:
        return (exhausted,)
    if done[0] >= policy.limit:
        return (late,)
    return exhausted._replace(latest=policy.limit), late


def _with_success(
    policy: Policy, attempts: list[Attempt], every: Span, count: Span, failed: tuple[Ending, ...], until: float
) -> tuple[Ending, ...]:
    """Return the endings of an event whose attempts succeed from a time on."""
    surely = _first_from(until, attempts, every, count[1], earliest=True)
    maybe = _first_from(until, attempts, every, count[1], earliest=False)
    if maybe is None:
        return failed
    latest = inf if surely is None else _at(surely, attempts, every)[1]
    # Attempts are never further apart than this, so that one comes soon after the outage.
    gap = max((policy.waits(each.number)[1] + policy.run[1] for each in attempts[-1:]), default=0.0)
    gap = max(gap, every[1])
    if count[1] == inf or surely is not None or policy.most == inf:
        latest = min(latest, max(policy.first[1], until + gap))
    is_sure = (surely is not None and surely <= count[0]) or (policy.most == inf and until + gap < policy.limit)
    first = max(policy.first[0], until)
    last = latest if is_sure else min(latest, policy.limit, _at(count[1], attempts, every)[1])
    processed = Ending("processed", first, last, "an attempt after the outage succeeds")
    return (processed,) if is_sure else (processed, *failed)


def _first_from(time: float, attempts: list[Attempt], every: Span, most: float, *, earliest: bool) -> float | None:
    """Return the number of the first attempt that is at a time or later: of those that surely, or possibly, are."""
    which = 1 if earliest else 2
    for each in attempts:
        if each.number > most:
            return None
        if each[which] >= time:
            return each.number
    if len(attempts) < _LISTED or every[which - 1] <= 0:
        return None
    number = len(attempts) + ceil((time - attempts[-1][which]) / every[which - 1])
    return number if number <= most else None


def longest_outage(policy: Policy) -> float:
    """Return the length of the longest outage, from when the event is sent, that surely ends in a success."""
    attempts, every = _attempts(policy)
    if not attempts:
        return 0.0
    if policy.most == inf:
        return max(0.0, policy.limit - every[1])
    return _at(_count(policy, attempts, every)[0], attempts, every)[0]
