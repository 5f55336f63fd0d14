"""docs/guides/several-accounts.md: the statements that its table lists are those of the warnings."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

import re
from typing import Any

import pytest

from redrive_cdk import AsyncInvocation
from tests.support.constructs.cdk import python_function
from tests.unit.constructs.test_other_accounts import DESTINATIONS, SOURCES, THERE, here, statements
from tests.unit.docs.test_docs import ROOT, blocks, run

PAGE = "docs/guides/several-accounts.md"
(STACK,) = blocks(PAGE)
#: The beginning of a row, by what tests/unit/constructs/test_other_accounts.py makes.
ROWS = {
    "source queue": ("queue", SOURCES),
    "dead-letter queue": ("queue", DESTINATIONS),
    "Kinesis stream": ("stream", SOURCES),
    "stream of a DynamoDB table": ("table", SOURCES),
    "function that is called": ("callee", SOURCES),
    "topic": ("topic", DESTINATIONS),
    "bucket": ("bucket", DESTINATIONS),
}


def actions(found: list[dict[str, Any]]) -> set[str]:
    listed = [each["Action"] for each in found]
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_lists_the_actions_of_the_warning(row: str) -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    (cell,) = re.findall(rf"^\| {row}[^|]*\| (.*) \|$", text, re.MULTILINE)
    listed = set(re.findall(r"`(\w+:\w+)`", cell))
    kind, cases = ROWS[row]
    stack = here()
    if cases is SOURCES:
        made: Any = SOURCES[kind](stack, THERE)
    else:
        on_failure = DESTINATIONS[kind][0](stack, THERE)
        made = AsyncInvocation(stack, "Mails", function=python_function(stack), on_failure=on_failure)
    found = actions(statements(made))
    assert found
    assert listed - found <= {"sqs:SendMessage", "events:PutEvents"}  # of sending back; of the other in the row
    assert found <= listed


def test_the_example_needs_both_queues_to_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    consumer = run(STACK)["stack"].node.find_child("Orders")
    of_resource = {each["Resource"].rpartition(":")[2]: actions([each]) for each in statements(consumer)}
    assert "sqs:SendMessage" in of_resource["orders"]
    assert of_resource["orders-dead-letters"] == {"sqs:SendMessage"}
