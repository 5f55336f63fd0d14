"""Defaults of `AsyncInvocation`, and the options that change them."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.cdk import (
    Synthesized,
    deployed,
    new_stack,
    number_parameter,
    python_function,
    warnings_of,
)

DAY = 24 * 60 * 60


def made(**options: Any) -> tuple[Synthesized, AsyncInvocation]:
    stack = new_stack()
    invocation = AsyncInvocation(stack, "Orders", **{"function": python_function(stack), **options})
    return Synthesized(stack), invocation


@pytest.fixture(scope="module")
def plain() -> tuple[Synthesized, AsyncInvocation]:
    return made()


Made = tuple[Synthesized, AsyncInvocation]


def config(made: Made) -> dict[str, Any]:
    synthesized, invocation = made
    logical_id = synthesized.stack.resolve(invocation.event_invoke_config.logical_id)
    return synthesized.resources[logical_id]["Properties"]


def test_the_configuration_writes_out_what_lambda_would_do_anyway(plain: Made) -> None:
    synthesized, invocation = plain
    assert config(plain) == {
        "FunctionName": {"Ref": synthesized.id(invocation.function)},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 6 * 60 * 60,
        "DestinationConfig": {"OnFailure": {"Destination": synthesized.arn(invocation.failure_queue)}},
    }


def test_a_queue_is_made_for_records_of_failed_events(plain: Made) -> None:
    synthesized, invocation = plain
    assert invocation.on_failure is invocation.failure_queue
    assert invocation.on_success is invocation.dead_letter_queue is None
    queue = synthesized.resource(invocation.failure_queue)
    assert queue["Properties"] == {"MessageRetentionPeriod": 14 * DAY, "SqsManagedSseEnabled": True}
    assert (queue["DeletionPolicy"], queue["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_queue_refuses_what_is_not_encrypted_on_its_way(plain: Made) -> None:
    synthesized, invocation = plain
    (policy,) = synthesized.of_type("AWS::SQS::QueuePolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert policy["Properties"]["Queues"] == [{"Ref": synthesized.id(invocation.failure_queue)}]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_function_may_send_to_that_queue_and_gets_settings_and_layer(plain: Made) -> None:
    synthesized, invocation = plain
    function = invocation.function
    assert isinstance(function, lambda_.Function)
    queue = deployed(synthesized.arn(invocation.failure_queue))
    assert synthesized.statements(function) == {("sqs:SendMessage", queue)}
    assert list(synthesized.environment(function)) == ["REDRIVE_ASYNC_1"]
    assert len(synthesized.properties(function)["Layers"]) == 1
    assert "DeadLetterConfig" not in synthesized.properties(function)


def test_nothing_else_is_made(plain: Made) -> None:
    _, invocation = plain
    assert {child.node.id for child in invocation.node.children} == {
        "FailureQueue",
        "DeliveryPolicy",
        "EventInvokeConfig",
        "DroppedAlarm",
        "DeliveryAlarm",
        "AgeAlarm",
        "FailureQueueAlarm",
        "FailureAgeAlarm",
    }


def test_the_defaults_give_no_warning(plain: Made) -> None:
    assert warnings_of(plain[0].stack) == {}


def test_no_name_is_given_to_anything(plain: Made) -> None:
    """So that the stack can be deployed twice, and its resources replaced."""
    for resource in plain[0].resources.values():
        names = {"QueueName", "PolicyName", "TableName", "BucketName", "AlarmName"} & set(
            resource.get("Properties", {})
        )
        assert names <= {"PolicyName"}  # which the CDK makes of its own path


def test_retries_and_age_can_be_chosen() -> None:
    found = config(made(retry_attempts=0, max_event_age=Duration.minutes(10)))
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (0, 600)


def test_retries_and_age_may_be_known_only_at_the_deployment() -> None:
    stack = new_stack()
    invocation = AsyncInvocation(
        stack,
        "Orders",
        function=python_function(stack),
        retry_attempts=number_parameter(stack, "Retries"),
        max_event_age=Duration.seconds(number_parameter(stack, "Age")),
    )
    found = config((Synthesized(stack), invocation))
    assert found["MaximumRetryAttempts"] == {"Ref": "Retries"}
    assert found["MaximumEventAgeInSeconds"] == {"Ref": "Age"}
    facts = invocation.facts
    assert (facts.retry_attempts, facts.max_event_age, facts.last_attempt) == (None, None, None)


def test_retention_removal_and_key_of_the_queue_can_be_chosen() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    invocation = AsyncInvocation(
        stack,
        "Orders",
        function=python_function(stack),
        failure_queue_retention_period=Duration.days(4),
        failure_queue_removal_policy=RemovalPolicy.DESTROY,
        encryption_key=key,
    )
    synthesized = Synthesized(stack)
    queue = synthesized.resource(invocation.failure_queue)
    assert queue["Properties"] == {"MessageRetentionPeriod": 4 * DAY, "KmsMasterKeyId": synthesized.arn(key)}
    assert queue["DeletionPolicy"] == "Delete"


def test_no_queue_is_made_beside_another_destination() -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Mine")
    invocation = AsyncInvocation(stack, "Orders", function=python_function(stack), on_failure=queue)
    assert invocation.failure_queue is None
    assert invocation.on_failure is queue
    assert len(Synthesized(stack).of_type("AWS::SQS::Queue")) == 1


def test_a_queue_is_made_beside_a_dead_letter_queue_if_asked_for() -> None:
    stack = new_stack()
    function = python_function(stack, dead_letter_queue_enabled=True)
    invocation = AsyncInvocation(stack, "Orders", function=function, make_failure_queue=True)
    assert invocation.failure_queue is not None
    assert invocation.on_failure is invocation.failure_queue


def test_a_destination_on_success_leaves_the_failure_queue() -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Done")
    invocation = AsyncInvocation(stack, "Orders", function=python_function(stack), on_success=queue)
    assert invocation.failure_queue is not None
    assert set(config((Synthesized(stack), invocation))["DestinationConfig"]) == {"OnSuccess", "OnFailure"}


def test_without_a_destination_there_is_none_in_the_configuration() -> None:
    found = made(retry_attempts=1, make_failure_queue=False)
    assert "DestinationConfig" not in config(found)
    assert found[0].of_type("AWS::SQS::Queue") == {}


def test_the_layer_can_be_left_out() -> None:
    synthesized, invocation = made(attach_layer=False)
    assert "Layers" not in synthesized.properties(invocation.function)
    assert synthesized.of_type("AWS::Lambda::LayerVersion") == {}
