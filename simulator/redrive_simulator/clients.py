"""Replaces the boto3 clients of `redrive.clients` inside a simulation.

Clients answer the operations that the helpers use, and those with which a handler sends something on; `Simulation.run`
raises the error of any other operation again at the end, in case a handler has caught it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive_simulator.errors import NotSimulatedError

if TYPE_CHECKING:
    from redrive_simulator.runtime import Runtime
    from redrive_simulator.simulation import Simulation
    from redrive_simulator.world import World


class Client:
    """Base of all clients.

    Args:
        service: boto3's name of the service.
        clients: Factory that made this client.
    """

    def __init__(self, service: str, clients: Clients) -> None:
        self._service = service
        self._clients = clients
        self._world: World = clients.world

    @property
    def _now(self) -> World:
        """The simulation's world, after a check that the calling invocation has not ended."""
        self._clients.runtime.check()
        return self._world

    def close(self) -> None:
        """Do nothing, as there is no connection."""

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith("_"):
            raise AttributeError(operation)
        raise self._clients.missing(f"{self._service}.{operation}")


class Clients:
    """Makes the clients of one simulation, one per service.

    Attributes:
        runtime: Checks the calling invocation.
        simulation: Answers the calls about event source mappings.
        problems: Errors of calls that are not simulated.
        tags: Tags of resources by ARN.
    """

    runtime: Runtime
    simulation: Simulation

    def __init__(self, world: World) -> None:
        self.world = world
        self.problems: list[NotSimulatedError] = []
        self.tags: dict[str, dict[str, str]] = {}
        self._made: dict[str, Client] = {}

    def make(self, service: str, limits: object = None) -> Client:
        """Return the client of a service, with the signature that `redrive.clients.clients` needs.

        Args:
            service: boto3's name of the service.
            limits: Unused: waiting takes virtual time.

        Raises:
            NotSimulatedError: The service is not simulated.
        """
        made = self._made.get(service)
        if made is None:
            made = self._made[service] = self._new(service)
        return made

    def missing(self, what: str) -> NotSimulatedError:
        """Record and return an error about `what`, which is not simulated."""
        error = NotSimulatedError(
            f"{what} is not answered inside the simulation: put a stand-in of your own in the handler's place for it, "
            "for the length of the test"
        )
        self.problems.append(error)
        return error

    def _new(self, service: str) -> Client:
        from redrive_simulator import clients_data, clients_events, clients_lambda, clients_sqs

        kinds: dict[str, type[Client]] = {
            "dynamodb": clients_data.DynamoDB,
            "events": clients_events.Events,
            "kinesis": clients_events.Kinesis,
            "lambda": clients_lambda.Lambda,
            "logs": clients_data.Logs,
            "s3": clients_data.S3,
            "sns": clients_events.Sns,
            "sqs": clients_sqs.Sqs,
        }
        if service not in kinds:
            raise self.missing(f"the service {service!r}")
        return kinds[service](service, self)
