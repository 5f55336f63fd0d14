"""Replaces the boto3 clients of `redrive.aws.clients` inside a simulation.

Clients answer the operations that the helpers use, and those with which a handler sends something on; `Simulation.run`
raises the error of any other operation again at the end, in case a handler has caught it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World
    from redrive_simulator.handlers.clients.factory import Clients


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
