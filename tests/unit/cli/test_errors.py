"""Errors: one clear sentence each, with the exit codes of the AWS CLI."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    SSOTokenLoadError,
)

from redrive_model.operations import operations_of
from tests.support.cli.shop import moved, run
from tests.support.cli.world import World


def client_error(code: str, operation: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


CASES: list[tuple[Exception, int, str]] = [
    (NoCredentialsError(), 253, "no credentials for AWS"),
    (SSOTokenLoadError(error_msg="expired"), 253, "aws sso login"),
    (NoRegionError(), 253, "give --region"),
    (ProfileNotFound(profile="other"), 253, "aws configure list-profiles"),
    (client_error("ExpiredToken", "DescribeStacks", "expired"), 253, "have expired"),
    (client_error("InvalidClientTokenId", "DescribeStacks", "invalid"), 253, "does not know these credentials"),
    (EndpointConnectionError(endpoint_url="https://x"), 255, "AWS was not reached"),
    (client_error("Throttling", "DescribeStacks", "slow down"), 254, "DescribeStacks failed: Throttling: slow down"),
    (client_error("KMS.AccessDeniedException", "ReceiveMessage", "no key"), 254, "KMS denied ReceiveMessage"),
    (
        client_error("AccessDeniedException", "ReceiveMessage", "not authorized to perform: kms:Decrypt on x"),
        254,
        "KMS denied ReceiveMessage",
    ),
]


@pytest.mark.parametrize(
    ("error", "code", "said"), CASES, ids=[f"{type(each).__name__} {said}" for each, _, said in CASES]
)
def test_an_error_is_one_sentence(world: World, error: Exception, code: int, said: str) -> None:
    def fail(service: str, operation: str, request: Any) -> None:
        raise error

    world.before = fail
    result = run("failures", "Shop")
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    "operation",
    [each for each in operations_of() if each.service in ("sqs", "s3", "cloudformation")],
    ids=lambda each: f"{each.service} {each.name}",
)
def test_a_missing_permission_is_printed_as_a_statement(world: World, operation: Any) -> None:
    arn = "arn:aws:sqs:eu-west-1:111111111111:orders-dlq"
    message = (
        f"User: arn:aws:iam::111111111111:user/me is not authorized to perform: {operation.action} on resource: {arn} "
        "because no identity-based policy allows it"
    )

    def fail(service: str, name: str, request: Any) -> None:
        raise client_error("AccessDenied", operation.name, message)

    world.before = fail
    result = run("failures", "Shop")
    assert result.exit_code == 254
    assert "FailureOperator" in result.stderr
    statement = json.loads(result.stderr[result.stderr.index("\n{") :])
    assert statement == {"Effect": "Allow", "Action": [operation.action], "Resource": arn}


def test_an_explicit_deny_is_said(world: World) -> None:
    def fail(service: str, operation: str, request: Any) -> None:
        raise client_error("AccessDenied", operation, "not authorized with an explicit deny in a policy")

    world.before = fail
    assert "denies it explicitly" in run("failures", "Shop").stderr


def test_denied_while_replaying_ends_the_run_and_loses_nothing(world: World) -> None:
    for _ in range(30):
        moved(world)

    def fail(service: str, operation: str, request: Any) -> None:
        if operation == "SendMessageBatch":
            raise client_error("AccessDenied", operation, "no")

    world.before = fail
    result = run("replay", "orders-dlq", "--yes")
    assert result.exit_code == 254
    assert "sqs:SendMessage" in result.stderr
    assert len(world.sqs.queues["orders-dlq"].all) == 30
    world.before = lambda *_: None
    world.time += 1
    assert run("replay", "orders-dlq", "--yes").exit_code == 0
    assert len(world.sqs.queues["orders"].all) == 30


def test_a_deletion_that_is_denied_is_said_and_nothing_is_sent_twice(world: World) -> None:
    for number in range(5):
        moved(world, {"n": number})

    def fail(service: str, operation: str, request: Any) -> None:
        if operation == "DeleteMessageBatch":
            raise client_error("AccessDenied", operation, "no")

    world.before = fail
    assert run("replay", "orders-dlq", "--yes").exit_code == 254
    world.before = lambda *_: None
    world.time += 1
    result = run("replay", "orders-dlq", "--yes")
    assert result.exit_code == 0
    assert "5 already sent" in result.stdout
    assert len(world.sqs.queues["orders"].all) == 5
    assert not world.sqs.queues["orders-dlq"].all


def test_an_unknown_command_and_option_are_usage_errors(world: World) -> None:
    assert run("replay").exit_code == 252
    assert run("nonsense").exit_code == 252
    assert run("failures", "--nonsense").exit_code == 252
