"""`redrive replay --to`: events go to another place than the one they came from."""

from __future__ import annotations

import pytest

from tests.support.cli.replays import put_batches, replay
from tests.support.cli.shop import QUEUES, every_kind, moved, text
from tests.support.cli.world import World


@pytest.mark.parametrize(
    ("to", "where"),
    [
        ("queue:other", "queue"),
        ("https://sqs.eu-west-1.amazonaws.com/111111111111/other", "queue"),
        (f"{QUEUES}other", "queue"),
        ("function:orders-function", "function"),
        ("stream:elsewhere", "stream"),
    ],
)
def test_events_can_be_brought_elsewhere(world: World, to: str, where: str) -> None:
    world.sqs.create("other")
    moved(world, {"id": 7}, attributes={"tenant": text("a")})
    replay("orders-dlq", "--to", to)
    assert not world.sqs.queues["orders-dlq"].all
    if where == "queue":
        (message,) = world.sqs.queues["other"].all
        assert (message.body, message.attributes["tenant"]) == ('{"id": 7}', text("a"))
    elif where == "function":
        (event,) = world.functions.functions["orders-function"].calls
        (record,) = event["Records"]
        assert (record["body"], record["eventSource"]) == ('{"id": 7}', "aws:sqs")
        assert record["messageAttributes"]["tenant"]["stringValue"] == "a"
    else:
        assert [each["Data"] for each in world.kinesis.records] == [b'{"id": 7}']


def test_a_function_that_returns_messages_as_failed_leaves_them(world: World) -> None:
    ids = [moved(world, {"n": number}) for number in range(3)]
    world.functions.functions["orders-function"].run = lambda event: {"batchItemFailures": [{"itemIdentifier": ids[1]}]}
    found = replay("orders-dlq", "--to", "function:orders-function", code=1)
    assert found["failed_again"] == 1
    assert [each.id for each in world.sqs.queues["orders-dlq"].all] == [ids[1]]


def test_stream_records_can_be_put_into_another_stream_with_their_keys(world: World) -> None:
    put_batches(world, (1, 3, "a"))
    world.kinesis.refuses = 1
    replay("Shop", "--to", "stream:elsewhere")
    assert [each["PartitionKey"] for each in world.kinesis.records] == ["p", "p", "p"]


def test_an_event_of_a_function_can_be_put_into_a_queue(world: World) -> None:
    every_kind(world)
    world.sqs.create("other")
    replay("invoices-failed", "--where", "kind == 'invocation_record'", "--to", "queue:other")
    assert world.sqs.queues["other"].bodies == ['{"id":1}']
