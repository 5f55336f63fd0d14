"""`CircuitOpen`: what a call is answered with that an open circuit does not let through."""

from __future__ import annotations

from redrive.classification import leaves
from redrive.errors import Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["CircuitOpen", "is_circuit_open"]


class CircuitOpen(Retry):
    """The circuit is open: the call was not made.

    Being a `Retry`, it has a message received again after `after` seconds when a function of `@sqs_handler` does not
    catch it.

    Args:
        circuit: The circuit's name.
        after: Seconds until a call may be let through again.

    Attributes:
        circuit: The circuit's name.
        after: Seconds until a call may be let through again, as far as is known here.
    """

    after: float

    def __init__(self, circuit: str, after: float) -> None:
        super().__init__(after, f"circuit {circuit!r} is open: a call may be let through again in {after:.3g} s")
        self.circuit = circuit

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.circuit, self.after)  # `args` holds the text alone


def is_circuit_open(error: BaseException) -> bool:
    """Whether a record failed for an open circuit, or for a group of errors with one in it."""
    return any(isinstance(leaf, CircuitOpen) for leaf in leaves(error))
