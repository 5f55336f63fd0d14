"""What all parts of a simulation share: time, chance, the history, and where everything is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any, cast

from redrive_simulator.names import Named
from redrive_simulator.outcomes import Ended, Outcome
from redrive_simulator.parameters import Parameters
from redrive_simulator.scheduler import Scheduler, Timer
from redrive_simulator.timeline import NEVER, NOTHING, Entry, Event, Kind, Timeline

if TYPE_CHECKING:
    from redrive_simulator.buckets import Bucket
    from redrive_simulator.functions import Function, Invocation
    from redrive_simulator.queues import Queue
    from redrive_simulator.streams import Stream
    from redrive_simulator.tables import Table
    from redrive_simulator.topics import Bus, Topic

#: How often each function was invoked in a chain of requests. `None`: a chain that begins here.
Chain = Mapping[str, int] | None

_new = cast("Any", tuple).__new__


class World:
    """Shared by everything in one simulation.

    Args:
        parameters: What AWS leaves open.
        seed: Of all chance.

    Attributes:
        scheduler: Virtual time.
        epoch: Virtual time 0, in seconds since the epoch.
        timeline: The history.
        endings: By event, and for streams by mapping: how it ended.
        invocation: The one whose code runs at the moment.
        cause: The event from which what is sent at the moment comes, where no code runs that would send it.
        running: Invocations at the moment of functions that have reserved none.
        unreserved: How many of the account's concurrent invocations no function has reserved.
    """

    def __init__(self, parameters: Parameters, seed: int | str) -> None:
        self.parameters = parameters
        self.scheduler = Scheduler()
        self.epoch = parameters.start.timestamp()
        self.timeline = Timeline()
        self.endings: dict[tuple[str, str], Ended] = {}
        self.chance = Random(f"{seed} chance")
        self._ids = Random(f"{seed} ids")
        self.queues: Named[Queue] = Named("queue")
        self.functions: Named[Function] = Named("function")
        self.streams: Named[Stream] = Named("stream")
        self.tables: Named[Table] = Named("table")
        self.buckets: Named[Bucket] = Named("bucket")
        self.topics: Named[Topic] = Named("topic")
        self.buses: Named[Bus] = Named("event bus")
        self.invocation: Invocation | None = None
        self.cause: str | None = None
        self.running = 0
        self.unreserved = parameters.account_concurrency
        self._entries = self.timeline.entries
        self._keep = parameters.keep_history

    @property
    def now(self) -> float:
        """Virtual time, in seconds from the start."""
        return self.scheduler.now

    @property
    def time(self) -> float:
        """Virtual time, in seconds since the epoch."""
        return self.epoch + self.scheduler.now

    def at(self, time: float, action: Callable[..., object], *arguments: Any, background: bool = False) -> Timer:
        """Plan something; see `Scheduler.at`."""
        return self.scheduler.at(time, action, *arguments, background=background)

    def new_id(self) -> str:
        """An id like a UUID, from the seed."""
        digits = f"{self._ids.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def note(
        self,
        kind: Kind,
        source: str,
        lane: str = "",
        function: str = "",
        events: tuple[str, ...] = (),
        attempt: int = 0,
        *,
        time: float | None = None,
        duration: float = 0.0,
        until: float = NEVER,
        parent: int = NOTHING,
        place: str = "",
        reason: str = "",
    ) -> int:
        """Enter something into the history; see `Entry` for the arguments.

        Returns:
            The entry's number.
        """
        if not self._keep:
            return NOTHING
        entries = self._entries
        number = len(entries)
        when = self.scheduler.now if time is None else time
        fields = (number, when, kind, source, lane, function, events, attempt, duration, until, parent, place, reason)
        entries.append(_new(Entry, fields))
        return number

    def sent(self, id: str, source: str, payload: Any, group: str | None = None) -> None:
        """Register an event.

        Args:
            id: Its id.
            source: What it was sent to.
            payload: What was sent.
            group: Message group or partition key.
        """
        if self._keep:
            invocation = self.invocation
            cause = self.cause
            if cause is None and invocation is not None:
                cause = self._cause(invocation.events, payload)
            event = Event(id, source, self.scheduler.now, payload, group, cause)
            self.timeline.events[id] = event

    def _cause(self, events: tuple[str, ...], payload: Any) -> str | None:
        """The event of a batch from which something that a function has sent comes, as far as that can be told."""
        if len(events) == 1:
            return events[0]
        known = self.timeline.events
        for each in events:
            event = known.get(each)
            if event is not None and event.payload == payload:
                return each
        return events[0] if events else None

    def end(
        self,
        event: str,
        source: str,
        outcome: Outcome,
        place: str = "",
        function: str = "",
        reason: str = "",
        consumer: str = "",
    ) -> None:
        """Note how an event ended.

        Args:
            event: Its id.
            source: Where it was.
            outcome: What became of it.
            place: Where it is.
            function: The function concerned.
            reason: Why.
            consumer: For what is read by more than one: the mapping.
        """
        fields = (event, source, outcome, self.scheduler.now, place, function, reason)
        self.endings[event, consumer] = _new(Ended, fields)

    @property
    def chain(self) -> Chain:
        """The chain of requests that the code which runs at the moment is a part of."""
        invocation = self.invocation
        return None if invocation is None else invocation.chain
