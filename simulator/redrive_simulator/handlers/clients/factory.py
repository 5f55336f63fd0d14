"""Factory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.handlers.clients.base import Client

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World
    from redrive_simulator.handlers.runtime import Runtime
    from redrive_simulator.simulation import Simulation


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
        """Return the client of a service, with the signature that `redrive.clients` needs.

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
        from redrive_simulator.handlers.clients import data as clients_data
        from redrive_simulator.handlers.clients import events as clients_events
        from redrive_simulator.handlers.clients import functions as clients_lambda
        from redrive_simulator.handlers.clients import sqs as clients_sqs

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
