"""Looks at the state and the history of a simulation."""

from __future__ import annotations

from collections.abc import Iterable

from redrive_simulator.errors import HistoryError
from redrive_simulator.invocation.functions import Function
from redrive_simulator.outcomes import Ended
from redrive_simulator.services.buckets import Bucket
from redrive_simulator.services.buses import Bus
from redrive_simulator.services.queues import Queue
from redrive_simulator.services.streams import Stream
from redrive_simulator.services.tables import Table
from redrive_simulator.services.topics import Topic
from redrive_simulator.simulation.handler_errors import errors_in
from redrive_simulator.simulation.run import Run
from redrive_simulator.timeline.selection import told_once
from redrive_simulator.timeline.timeline import Timeline
from redrive_simulator.timeline.words import count

_MOST_SHOWN = 20


class State(Run):
    """Gives the resources, the outcomes and the timeline, as a part of `Simulation`."""

    def queue(self, name: str) -> Queue:
        """Return a queue, with its `messages` and `bodies`.

        Args:
            name: Name of the queue.

        Raises:
            UnknownNameError: No queue, or more than one, has this name.
        """
        return self._resources.queues.find(name)

    def function(self, name: str) -> Function:
        """Return a function, with its `calls` and `log`.

        Args:
            name: Name of the function.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
        """
        return self._resources.functions.find(name)

    def stream(self, name: str) -> Stream:
        """Return a stream, with its `records`.

        Args:
            name: Name of the stream.

        Raises:
            UnknownNameError: No stream, or more than one, has this name.
        """
        return self._resources.streams.find(name)

    def table(self, name: str) -> Table:
        """Return a table, with its `items`.

        Args:
            name: Name of the table.

        Raises:
            UnknownNameError: No table, or more than one, has this name.
        """
        return self._resources.tables.find(name)

    def bucket(self, name: str) -> Bucket:
        """Return a bucket, with its `objects`.

        Args:
            name: Name of the bucket.

        Raises:
            UnknownNameError: No bucket, or more than one, has this name.
        """
        return self._resources.buckets.find(name)

    def topic(self, name: str) -> Topic:
        """Return a topic, with the published `messages`.

        Args:
            name: Name of the topic.

        Raises:
            UnknownNameError: No topic, or more than one, has this name.
        """
        return self._resources.topics.find(name)

    def bus(self, name: str) -> Bus:
        """Return an event bus, with its `events`.

        Args:
            name: Name of the event bus.

        Raises:
            UnknownNameError: No event bus, or more than one, has this name.
        """
        return self._resources.buses.find(name)

    @property
    def timeline(self) -> Timeline:
        """The timeline of everything that has happened."""
        return self._world.timeline

    @property
    def ended(self) -> list[Ended]:
        """The outcome of every event, including those that are still waiting."""
        return list(self._world.outcomes)

    @property
    def errors(self) -> list[str]:
        """The errors of handlers, the most frequent first: how often, the function, the error, its file and line."""
        return errors_in((function.name, function.log) for function in self._resources.functions.values())

    @property
    def lost(self) -> list[Ended]:
        """The lost events: nothing is left of them that can be seen or replayed."""
        return list(self._world.outcomes.lost())

    def assert_nothing_lost(self) -> None:
        """Check that every event was processed, is in a place where it can be seen, or is still waiting.

        Raises:
            HistoryError: Events were lost. The message ends with their timeline.
        """
        __tracebackhide__ = True
        lost = self.lost
        if lost:
            raise HistoryError(
                f"{len(lost)} of {len(self._world.outcomes)} events were lost: {_shown(lost)}\n"
                f"{self._timeline_of(lost)}"
            )

    def assert_ended(self) -> None:
        """Check that no event is still waiting, and that none was lost.

        Raises:
            HistoryError: Events are waiting or were lost. The message ends with their timeline.
        """
        __tracebackhide__ = True
        waiting = [ended for ended in self._world.outcomes if ended.outcome == "waiting"]
        if waiting:
            raise HistoryError(
                f"{count(len(waiting), 'event')} still waiting at {self.now:g} s: {_shown(waiting)}\n"
                f"{self._timeline_of(waiting)}"
            )
        self.assert_nothing_lost()

    def _timeline_of(self, ended: list[Ended]) -> Timeline:
        return told_once(self.timeline.of_events(*(each.event for each in ended[:_MOST_SHOWN])))


def _shown(ended: Iterable[Ended]) -> str:
    shown: list[str] = []
    for each in ended:
        if len(shown) == _MOST_SHOWN:
            return f"{', '.join(shown)}, …"
        shown.append(f"{each.event} ({each.outcome}: {each.reason or each.source})")
    return ", ".join(shown)
