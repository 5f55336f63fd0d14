"""Caches the state of a circuit in one member, and decides from it whether a call is let through."""

from __future__ import annotations

from redrive.circuit.decision import bounded
from redrive.circuit.state import CircuitState, StoredCircuit
from redrive.core.system import draw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from redrive.circuit.policy import CircuitPolicy


if TYPE_CHECKING:
    #: The state to assume while the shared state cannot be read.
    OnStoreFailure: TypeAlias = Literal["closed", "open"]

# In seconds, at least: the pause after a failure of the store, and the wait for another member's probe.
_PATIENCE = 1.0
#: In seconds. A wait of 0 would only give the same answer again.
LEAST_WAIT = 0.001
#: In seconds. A circuit that was found closed longer ago is always read again before the next call.
LONGEST_UNASKED = 300.0


class Admission:
    """The decision whether a call is let through; never changed.

    Attributes:
        probe: The token of the probe that this call is; `None` if it is not a probe.
        wait: Seconds until it makes sense to ask again; `None` if the call is let through.
        local: The member, without a shared store, whose probe this is; `None` for a probe of the shared circuit.
    """

    __slots__ = ("local", "probe", "wait")

    def __init__(self, probe: str | None = None, wait: float | None = None, local: object = None) -> None:
        self.probe = probe
        self.wait = wait
        self.local = local


PASS = Admission()


class CachedState:
    """The last answer of the store; threads may read it while one of them renews it.

    Args:
        policy: The circuit's policy.
        cache_age: Seconds for which a circuit that was found closed is not read again.
        unasked: Share of the calls, from 0 to 1, that do not read it after that either.
        on_store_failure: The state to assume while the circuit cannot be read.
    """

    __slots__ = ("_cache_age", "_failed_at", "_last", "_on_store_failure", "_policy", "_unasked", "known", "patience")

    def __init__(
        self, policy: CircuitPolicy, *, cache_age: float, unasked: float, on_store_failure: OnStoreFailure
    ) -> None:
        self._policy = policy
        self._cache_age = cache_age
        self._unasked = unasked
        self._on_store_failure: OnStoreFailure = on_store_failure
        self._last: tuple[StoredCircuit, float] | None = None  # one tuple, so that no thread sees half of an update
        self._failed_at: float | None = None
        #: The last state that the store has returned, also if a later write has an unknown result.
        self.known = StoredCircuit()
        self.patience = max(cache_age, _PATIENCE)

    @property
    def stored(self) -> StoredCircuit | None:
        """The last state read from the store, however old; `None` if nothing is known."""
        return self._last[0] if self._last else None

    def fresh(self, moment: float) -> StoredCircuit | None:
        """Return the last state read if it is younger than the cache age."""
        last = self._last
        return last[0] if last is not None and 0 <= moment - last[1] < self._cache_age else None

    def keep(self, found: StoredCircuit, moment: float) -> StoredCircuit:
        """Keep a state that the store has returned, within the bounds of the policy, and return it."""
        if found.state.open_until is not None and found.version == self.known.version:
            found = self.known  # a version never changes, so its end must not move on with each reading
        found = self._within_policy(found, moment)
        self.known = found
        self._last = (found, moment)
        self._failed_at = None
        return found

    def invalidate(self) -> None:
        """Forget the last state, because the result of a write is unknown."""
        self._last = None

    def store_failed(self, moment: float) -> Admission | None:
        """Record a failure of the store, and return the rejection of calls until the store is asked again, if any."""
        self._failed_at = moment
        return self._without_store(self.patience)

    def is_store_avoided(self, moment: float) -> bool:
        """Return True if the store failed so recently that it is not asked again."""
        return self._failed_at is not None and 0 <= moment - self._failed_at < self.patience

    def admission(self, moment: float) -> Admission | None:
        """Return the decision for a call; `None` if the store, or the local state in its place, must be asked."""
        last = self._last
        if last is not None:
            state, until = last[0].state, last[0].state.open_until
            is_fresh = 0 <= moment - last[1] < self._cache_age
            if until is None:
                if is_fresh:
                    return PASS
            elif (
                moment < until
                and (state.probe is None or is_fresh)
                and bounded(state, moment, self._policy) is state  # otherwise the clock was set back
            ):
                return self.rejection(state, moment)
        failed_at = self._failed_at
        if failed_at is not None and 0 <= moment - failed_at < self.patience:
            return self._without_store(failed_at + self.patience - moment)
        return None

    def may_skip_reading(self, moment: float) -> bool:
        """Decide at random whether a call may skip reading a healthy circuit."""
        last = self._last
        if not self._unasked or last is None or not 0 <= moment - last[1] <= LONGEST_UNASKED:
            return False
        state = last[0].state
        is_healthy = state.open_until is None and not state.failures and not state.stretches
        return is_healthy and draw() < self._unasked

    def rejection(self, state: CircuitState, moment: float) -> Admission:
        """Reject a call at a circuit that is not closed and not due for a probe."""
        wait = (state.open_until or moment) - moment
        if state.probe is not None:  # the probe may end before its lease
            found_at = self._last[1] if self._last else moment
            wait = min(wait, found_at + self.patience - moment)
        return Admission(wait=max(wait, LEAST_WAIT))

    def _without_store(self, wait: float) -> Admission | None:
        return Admission(wait=wait) if self._on_store_failure == "open" else None

    def _within_policy(self, found: StoredCircuit, moment: float) -> StoredCircuit:
        state = bounded(found.state, moment, self._policy)
        return found if state is found.state else StoredCircuit(found.version, state)
