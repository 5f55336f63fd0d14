"""Invocation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World
    from redrive_simulator.invocation.functions import Function


#: Number of invocations per function in a chain of requests. `None`: a new chain.
Chain = Mapping[str, int] | None


#: A Lambda handler.
Handler = Callable[[Any, Any], Any]


class InvocationEndedError(BaseException):
    """Stops a handler after Lambda has ended its invocation, so that nothing it does has an effect."""


class Invocation:
    """A call whose code runs.

    Attributes:
        function: The function.
        world: The simulation.
        events: Ids of the events that it handles.
        chain: Number of invocations per function in its chain of requests.
        deadline: Time at which Lambda ends it, in seconds from the simulation's start.
        ended: `TIMED_OUT` once Lambda has ended it; `None` before.
        elsewhere: Virtual time taken in threads that the handler started, by thread.
        calls_until: Latest time to which AWS calls may wait, from the timeout that a helper gives its calls.
    """

    __slots__ = ("calls_until", "chain", "deadline", "elsewhere", "ended", "events", "function", "world")

    def __init__(self, function: Function, events: tuple[str, ...], chain: Chain) -> None:
        self.function = function
        self.world: World = function.world
        self.events = events
        self.chain = chain
        self.deadline = self.world.scheduler.now + function.spec.timeout
        self.ended: Kind | None = None
        self.elsewhere: dict[int, float] | None = None
        self.calls_until: float | None = None
