"""Helpers know a replayed message again: done is not done again, failed runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive import Idempotency, MemoryStore, Permanent, SqsMessage, sqs_handler
from tests.support.cli.shop import moved, run, text, why
from tests.support.cli.sqs import Message, Queue
from tests.support.cli.world import World


def delivered(message: Message, queue: Queue) -> dict[str, Any]:
    """The event with which Lambda delivers a message."""
    attributes = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": str(int(message.sent_at * 1000)),
        **({"MessageGroupId": message.group} if message.group else {}),
        **({"MessageDeduplicationId": message.deduplication} if queue.fifo and message.deduplication else {}),
    }
    sent = {
        name: {"dataType": each["DataType"], "stringValue": each["StringValue"]}
        for name, each in message.attributes.items()
    }
    record = {
        "messageId": message.id,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": sent,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
    }
    return {"Records": [record]}


@pytest.mark.parametrize(("source", "dead"), [("orders", "orders-dlq"), ("ledger.fifo", "ledger-dlq.fifo")])
def test_done_is_not_done_again_although_its_deletion_was_lost(world: World, source: str, dead: str) -> None:
    """The function was done, its deletion was lost each time, and SQS moved the message."""
    ran: list[str] = []

    @sqs_handler(idempotency=Idempotency(store=MemoryStore()))
    def handler(message: SqsMessage[str]) -> None:
        ran.append(message.body)

    queue = world.sqs.queues[source]
    message = world.sqs.put(source, '{"n": 1}', group="a" if queue.fifo else None)
    assert handler(delivered(message, queue), None) == {"batchItemFailures": []}
    queue.ready.clear()
    message.moved_from = queue.arn
    message.deduplication = message.id if queue.fifo else None  # as SQS does when it moves it
    world.sqs.queues[dead].ready.append(message)
    assert run("replay", dead, "--yes").exit_code == 0
    (replayed,) = queue.all
    assert replayed.id != message.id
    assert handler(delivered(replayed, queue), None) == {"batchItemFailures": []}
    assert ran == ['{"n": 1}']


@pytest.mark.parametrize(("source", "dead"), [("orders", "orders-dlq"), ("ledger.fifo", "ledger-dlq.fifo")])
def test_what_failed_for_good_runs_when_it_is_brought_back(world: World, source: str, dead: str) -> None:
    ran: list[str] = []

    @sqs_handler(idempotency=Idempotency(store=MemoryStore()))
    def handler(message: SqsMessage[str]) -> None:
        ran.append(message.id)
        if len(ran) == 1:
            raise Permanent("not fixed yet")

    queue = world.sqs.queues[source]
    first = world.sqs.put(source, '{"n": 1}', group="a" if queue.fifo else None)
    handler(delivered(first, queue), None)
    queue.ready.clear()
    attributes = why(id=first.id)
    if queue.fifo:
        attributes["RedriveDeduplicationId"] = text(first.deduplication or "")
    world.sqs.put(dead, first.body, attributes, group=first.group)
    assert run("replay", dead, "--yes").exit_code == 0
    (replayed,) = queue.all
    assert handler(delivered(replayed, queue), None) == {"batchItemFailures": []}
    assert ran == [first.id, replayed.id]
    assert handler(delivered(replayed, queue), None) == {"batchItemFailures": []}
    assert len(ran) == 2


def test_an_edited_message_is_another_one_only_in_its_body(world: World) -> None:
    id = moved(world, {"n": -1})
    run("replay", "orders-dlq", "--set", "n=1", "--yes")
    (message,) = world.sqs.queues["orders"].all
    assert json.loads(message.body) == {"n": 1}
    assert message.attributes["RedriveMessageId"] == text(id)
