"""Orders the messages of a queue by the times at which something is due, with one timer for the first time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.engine.world import World
    from redrive_simulator.services.messages import Message


_MOST_GONE = 256


class Timetable:
    """The times at which messages expire.

    Args:
        world: The simulation.
        messages: The messages that are still in the queue, to notice that most entries are of others.
        act: Called when a message is due.
    """

    __slots__ = ("_act", "_entries", "_messages", "_timer", "_world")

    def __init__(self, world: World, messages: Sized, act: Callable[[], None]) -> None:
        self._world = world
        self._messages = messages
        self._act = act
        self._entries: list[tuple[float, int, Message]] = []
        self._timer: Timer | None = None

    def _is_current(self, time: float, message: Message) -> bool:
        return not message.deleted

    def add(self, time: float, message: Message) -> None:
        """Add a message; `plan` sets the timer."""
        heappush(self._entries, (time, message.number, message))

    def is_first(self, message: Message) -> bool:
        """Decide if a message is the one that is due first."""
        return bool(self._entries) and self._entries[0][2] is message

    def due(self) -> Iterator[Message]:
        """Remove the messages that are due, and return them one by one."""
        entries, now = self._entries, self._world.scheduler.now
        last: Message | None = None
        while entries and (entries[0][0] <= now or entries[0][2].deleted):
            time, _, message = heappop(entries)
            # A visibility timeout may be changed to the time at which it would have ended anyway.
            if message is not last and self._is_current(time, message):
                yield message
            last = message

    def plan(self, *, background: bool) -> None:
        """Set the timer to the time at which the next message is due.

        Args:
            background: Whether a run may end before.
        """
        entries = self._entries
        if len(entries) > _MOST_GONE and len(entries) > 2 * len(self._messages):
            entries[:] = [each for each in entries if self._is_current(each[0], each[2])]
            heapify(entries)
        while entries and not self._is_current(entries[0][0], entries[0][2]):
            heappop(entries)
        world, timer = self._world, self._timer
        if not entries:
            world.scheduler.cancel(timer)
            self._timer = None
        elif (
            timer is None
            or timer.action is None
            or timer.time != entries[0][0]
            or timer.background != background  # a mapping was enabled or disabled since
        ):
            world.scheduler.cancel(timer)
            self._timer = world.at(entries[0][0], self._act, background=background)


class Appearances(Timetable):
    """The times at which messages become visible: those that are delayed, and those in flight."""

    __slots__ = ()

    def _is_current(self, time: float, message: Message) -> bool:
        return time == message.visible_at and not message.deleted
