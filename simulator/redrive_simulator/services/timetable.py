"""Orders the messages of a queue by the times at which something is due, with one timer for the first time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence, Sized
from heapq import heapify, heappop, heappush
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.engine.world import World
    from redrive_simulator.services.messages import Message

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
        # One after the other when each is due and the message, as pairs would take memory.
        self._in_turn: deque[Any] = deque()
        self._others: list[tuple[float, int, Message]] = []
        self._timer: Timer | None = None

    def _is_current(self, time: float, message: Message) -> bool:
        return not message.deleted

    def add(self, time: float, message: Message) -> None:
        """Add a message; `plan` sets the timer."""
        in_turn = self._in_turn
        last = in_turn[-2] if in_turn else time
        if time < last or (time == last and in_turn and message.number < in_turn[-1].number):
            heappush(self._others, (time, message.number, message))
        else:
            in_turn.append(time)
            in_turn.append(message)

    def _other_is_first(self) -> bool:
        in_turn, others = self._in_turn, self._others
        return bool(others) and (not in_turn or others[0][:2] < (in_turn[0], in_turn[1].number))

    def _first(self) -> tuple[float, Message] | None:
        if self._others and self._other_is_first():
            time, _, message = self._others[0]
            return time, message
        in_turn = self._in_turn
        return (in_turn[0], in_turn[1]) if in_turn else None

    def _remove_first(self) -> None:
        if self._others and self._other_is_first():
            heappop(self._others)
        else:
            in_turn = self._in_turn
            in_turn.popleft()
            in_turn.popleft()

    def is_first(self, message: Message) -> bool:
        """Decide if a message is the one that is due first."""
        first = self._first()
        return first is not None and first[1] is message

    def forget(self, message: Message) -> bool:
        """Take notice that a message has left its queue, and return whether it was the one that is due first."""
        in_turn = self._in_turn
        if not in_turn or in_turn[1] is not message or self._others:
            return self.is_first(message)
        in_turn.popleft()
        in_turn.popleft()
        return True

    @property
    def are_due(self) -> bool:
        """True if a message is due, or the first one has left its queue."""
        first = self._first()
        return first is not None and (first[0] <= self._world.scheduler.now or first[1].deleted)

    def due(self) -> Sequence[Message]:
        """Remove the messages that are due, and return them."""
        now = self._world.scheduler.now
        found: list[Message] = []
        last: Message | None = None
        while (first := self._first()) is not None and (first[0] <= now or first[1].deleted):
            time, message = first
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
        if len(self._in_turn) + len(self._others) > _MOST_GONE:
            self._forget_gone()
        while (first := self._first()) is not None and not self._is_current(*first):
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
            self._timer = world.scheduler.at(first[0], self._act, background=background)

    def _forget_gone(self) -> None:
        if len(self._in_turn) // 2 + len(self._others) <= 2 * len(self._messages):
            return
        in_turn = iter(self._in_turn)
        pairs = [each for each in zip(in_turn, in_turn, strict=True) if self._is_current(*each)]
        self._in_turn = deque(chain.from_iterable(pairs))
        self._others = [each for each in self._others if self._is_current(each[0], each[2])]
        heapify(self._others)


class Appearances(Timetable):
    """The times at which messages become visible: those that are delayed, and those in flight."""

    __slots__ = ()

    def _is_current(self, time: float, message: Message) -> bool:
        return time == message.visible_at and not message.deleted
