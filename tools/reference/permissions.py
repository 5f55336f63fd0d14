"""The permissions of commands, from the model's table of operations, and those that constructs give, from templates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from redrive_model.operations import COMMANDS, KEY_ACTIONS
from tools.reference.text import page, table

_COMMANDS = f"""
## Commands

Calls that each command of [`redrive`](commands.md) may make. Those that change more than a receive count are bold. With
keys of your own, add {" and ".join(f"`{each}`" for each in KEY_ACTIONS)} on them. The construct
[`FailureOperator`](constructs.md#failureoperator) makes the policy, restricted to the resources of what it watches.
"""
_CONSTRUCTS = """
## Constructs

Permissions that each construct gives to the roles of the functions, with the arguments of the first column and without
keys of your own. All statements are restricted to the resources in the last column.
"""


def permissions_page() -> str:
    """Return the page."""
    commands = [
        [f"`redrive {name}`", str(on), ", ".join(sorted({_action(each) for each in operations if each.on == on}))]
        for name, operations in COMMANDS.items()
        for on in dict.fromkeys(each.on for each in operations)
    ]
    constructs = [
        [
            f"`{call}`",
            f"`{role}`",
            ", ".join(f"`{action}`" for action in actions),
            ", ".join(f"`{each}`" for each in on),
        ]
        for call, template in _templates()
        for role, actions, on in _statements(template)
    ]
    return page(
        "Permissions",
        _COMMANDS,
        table(["command", "on", "actions"], commands),
        _CONSTRUCTS,
        table(["construct", "role", "actions", "on"], constructs),
    )


def _action(operation: Any) -> str:
    return f"**`{operation.action}`**" if operation.changes else f"`{operation.action}`"


def _templates() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a template with each construct."""
    from aws_cdk import App, Stack
    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_kinesis as kinesis
    from aws_cdk import aws_lambda as lambda_

    from redrive_cdk import (
        AsyncInvocation,
        CircuitBreaker,
        DynamoDBStreamConsumer,
        IdempotencyTable,
        KinesisConsumer,
        SqsConsumer,
        SyncInvocation,
    )

    def function(stack: Stack, id: str = "Function") -> lambda_.Function:
        return lambda_.Function(
            stack,
            id,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context): pass"),
        )

    def kinesis_consumer(stack: Stack) -> None:
        KinesisConsumer(stack, "Readings", function=function(stack), stream=kinesis.Stream(stack, "Stream"))

    def table_consumer(stack: Stack) -> None:
        source = dynamodb.TableV2(
            stack,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            dynamo_stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )
        DynamoDBStreamConsumer(stack, "Changes", function=function(stack), table=source)

    def breaker(stack: Stack) -> None:
        CircuitBreaker(stack, "Bank", pauses=[SqsConsumer(stack, "Orders", function=function(stack))])

    makers: dict[str, Callable[[Stack], object]] = {
        "SqsConsumer(function=…)": lambda stack: SqsConsumer(stack, "Orders", function=function(stack)),
        "KinesisConsumer(function=…, stream=…)": kinesis_consumer,
        "DynamoDBStreamConsumer(function=…, table=…)": table_consumer,
        "AsyncInvocation(function=…)": lambda stack: AsyncInvocation(stack, "Invoices", function=function(stack)),
        "SyncInvocation(caller=…, callee=…)": lambda stack: SyncInvocation(
            stack, "Rates", name="Rates", caller=function(stack, "Caller"), callee=function(stack, "Callee")
        ),
        "IdempotencyTable(…).grant(function)": lambda stack: IdempotencyTable(stack, "Done").grant(function(stack)),
        "CircuitBreaker(pauses=[consumer])": breaker,
    }
    for call, make in makers.items():
        app = App(analytics_reporting=False)
        make(Stack(app, "Shop"))
        yield call, json.loads(json.dumps(app.synth().get_stack_by_name("Shop").template))


def _statements(template: dict[str, Any]) -> list[tuple[str, list[str], list[str]]]:
    """Return role, actions and resources of each statement that allows something."""
    found: list[tuple[str, list[str], list[str]]] = []
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::IAM::Policy":
            continue
        (role,) = resource["Properties"]["Roles"]
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            actions, on = _list(statement["Action"]), _list(statement["Resource"])
            found.append((_name(role), sorted(actions), sorted({_name(each) for each in on})))
    return [statement for statement, _ in groupby(sorted(found))]


def _list(value: Any) -> list[Any]:
    return [*value] if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]


def _name(reference: Any) -> str:
    """Return the logical id in a reference, without the CDK's hash and the ending of a service's role."""
    text = json.dumps(reference)
    ids = re.findall(r'"(?:Ref|Fn::GetAtt)": (?:\[)?"([A-Za-z0-9]+)"', text)
    if not ids:
        return text.strip('"')
    name = re.sub(r"[0-9A-F]{8}$", "", ids[0])
    return re.sub(r"(?<=.)ServiceRole$", "", name) + ("/*" if text.rstrip('"]}').endswith("*") else "")
