"""AWS, as handlers see it in a simulation: what `redrive.clients` makes in place of boto3's clients.

Each client answers the operations that the helpers use, and those with which a handler sends something on. Any other
is an error that says so, and that `Simulation.run` raises again at the end, in case a handler has caught it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive_simulator.errors import NotSimulatedError

if TYPE_CHECKING:
    from redrive_simulator.runtime import Runtime
    from redrive_simulator.simulation import Simulation
    from redrive_simulator.world import World


class Client:
    """What all clients have in common.

    Args:
        service: boto3's name of the service.
        clients: Made it.
    """

    def __init__(self, service: str, clients: Clients) -> None:
        self._service = service
        self._clients = clients
        self._world: World = clients.world

    @property
    def _now(self) -> World:
        """The simulation, if the invocation that calls may still do anything."""
        self._clients.runtime.check()
        return self._world

    def close(self) -> None:
        """There is no connection."""

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith("_"):
            raise AttributeError(operation)
        raise self._clients.missing(f"{self._service}.{operation}")


class Clients:
    """Makes the clients of one simulation, each once.

    Args:
        world: The simulation.

    Attributes:
        runtime: Knows which invocation calls.
        simulation: For what concerns the stack as a whole.
        problems: Calls that could not be answered.
        tags: Of resources that were tagged, by ARN.
    """

    runtime: Runtime
    simulation: Simulation

    def __init__(self, world: World) -> None:
        self.world = world
        self.problems: list[NotSimulatedError] = []
        self.tags: dict[str, dict[str, str]] = {}
        self._made: dict[str, Client] = {}

    def make(self, service: str, limits: object = None) -> Client:
        """A client, as `redrive.clients.clients` makes it.

        Args:
            service: boto3's name of the service.
            limits: Not needed: what takes long takes virtual time.

        Raises:
            NotSimulatedError: The service is not simulated.
        """
        made = self._made.get(service)
        if made is None:
            made = self._made[service] = self._new(service)
        return made

    def missing(self, what: str) -> NotSimulatedError:
        """An error about something that is not simulated, which is kept.

        Args:
            what: It.
        """
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
