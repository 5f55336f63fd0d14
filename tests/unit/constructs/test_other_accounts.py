"""Resources of another account: both sides of a grant are written, or a warning has the statement for the other."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from redrive_cdk import AsyncInvocation, DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer, SyncInvocation
from tests.support.constructs.cdk import Synthesized, new_app, new_stack, python_function, warnings_of

HERE, THERE = "111111111111", "222222222222"
REGION = "eu-west-1"


def arn(service: str, name: str, account: str) -> str:
    return f"arn:aws:{service}:{REGION}:{account}:{name}"


Imported = Callable[[Stack, str], Any]
#: What is imported of an account, by kind, and the first action that the function needs on it.
DESTINATIONS: dict[str, tuple[Imported, str]] = {
    "queue": (
        lambda stack, account: sqs.Queue.from_queue_arn(stack, "Imported", arn("sqs", "failed", account)),
        "sqs:SendMessage",
    ),
    "topic": (
        lambda stack, account: sns.Topic.from_topic_arn(stack, "Imported", arn("sns", "failed", account)),
        "sns:Publish",
    ),
    "function": (
        lambda stack, account: lambda_.Function.from_function_arn(
            stack, "Imported", arn("lambda", "function:failed", account)
        ),
        "lambda:InvokeFunction",
    ),
    "event bus": (
        lambda stack, account: events.EventBus.from_event_bus_arn(
            stack, "Imported", arn("events", "event-bus/failed", account)
        ),
        "events:PutEvents",
    ),
    "bucket": (
        lambda stack, account: s3.Bucket.from_bucket_attributes(
            stack, "Imported", bucket_name="failed", account=account
        ),
        "s3:PutObject",
    ),
}


def here() -> Stack:
    return new_stack(env={"account": HERE, "region": REGION})


def statements(scope: IConstruct) -> list[dict[str, Any]]:
    """The statements that warnings on a construct show."""
    marker = "where it is created: "
    return [
        json.loads(str(entry.data).partition(marker)[2].rpartition(" [ack: ")[0])
        for entry in scope.node.metadata
        if entry.type == "aws:cdk:warning" and marker in str(entry.data)
    ]


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_a_destination_of_another_account_needs_a_statement_there(kind: str) -> None:
    make, action = DESTINATIONS[kind]
    stack = here()
    made = AsyncInvocation(stack, "Mails", function=python_function(stack), on_failure=make(stack, THERE))
    statement, *_ = statements(made)
    assert statement["Action"] == action
    assert statement["Effect"] == "Allow"
    assert HERE in str(statement["Principal"])


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_one_of_the_same_account_needs_none(kind: str) -> None:
    make, _ = DESTINATIONS[kind]
    stack = here()
    made = AsyncInvocation(stack, "Mails", function=python_function(stack), on_failure=make(stack, HERE))
    assert statements(made) == []


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_where_the_own_account_is_not_known_nothing_is_guessed(kind: str) -> None:
    make, _ = DESTINATIONS[kind]
    stack = new_stack()
    made = AsyncInvocation(stack, "Mails", function=python_function(stack), on_failure=make(stack, THERE))
    assert statements(made) == []


def test_a_key_of_another_account_needs_a_statement_of_its_own() -> None:
    stack = here()
    queue = sqs.Queue.from_queue_attributes(
        stack, "Imported", queue_arn=arn("sqs", "failed", THERE), key_arn=arn("kms", "key/one", THERE)
    )
    made = AsyncInvocation(stack, "Mails", function=python_function(stack), on_failure=queue)
    of_queue, of_key = statements(made)
    assert (of_queue["Resource"], of_key["Resource"]) == (queue.queue_arn, "*")
    assert of_key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_the_role_of_an_imported_function_is_named() -> None:
    stack = here()
    role_arn = f"arn:aws:iam::{HERE}:role/mails"
    function = lambda_.Function.from_function_attributes(
        stack,
        "Function",
        function_arn=arn("lambda", "function:mails", HERE),
        role=iam.Role.from_role_arn(stack, "Role", role_arn),
    )
    queue = sqs.Queue.from_queue_arn(stack, "Imported", arn("sqs", "failed", THERE))
    made = AsyncInvocation(stack, "Mails", function=function, on_failure=queue)
    (statement,) = statements(made)
    assert statement["Principal"] == {"AWS": role_arn}


#: A source of another account, and the consumer of it.
SOURCES: dict[str, Callable[[Stack, str], IConstruct]] = {
    "queue": lambda stack, account: SqsConsumer(
        stack,
        "Consumer",
        function=python_function(stack),
        queue=sqs.Queue.from_queue_arn(stack, "Imported", arn("sqs", "orders", account)),
    ),
    "stream": lambda stack, account: KinesisConsumer(
        stack,
        "Consumer",
        function=python_function(stack),
        stream=kinesis.Stream.from_stream_arn(stack, "Imported", arn("kinesis", "stream/orders", account)),
    ),
    "table": lambda stack, account: DynamoDBStreamConsumer(
        stack,
        "Consumer",
        function=python_function(stack),
        table=dynamodb.Table.from_table_attributes(
            stack,
            "Imported",
            table_arn=arn("dynamodb", "table/orders", account),
            table_stream_arn=arn("dynamodb", "table/orders/stream/2026-11-26T00:00:00.000", account),
        ),
    ),
    "callee": lambda stack, account: SyncInvocation(
        stack,
        "Consumer",
        caller=python_function(stack),
        callee=lambda_.Function.from_function_arn(stack, "Imported", arn("lambda", "function:rates", account)),
    ),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_or_callee_of_another_account_needs_a_statement_there(kind: str) -> None:
    (statement,) = statements(SOURCES[kind](here(), THERE))
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{HERE}:root"}
    assert THERE in statement["Resource"]
    assert statements(SOURCES[kind](here(), HERE)) == []


#: The alarms on metrics of the source itself, which CloudWatch keeps in the source's account.
ON_SOURCES = {
    "queue": {"AgeAlarm", "UnreceivedAlarm"},
    "stream": {"UnpolledAlarm", "ThrottleAlarm"},
    "table": {"UnpolledAlarm", "ThrottleAlarm"},
}


@pytest.mark.parametrize("kind", ON_SOURCES)
def test_no_alarm_watches_metrics_that_are_kept_in_another_account(kind: str) -> None:
    made: Any = SOURCES[kind](here(), THERE)
    assert {alarm.node.id for alarm in made.alarms} & ON_SOURCES[kind] == set()
    made = SOURCES[kind](here(), HERE)
    assert {alarm.node.id for alarm in made.alarms} & ON_SOURCES[kind] != set()


def test_no_alarm_watches_a_dead_letter_queue_of_another_account() -> None:
    stack = here()
    source, dead = (
        sqs.Queue.from_queue_arn(stack, name, arn("sqs", name, THERE)) for name in ("orders", "orders-dead-letters")
    )
    made = SqsConsumer(stack, "Orders", function=python_function(stack), queue=source, dead_letter_queue=dead)
    assert {alarm.node.id for alarm in made.alarms} == {"UntriedAlarm", "NotSetAsideAlarm"}


def test_a_queue_that_the_app_creates_in_another_account_gets_both_sides() -> None:
    app = new_app()
    mine = Stack(app, "Mine", env={"account": HERE, "region": REGION})
    other = Stack(app, "Other", env={"account": THERE, "region": REGION})
    queue = sqs.Queue(other, "Failed", queue_name="failed")
    made = AsyncInvocation(mine, "Mails", function=python_function(mine), on_failure=queue)
    app.synth()
    assert statements(made) == []
    (policy,) = Synthesized(other).of_type("AWS::SQS::QueuePolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "sqs:SendMessage"
    assert HERE in str(statement["Principal"])


def test_a_function_that_the_app_creates_in_another_account_may_be_called() -> None:
    app = new_app()
    mine = Stack(app, "Mine", env={"account": HERE, "region": REGION})
    other = Stack(app, "Other", env={"account": THERE, "region": REGION})
    rates = python_function(other, "Rates", function_name="rates")
    SyncInvocation(mine, "Rates", caller=python_function(mine), callee=rates)
    app.synth()
    (permission,) = Synthesized(other).of_type("AWS::Lambda::Permission").values()
    assert permission["Properties"]["Action"] == "lambda:InvokeFunction"
    assert permission["Properties"]["Principal"] == HERE


def test_a_service_that_sends_to_the_queue_is_allowed_by_the_queues_own_policy() -> None:
    stack = here()
    orders = SqsConsumer(stack, "Orders", function=python_function(stack))
    orders.grant_send_messages(iam.ServicePrincipal("events.amazonaws.com"))
    policies = Synthesized(stack).of_type("AWS::SQS::QueuePolicy").values()
    assert "events.amazonaws.com" in str([*policies])


def test_a_producer_without_a_known_role_is_said_to_lack_the_grant() -> None:
    stack = here()
    orders = SqsConsumer(stack, "Orders", function=python_function(stack))
    producer = lambda_.Function.from_function_arn(stack, "Producer", arn("lambda", "function:shop", HERE))
    orders.grant_send_messages(producer)
    assert "@aws-cdk/aws-iam:unknownPrincipalAddStatementToRole" in warnings_of(stack)
