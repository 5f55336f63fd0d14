"""Answers the calls of services that the simulator has no stand-in for by moto, if it is installed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.handlers.clients.base import Shared
from redrive_simulator.handlers.clients.real import new_client


class Others:
    """The services of one simulation that moto simulates, with a state of their own.

    Args:
        shared: State of all stand-ins.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._clients: dict[tuple[str, str], Any] = {}
        self._state: list[tuple[Any, dict[str, Any]]] = []
        self._contents: dict[str, list[tuple[str, Mapping[str, str]]]] = {}

    def add(self, service: str, operation: str, parameters: Mapping[str, str]) -> None:
        """Make a call before the first one of the service, in the Region of the simulation."""
        self._contents.setdefault(service, []).append((operation, parameters))

    def answer(self, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        """Answer a call by moto, or raise an error that names service, operation and way out."""
        service = str(client.meta.service_model.service_name)
        try:
            from moto.core.models import botocore_stubber  # pyright: ignore
        except ImportError:
            remedy = (
                "install moto, as the extra `redrive[moto]` does, or give an answer with "
                f'simulation.answer("{service}", "{operation}", function)'
            )
            raise self._shared.missing(f"{service}.{operation}", remedy) from None
        from botocore.client import BaseClient  # pyright: ignore
        from botocore.exceptions import ClientError  # pyright: ignore

        # A client of our own, whose calls need neither credentials nor settings of the caller's client.
        region = client.meta.region_name or self._shared.world.parameters.region
        own = self._clients.get((service, region))
        if own is None:
            own = self._clients[service, region] = _client_of_moto(service, region, self._shared, botocore_stubber)
        call = cast("Callable[..., Any]", BaseClient._make_api_call.__wrapped__)  # pyright: ignore
        with self._own_state(botocore_stubber) as is_own:
            if is_own and region == self._shared.world.parameters.region:
                for added in self._contents.pop(service, ()):
                    call(own, *added)
            try:
                return call(own, operation, parameters)
            except ClientError as error:
                reply: Any = error.response
                code = reply["Error"]["Code"]
                if reply.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404 and code == "404":
                    raise self._unknown(service, operation) from None
                raise client.exceptions.from_code(code)(reply, operation) from None
            except NotImplementedError as error:
                raise self._unknown(service, operation) from error

    def _unknown(self, service: str, operation: str) -> NotSimulatedError:
        remedy = f'moto does not know it; give an answer with simulation.answer("{service}", "{operation}", function)'
        return self._shared.missing(f"{service}.{operation}", remedy)

    @contextmanager
    def _own_state(self, stubber: Any) -> Generator[bool]:
        """Show moto the resources of this simulation, unless a test has started moto itself and fills it."""
        if stubber.enabled:
            yield False
            return
        from moto.core.base_backend import BackendDict  # pyright: ignore

        instances: Any = BackendDict._instances  # pyright: ignore
        before = _taken(instances)
        _put_back(instances, self._state)
        stubber.enabled = True
        try:
            yield True
        finally:
            stubber.enabled = False
            self._state = _taken(instances)
            _put_back(instances, before)


def _taken(instances: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Empty moto's services, and return what they had."""
    state = [(each, dict(each.items())) for each in instances]
    for each, _ in state:
        each.clear()
    instances.clear()
    return state


def _put_back(instances: Any, state: list[tuple[Any, dict[str, Any]]]) -> None:
    for each, content in state:
        each.update(content)
        instances.append(each)


def _client_of_moto(service: str, region: str, shared: Shared, stubber: Any) -> Any:
    """Make a client whose requests moto answers, in the account of the simulation."""
    made = new_client(service, region)
    account = shared.world.parameters.account

    def in_account(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = account

    made.meta.events.register("before-sign", in_account)
    made.meta.events.register("before-send", stubber)
    return made
