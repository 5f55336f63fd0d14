"""Publishes the events of a circuit breaker: changes of state, rejected calls, failures of the store."""

from __future__ import annotations

from collections.abc import Callable

from redrive.core.frozen import Frozen
from redrive.metrics import count
from redrive.settings.metrics import MetricName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import KW_ONLY
    from typing import Literal, TypeAlias

    from redrive.circuit.state import CircuitState


if TYPE_CHECKING:
    CircuitEventKind: TypeAlias = Literal["opened", "half_opened", "reopened", "closed", "rejected", "store_failed"]

#: The kinds that are changes of state. The member that made the change publishes it, once for the whole circuit.
TRANSITIONS = ("opened", "half_opened", "reopened", "closed")

_REJECTIONS = MetricName.CIRCUIT_REJECTIONS
_METRICS = {
    "opened": MetricName.CIRCUIT_OPENED,
    "reopened": MetricName.CIRCUIT_OPENED,
    "closed": MetricName.CIRCUIT_CLOSED,
    "rejected": _REJECTIONS,
    "store_failed": MetricName.CIRCUIT_STORE_FAILURES,
}


class CircuitEvent(Frozen):
    """An event of a circuit, for telemetry. `CircuitBreaker` passes it to `on_event`.

    Attributes:
        kind: `"opened"`: the circuit was closed before. `"half_opened"`: the first probe after the open time has
            started. `"reopened"`: a probe has failed. `"closed"`: enough probes have succeeded. `"rejected"`: a call
            was not let through. `"store_failed"`: the shared state could not be read or written, so `on_store_failure`
            decides.
        circuit: The circuit's name.
        at: Time of the event, in seconds since the epoch.
        openings: Number of times the circuit has opened since it was last closed, as far as known.
        open_for: Seconds until a call may be let through; `None` if the circuit is closed, or if this is unknown.
        error: The error that the dependency's call, or the store, raised; `None` if nothing failed.
    """

    kind: CircuitEventKind
    circuit: str
    at: float
    _: KW_ONLY
    openings: int = 0
    open_for: float | None = None
    error: BaseException | None = None

    @property
    def is_transition(self) -> bool:
        """True if the state of the circuit has changed."""
        return self.kind in TRANSITIONS


def event_of(
    kind: CircuitEventKind,
    circuit: str,
    state: CircuitState | None,
    at: float,
    *,
    open_for: float | None = None,
    error: BaseException | None = None,
) -> CircuitEvent:
    """Make an event of a circuit in a state; the state says for how long it is open, unless `open_for` does."""
    if open_for is None and state is not None and state.open_until is not None and state.probe is None:
        open_for = max(0.0, state.open_until - at)
    openings = 0 if state is None else state.openings
    return CircuitEvent(kind, circuit, at, openings=openings, open_for=open_for, error=error)


def count_rejection() -> None:
    """Count a rejected call."""
    count(_REJECTIONS, None, 1, "circuit")


def count_event(kind: CircuitEventKind, error: BaseException | None) -> None:
    """Count an event, if it is of a kind with a metric."""
    if kind in _METRICS:
        from redrive.core.log import type_name

        count(_METRICS[kind], None if error is None else type_name(error), source="circuit")


def publish(event: CircuitEvent, on_event: Callable[[CircuitEvent], object] | None) -> None:
    """Count an event, log it unless it is a rejected call, and call the user's hook."""
    from redrive.core.log import call_hook, described, type_name, warn

    count_event(event.kind, event.error)
    if event.kind != "rejected":  # a log line for each rejected call adds no information
        error = event.error
        warn(
            f"redrive.circuit.{event.kind}",
            circuit=event.circuit,
            openings=event.openings or None,
            open_for=None if event.open_for is None else round(event.open_for, 3),
            error=None if error is None else described(error),
            error_type=None if error is None else type_name(error),
        )
    if on_event is not None:
        call_hook(on_event, event)
