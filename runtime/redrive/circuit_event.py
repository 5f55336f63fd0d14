"""What a circuit breaker tells of: changes of state, calls not let through, a store that fails."""

from __future__ import annotations

from collections.abc import Callable

from redrive.frozen import Frozen
from redrive.metrics import note
from redrive.settings import MetricName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    CircuitEventKind: TypeAlias = Literal["opened", "half_opened", "reopened", "closed", "rejected", "store_failed"]

#: The kinds that are changes of state; each is told by the member that has made it, once for the whole circuit.
TRANSITIONS = ("opened", "half_opened", "reopened", "closed")

_METRICS = {
    "opened": MetricName.CIRCUIT_OPENED,
    "reopened": MetricName.CIRCUIT_OPENED,
    "closed": MetricName.CIRCUIT_CLOSED,
    "rejected": MetricName.CIRCUIT_REJECTIONS,
    "store_failed": MetricName.CIRCUIT_STORE_FAILURES,
}


class CircuitEvent(Frozen):
    """What has happened to a circuit, for telemetry.

    Attributes:
        kind: `"opened"`, from closed; `"half_opened"`, since the first probe after the open time runs; `"reopened"`,
            since a probe has failed; `"closed"`; `"rejected"`, a call was not let through; `"store_failed"`, the shared
            state could not be read or written, so that `on_store_failure` decides.
        circuit: The circuit's name.
        at: When, in seconds since the epoch.
        openings: How often it opened since it was last closed, as far as is known.
        open_for: Seconds until a call may be let through; `None` where it is closed, or not known.
        error: What the dependency's call raised, or the store's; `None` where nothing failed.
    """

    __slots__ = ("at", "circuit", "error", "kind", "open_for", "openings")
    kind: CircuitEventKind
    circuit: str
    at: float
    openings: int
    open_for: float | None
    error: BaseException | None

    def __init__(
        self,
        kind: CircuitEventKind,
        circuit: str,
        at: float,
        *,
        openings: int = 0,
        open_for: float | None = None,
        error: BaseException | None = None,
    ) -> None:
        self._set(kind=kind, circuit=circuit, at=at, openings=openings, open_for=open_for, error=error)

    @property
    def is_transition(self) -> bool:
        """Whether the state of the circuit has changed."""
        return self.kind in TRANSITIONS


def announce(event: CircuitEvent, on_event: Callable[[CircuitEvent], object] | None) -> None:
    """Count an event, log it, unless it is a call not let through, and call the user's hook.

    Args:
        event: The event.
        on_event: The hook, if any. What it raises is logged and changes nothing.
    """
    if event.kind in _METRICS:
        error_type = None if event.error is None else type(event.error).__name__
        note(_METRICS[event.kind], error_type, source="circuit")
    if event.kind != "rejected":  # one for each call would say nothing new
        from redrive.log import described, warn

        error = event.error
        warn(
            f"redrive.circuit.{event.kind}",
            circuit=event.circuit,
            openings=event.openings or None,
            open_for=None if event.open_for is None else round(event.open_for, 3),
            error=None if error is None else described(error),
            error_type=None if error is None else type(error).__name__,
        )
    if on_event is not None:
        from redrive.failure_hook import tell

        tell(on_event, event)
