"""Represents a running invocation: its function's name, environment and log, and its deadline."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.scheduler import Scheduler


#: Number of invocations per function in a chain of requests. `None`: a new chain.
Chain = Mapping[str, int] | None


#: A Lambda handler.
Handler = Callable[[Any, Any], Any]


# Times that code is stopped after the end of its invocation, from which on it goes on whatever happens.
_MOST_STOPS = 1000


class Report(NamedTuple):
    """The decision of a helper about a failed record.

    Attributes:
        outcome: `retried`, `dead_lettered` or `set_aside`.
        reason: Reason of the failure.
        place: Place of a record that was set aside; empty if it is not known.
    """

    outcome: str
    reason: str
    place: str = ""


class InvocationEndedError(BaseException):
    """Stops a handler after Lambda has ended its invocation, so that nothing it does has an effect."""


class Invocation:
    """A call whose code runs.

    Args:
        timeout: Timeout of the function, in seconds.

    Attributes:
        name: Name of the function in the history.
        environment: Environment variables of the function.
        log: Log of the function, which the handler's output is added to.
        events: Ids of the events that it handles.
        chain: Number of invocations per function in its chain of requests.
        deadline: Time at which Lambda ends it, in seconds from the simulation's start.
        ended: `TIMED_OUT` once Lambda has ended it, `CRASHED` once its code has ended the process; `None` before.
        exit_status: Exit status of the process, if its code has ended it.
        is_over: Whether its code has ended, or is ended.
        elsewhere: Virtual time taken in threads that the handler started, by thread.
        place: Execution environment; `None` for a handler that a test has given.
        reports: Decisions of helpers by message id or sequence number.
        runs_on: Whether its code runs on after the timeout, as on Lambda Managed Instances.
        alarm: Time and interval of the alarm that its code has set; `None`: there is none.
        rung: Number of alarms that its code has handled.
        stops: How often its code was stopped after its end.
        looks: How often it has looked at the clock, or done something like it, since it has waited the last time.
        look: Counts such a look; `None` before its code runs.
        calls_until: Latest time to which AWS calls may wait, from the timeout that a helper gives its calls.
        unfinished: Output without the end of its line so far.
    """

    __slots__ = (
        "_scheduler",
        "alarm",
        "calls_until",
        "chain",
        "deadline",
        "elsewhere",
        "ended",
        "environment",
        "events",
        "exit_status",
        "is_over",
        "log",
        "look",
        "looks",
        "name",
        "place",
        "reports",
        "rung",
        "runs_on",
        "stops",
        "unfinished",
    )

    def __init__(
        self,
        scheduler: Scheduler,
        name: str,
        environment: Mapping[str, str],
        log: list[tuple[float, str]],
        timeout: float,
        events: tuple[str, ...],
        chain: Chain,
    ) -> None:
        self._scheduler = scheduler
        self.name = name
        self.environment = environment
        self.log = log
        self.events = events
        self.chain = chain
        self.deadline = scheduler.now + timeout
        self.ended: Kind | None = None
        self.exit_status = 0
        self.is_over = False
        self.elsewhere: dict[int, float] | None = None
        self.calls_until: float | None = None
        self.place: Any = None
        self.reports: dict[str, Report] = {}
        self.runs_on = False
        self.alarm: tuple[float, float] | None = None
        self.unfinished = ""
        self.rung = 0
        self.stops = 0
        self.looks = 0
        self.look: Callable[[], object] | None = None

    def stop(self) -> NoReturn:
        """Stop the code that runs, as Lambda has ended the invocation.

        Code that catches all exceptions in a loop goes on. After many times its thread is held up for good.

        Raises:
            InvocationEndedError: Always.
        """
        self.stops += 1
        if self.goes_on:
            forever = allocate_lock()
            forever.acquire()
            forever.acquire()
        raise InvocationEndedError

    @property
    def goes_on(self) -> bool:
        """Whether its code goes on after its end, whatever happens."""
        return self.stops > _MOST_STOPS

    @property
    def time_left(self) -> float:
        """Seconds of virtual time until its timeout; after that 0, or less than 0 if its code runs on."""
        left = self.deadline - self._scheduler.now
        if self.runs_on:
            return left
        return left if left > 0 and self.ended is None else 0.0
