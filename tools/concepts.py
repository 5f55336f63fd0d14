"""Writes the tables and pictures of docs/concepts/ with the code of `redrive explain`: `python -m tools.concepts`.

A table stands between two comments of a page, of which the first names it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aws_cdk import App, Duration, Stack, assertions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import AsyncInvocation, DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from redrive_cli.explain.pictures import picture
from redrive_cli.explain.table import rows_of
from redrive_cli.stacks.files import of_file
from redrive_cli.stacks.read import ANYWHERE
from redrive_model.explanation.explain import explain
from redrive_model.explanation.way import Way
from redrive_model.resources.stack import stack_of
from redrive_model.template.several import StackTemplate, merged, read_templates
from tools.node import ROOT

FOLDER = ROOT / "docs" / "concepts"
PICTURES = ROOT / "docs" / "pictures"
TEMPLATE = FOLDER / "four-ways.yaml"
#: Names of ways in the tables, by their construct, or by their function in the template.
HEADS = {
    "Rates": "synchronous",
    "Invoices": "asynchronous",
    "Orders": "queue",
    "Ledger": "FIFO queue",
    "Readings": "Kinesis stream",
    "Changes": "stream of a table",
}
#: Length of the outage in the picture about bridging, in seconds.
OUTAGE = 50 * 60
_ROWS = ("automatic retries", "interval", "maximum", "a failure blocks", "failures end", "bridges")


def made() -> dict[Path, str]:
    """Return the text of each page and picture."""
    by_hand = {each.function: each for each in _ways(of_file(TEMPLATE, ANYWHERE)[0])}
    with_redrive = {each.function.removesuffix("Function"): each for each in _ways([constructs()], OUTAGE)}
    found = {PICTURES / f"invocation-{name.lower()}.svg": picture(way) for name, way in by_hand.items()}
    found[PICTURES / "bridging.svg"] = picture(with_redrive["Orders"])
    tables = {"four ways": table(by_hand), "bridging": table(with_redrive, _ROWS)}
    for page in (FOLDER / "invocation.md", FOLDER / "bridging.md"):
        found[page] = filled(page.read_text(encoding="utf-8"), tables)
    return found


def _ways(sources: Sequence[StackTemplate], outage: float | None = None) -> Sequence[Way]:
    return explain(stack_of(merged(read_templates(sources))), outage=outage).ways


def constructs() -> StackTemplate:
    """Return a stack with each consumer, as it is without any options."""
    stack = Stack(App(), "Shop")

    def function(name: str) -> lambda_.Function:
        return lambda_.Function(
            stack,
            f"{name}Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context): ..."),
            timeout=Duration.seconds(10),
        )

    bare: Any = {"attach_layer": False}
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    AsyncInvocation(stack, "Invoices", function=function("Invoices"), **bare)
    SqsConsumer(stack, "Orders", function=function("Orders"), **bare)
    SqsConsumer(stack, "Ledger", function=function("Ledger"), fifo=True, **bare)
    KinesisConsumer(stack, "Readings", function=function("Readings"), **bare)
    DynamoDBStreamConsumer(stack, "Changes", function=function("Changes"), partition_key=key, **bare)
    template = dict(assertions.Template.from_stack(stack).to_json())
    return StackTemplate(stack="", template=template, place=ANYWHERE)


def table(ways: dict[str, Way], rows: Sequence[str] = ()) -> str:
    """Return a table with a column for each way, in Markdown.

    Args:
        ways: The ways, by the names of `HEADS`.
        rows: Names of the rows; without them, all.
    """
    names = [name for name in HEADS if name in ways]
    lines = [["", *(HEADS[name] for name in names)], ["---"] * (len(names) + 1)]
    lines += [[name, *said] for name, said in rows_of([ways[name] for name in names]) if name in rows or not rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def filled(page: str, tables: dict[str, str]) -> str:
    """Return a page with its tables.

    Args:
        page: Text of the page.
        tables: Tables by the names that comments give them.
    """
    return re.sub(
        r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{tables[found[2]]}\n\n{found[3]}",
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    for file, text in made().items():
        file.write_text(text, encoding="utf-8")
