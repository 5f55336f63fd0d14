"""A durable execution is the owner of its claims: its replay finds them its own, and another execution meets them."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from redrive import (
    DynamoDBStore,
    Idempotency,
    IdempotencyStore,
    InProgress,
    LateCompletion,
    MemoryStore,
    async_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.core.invocation import durable_execution, function_name, lambda_context, request_id, seconds_left
from redrive.idempotency.record import COMPLETED, IN_PROGRESS
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.durable import DurableContext, Execution, ExecutionContext, SuspendExecution
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import Context, VirtualTime
from tests.support.runtime.streams import stream


@pytest.fixture(params=["memory", "dynamodb"])
def records(request: pytest.FixtureRequest, dynamodb: FakeDynamoDB) -> IdempotencyStore:
    return MemoryStore() if request.param == "memory" else DynamoDBStore(dynamodb.table)


def paying(store: IdempotencyStore, effects: list[str], **options: Any) -> Any:
    """A durable handler with two steps and a wait between them."""

    @idempotent(store=store, key="order", like_powertools=True, prefix="pay", **options)
    def handler(event: Any, context: Any) -> str:
        context.step(lambda: effects.append("reserved"))
        context.wait()
        context.step(lambda: effects.append("paid"))
        return "done"

    return handler


def test_a_replay_finds_its_claim_its_own(records: IdempotencyStore, time: VirtualTime) -> None:
    effects: list[str] = []
    execution = Execution(paying(records, effects), time)
    assert execution.invoke({"order": 7}) is SuspendExecution
    time.advance(600)
    assert execution.invoke({"order": 7}) == "done"
    assert effects == ["reserved", "paid"]
    other = Execution(paying(records, effects), time, "two")
    assert other.invoke({"order": 7}) == "done"  # from the record
    assert effects == ["reserved", "paid"]


@pytest.mark.parametrize(("options", "seconds"), [({}, 3600), ({"expiry": 500}, 500), ({"lease": 120}, 120)], ids=repr)
def test_another_execution_meets_the_claim_also_while_it_is_suspended(
    records: IdempotencyStore, time: VirtualTime, options: Any, seconds: float
) -> None:
    """As long as the claim holds; then it is taken over, and the first one hears of it."""
    effects: list[str] = []
    first = Execution(paying(records, effects, **options), time)
    second = Execution(paying(records, effects, **options), time, "two")
    assert first.invoke({"order": 7}) is SuspendExecution
    time.advance(seconds - 1)
    with pytest.raises(InProgress) as raised:
        second.invoke({"order": 7})
    assert raised.value.after is not None
    assert raised.value.after <= 3
    time.advance(raised.value.after + 1)
    assert second.invoke({"order": 7}) is SuspendExecution
    with pytest.raises(InProgress):
        first.invoke({"order": 7})
    assert second.invoke({"order": 7}) == "done"


def test_each_replay_makes_its_claim_last_longer(records: IdempotencyStore, time: VirtualTime) -> None:
    effects: list[str] = []

    @idempotent(store=records, key="order", lease=100, like_powertools=True)
    def handler(event: Any, context: Any) -> None:
        for number in range(5):
            context.step(lambda number=number: effects.append(str(number)))
            context.wait()

    first, second = Execution(handler, time), Execution(handler, time, "two")
    for _ in range(5):
        assert first.invoke({"order": 7}) is SuspendExecution
        time.advance(90)
        with pytest.raises(InProgress):
            second.invoke({"order": 7})
    assert first.invoke({"order": 7}) is None
    assert effects == list("01234")


def test_a_late_execution_changes_nothing(records: IdempotencyStore, time: VirtualTime) -> None:
    effects: list[str] = []

    @idempotent(store=records, key="order", lease=20, like_powertools=True)
    def handler(event: Any, context: Any) -> str:
        if context.execution_context.durable_execution_arn.endswith("one/1"):
            time.advance(25)
            assert Execution(handler, time, "two").invoke({"order": 7}) == "two"
            return "one"
        return "two"

    with pytest.raises(LateCompletion):
        Execution(handler, time).invoke({"order": 7})
    assert Execution(handler, time, "three").invoke({"order": 7}) == "two"
    assert effects == []


def test_a_failed_call_runs_in_the_next_execution(records: IdempotencyStore, time: VirtualTime) -> None:
    fails = [True]

    @idempotent(store=records, key="order")
    def handler(event: Any, context: Any) -> str:
        if fails.pop() if fails else False:
            raise ValueError("declined")
        return "done"

    with pytest.raises(ValueError, match="declined"):
        Execution(handler, time).invoke({"order": 7})
    assert Execution(handler, time, "two").invoke({"order": 7}) == "done"


def test_the_same_call_in_a_parallel_branch_meets_the_first(records: IdempotencyStore, time: VirtualTime) -> None:
    @idempotent(store=records, key=lambda order: order)
    def charge(order: int) -> str:
        with pytest.raises(InProgress):
            charge(order)
        return "charged"

    def handler(event: Any, context: Any) -> str:
        return charge(7)

    assert Execution(handler, time).invoke({}) == "charged"
    assert Execution(handler, time).invoke({}) == "charged"


def test_a_batch_of_a_durable_execution_goes_on_at_its_replay(records: IdempotencyStore, time: VirtualTime) -> None:
    """Work that is done does not run again, and messages that had not started were given back."""
    ran: list[str] = []

    def handle(message: Any, context: Any) -> None:
        ran.append(message.body)
        if message.body == "1":
            context.wait()

    idempotency = Idempotency(store=records, key=lambda message: message.body)
    execution = Execution(sqs_handler(idempotency=idempotency)(handle), time)
    messages = queue.batch(4)
    for record in messages["Records"]:
        del record["receiptHandle"]
    assert execution.invoke(messages) is SuspendExecution
    assert ran == ["0", "1"]
    assert execution.invoke(messages) == {"batchItemFailures": []}
    assert ran == ["0", "1", "1", "2", "3"]


def test_the_helpers_read_lambdas_context_behind_it(time: VirtualTime) -> None:
    inner = Context(time, 30, aws_request_id="request")
    context = DurableContext(ExecutionContext("arn:aws:lambda:1"), inner, {})
    assert durable_execution(context) == "arn:aws:lambda:1"
    assert durable_execution(inner) is None
    assert lambda_context(context) is inner
    assert seconds_left(context) == 30
    assert (request_id(context), function_name(context)) == ("request", "orders-function")
    seen: list[Any] = []
    kinesis_handler(seen.append)(stream.batch(2), context)
    async_handler(lambda event, attempt: seen.append(attempt.request_id))({}, context)
    assert len(seen) == 3
    assert seen[2] == "request"


@pytest.mark.parametrize(
    "context",
    [None, "text", object(), MagicMock(), DurableContext(ExecutionContext(""), None, {})],
    ids=["none", "text", "object", "mock", "no arn"],
)
def test_nothing_else_is_a_durable_execution(context: Any) -> None:
    assert durable_execution(context) is None


def test_the_claim_of_an_execution_is_valid_for_a_fixed_time(time: VirtualTime, dynamodb: FakeDynamoDB) -> None:
    """Nothing renews it: while it is suspended, nothing runs."""
    execution = Execution(paying(DynamoDBStore(dynamodb.table), [], lease=3000), time, timeout=900)
    assert execution.invoke({"order": 7}) is SuspendExecution
    (item,) = dynamodb.items.values()
    assert item["status"] == {"S": IN_PROGRESS}
    assert "renewed_by" not in item
    assert execution.invoke({"order": 7}) == "done"
    (item,) = dynamodb.items.values()
    assert item["status"] == {"S": COMPLETED}
