"""Defines the state of a circuit: the one record that all its members share."""

from __future__ import annotations

from redrive.core.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias


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
