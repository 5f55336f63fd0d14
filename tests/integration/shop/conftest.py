"""app.py, deployed once for the tests of this folder, and all that is sent to it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.conftest import Deploy
from tools.demo_invoices import Invocations, invocations
from tools.demo_messages import entries, orders
from tools.demo_readings import Readings, readings
from tools.local_aws import LocalAws
from tools.traffic import send


@dataclass(frozen=True)
class Sent:
    """What was sent; all messages are under way, too."""

    invoices: Invocations
    readings: Readings


@pytest.fixture(scope="session")
def shop(deploy: Deploy) -> dict[str, str]:
    """app.py, deployed: the stack's outputs."""
    return deploy(Path("app.py"))


@pytest.fixture(scope="session")
def sent(aws: LocalAws, shop: dict[str, str]) -> Sent:
    """All at once, since the slowest messages need two minutes, and the others end meanwhile."""
    send(aws, shop["OrdersQueueUrl"], [sample.message for sample in orders()])
    send(aws, shop["LedgerQueueUrl"], [sample.message for sample in entries()])
    sent = Sent(invocations(shop), readings(shop))
    sent.readings.send(aws)
    sent.invoices.send(aws)
    return sent
