"""Defines the state of a circuit: the one record that all its members share."""

from __future__ import annotations

from redrive.core.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, Protocol, TypeAlias
else:
    Protocol = object


if TYPE_CHECKING:
    #: A stretch of the sliding window: its number since the epoch, its calls, and how many of them failed.
    Stretch: TypeAlias = tuple[int, int, int]
    CircuitStatus: TypeAlias = Literal["closed", "open", "half_open"]


class CircuitState(Frozen, kw_only=True):
    """The state of a circuit.

    Attributes:
        open_until: Time when the open time ends or, while a probe runs, when its lease ends, in seconds since the
            epoch. `None` if the circuit is closed.
        opened_at: Time when the circuit opened, in seconds since the epoch. `None` if it is closed.
        openings: Number of times the circuit has opened since it was last closed; each failed probe adds one.
        successes: Number of probes in a row that have succeeded.
        probe: Token of the running probe; `None` if none runs.
        failures: Times of the failed calls while the circuit was closed, in seconds since the epoch; only those that
            still count.
        stretches: Calls in the sliding window, as (number of the stretch, calls, failed calls); used only with a
            failure rate.
    """

    open_until: float | None = None
    opened_at: float | None = None
    openings: int = 0
    successes: int = 0
    probe: str | None = None
    failures: tuple[float, ...] = ()
    stretches: tuple[Stretch, ...] = ()

    def status(self, now: float) -> CircuitStatus:
        """Return whether the circuit is closed, open or half-open.

        Args:
            now: Seconds since the epoch.

        Returns:
            `"closed"`: every call is let through. `"open"`: no call is. `"half_open"`: one call at a time is, as a
            probe.
        """
        if self.open_until is None:
            return "closed"
        return "open" if self.probe is None and now < self.open_until else "half_open"


#: The state of a circuit about which nothing is known.
CLOSED = CircuitState()


class StoredCircuit(Frozen):
    """A circuit's state, as it is in a store.

    Attributes:
        version: Token of the write. `None`: nothing is stored.
        state: The state; closed if nothing is stored.
    """

    version: str | None = None
    state: CircuitState = CLOSED


class CircuitStore(Protocol):
    """Keeps the state of circuits. Implementations: `LocalCircuits`, `MemoryCircuits` and `DynamoDBCircuits`.

    Attributes:
        is_local: True if reading takes no request, so that breakers do not cache the state.
    """

    is_local: bool

    def read(self, circuit: str) -> StoredCircuit:
        """Return the latest state.

        Args:
            circuit: The circuit's name.

        Returns:
            The stored state.

        Raises:
            Exception: The state is unknown.
        """
        raise NotImplementedError

    def swap(self, circuit: str, before: str | None, after: StoredCircuit) -> StoredCircuit:
        """Write a state unless someone else wrote one since it was read; compare and write in one atomic step.

        Args:
            circuit: The circuit's name.
            before: The version from which the new state was made. `None`: nothing was stored.
            after: The new state, with a version that was never used before.

        Returns:
            The state that is stored now. It has the version of `after` if the write took effect, also if an earlier try
            of the same call wrote it and the reply was lost.

        Raises:
            Exception: It is unknown whether the state was written.
        """
        raise NotImplementedError
