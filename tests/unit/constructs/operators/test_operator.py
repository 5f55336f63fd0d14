"""What a `FailureOperator` allows: each action that the command line needs, on the resource that it needs it on."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from redrive.settings import PAUSED_BY
from redrive_cdk import (
    AsyncInvocation,
    CircuitBreaker,
    DynamoDBStreamConsumer,
    FailureOperator,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
)
from redrive_model.operations import COMMANDS, KEY_ACTIONS, operations_of
from tests.support.constructs.cdk import Synthesized, as_list, deployed, new_stack, python_function

PRESENT = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
LOOKING = ["failures", "show", "watch"]

Allowed = dict[str, set[str]]


def allowed(operator: FailureOperator, synthesized: Synthesized | None = None) -> Allowed:
    """The resources by action."""
    synthesized = synthesized or Synthesized(Stack.of(operator))
    found: Allowed = {}
    for statement in synthesized.properties(operator.policy)["PolicyDocument"]["Statement"]:
        for action in as_list(statement["Action"]):
            found.setdefault(action, set()).update(map(deployed, as_list(statement["Resource"])))
    return found


def arn(synthesized: Synthesized, construct: Any) -> str:
    return deployed(synthesized.arn(construct))


#: The actions for a queue with failures, and those for a bucket and what is in it.
QUEUE = {
    "sqs:CancelMessageMoveTask",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ListDeadLetterSourceQueues",
    "sqs:ListMessageMoveTasks",
    "sqs:ReceiveMessage",
    "sqs:StartMessageMoveTask",
}
STACK = {"cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:ListStackResources"}
ALL = {
    "cloudformation:ListExports",
    "events:DescribeRule",
    "events:ListTargetsByRule",
    "lambda:ListEventSourceMappings",
    "sns:GetSubscriptionAttributes",
}


def check(found: Allowed, synthesized: Synthesized, expected: dict[str, set[str]]) -> None:
    """The actions on each resource, besides those on the stack, and on no resource in particular."""
    by_resource: dict[str, set[str]] = {}
    for action, resources in found.items():
        for resource in resources:
            by_resource.setdefault(resource, set()).add(action)
    assert by_resource.pop("*") == ALL
    assert by_resource.pop("arn:aws:cloudformation:eu-west-1:111111111111:stack/Stack/*") == STACK
    assert by_resource == expected


def log_group(synthesized: Synthesized, function: Any) -> str:
    name = deployed({"Ref": synthesized.id(function)})
    return f"arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/{name}:*"


FUNCTION = {
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionEventInvokeConfig",
    "lambda:InvokeFunction",
    "lambda:ListFunctionEventInvokeConfigs",
}
LOGS = {"logs:FilterLogEvents"}


def test_a_queues_failures_are_brought_back_to_their_queue() -> None:
    stack = new_stack()
    orders = SqsConsumer(stack, "Orders", function=python_function(stack))
    found = allowed(FailureOperator(stack, "Operator", watch=[orders]))
    synthesized = Synthesized(stack)
    expected = {
        arn(synthesized, orders.dead_letter_queue): QUEUE,
        arn(synthesized, orders.queue): {"sqs:GetQueueAttributes", "sqs:SendMessage"},
        arn(synthesized, orders.function): FUNCTION,
        log_group(synthesized, orders.function): LOGS,
    }
    check(found, synthesized, expected)


def test_a_streams_failures_are_read_and_brought_back() -> None:
    stack = new_stack()
    readings = KinesisConsumer(stack, "Readings", function=python_function(stack))
    found = allowed(FailureOperator(stack, "Operator", watch=[readings]))
    synthesized = Synthesized(stack)
    bucket = arn(synthesized, readings.failure_bucket)
    reading = {"kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator"}
    expected = {
        bucket: {"s3:ListBucket"},
        f"{bucket}/*": {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
        arn(synthesized, readings.stream): {*reading, "kinesis:PutRecords"},
        arn(synthesized, readings.function): FUNCTION,
        log_group(synthesized, readings.function): LOGS,
    }
    check(found, synthesized, expected)


def test_a_tables_stream_is_read() -> None:
    stack = new_stack()
    changes = DynamoDBStreamConsumer(
        stack, "Changes", function=python_function(stack), partition_key=PRESENT, on_failure="queue"
    )
    found = allowed(FailureOperator(stack, "Operator", watch=[changes]))
    synthesized = Synthesized(stack)
    expected = {
        arn(synthesized, changes.failure_queue): QUEUE,
        deployed({"Fn::GetAtt": [synthesized.id(changes.table), "StreamArn"]}): {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
        },
        arn(synthesized, changes.function): FUNCTION,
        log_group(synthesized, changes.function): LOGS,
    }
    check(found, synthesized, expected)


def test_asynchronous_failures_are_brought_back_by_invoking_the_function() -> None:
    stack = new_stack()
    mails = AsyncInvocation(stack, "Mails", function=python_function(stack))
    found = allowed(FailureOperator(stack, "Operator", watch=[mails]))
    synthesized = Synthesized(stack)
    expected = {
        arn(synthesized, mails.failure_queue): QUEUE,
        arn(synthesized, mails.function): FUNCTION,
        log_group(synthesized, mails.function): LOGS,
    }
    check(found, synthesized, expected)


def test_a_circuit_is_changed_and_nothing_else_in_its_table() -> None:
    stack = new_stack()
    orders = SqsConsumer(stack, "Orders", function=python_function(stack))
    payments = CircuitBreaker(stack, "Payments", pauses=[orders])
    operator = FailureOperator(stack, "Operator", watch=[payments])
    found, synthesized = allowed(operator), Synthesized(stack)
    table = arn(synthesized, payments.table)
    assert found["dynamodb:GetItem"] == found["dynamodb:PutItem"] == {table}
    assert "dynamodb:DeleteItem" not in found
    conditions = [
        statement["Condition"]
        for statement in synthesized.properties(operator.policy)["PolicyDocument"]["Statement"]
        if "Condition" in statement
    ]
    assert {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["circuit#Payments"]}} in conditions
    assert {"ForAllValues:StringEquals": {"aws:TagKeys": [PAUSED_BY]}} in conditions
    (mapping,) = found["lambda:UpdateEventSourceMapping"]
    assert mapping == next(iter(found["lambda:TagResource"]))
    assert mapping.endswith(synthesized.id(orders.event_source_mapping))


def test_a_record_of_idempotency_is_looked_up_and_deleted() -> None:
    stack = new_stack()
    done = IdempotencyTable(stack, "Done")
    found = allowed(FailureOperator(stack, "Operator", watch=[done]))
    synthesized = Synthesized(stack)
    actions = {action for action, resources in found.items() if arn(synthesized, done.table) in resources}
    assert actions == {"dynamodb:DeleteItem", "dynamodb:GetItem"}


def test_keys_are_used_where_there_are_some() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    orders = SqsConsumer(stack, "Orders", function=python_function(stack), encryption_key=key)
    found = allowed(FailureOperator(stack, "Operator", watch=[orders]))
    for action in KEY_ACTIONS:
        assert found[action] == {arn(Synthesized(stack), key)}


def everything(stack: Stack) -> list[Any]:
    """One construct of each kind."""
    function = python_function(stack, "Orders")
    orders = SqsConsumer(stack, "OrdersConsumer", function=function)
    return [
        orders,
        KinesisConsumer(stack, "Readings", function=python_function(stack, "Reader")),
        DynamoDBStreamConsumer(stack, "Changes", function=python_function(stack, "Changer"), partition_key=PRESENT),
        AsyncInvocation(stack, "Mails", function=python_function(stack, "Mailer")),
        IdempotencyTable(stack, "Done"),
        CircuitBreaker(stack, "Payments", pauses=[orders]),
    ]


class Operators(NamedTuple):
    """Operators over one construct of each kind: one for all commands, one who looks, and one for each command."""

    synthesized: Synthesized
    made: dict[str, FailureOperator]


@pytest.fixture(scope="module")
def operators() -> Operators:
    stack = new_stack()
    watch = everything(stack)
    commands = {"all": None, "looking": LOOKING, **{each: [each] for each in COMMANDS}}
    made = {name: FailureOperator(stack, name, watch=watch, commands=given) for name, given in commands.items()}
    return Operators(Synthesized(stack), made)


def test_all_constructs_together_need_each_action_of_the_command_line_and_no_other(operators: Operators) -> None:
    found = allowed(operators.made["all"], operators.synthesized)
    assert set(found) == {each.action for each in operations_of()}


def test_who_only_looks_changes_nothing(operators: Operators) -> None:
    found = allowed(operators.made["looking"], operators.synthesized)
    assert set(found) == {each.action for each in operations_of(LOOKING)}
    changing = {each.action for each in operations_of() if each.changes}
    assert not changing & set(found)


def test_one_construct_of_each_kind_fits_into_a_managed_policy(operators: Operators) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    policy = operators.synthesized.properties(operators.made["all"].policy)
    size = 0
    for statement in policy["PolicyDocument"]["Statement"]:
        size += len(str(statement["Action"])) + len(str(statement.get("Condition", ""))) + 40
        size += sum(len(deployed(each)) + 3 for each in as_list(statement["Resource"]))
    assert size < 6_144


def test_a_place_that_keeps_nothing_needs_no_permission() -> None:
    stack = new_stack()
    mails = AsyncInvocation(stack, "Mails", function=python_function(stack), on_failure=sns.Topic(stack, "Topic"))
    found = allowed(FailureOperator(stack, "Operator", watch=[mails]))
    assert "sqs:ReceiveMessage" not in found


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_may_be_allowed_alone(operators: Operators, command: str) -> None:
    found = allowed(operators.made[command], operators.synthesized)
    assert set(found) <= {each.action for each in operations_of([command])}


def test_what_the_command_line_does_not_operate_on_is_refused() -> None:
    stack = new_stack()
    calls = SyncInvocation(stack, "Rates", caller=python_function(stack), callee=python_function(stack, "Callee"))
    with pytest.raises(ValueError, match=r"^Stack/Operator: watch \[.*SyncInvocation.*the command line operates on"):
        FailureOperator(stack, "Operator", watch=[calls])  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"watch \[\]: the command line operates on"):
        FailureOperator(stack, "Empty", watch=[])


def test_an_unknown_command_is_refused() -> None:
    stack = new_stack()
    with pytest.raises(ValueError, match=r"commands \['purge'\]: give names among failures, show"):
        FailureOperator(stack, "Operator", watch=[IdempotencyTable(stack, "Done")], commands=["purge"])
