"""A reply without the member that tells the result is an error, and counts neither as a success nor as an absence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import DynamoDBCircuits, Permanent, SqsSettings, StreamSettings, kinesis_handler, sqs_handler
from redrive.aws.clients import clients
from redrive.aws.partiql import Until
from redrive.circuit.state import CircuitState, StoredCircuit
from redrive.idempotency.dynamodb import DynamoDBStore
from tests.support.runtime.circuit.circuits import Table, fleet
from tests.support.runtime.sqs.queue import DEAD_LETTERS, Context, VirtualTime, batch, returned
from tests.support.runtime.streams.stream import QUEUE, checkpoint
from tests.support.runtime.streams.stream import batch as stream_batch

Log = Callable[[str], list[dict[str, Any]]]


class Replying:
    """A client that gives one reply to every call."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply

    def __getattr__(self, name: str) -> Any:
        return lambda **_: self.reply


# A circuit is closed only if DynamoDB says that there is no item.


@pytest.mark.parametrize("reply", [{}, {"ResponseMetadata": {"HTTPStatusCode": 200}}, {"Item": {}}, {"Item": None}])
def test_a_circuit_is_not_closed_for_lack_of_an_answer(reply: Any) -> None:
    with clients.replaced(lambda service, limits: Replying(reply)), pytest.raises((LookupError, TypeError)):
        DynamoDBCircuits("circuits").read("payments")


@pytest.mark.parametrize("name", ["version", "expiration", "openings", "successes", "failures", "stretches"])
def test_an_item_that_lacks_something_is_an_error(time: VirtualTime, name: str) -> None:
    table, store = Table(), DynamoDBCircuits("circuits")
    with fleet(time, table):
        store.swap("payments", None, StoredCircuit("1", CircuitState(open_until=time.now + 9, openings=1)))
        del table.items["circuit#payments"][name]
        with pytest.raises(LookupError):
            store.read("payments")


def test_a_circuit_that_was_never_written_is_closed(time: VirtualTime) -> None:
    with fleet(time, Table()):
        assert DynamoDBCircuits("circuits").read("payments") == StoredCircuit()


def refusing(item: Any) -> Any:
    failure: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "refused"}, **item}

    class Refusing(Replying):
        def __getattr__(self, name: str) -> Any:
            def refuse(**_: Any) -> Any:
                raise ClientError(failure, "PutItem")

            return refuse

    return Refusing(None)


@pytest.mark.parametrize("item", [{}, {"Item": {}}, {"Item": None}])
def test_a_first_write_that_was_refused_without_the_item_leaves_the_state_unknown(time: VirtualTime, item: Any) -> None:
    store = DynamoDBCircuits("circuits")
    with fleet(time), clients.replaced(lambda service, limits: refusing(item)):
        with pytest.raises(ClientError):
            store.swap("payments", None, StoredCircuit("2"))
        # Deleted since it was read: there is no item to return.
        assert store.swap("payments", "1", StoredCircuit("2")) == StoredCircuit()


# SQS and S3 must confirm a request for it to count as done.


@pytest.mark.parametrize("reply", [{}, {"Successful": []}, {"Successful": None, "Failed": None}])
def test_messages_that_are_not_mentioned_stay_and_the_log_says_why(time: VirtualTime, log: Log, reply: Any) -> None:
    @sqs_handler(settings=SqsSettings(dead_letter_queue_url=DEAD_LETTERS))
    def handler(message: Any) -> None:
        raise Permanent("x") if message.id == "0" else ValueError

    with fleet(time), clients.replaced(lambda service, limits: Replying(reply)):
        assert returned(handler(batch(3), Context(time, 60))) == ["0", "1", "2"]
    lines = {line["call"]: line for line in log("redrive.sqs.call_failed")}
    assert lines["SendMessageBatch"]["error"] == "the reply does not mention the entry"
    assert lines["ChangeMessageVisibilityBatch"]["entries"] == 3


@pytest.mark.parametrize(
    "settings",
    [StreamSettings(set_aside_queue_url=QUEUE), StreamSettings(set_aside_bucket="aside")],
    ids=["queue", "bucket"],
)
def test_a_record_is_set_aside_only_if_that_is_confirmed(time: VirtualTime, log: Log, settings: StreamSettings) -> None:
    @kinesis_handler(settings=settings)
    def handler(record: Any) -> None:
        raise Permanent("x")

    with fleet(time), clients.replaced(lambda service, limits: Replying({"ResponseMetadata": {}})):
        assert checkpoint(handler(stream_batch(1), Context(time, 60))) == "1"
    assert "has no" in log("redrive.stream.not_set_aside")[0]["error"]


def test_claims_that_were_not_read_are_unknown(time: VirtualTime) -> None:
    store = DynamoDBStore("table")
    with fleet(time), clients.replaced(lambda service, limits: Replying({})):
        found = store._lookup(["a", "b"], Until(None))
    assert {key: type(error) for key, error in found.items()} == {"a": KeyError, "b": KeyError}
