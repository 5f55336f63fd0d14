"""What is known of a circuit: the one record that all its members share."""

from __future__ import annotations

from redrive.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    #: A stretch of the sliding window: its number since the epoch, the calls in it, and how many of them failed.
    Stretch: TypeAlias = tuple[int, int, int]
    CircuitStatus: TypeAlias = Literal["closed", "open", "half_open"]


class CircuitState(Frozen):
    """The state of a circuit.

    Attributes:
        open_until: When the open time ends, in seconds since the epoch; while a probe runs, when its lease ends. `None`
            where the circuit is closed.
        opened_at: When it opened, in seconds since the epoch. `None` where it is closed.
        openings: How often it opened since it was last closed; each failed probe is one more.
        successes: How many probes in a row have succeeded.
        probe: The token of the probe that runs, if one does.
        failures: When calls failed while it was closed, in seconds since the epoch; only those that still count.
        stretches: What was called in the sliding window, where a rate opens the circuit.
    """

    __slots__ = ("failures", "open_until", "opened_at", "openings", "probe", "stretches", "successes")
    open_until: float | None
    opened_at: float | None
    openings: int
    successes: int
    probe: str | None
    failures: tuple[float, ...]
    stretches: tuple[Stretch, ...]

    def __init__(
        self,
        *,
        open_until: float | None = None,
        opened_at: float | None = None,
        openings: int = 0,
        successes: int = 0,
        probe: str | None = None,
        failures: tuple[float, ...] = (),
        stretches: tuple[Stretch, ...] = (),
    ) -> None:
        self._set(
            open_until=open_until,
            opened_at=opened_at,
            openings=openings,
            successes=successes,
            probe=probe,
            failures=failures,
            stretches=stretches,
        )

    def status(self, now: float) -> CircuitStatus:
        """What the circuit is.

        Args:
            now: Seconds since the epoch.

        Returns:
            `"closed"`: each call is let through. `"open"`: none is. `"half_open"`: one at a time is, as a probe.
        """
        if self.open_until is None:
            return "closed"
        return "open" if self.probe is None and now < self.open_until else "half_open"


#: A circuit of which nothing is known.
CLOSED = CircuitState()
