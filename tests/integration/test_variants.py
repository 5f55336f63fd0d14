"""Consumers on an alias, with a key, with taken queues, subclassed: deployed, each with good and bad messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.conftest import Deploy, wait_until_empty
from tools.local_aws import LocalAws
from tools.traffic import Outgoing, drain, send, text_attribute

pytestmark = pytest.mark.integration

VARIANTS = ("Alias", "Key", "Taken", "Subclass")
GOOD = json.dumps({"id": "good", "lines": ["chair"]})
SLOW = json.dumps({"id": "slow", "lines": ["slow-starter-2"]})
WRONG = json.dumps({"id": "wrong", "lines": []})


@pytest.fixture(scope="module")
def stack(aws: LocalAws, deploy: Deploy) -> dict[str, str]:
    outputs = deploy(Path(__file__).parent / "variants_app.py")
    for name in VARIANTS:
        send(aws, outputs[f"{name}Source"], [Outgoing(GOOD), Outgoing(SLOW), Outgoing(WRONG)])
    wait_until_empty(aws, *(outputs[f"{name}Source"] for name in VARIANTS))
    return outputs


@pytest.mark.parametrize("name", VARIANTS)
def test_the_permanent_failure_alone_is_in_this_consumers_dead_letter_queue(
    aws: LocalAws, stack: dict[str, str], name: str
) -> None:
    """The settings of the right source were found: the function of Key and Taken has two."""
    (message,) = drain(aws, stack[f"{name}DeadLetters"])
    assert message.get("Body") == WRONG
    assert text_attribute(message, "RedriveReason") == "an order needs a line"
