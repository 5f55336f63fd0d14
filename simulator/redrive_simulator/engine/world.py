"""Shares the time, random numbers and history of one simulation."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any
from zlib import crc32

from redrive_simulator.engine.outcomes import Outcomes
from redrive_simulator.engine.scheduler import Scheduler, Timer
from redrive_simulator.parameters import Parameters
from redrive_simulator.timeline.storage import Events, Log, NoLog, Texts
from redrive_simulator.timeline.timeline import Timeline

if TYPE_CHECKING:
    from redrive_simulator.engine.delivery import Deliver
    from redrive_simulator.engine.invocation import Chain, Invocation
    from redrive_simulator.faults import Fault, FaultRule


class World:
    """Shared state of one simulation.

    Attributes:
        scheduler: Virtual time.
        epoch: Virtual time 0, in seconds since the epoch.
        timeline: History.
        outcomes: Outcomes of events; for records of streams one for each mapping.
        add_entry: Adds an entry to the history, and returns its number; see `Log.add`.
        set_outcome: Records the outcome of an event; see `Outcomes.set`.
        invocation: Invocation whose code runs now, or `None`.
        cause: Event that causes what Lambda or SNS sends now, when no code runs that sends it.
        running: Number of current invocations of functions without reserved concurrency.
        unreserved: Concurrent invocations of the account that no function has reserved.
        on_switch: Called when an event source mapping has been enabled or disabled; set by `build`.
        deliver: Delivers content to a destination; set by `build`.
        delivery_faults: Faults of deliveries by the name of the target: a `service_error` is tried again, an `error` is
            not.
    """

    deliver: Deliver

    def __init__(self, parameters: Parameters, seed: int | str) -> None:
        self.parameters = parameters
        self.scheduler = Scheduler()
        self.epoch = parameters.start.timestamp()
        ids, texts = Texts(), Texts("")
        entries = (Log if parameters.keep_history else NoLog)(ids, texts, self.scheduler)
        self._events = Events(ids, texts)
        self.timeline = Timeline(entries, self._events)
        self.outcomes = Outcomes(ids, self.scheduler)
        # No methods of this class: so many calls take time.
        self.add_entry = entries.add
        self.set_outcome = self.outcomes.set
        self.chance = Random(f"{seed} chance")
        self._ids = Random(f"{seed} ids")
        self.invocation: Invocation | None = None
        self.cause: str | None = None
        self.running = 0
        self.unreserved = parameters.account_concurrency
        self.on_switch: Callable[[], None] = lambda: None
        self._chains: dict[str, Chain] = {}
        self._keep = parameters.keep_history
        self.delivery_faults: dict[str, list[FaultRule]] = {}

    @property
    def now(self) -> float:
        """Virtual time, in seconds from the start."""
        return self.scheduler.now

    @property
    def time(self) -> float:
        """Virtual time, in seconds since the epoch."""
        return self.epoch + self.scheduler.now

    def at(self, time: float, action: Callable[..., object], *arguments: Any, background: bool = False) -> Timer:
        """Plan an action; see `Scheduler.at`."""
        return self.scheduler.at(time, action, *arguments, background=background)

    def new_id(self) -> str:
        """Return a UUID-like id from the seed."""
        digits = self._ids.getrandbits(128).to_bytes(16, "big").hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def fault_of(self, place: str) -> Fault | None:
        """Return the fault of a delivery to a target now, or `None`."""
        rules = self.delivery_faults.get(place, ())
        return next((each.fault for each in rules if each.applies(self.scheduler.now, 1)), None)

    def add_event(self, id: str, source: str, payload: Any, group: str | None = None) -> None:
        """Add an event to the history.

        Args:
            id: Event id.
            source: Queue, stream or function that it was sent to.
            payload: Content.
            group: Message group or partition key.
        """
        if self._keep:
            invocation = self.invocation
            cause = self.cause
            if cause is None and invocation is not None:
                cause = self._cause(invocation.events, payload)
            self._events.add(id, source, self.scheduler.now, payload, group, cause)

    def _cause(self, events: tuple[str, ...], payload: Any) -> str | None:
        """Return the event of a batch that most likely caused what the function sends: that with the same payload."""
        if len(events) == 1:
            return events[0]
        known = self._events
        for each in events:
            event = known.get(each)
            if event is not None and event.payload == payload:
                return each
        return events[0] if events else None

    @property
    def caller(self) -> str:
        """Name of the function whose code runs now; empty if there is none."""
        return "" if self.invocation is None else self.invocation.name

    @property
    def chain(self) -> Chain:
        """Chain of requests of the code that runs now."""
        invocation = self.invocation
        return None if invocation is None else invocation.chain

    def traced(self, chain: Chain, trace: str | None) -> tuple[Chain, str | None]:
        """Return the chain of a message that is sent, and its trace header, which carries the chain.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html and, for a header of the sender's own
        (which overrides that of the request), https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html.

        Args:
            chain: Chain of the code that sends it.
            trace: `AWSTraceHeader` from the sender, if any.
        """
        if trace is not None:
            return self._chains.get(trace), trace
        if chain is None:
            return None, None
        lineage = "|".join(f"{crc32(name.encode()):08x}:{count}" for name, count in sorted(chain.items()))
        trace = f"Root=1-00000000-{crc32(lineage.encode()):024x};Lineage={lineage}"
        self._chains[trace] = chain
        return chain, trace
