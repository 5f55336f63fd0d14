"""Decides how a circuit's state changes; all functions are pure."""

from __future__ import annotations

from redrive.circuit.policy import CircuitPolicy
from redrive.circuit.state import CLOSED, CircuitState
from redrive.core.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal, TypeAlias

    from redrive.circuit.state import Stretch


if TYPE_CHECKING:
    #: The result of a probe. `abandoned`: it shows nothing about the dependency, and another probe may start at once.
    ProbeResult: TypeAlias = Literal["succeeded", "failed", "abandoned"]

#: Number of steps in which the sliding window moves on.
STRETCHES = 10


class CallsFailed(Frozen):
    """Calls that a member made while the circuit was closed.

    Attributes:
        failures: Times of the failures that are not yet written, in seconds since the epoch.
        last_success: Time of the member's last success, in seconds since the epoch. `None`: no call succeeded.
        stretches: All calls that are not yet written, failed or not; used only with a failure rate.
    """

    failures: tuple[float, ...] = ()
    last_success: float | None = None
    stretches: tuple[Stretch, ...] = ()


class ProbeStarted(Frozen):
    """A member's request to start a probe; the token identifies the probe."""

    token: str


class ProbeEnded(Frozen):
    """The result of a member's probe."""

    token: str
    result: ProbeResult


if TYPE_CHECKING:
    Happening: TypeAlias = CallsFailed | ProbeStarted | ProbeEnded


def decide(state: CircuitState, event: Happening, now: float, policy: CircuitPolicy, *, random: float) -> CircuitState:
    """Return the state after an event, or the very same object if nothing changes.

    `now` is in seconds since the epoch. `random`, in [0, 1), is for the jitter of the open time.
    """
    # A circuit that is not closed ignores calls that were let through before.
    if isinstance(event, CallsFailed):
        return state if state.open_until is not None else _after_failures(state, event, now, policy, random)
    if isinstance(event, ProbeStarted):
        if state.open_until is None or now < state.open_until:
            return state
        # A probe that exceeds its lease counts as failed when the next one starts: the member that ran it may be gone.
        successes = state.successes if state.probe is None else 0
        return _open(state, until=now + policy.lease, probe=event.token, successes=successes)
    # A probe that another one has replaced changes nothing.
    if state.open_until is None or state.probe != event.token:
        return state
    if event.result == "failed":
        return _opened(state, now, policy, random)
    if event.result == "abandoned":
        return _open(state, until=now, successes=state.successes)
    if state.successes + 1 >= policy.success_threshold:
        return CLOSED
    return _open(state, until=now, successes=state.successes + 1)


def bounded(state: CircuitState, now: float, policy: CircuitPolicy) -> CircuitState:
    """Return the state with its end moved to the latest time that the policy allows, or the very same object.

    Only a clock that shows another time than this member's can have written a later one.
    """
    if state.open_until is None:
        return state
    latest = now + (policy.open_time.cap if state.probe is None else policy.lease)
    return state if state.open_until <= latest else state.replace(open_until=latest)


def stretch_of(moment: float, policy: CircuitPolicy) -> int:
    """Return the number of the sliding window's stretch that contains a moment."""
    return int(moment // (policy.window / STRETCHES))


def merged(*several: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Add up the stretches of the same number, sorted by number."""
    sums: dict[int, tuple[int, int]] = {}
    for stretches in several:
        for number, calls, failures in stretches:
            before = sums.get(number, (0, 0))
            sums[number] = (before[0] + calls, before[1] + failures)
    return tuple((number, *sums[number]) for number in sorted(sums))


def _after_failures(
    state: CircuitState, event: CallsFailed, now: float, policy: CircuitPolicy, random: float
) -> CircuitState:
    # A time in the future comes from a clock that is ahead. It counts as now, so that it leaves the window in time.
    if policy.failure_rate is not None:
        newest = stretch_of(now, policy)
        known = [(min(each[0], newest), each[1], each[2]) for each in (*state.stretches, *event.stretches)]
        stretches = tuple(each for each in merged(known) if each[0] > newest - STRETCHES)
        calls, failed = sum(each[1] for each in stretches), sum(each[2] for each in stretches)
        if failed and calls >= policy.minimum_calls and failed >= policy.failure_rate * calls:
            return _opened(state, now, policy, random)
        return CircuitState(stretches=stretches)
    failures = sorted(min(each, now) for each in (*state.failures, *event.failures) if each > now - policy.window)
    if policy.consecutive and event.last_success is not None:
        # A clock may show the same time twice. Failures at that time count, so that an outage is not missed.
        failures = [each for each in failures if each >= event.last_success]
    if len(failures) >= policy.failure_threshold:
        return _opened(state, now, policy, random)
    return CircuitState(failures=tuple(failures))


def _opened(state: CircuitState, now: float, policy: CircuitPolicy, random: float) -> CircuitState:
    wait = policy.open_time.wait(state.openings, random)
    opened_at = now if state.opened_at is None else state.opened_at
    return CircuitState(open_until=now + wait, opened_at=opened_at, openings=state.openings + 1)


def _open(state: CircuitState, *, until: float, successes: int, probe: str | None = None) -> CircuitState:
    return CircuitState(
        open_until=until, opened_at=state.opened_at, openings=state.openings, successes=successes, probe=probe
    )
