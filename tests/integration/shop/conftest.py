"""app.py, deployed once for the tests of this folder, and all that is sent to it."""

from pathlib import Path

import pytest

from tests.integration.conftest import wait_until
from tools import cdk
from tools.demo_invoices import Invocations, invocations
from tools.demo_messages import entries, orders
from tools.demo_readings import Readings, readings
from tools.local_aws import LocalAws
from tools.traffic import count, send


@pytest.fixture(scope="session")
def shop(aws: LocalAws) -> dict[str, str]:
    """app.py, bootstrapped, synthesized and deployed by the CDK's command line alone: the stack's outputs."""
    cdk.bootstrap(aws)
    environment = {"CDK_VALIDATION": "false", "PYTHONPATH": str(Path.cwd())}
    (outputs,) = cdk.deploy_app(aws, Path("app.py"), environment=environment).values()
    return outputs


@pytest.fixture(scope="session")
def messages_sent(aws: LocalAws, shop: dict[str, str]) -> None:
    """All messages, each received at least once. The slowest wait two minutes for their retries."""
    queues = shop["OrdersQueueUrl"], shop["LedgerQueueUrl"]
    for queue, samples in zip(queues, (orders(), entries()), strict=True):
        send(aws, queue, [sample.message for sample in samples])
    wait_until(
        lambda: not any(count(aws, queue, only_visible=True) for queue in queues),
        seconds=60,
        what="all messages received once",
    )


@pytest.fixture(scope="session")
def put(aws: LocalAws, shop: dict[str, str], messages_sent: None) -> Readings:
    """All readings, while the messages wait."""
    put = readings(shop)
    put.send(aws)
    wait_until(lambda: not put.progress(aws)[0], seconds=60, what="all readings taken, or set aside")
    return put


@pytest.fixture(scope="session")
def invoices(aws: LocalAws, shop: dict[str, str], put: Readings) -> Invocations:
    """All invoices, after the readings: one machine has no room for all functions at once."""
    invoices = invocations(shop)
    invoices.send(aws)
    wait_until(lambda: not invoices.progress(aws)[0], seconds=90, what="all invoices drawn, or failed for good")
    return invoices
