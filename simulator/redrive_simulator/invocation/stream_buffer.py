"""Gathers the records of a lane in batches: by size, batching window and tumbling window."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from redrive_model.limits import LARGEST_REQUEST
from redrive_model.resources.mapping import StreamMappingSpec
from redrive_simulator.invocation.stream_piece import Piece, Window

if TYPE_CHECKING:
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.engine.world import World
    from redrive_simulator.services.streams import StreamRecord


# Approximate bytes per record in a Lambda event besides the data.
_METADATA = 400


class Buffer:
    """The records of a lane that were read and are in no batch yet.

    Args:
        wake: Called when a batch may be due.
    """

    __slots__ = ("_records", "_since", "_spec", "_timer", "_wake", "_window", "_world")

    def __init__(self, spec: StreamMappingSpec, world: World, wake: Callable[[], None]) -> None:
        self._spec = spec
        self._world = world
        self._wake = wake
        self._records: deque[StreamRecord] = deque()
        self._since: float | None = None
        self._timer: Timer | None = None
        self._window: Window | None = None

    def __bool__(self) -> bool:
        """Return whether there are records, or a tumbling window that has not ended."""
        return bool(self._records) or self._window is not None

    def add(self, record: StreamRecord) -> None:
        """Add a record that was read from the shard."""
        if self._since is None:
            self._since = self._world.scheduler.now
        self._records.append(record)

    def cancel_timer(self) -> None:
        """Cancel the call of `wake` that `next_batch` has scheduled."""
        self._world.scheduler.cancel(self._timer)
        self._timer = None

    def end_window(self, window: Window) -> None:
        """End a tumbling window, so that the next record begins another one."""
        if self._window is window:
            self._window = None

    def next_batch(self) -> Piece | None:
        """Return the next batch if it is due; otherwise schedule the time when it is."""
        now = self._world.scheduler.now
        window = self._window
        if self._spec.tumbling_window and window is None and self._records:
            window = self._window = self._window_of(self._records[0])
        records = self._gathered(window)
        is_over = not records and (self._records or now >= (window.end if window else now))
        if window is not None and (window.is_too_large or is_over):
            piece = Piece([], window=window)
            piece.is_final = True
            return piece
        if records:
            is_full = len(records) >= self._spec.batch_size or len(records) < len(self._records)
            due = (self._since or 0.0) + self._spec.window
            if is_full or now >= due:
                for _ in records:
                    self._records.popleft()
                self._since = now if self._records else None
                return Piece(records, window=window)
            self._timer = self._world.at(due, self._wake)
        elif window is not None:
            self._timer = self._world.at(window.end, self._wake)
        return None

    def _gathered(self, window: Window | None) -> list[StreamRecord]:
        """Return the records of the next batch: from one tumbling window, within the size limits."""
        records: list[StreamRecord] = []
        size = 0
        for record in self._records:
            if len(records) >= self._spec.batch_size:
                break
            if window is not None and not window.contains(record.arrived_at):
                break
            size += record.size * 4 // 3 + _METADATA
            if size > LARGEST_REQUEST and records:
                break
            records.append(record)
        return records

    def _window_of(self, record: StreamRecord) -> Window:
        return Window.at(record.arrived_at, self._spec.tumbling_window, self._world.epoch)
