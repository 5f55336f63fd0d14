"""How a circuit's state changes: a pure function of the state, what has happened, the time and the policy."""

from __future__ import annotations

from redrive.circuit_policy import CircuitPolicy
from redrive.circuit_state import CLOSED, CircuitState
from redrive.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from redrive.circuit_state import Stretch

    #: What has become of a probe. `abandoned`: nothing is known of the dependency, and another probe may run at once.
    ProbeResult: TypeAlias = Literal["succeeded", "failed", "abandoned"]

#: The sliding window moves on in steps of this part of it.
STRETCHES = 10


class CallsFailed(Frozen):
    """Calls that a member has made while the circuit was closed.

    Attributes:
        failures: When those failed that it has not told of so far, in seconds since the epoch.
        last_success: When a call last succeeded there, in seconds since the epoch. `None`: none did.
        stretches: All of its calls that it has not told of so far, failed or not, where a rate opens the circuit.
    """

    __slots__ = ("failures", "last_success", "stretches")
    failures: tuple[float, ...]
    last_success: float | None
    stretches: tuple[Stretch, ...]

    def __init__(
        self,
        failures: tuple[float, ...] = (),
        last_success: float | None = None,
        stretches: tuple[Stretch, ...] = (),
    ) -> None:
        self._set(failures=failures, last_success=last_success, stretches=stretches)


class ProbeStarted(Frozen):
    """A member wants to run a probe, which its token tells from all others."""

    __slots__ = ("token",)
    token: str

    def __init__(self, token: str) -> None:
        self._set(token=token)


class ProbeEnded(Frozen):
    """A member has run its probe."""

    __slots__ = ("result", "token")
    token: str
    result: ProbeResult

    def __init__(self, token: str, result: ProbeResult) -> None:
        self._set(token=token, result=result)


if TYPE_CHECKING:
    Happening: TypeAlias = CallsFailed | ProbeStarted | ProbeEnded


def decide(state: CircuitState, event: Happening, now: float, policy: CircuitPolicy, *, random: float) -> CircuitState:
    """The state after something has happened.

    A circuit that is not closed takes no notice of calls that were let through before. A probe starts when the open
    time has ended and no other one is within its lease. A probe that has not ended within its lease counts as failed as
    soon as another one starts: whoever ran it may be gone. What becomes of a probe whose place was taken changes
    nothing.

    Args:
        state: What it was.
        event: What has happened.
        now: Seconds since the epoch.
        policy: When the circuit opens and closes.
        random: A number in [0, 1), for the jitter of the open time.

    Returns:
        The new state; the very same object where nothing changes.
    """
    if isinstance(event, CallsFailed):
        return state if state.open_until is not None else _after_failures(state, event, now, policy, random)
    if isinstance(event, ProbeStarted):
        if state.open_until is None or now < state.open_until:
            return state
        successes = state.successes if state.probe is None else 0
        return _open(state, until=now + policy.lease, probe=event.token, successes=successes)
    if state.open_until is None or state.probe != event.token:
        return state
    if event.result == "failed":
        return _opened(state, now, policy, random)
    if event.result == "abandoned":
        return _open(state, until=now, successes=state.successes)
    if state.successes + 1 >= policy.success_threshold:
        return CLOSED
    return _open(state, until=now, successes=state.successes + 1)


def stretch_of(moment: float, policy: CircuitPolicy) -> int:
    """The number of the sliding window's stretch in which a moment is."""
    return int(moment // (policy.window / STRETCHES))


def merged(*several: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Stretches of the same numbers added up, in their order."""
    sums: dict[int, tuple[int, int]] = {}
    for stretches in several:
        for number, calls, failures in stretches:
            before = sums.get(number, (0, 0))
            sums[number] = (before[0] + calls, before[1] + failures)
    return tuple((number, *sums[number]) for number in sorted(sums))


def _after_failures(
    state: CircuitState, event: CallsFailed, now: float, policy: CircuitPolicy, random: float
) -> CircuitState:
    if policy.failure_rate is not None:
        oldest = stretch_of(now, policy) - STRETCHES
        stretches = tuple(each for each in merged(state.stretches, event.stretches) if each[0] > oldest)
        calls, failed = sum(each[1] for each in stretches), sum(each[2] for each in stretches)
        if failed and calls >= policy.minimum_calls and failed >= policy.failure_rate * calls:
            return _opened(state, now, policy, random)
        return CircuitState(stretches=stretches)
    failures = sorted(each for each in (*state.failures, *event.failures) if each > now - policy.window)
    if policy.consecutive and event.last_success is not None:
        # A clock may show the same time twice: what failed at that time counts, rather than nothing of an outage.
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
