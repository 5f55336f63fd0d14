"""A warning of a table and its retries is told once, at the consumer that retries, although templates show it, too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Annotations, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb

from redrive_cdk import AsyncInvocation, IdempotencyTable, KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import new_app, python_function

EXPIRY = "redrive:idempotency-expiry"
RETRYING: dict[str, Callable[..., Any]] = {"queue": SqsConsumer, "stream": KinesisConsumer, "event": AsyncInvocation}
TABLES: dict[str, Callable[[Stack], dynamodb.ITable | None]] = {
    "new": lambda stack: None,
    "of the app": lambda stack: dynamodb.Table(
        stack, "Taken", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    ),
    "imported": lambda stack: dynamodb.Table.from_table_name(stack, "Taken", "done"),
}


def told(kind: str, table: str, *, acknowledged: bool = False) -> list[str]:
    """The parts of the CDK's report that warn of the expiry: annotations of constructs, and the check of templates."""
    app = new_app()
    stack = Stack(app, "Shop")
    retrying = RETRYING[kind](stack, "Orders", function=python_function(stack))
    # The id is longer than that of what retries: a warning was the table's, then.
    done = IdempotencyTable(stack, "DoneOrders", table=TABLES[table](stack), expiry=Duration.hours(1))
    done.protects(retrying)
    if acknowledged:
        Annotations.of(retrying).acknowledge_warning(EXPIRY)
    report = Path(app.synth().directory) / "validation-report.json"
    parts = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    return [
        part["pluginName"]
        for part in parts
        for violation in part["violations"]
        for _ in violation["violatingConstructs"]
        if violation["ruleName"].endswith(EXPIRY)
    ]


@pytest.mark.parametrize(
    ("kind", "table"), [*((kind, "new") for kind in RETRYING), ("queue", "of the app"), ("queue", "imported")]
)
def test_an_expiry_that_is_too_short_is_told_once(kind: str, table: str) -> None:
    assert len(told(kind, table)) == 1


def test_it_is_acknowledged_at_what_retries() -> None:
    assert told("queue", "new", acknowledged=True) == []
