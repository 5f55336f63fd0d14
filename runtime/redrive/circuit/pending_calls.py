"""Collects the results of a member's calls until they are written to the circuit's shared state."""

from __future__ import annotations

from collections import deque
from sys import maxsize
from threading import Lock

from redrive.circuit.decision import STRETCHES, CallsFailed, merged, stretch_of
from redrive.circuit.policy import CircuitPolicy


class PendingCalls:
    """Collects the results of calls until they are written to the store; threads may share it."""

    __slots__ = ("_failures", "_is_rate", "_last_success", "_lock", "_policy", "_stretches")

    def __init__(self, policy: CircuitPolicy) -> None:
        self._policy = policy
        self._is_rate = policy.failure_rate is not None  # then `_failures` stays empty
        self._lock = Lock()
        # More failures than the threshold change nothing.
        self._failures: deque[float] = deque(maxlen=min(int(policy.failure_threshold), maxsize))
        self._last_success: float | None = None
        # Calls and failed calls by number of the stretch. Stretches before the window do not matter.
        self._stretches: dict[int, tuple[int, int]] = {}

    def succeeded(self, moment: float) -> None:
        """Record a successful call."""
        self._last_success = moment
        if self._failures:
            if self._policy.consecutive:  # failures before a success do not count
                with self._lock:
                    self._failures.clear()
        elif self._is_rate:
            with self._lock:
                self._add(moment, failed=0)

    def failed(self, moment: float) -> None:
        """Record a failed call."""
        with self._lock:
            if self._is_rate:
                self._add(moment, failed=1)
            else:
                self._failures.append(moment)

    def may_open(self) -> bool:
        """Return False if the calls are too few to open a circuit that knows of no others."""
        return self._is_rate or len(self._failures) >= self._policy.failure_threshold

    def peek(self) -> CallsFailed:
        """Return the calls that are not yet written."""
        with self._lock:
            return self._calls()

    def take(self) -> CallsFailed:
        """Return the calls that are not yet written, and remove them."""
        with self._lock:
            calls = self._calls()
            self._failures.clear()
            self._stretches.clear()
            return calls

    def put_back(self, calls: CallsFailed) -> None:
        """Add calls again that could not be written."""
        with self._lock:
            both = merge_calls(calls, self._calls(), self._policy)
            self._failures.extend(both.failures)
            self._stretches = {number: (calls, failures) for number, calls, failures in both.stretches}

    def _calls(self) -> CallsFailed:
        stretches = tuple((number, *sums) for number, sums in self._stretches.items())
        return CallsFailed(tuple(self._failures), self._last_success, stretches)

    def _add(self, moment: float, *, failed: int) -> None:
        number = stretch_of(moment, self._policy)
        if number not in self._stretches:
            oldest = stretch_of(moment - self._policy.window, self._policy)
            for each in [each for each in self._stretches if each < oldest]:
                del self._stretches[each]
        calls, failures = self._stretches.get(number, (0, 0))
        self._stretches[number] = (calls + 1, failures + failed)


def merge_calls(one: CallsFailed, other: CallsFailed, policy: CircuitPolicy) -> CallsFailed:
    """Merge two collections of calls, the earlier one first, and keep only the calls that can still count."""
    failures = (*one.failures, *other.failures)[-policy.failure_threshold :]
    stretches = merged(one.stretches, other.stretches)[-STRETCHES - 1 :]
    return CallsFailed(failures, other.last_success, stretches)
