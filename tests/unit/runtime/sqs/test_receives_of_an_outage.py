"""An outage can prevent processing in several ways: none of them spends a message's receives faster than failures."""

from __future__ import annotations

import pytest

from redrive import Backoff, CircuitOpen, Retry, SqsMessage, SqsSettings, sqs_handler
from redrive.core.system import randomness
from redrive.sqs.not_started import decide
from tests.support.runtime.sqs.queue import Context, FakeSqs, event, record

BRIDGING = SqsSettings(max_receive_count=16, backoff=Backoff(base=5, cap=900, jitter="equal"))
COUNTS = [1, 5, 10, 15]
#: Half of 5 × 2^n up to 900, rounded up.
FLOORS = [3, 40, 450, 450]


@pytest.mark.parametrize(("count", "floor"), list(zip(COUNTS, FLOORS, strict=True)))
def test_a_deferred_message_waits_as_long_as_after_a_failure(count: int, floor: int) -> None:
    message = SqsMessage("1", "{}", receive_count=count, max_receive_count=16)
    (untried,) = decide([message], "deferred", None, BRIDGING, now=0, random=0.0)
    assert untried.outcome == "returned"
    assert untried.wait == max(floor, min(450, 2 ** (count - 2)))


@pytest.mark.parametrize(("count", "floor"), list(zip(COUNTS, FLOORS, strict=True)))
def test_a_message_behind_an_open_circuit_waits_for_both(
    sqs: FakeSqs, context: Context, count: int, floor: int
) -> None:
    """The first one fails with it, and the second one is not started."""

    @sqs_handler(settings=BRIDGING)
    def handler(message: SqsMessage[str]) -> None:
        raise CircuitOpen("Payments", 30)

    with randomness.replaced(lambda: 0.0):
        handler(event(record("1", receive_count=count), record("2", receive_count=count)), context)
    assert list(sqs.visibility.values()) == [max(30, floor)] * 2


def test_a_message_with_fewer_receives_does_not_wait_for_one_with_more(sqs: FakeSqs, context: Context) -> None:
    @sqs_handler(settings=BRIDGING)
    def handler(message: SqsMessage[str]) -> None:
        raise CircuitOpen("Payments", 30)

    with randomness.replaced(lambda: 0.0):
        handler(event(record("1", receive_count=10), record("2", receive_count=1)), context)
    assert sqs.visibility == {"handle-1": 450, "handle-2": 30}


def test_a_group_that_has_come_further_comes_back_at_once() -> None:
    message = SqsMessage("1", "{}", receive_count=5, source_arn="arn:aws:sqs:eu-west-1:1:orders.fifo")
    (untried,) = decide([message], "deferred", 0, BRIDGING, now=0, random=0.0)
    assert untried.wait == 0


def test_a_wait_of_ones_own_stays(sqs: FakeSqs, context: Context) -> None:
    @sqs_handler(settings=BRIDGING)
    def handler(message: SqsMessage[str]) -> None:
        raise Retry(after=7)

    handler(event(record("1", receive_count=10)), context)
    assert sqs.visibility == {"handle-1": 7}
