"""Orders the messages of a queue by the times at which something is due, with one timer for the first time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence, Sized
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.engine.world import World
    from redrive_simulator.services.messages import Message

    # When a message is due, its number, and the message.
    _Entry = tuple[float, int, Message]

_MOST_GONE = 256


class Timetable:
    """The times at which messages expire.

    Nearly all messages are added in the order in which they are due, so that they need no heap.

    Args:
        world: The simulation.
        messages: The messages that are still in the queue, to notice that most entries are of others.
        act: Called when a message is due.
    """

    __slots__ = ("_act", "_in_turn", "_messages", "_others", "_timer", "_world")

    def __init__(self, world: World, messages: Sized, act: Callable[[], None]) -> None:
        self._world = world
        self._messages = messages
        self._act = act
        self._in_turn: deque[_Entry] = deque()
        self._others: list[_Entry] = []
        self._timer: Timer | None = None

    def _is_current(self, time: float, message: Message) -> bool:
        return not message.deleted

    def add(self, time: float, message: Message) -> None:
        """Add a message; `plan` sets the timer."""
        entry, in_turn = (time, message.number, message), self._in_turn
        if in_turn and entry < in_turn[-1]:
            heappush(self._others, entry)
        else:
            in_turn.append(entry)

    def _first(self) -> _Entry | None:
        in_turn, others = self._in_turn, self._others
        if not others:
            return in_turn[0] if in_turn else None
        return others[0] if not in_turn or others[0] < in_turn[0] else in_turn[0]

    def _remove_first(self) -> None:
        in_turn, others = self._in_turn, self._others
        if others and (not in_turn or others[0] < in_turn[0]):
            heappop(others)
        else:
            in_turn.popleft()

    def is_first(self, message: Message) -> bool:
        """Decide if a message is the one that is due first."""
        first = self._first()
        return first is not None and first[2] is message

    @property
    def are_due(self) -> bool:
        """True if a message is due, or the first one has left its queue."""
        first = self._first()
        return first is not None and (first[0] <= self._world.scheduler.now or first[2].deleted)

    def due(self) -> Sequence[Message]:
        """Remove the messages that are due, and return them."""
        now = self._world.scheduler.now
        found: list[Message] = []
        last: Message | None = None
        while (first := self._first()) is not None and (first[0] <= now or first[2].deleted):
            time, _, message = first
            self._remove_first()
            # A visibility timeout may be changed to the time at which it would have ended anyway.
            if message is not last and self._is_current(time, message):
                found.append(message)
            last = message
        return found

    def plan(self, *, background: bool) -> None:
        """Set the timer to the time at which the next message is due.

        Args:
            background: Whether a run may end before.
        """
        count = len(self._in_turn) + len(self._others)
        if count > _MOST_GONE and count > 2 * len(self._messages):
            self._forget_gone()
        while (first := self._first()) is not None and not self._is_current(first[0], first[2]):
            self._remove_first()
        world, timer = self._world, self._timer
        if first is None:
            world.scheduler.cancel(timer)
            self._timer = None
        elif (
            timer is None
            or timer.action is None
            or timer.time != first[0]
            or timer.background != background  # a mapping was enabled or disabled since
        ):
            world.scheduler.cancel(timer)
            self._timer = world.at(first[0], self._act, background=background)

    def _forget_gone(self) -> None:
        self._in_turn = deque([each for each in self._in_turn if self._is_current(each[0], each[2])])
        self._others = [each for each in self._others if self._is_current(each[0], each[2])]
        heapify(self._others)


class Appearances(Timetable):
    """The times at which messages become visible: those that are delayed, and those in flight."""

    __slots__ = ()

    def _is_current(self, time: float, message: Message) -> bool:
        return time == message.visible_at and not message.deleted
