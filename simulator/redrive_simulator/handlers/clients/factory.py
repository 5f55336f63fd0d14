"""Picks the simulated client of an AWS service."""

from __future__ import annotations

from redrive_simulator.handlers.clients.base import Client, Shared


class Clients:
    """Makes the clients of one simulation, one per service."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
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

    def _new(self, service: str) -> Client:
        from redrive_simulator.handlers.clients import data, events, functions, sqs

        kinds: dict[str, type[Client]] = {
            "dynamodb": data.DynamoDB,
            "events": events.Events,
            "kinesis": events.Kinesis,
            "lambda": functions.Lambda,
            "logs": data.Logs,
            "s3": data.S3,
            "sns": events.Sns,
            "sqs": sqs.Sqs,
        }
        if service not in kinds:
            raise self._shared.missing(f"the service {service!r}")
        return kinds[service](service, self._shared)
