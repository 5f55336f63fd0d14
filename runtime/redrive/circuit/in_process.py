"""Connects a breaker to a circuit of its own process: no call waits for a store."""

from __future__ import annotations

from collections.abc import Callable

from redrive.circuit.cache import LEAST_WAIT, PASS, Admission
from redrive.circuit.member import Member
from redrive.circuit.policy import CircuitPolicy
from redrive.circuit.state import CLOSED, CircuitState
from redrive.circuit.stores import LocalCircuits
from redrive.core.system import clock, now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.circuit.events import CircuitEvent


class InProcess(Member):
    """Takes part in a circuit of this process; threads may share it.

    Failures that are too few to open the circuit write no state.
    """

    def __init__(
        self,
        circuit: str,
        store: LocalCircuits,
        policy: CircuitPolicy,
        *,
        counts: Callable[[BaseException], bool] | None,
        on_event: Callable[[CircuitEvent], object] | None,
    ) -> None:
        super().__init__(
            circuit,
            store,
            policy,
            cache_age=0.0,
            unasked=0.0,
            on_store_failure="closed",
            counts=counts,
            on_event=on_event,
        )
        self._circuits = store
        self._find = store._circuits.get  # pyright: ignore[reportPrivateUsage]  # one call less each time
        self._calls = store.pending(circuit, policy)
        self._longest_open = policy.open_time.cap

    def admit_from_cache(self) -> Admission | None:
        """Return the decision for a call; `None` if a probe is due or running, or the clock was set back."""
        found = self._find(self.circuit)
        state = CLOSED if found is None else found.state
        if state.open_until is None:
            return PASS
        wait = state.open_until - clock.get()()
        if state.probe is None and LEAST_WAIT < wait <= self._longest_open:
            return Admission(None, wait)
        return None

    def read(self) -> CircuitState:
        """Return the state, with the failures that have not opened the circuit."""
        state = super().read()
        return self._decide(state, self._calls.peek(), now()) if state is CLOSED else state

    def _must_write(self, moment: float) -> bool:
        return self._circuits.read(self.circuit).state is not CLOSED or self._calls.may_open()
