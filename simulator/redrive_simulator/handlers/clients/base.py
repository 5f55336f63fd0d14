"""Provides the base of the stand-ins that answer AWS calls in place of the services."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Protocol, TypeVar

from redrive_simulator.engine.scheduler import Pause
from redrive_simulator.engine.world import World
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.invocation.functions import CodeRunner
from redrive_simulator.resources import Resources
from redrive_simulator.services.refusals import Refused

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])
#: Attribute of a method with the names of its further parameters.
FURTHER = "further_parameters"


class CheckedRunner(CodeRunner, Protocol):
    """Runs the code of invocations, and knows whether they have ended."""

    def check(self) -> None:
        """Check that the current invocation has not ended, or raise `InvocationEndedError`."""
        ...

    def wait_for(self, pause: Pause, until: float) -> bool:
        """Let virtual time pass for the caller until a pause is woken or a time has come; return whether it was."""
        ...

    def look(self, number: int) -> None:
        """Count a call for some looks of the current handler at the clock, which lets time pass in an endless loop."""
        ...


class Turn:
    """Lets one thread at a time use the services of a simulation, which are not made for more."""

    def __init__(self) -> None:
        self._lock: Any = RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def is_of_caller(self) -> bool:
        """Decide if the calling thread has the turn."""
        return self._lock._is_owned()

    @contextmanager
    def left(self) -> Generator[None]:
        """Leave the turn, if it is the calling thread's, to others while virtual time passes for that thread."""
        if not self.is_of_caller():
            yield
            return
        saved = self._lock._release_save()  # as `threading.Condition` does it
        try:
            yield
        finally:
            self._lock._acquire_restore(saved)


class Shared:
    """Gives the stand-ins of one simulation what all of them need.

    Attributes:
        runner: Checks and switches the calling invocation.
        turn: The turn of the thread whose call is answered.
        problems: Errors of calls that are not simulated; `Simulation.run` raises the first one again at its end, in
            case a handler has caught it.
        tags: Tags of resources by ARN.
    """

    def __init__(self, world: World, resources: Resources, runner: CheckedRunner) -> None:
        self.world = world
        self.resources = resources
        self.runner = runner
        self.turn = Turn()
        self.problems: list[NotSimulatedError] = []
        self.tags: dict[str, dict[str, str]] = {}

    def missing(self, what: str, remedy: str) -> NotSimulatedError:
        """Record and return an error about `what`, which is not simulated."""
        error = NotSimulatedError(f"{what} is not answered inside the simulation: {remedy}")
        self.note(error)
        return error

    def note(self, error: NotSimulatedError) -> None:
        """Record an error about something that is not simulated, once."""
        if error not in self.problems:
            self.problems.append(error)


class Client:
    """Base of all stand-ins: each has a method for each operation, with the parameters that it supports.

    Args:
        shared: State of all stand-ins of the simulation.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._world = shared.world
        self._resources = shared.resources


class Unanswered(Client):
    """Answers no operation: moto would take the call, and nothing would happen in the simulation."""


def found(resource: T | None, code: str, message: str, status: int = 400) -> T:
    """Return a resource that a call names, or raise the service's error for one that does not exist."""
    if resource is None:
        raise Refused(code, message, status)
    return resource


def also_takes(kind: type[Any]) -> Callable[[Method], Method]:
    """Declare that the further parameters of an operation, `**parameters`, are the members of a `TypedDict`."""

    def declare(method: Method) -> Method:
        setattr(method, FURTHER, frozenset(kind.__annotations__))
        return method

    return declare
