"""Represents a batch of a stream, or the rest of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redrive_simulator.timeline import NOTHING

if TYPE_CHECKING:
    from redrive_simulator.records import Attempted
    from redrive_simulator.stream_window import Window
    from redrive_simulator.streams import StreamRecord


class Piece:
    """A batch, or the rest of one, with one count of attempts.

    Attributes:
        records: Records.
        parent: Number of the history entry of the attempt that this batch comes from.
        failures: Number of function errors.
        tries: Number of calls of the function.
        refusals: Number of calls in a row that Lambda refused.
        last: Last attempt.
        request_id: Id of the last request.
        window: Tumbling window of the records.
        is_final: Whether it is the last invocation of the window.
    """

    __slots__ = ("failures", "is_final", "last", "parent", "records", "refusals", "request_id", "tries", "window")

    def __init__(self, records: list[StreamRecord], parent: int = NOTHING, window: Window | None = None) -> None:
        self.records = records
        self.parent = parent
        self.failures = 0
        self.tries = 0
        self.refusals = 0
        self.last: Attempted | None = None
        self.request_id = ""
        self.window = window
        self.is_final = False

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the records."""
        return tuple([record.id for record in self.records])
