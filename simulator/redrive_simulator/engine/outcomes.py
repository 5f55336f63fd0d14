"""Keeps the outcomes of the events of a simulation, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any, cast

from redrive_simulator.outcomes import LOST, Ended, Outcome
from redrive_simulator.timeline.storage import Clock, Texts

_new = cast("Any", tuple).__new__
# All of an outcome but its event and its time: the outcome, source, place, function and reason.
_Words = tuple[str, Outcome, str, str, str]


class Outcomes:
    """The outcomes of events.

    Args:
        ids: The ids of events.
        clock: Gives the time of outcomes.
    """

    __slots__ = ("_by_consumer", "_clock", "_ids", "_numbers", "_times", "_words", "_words_of")

    def __init__(self, ids: Texts, clock: Clock) -> None:
        self._clock = clock
        self._ids = ids
        # Many events have the same words, which are kept once. 0 stands for nothing.
        self._words: list[_Words] = [("", Outcome.WAITING, "", "", "")]
        self._numbers: dict[_Words, int] = {}
        # By the number of the id.
        self._words_of = array("I")
        self._times = array("d")
        # Of records that several consumers can read.
        self._by_consumer: dict[tuple[str, str], Ended] = {}

    def set(
        self,
        event: str,
        source: str,
        outcome: Outcome,
        place: str = "",
        function: str = "",
        reason: str = "",
        consumer: str = "",
    ) -> None:
        """Record the outcome that an event has now.

        Args:
            event: Event id.
            source: Queue, stream or function that it was sent to.
            outcome: Outcome.
            place: Place of the event or its record.
            function: Function involved.
            reason: Short reason.
            consumer: Event source mapping, for a record that several can read.
        """
        time = self._clock.now
        if consumer:
            self._by_consumer[event, consumer] = Ended(event, source, outcome, time, place, function, reason)
            return
        number = self._ids.numbers.get(event)
        if number is None:
            number = self._ids.number(event)
        words = (source, outcome, place, function, reason)
        found = self._numbers.get(words)
        if found is None:
            found = self._numbers[words] = len(self._words)
            self._words.append(words)
        times = self._times
        while number >= len(times):
            self._words_of.append(0)
            times.append(0.0)
        self._words_of[number] = found
        times[number] = time

    def of(self, event: str) -> Ended:
        """Return the outcome of an event that is no record of a stream.

        Raises:
            KeyError: It has none.
        """
        if not self.knows(event):
            raise KeyError(event)
        return self._ended(self._ids.numbers[event])

    def knows(self, event: str) -> bool:
        """Decide if an event that is no record of a stream has an outcome."""
        number = self._ids.numbers.get(event)
        return number is not None and number < len(self._times) and self._words_of[number] != 0

    def __len__(self) -> int:
        return len(self._words_of) - self._words_of.count(0) + len(self._by_consumer)

    def __iter__(self) -> Iterator[Ended]:
        yield from (self._ended(number) for number, words in enumerate(self._words_of) if words)
        yield from self._by_consumer.values()

    def lost(self) -> Iterator[Ended]:
        """Yield the outcomes of lost events."""
        lost = frozenset(number for number, words in enumerate(self._words) if words[1] in LOST)
        yield from (self._ended(number) for number, words in enumerate(self._words_of) if words in lost)
        yield from (each for each in self._by_consumer.values() if each.is_lost)

    def _ended(self, number: int) -> Ended:
        source, outcome, place, function, reason = self._words[self._words_of[number]]
        fields = (self._ids.texts[number], source, outcome, self._times[number], place, function, reason)
        return _new(Ended, fields)
