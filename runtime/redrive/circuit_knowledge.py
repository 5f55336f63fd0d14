"""What a member knows of its circuit without asking the store, and what follows from it for a call."""

from __future__ import annotations

from redrive.circuit_state import CircuitState
from redrive.circuit_store import StoredCircuit
from redrive.frozen import Frozen
from redrive.randomness import draw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    #: What to do with calls while the shared state cannot be read.
    OnStoreFailure: TypeAlias = Literal["closed", "open"]

# Seconds for which a failed store is left alone, at the least; also how long another member's probe is waited for.
_PATIENCE = 1.0
# Seconds. What is found again at once is not worth a wait of none.
_LEAST_WAIT = 0.001
#: Seconds: a circuit that was found closed longer ago than this is read again before the next call, without exception.
LONGEST_UNASKED = 300.0


class Admission(Frozen):
    """Whether a call is let through.

    Attributes:
        probe: The token of the probe that the call is; `None` where it is none.
        wait: Seconds until it is worth asking again; `None` where the call is let through.
    """

    __slots__ = ("probe", "wait")
    probe: str | None
    wait: float | None

    def __init__(self, probe: str | None = None, wait: float | None = None) -> None:
        self._set(probe=probe, wait=wait)


PASS = Admission()


class Knowledge:
    """What was last heard of the store. Threads may look at it while one of them renews it.

    Args:
        cache_age: Seconds for which a circuit that was found closed is not read again.
        unasked: The share of calls for which it is not read after that either.
        on_store_failure: What it counts as while it cannot be read.
    """

    __slots__ = ("_cache_age", "_failed_at", "_last", "_on_store_failure", "_unasked", "patience")

    def __init__(self, *, cache_age: float, unasked: float, on_store_failure: OnStoreFailure) -> None:
        self._cache_age = cache_age
        self._unasked = unasked
        self._on_store_failure: OnStoreFailure = on_store_failure
        self._last: tuple[StoredCircuit, float] | None = None  # one value, so that no thread sees half of it
        self._failed_at: float | None = None
        self.patience = max(cache_age, _PATIENCE)

    @property
    def found(self) -> StoredCircuit | None:
        """What was last found in the store, however long ago; `None` where nothing is known."""
        return self._last[0] if self._last else None

    def fresh(self, moment: float) -> StoredCircuit | None:
        """What was found within the cache age."""
        last = self._last
        return last[0] if last is not None and 0 <= moment - last[1] < self._cache_age else None

    def keep(self, found: StoredCircuit, moment: float) -> StoredCircuit:
        """Remember what the store has answered."""
        self._last = (found, moment)
        self._failed_at = None
        return found

    def doubt(self) -> None:
        """Forget what was found, since it is not known what becomes of a write."""
        self._last = None

    def store_failed(self, moment: float) -> Admission:
        """Leave the store alone for a while.

        Returns:
            What becomes of a call without it.
        """
        self._failed_at = moment
        return self._without_store(self.patience)

    def is_store_left_alone(self, moment: float) -> bool:
        """Whether the store has failed a short while ago."""
        return self._failed_at is not None and 0 <= moment - self._failed_at < self.patience

    def admission(self, moment: float) -> Admission | None:
        """What becomes of a call; `None` where the store has to be asked."""
        last = self._last
        if last is not None:
            state, until = last[0].state, last[0].state.open_until
            is_fresh = 0 <= moment - last[1] < self._cache_age
            if until is None:
                if is_fresh:
                    return PASS
            elif moment < until and (state.probe is None or is_fresh):
                return self.refusal(state, moment)
        failed_at = self._failed_at
        if failed_at is not None and 0 <= moment - failed_at < self.patience:
            return self._without_store(failed_at + self.patience - moment)
        return None

    def may_go_unasked(self, moment: float) -> bool:
        """Whether a call is one of those for which a healthy circuit is not read again. Each time is a draw."""
        last = self._last
        if not self._unasked or last is None or not 0 <= moment - last[1] <= LONGEST_UNASKED:
            return False
        state = last[0].state
        is_healthy = state.open_until is None and not state.failures and not state.stretches
        return is_healthy and draw() < self._unasked

    def refusal(self, state: CircuitState, moment: float) -> Admission:
        """The answer to a call at a circuit that is not closed, and not due for a probe."""
        wait = (state.open_until or moment) - moment
        if state.probe is not None:  # it may well be over before its lease
            found_at = self._last[1] if self._last else moment
            wait = min(wait, found_at + self.patience - moment)
        return Admission(wait=max(wait, _LEAST_WAIT))

    def _without_store(self, wait: float) -> Admission:
        return Admission(wait=wait) if self._on_store_failure == "open" else PASS
