"""Defines `CircuitOpen`, the error of a call that an open circuit rejects."""

from __future__ import annotations

from redrive.core import Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from redrive.failures.diagnosis import Diagnosis


class CircuitOpen(Retry):
    """The circuit is open, so the call was not made.

    This is a `Retry`: if a function of `@sqs_handler` does not catch it, the message is received again after `after`
    seconds.

    Args:
        circuit: The circuit's name.
        after: Seconds until a call may be let through again.

    Attributes:
        circuit: The circuit's name.
        after: Seconds until a call may be let through again, as far as this member knows.
    """

    after: float

    def __init__(self, circuit: str, after: float) -> None:
        self.circuit = circuit
        self.after = after

    def __str__(self) -> str:
        # Made when it is read: an open circuit may raise this error thousands of times.
        return f"circuit {self.circuit!r} is open: a call may be let through again in {self.after:.3g} s"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.circuit, self.after)  # `args` lacks what was passed by name


def is_circuit_open(diagnosis: Diagnosis) -> bool:
    """Return True if a record failed because of an open circuit, alone or in a group of errors."""
    from redrive.failures.classification import is_of

    return any(is_of(part, CircuitOpen) for part in diagnosis.parts)
