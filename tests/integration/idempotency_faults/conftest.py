"""A table, a proxy on the way to it, and what uses them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from redrive import Idempotency
from redrive.aws.clients import TimeLimits, clients
from redrive.core.system import sleeper
from tests.support.integration.idempotency_faults import SIZE, Effects, Network, Partial
from tests.support.integration.tables import make_table
from tests.support.runtime.idempotency.workers import charging, consuming, messages, settings
from tests.support.runtime.sqs.queue import Context, returned
from tools.fault_proxy import FaultProxy
from tools.local_aws import LocalAws


@pytest.fixture(scope="session")
def one_network(aws: LocalAws) -> Iterator[Network]:
    with FaultProxy(aws.endpoint) as proxy:
        # The first one takes longer.
        proxy.client("dynamodb", read_timeout=60, attempts=1).list_tables()
        yield Network(proxy)


@pytest.fixture
def network(one_network: Network) -> Iterator[Network]:
    """Without faults. Retries wait a tenth as long."""
    one_network.proxy.clear()
    one_network.attempts = 1
    with (
        clients.replaced(partial(one_network.factory)),  # another one for each test, so that it is asked for anew
        sleeper.replaced(lambda seconds: time.sleep(seconds / 10)),
    ):
        yield one_network
    one_network.proxy.clear()


@pytest.fixture
def table(aws: LocalAws) -> str:
    """A new one."""
    name = f"faults-{uuid4()}"
    make_table(aws, name)
    return name


@pytest.fixture
def using(table: str) -> Idempotency:
    return Idempotency(settings=settings(table), lease=30)


@pytest.fixture
def effects() -> Effects:
    return Effects()


@pytest.fixture
def charge(using: Idempotency, effects: Effects) -> Callable[[Any], Any]:
    return charging(using, effects)


@pytest.fixture
def consume(using: Idempotency, effects: Effects) -> Callable[..., list[str]]:
    """Has the batch handled; which messages are to be received again."""
    consumer = consuming(using, effects)

    def consume(receive_count: int = 1, seconds: float = 30) -> list[str]:
        return returned(consumer(messages(SIZE, receive_count=receive_count), Context(time.time, seconds)))

    return consume


@pytest.fixture
def partly(network: Network) -> Callable[..., Partial]:
    """Makes statements fail from now on."""

    def partly(**options: Any) -> Partial:
        failing = Partial(network.factory("dynamodb", TimeLimits(1, 1, 1)), **options)
        clients.use(lambda service, limits: failing)  # until the end of the test, as the fixture has it
        return failing

    return partly
