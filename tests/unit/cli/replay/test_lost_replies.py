"""A send whose reply was lost is in doubt, whatever the destination: it is neither repeated nor forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from redrive.core.system import sleeper
from redrive.testing.failure_records import invocation_record
from redrive_cli.aws import Account, Aws
from tests.support.cli.functions import ARN
from tests.support.cli.shop import kinesis_failure, moved, run
from tests.support.cli.world import World, refused

Put = Callable[[World], tuple[list[str], Callable[[], int]]]


def to_a_queue(world: World) -> tuple[list[str], Callable[[], int]]:
    moved(world)
    return ["orders-dlq"], lambda: len(world.sqs.queues["orders"].all)


def to_a_function_without_waiting(world: World) -> tuple[list[str], Callable[[], int]]:
    world.sqs.put("invoices-failed", json.dumps(invocation_record({"n": 1}, function=f"{ARN}invoices:live")))
    return ["invoices-failed"], lambda: len(world.functions.functions["invoices"].events)


def to_a_function_with_messages(world: World) -> tuple[list[str], Callable[[], int]]:
    moved(world)
    calls = world.functions.functions["orders-function"].calls
    return ["orders-dlq", "--to", "function:orders-function"], lambda: len(calls)


def to_a_function_with_a_batch(world: World) -> tuple[list[str], Callable[[], int]]:
    world.s3.buckets["readings-failed"]["batch"] = json.dumps(kinesis_failure(1, 3)).encode()
    return ["s3://readings-failed/"], lambda: len(world.functions.functions["readings"].calls)


def to_a_stream(world: World) -> tuple[list[str], Callable[[], int]]:
    moved(world)
    return ["orders-dlq", "--to", "stream:elsewhere"], lambda: len(world.kinesis.records)


DESTINATIONS = (
    to_a_queue,
    to_a_function_without_waiting,
    to_a_function_with_messages,
    to_a_function_with_a_batch,
    to_a_stream,
)
SENDS = ("SendMessageBatch", "Invoke", "PutRecords")


def replay(*arguments: str) -> tuple[int, dict[str, Any]]:
    with sleeper.replaced(lambda seconds: None):
        result = run("replay", *arguments, "--yes", "--output", "json")
    return result.exit_code, json.loads(result.stdout)


def fail_once(error: Exception) -> Callable[[str, str, Any], None]:
    errors = [error]

    def check(service: str, operation: str, request: Any) -> None:
        if operation in SENDS and errors:
            raise errors.pop()

    return check


@pytest.mark.parametrize("put", DESTINATIONS, ids=lambda put: put.__name__)
def test_it_is_sent_once_and_held_until_a_person_decides(world: World, put: Put) -> None:
    where, arrived = put(world)
    world.after = fail_once(ReadTimeoutError(endpoint_url="https://aws"))
    code, found = replay(*where)
    assert (code, found["in_doubt"], found["replayed"], arrived()) == (2, 1, 0, 1)
    world.time += 1000
    code, found = replay(*where)
    assert (code, found["in_doubt"], found["replayed"], arrived()) == (2, 1, 0, 1)
    code, found = replay(*where, "--in-doubt")
    assert (code, found["in_doubt"], found["deleted"], arrived()) == (0, 0, 1, 2)
    assert replay(*where)[1]["seen"] == 0


@pytest.mark.parametrize("put", DESTINATIONS, ids=lambda put: put.__name__)
@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="https://aws"), refused("ThrottlingException", "Call")],
    ids=["not reached", "throttled"],
)
def test_what_certainly_did_not_arrive_is_sent_again(world: World, put: Put, error: Exception) -> None:
    where, arrived = put(world)
    world.before = fail_once(error)
    code, found = replay(*where)
    assert (code, found["in_doubt"], found["deleted"], arrived()) == (0, 0, 1, 1)


@pytest.mark.parametrize("put", DESTINATIONS, ids=lambda put: put.__name__)
def test_what_aws_denies_is_not_in_doubt(world: World, put: Put) -> None:
    """After the permission is there, the same command sends it."""
    where, arrived = put(world)
    world.before = fail_once(refused("AccessDeniedException", "Call"))
    assert replay(*where)[0] == 254
    world.time += 1000
    code, found = replay(*where)
    assert (code, found["in_doubt"], found["deleted"], arrived()) == (0, 0, 1, 1)


def test_the_sdk_does_not_repeat_a_send() -> None:
    aws = Aws(Account(region="eu-west-1"))
    once, others = aws.client("sqs", once=True), aws.client("sqs")
    assert once.meta.config.retries["total_max_attempts"] == 1
    assert others.meta.config.retries["total_max_attempts"] == 5
