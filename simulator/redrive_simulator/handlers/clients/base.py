"""Provides the base of the simulated clients, which replace the boto3 clients of `redrive.aws.clients`.

Clients answer the operations that the helpers use, and those with which a handler sends something on; `Simulation.run`
raises the error of any other operation again at the end, in case a handler has caught it.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from redrive_simulator.engine.world import World
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.handlers.clients.errors import client_error
from redrive_simulator.invocation.functions import CodeRunner
from redrive_simulator.resources import Resources

T = TypeVar("T")


class CheckedRunner(CodeRunner, Protocol):
    """Runs the code of invocations, and knows whether they have ended."""

    def check(self) -> None:
        """Check that the current invocation has not ended, or raise `InvocationEndedError`."""
        ...


class Shared:
    """Gives the clients of one simulation what all of them need.

    Attributes:
        runner: Checks and switches the calling invocation.
        problems: Errors of calls that are not simulated.
        tags: Tags of resources by ARN.
    """

    def __init__(self, world: World, resources: Resources, runner: CheckedRunner) -> None:
        self.world = world
        self.resources = resources
        self.runner = runner
        self.problems: list[NotSimulatedError] = []
        self.tags: dict[str, dict[str, str]] = {}

    def missing(self, what: str) -> NotSimulatedError:
        """Record and return an error about `what`, which is not simulated."""
        error = NotSimulatedError(
            f"{what} is not answered inside the simulation: put a stand-in of your own in the handler's place for it, "
            "for the length of the test"
        )
        self.problems.append(error)
        return error


class Client:
    """Base of all clients.

    Args:
        service: boto3's name of the service.
        shared: State of all clients of the simulation.
    """

    def __init__(self, service: str, shared: Shared) -> None:
        self._service = service
        self._shared = shared
        self._world = shared.world

    @property
    def _now(self) -> World:
        """The simulation's world, after a check that the calling invocation has not ended."""
        self._shared.runner.check()
        return self._world

    @property
    def _resources(self) -> Resources:
        """The simulation's resources, after the same check."""
        self._shared.runner.check()
        return self._shared.resources

    def close(self) -> None:
        """Do nothing, as there is no connection."""

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith("_"):
            raise AttributeError(operation)
        raise self._shared.missing(f"{self._service}.{operation}")


def found(resource: T | None, code: str, message: str, operation: str, status: int = 400) -> T:
    """Return a resource that a call names, or raise the service's error for one that does not exist."""
    if resource is None:
        raise client_error(code, message, operation, status)
    return resource
