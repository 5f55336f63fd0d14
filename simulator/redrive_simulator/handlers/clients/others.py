"""Answers the calls of services that the simulator has no stand-in for by moto, if it is installed."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, cast

from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.handlers.clients.base import Shared
from redrive_simulator.handlers.clients.real import new_client

# Services to which an ARN is a text like others: what they are given reaches nothing.
_ONLY_NAMING = frozenset({"iam", "kms", "secretsmanager", "ses", "sesv2", "ssm", "sts"})


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
        self._check_apart(service, operation, parameters)
        try:
            from moto.core.models import botocore_stubber  # pyright: ignore
        except ImportError:
            remedy = f"install moto, as the extra `redrive[moto]` does, or {_answer(service, operation)}"
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
            except ImportError as error:
                remedy = f'moto needs a library for it: pip install "moto[all]", or {_answer(service, operation)}'
                raise self._shared.missing(f"{service}.{operation}", remedy) from error

    def _unknown(self, service: str, operation: str) -> NotSimulatedError:
        remedy = f"moto does not know it; {_answer(service, operation)}"
        return self._shared.missing(f"{service}.{operation}", remedy)

    def _check_apart(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Refuse a call that would have to reach the simulation's own resources, as moto does not share them.

        moto would take the call, and nothing would happen to the queue, function or bucket that it names.
        """
        name = None if service in _ONLY_NAMING else self._named(parameters, "")
        if name is not None:
            remedy = f"moto cannot reach what the simulation has; {_answer(service, operation)}"
            raise self._shared.missing(f"{service}.{operation} on {name}", remedy)

    def _named(self, value: Any, member: str) -> str | None:
        """Return the name of the simulation's resource that a parameter names, if it does."""
        if isinstance(value, Mapping):
            members = cast("Mapping[str, Any]", value).items()
            return next((found for name, each in members if (found := self._named(each, str(name)))), None)
        if isinstance(value, (list, tuple)):
            return next((found for each in cast("list[Any]", value) if (found := self._named(each, member))), None)
        if not isinstance(value, str):
            return None
        match = self._addresses.search(value)
        if match is not None:
            return self._resources_by_address[match[0]]
        # Buckets are named without an ARN.
        is_bucket = "bucket" in member.lower()
        buckets = self._shared.resources.buckets.values()
        return next((each.name for each in buckets if is_bucket and each.spec.bucket_name == value), None)

    @cached_property
    def _addresses(self) -> re.Pattern[str]:
        """Finds an address of the simulation, and not one that begins with it."""
        known = "|".join(re.escape(each) for each in self._resources_by_address) or r"(?!)"
        return re.compile(rf"(?:{known})(?![\w-])")

    @cached_property
    def _resources_by_address(self) -> dict[str, str]:
        """Names of the simulation's resources by ARN, and by the URLs of queues and buckets."""
        resources = self._shared.resources
        names = {queue.spec.url: queue.name for queue in resources.queues.values()}
        names |= {f"s3://{bucket.spec.bucket_name}": bucket.name for bucket in resources.buckets.values()}
        kinds = (resources.queues, resources.functions, resources.streams, resources.tables, resources.buckets)
        for several in (*kinds, resources.topics, resources.buses):
            names |= {each.spec.arn: each.name for each in several.values()}
        return names

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


def _answer(service: str, operation: str) -> str:
    return f'give an answer with simulation.answer("{service}", "{operation}", function)'


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
    # Importing moto adds it to clients that are made later; twice, it would carry out each call twice.
    made.meta.events.unregister("before-send", stubber)
    made.meta.events.register("before-send", stubber)
    return made
