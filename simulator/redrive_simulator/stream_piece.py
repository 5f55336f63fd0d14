"""`Piece`: a batch of a stream, or what is left of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redrive_simulator.timeline import NOTHING

if TYPE_CHECKING:
    from redrive_simulator.records import Attempted
    from redrive_simulator.stream_window import Window
    from redrive_simulator.streams import StreamRecord


class Piece:
    """A batch, or what is left of one, whose attempts are counted together.

    Attributes:
        records: Its records.
        parent: The attempt whose batch it is a part of.
        failures: Function errors.
        tries: Calls of the function.
        refusals: Calls in a row that Lambda has refused.
        last: The last attempt.
        request_id: Of the last call.
        window: Of its records, with tumbling windows.
        is_final: Whether it ends the window.
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
        """The ids of its records."""
        return tuple([record.id for record in self.records])
