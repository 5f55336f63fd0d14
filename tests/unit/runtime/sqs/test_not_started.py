"""The decision over messages that were not started, as a function of messages, settings, time and chance."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import MessageAttribute, SqsMessage, SqsSettings
from redrive.sqs.not_started import Untried, decide, deferral_wait
from redrive.sqs.origin import Origin, deliveries, origin_of
from tests.support.runtime.sqs.queue import DEAD_LETTERS, FIFO, HOUR, STANDARD

NOW = 1_700_000_000.0
DAY = 24 * HOUR
KNOWN = SqsSettings(dead_letter_queue_url=DEAD_LETTERS, max_receive_count=5, retention_period=4 * DAY)


def message(
    receive_count: int,
    *,
    age: float | None = 0,
    arn: str = STANDARD,
    origin: dict[str, Any] | None = None,
    most: int | None = 5,
) -> SqsMessage[str]:
    sent = {} if age is None else {"SentTimestamp": str(int((NOW - age) * 1000))}
    attributes = {} if origin is None else {"RedriveSentBack": MessageAttribute("String", json.dumps(origin))}
    return SqsMessage(
        "new",
        "{}",
        receive_count=receive_count,
        attributes=sent,
        source_arn=arn,
        max_receive_count=most,
        message_attributes=attributes,
    )


def sent_back(times: int, *, first: float = HOUR, last: float = 0) -> dict[str, Any]:
    """Returns the attribute of a message that was first sent `first` seconds ago, and last `last` seconds ago."""
    return {
        "messageId": "first",
        "firstSent": int((NOW - first) * 1000),
        "sent": int((NOW - last) * 1000),
        "times": times,
    }


def decided(*messages: SqsMessage[str], settings: SqsSettings = KNOWN, wait: int | None = None) -> list[Untried]:
    return decide(messages, "deferred", wait, settings, now=NOW, random=0.5)


@given(st.integers(1, 9), st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_the_wait_grows_with_each_delivery_whatever_the_chance(count: int, one: float, other: float) -> None:
    assert deferral_wait(count, one) <= deferral_wait(count + 1, other)


@given(st.integers(11, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_longest_wait_is_a_quarter_of_an_hour(count: int, random: float) -> None:
    """The longest delay of a message that is sent."""
    assert 450 <= deferral_wait(count, random) <= 900


def test_the_first_wait_is_a_second() -> None:
    assert [deferral_wait(1, random) for random in (0, 0.5, 0.99)] == [1, 1, 1]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_before_its_last_receive_a_message_is_returned(count: int) -> None:
    (untried,) = decided(message(count))
    assert (untried.outcome, untried.wait) == ("returned", deferral_wait(count, 0.5))


@pytest.mark.parametrize("count", [5, 6])
def test_at_its_last_receive_it_is_sent_back(count: int) -> None:
    (untried,) = decided(message(count))
    assert (untried.outcome, untried.wait) == ("sent_back", deferral_wait(count, 0.5))


def test_without_a_known_maximum_it_is_returned() -> None:
    (untried,) = decided(message(1000, most=None), settings=SqsSettings())
    assert (untried.outcome, untried.wait) == ("returned", deferral_wait(1000, 0.5))


def test_what_was_sent_back_goes_on_where_it_was() -> None:
    """Its waits are those of all its deliveries."""
    again = message(1, origin=sent_back(2))
    assert deliveries(again) == 11
    assert decided(again)[0].wait == deferral_wait(11, 0.5)


@pytest.mark.parametrize(
    ("first", "outcome"), [(3 * DAY, "sent_back"), (4 * DAY - 100, "sent_back"), (4 * DAY, "dead_lettered")]
)
def test_the_retention_is_counted_from_the_first_send(first: float, outcome: str) -> None:
    (untried,) = decided(message(5, origin=sent_back(7, first=first)))
    assert untried.outcome == outcome
    assert "not started at receive 40, its last: no time left in the invocation" in untried.reason


def test_a_delay_ends_before_the_retention_does() -> None:
    (untried,) = decided(message(5, origin=sent_back(3, first=4 * DAY - 100)))
    assert untried.wait == 40


def test_an_unknown_retention_is_that_of_sqs() -> None:
    settings = SqsSettings(dead_letter_queue_url=DEAD_LETTERS, max_receive_count=5)
    for first, outcome in ((3 * DAY, "sent_back"), (5 * DAY, "dead_lettered")):
        (untried,) = decided(message(5, origin=sent_back(1, first=first)), settings=settings)
        assert untried.outcome == outcome


def test_without_a_known_dead_letter_queue_sqs_moves_it() -> None:
    settings = SqsSettings(max_receive_count=5, retention_period=4 * DAY)
    assert decided(message(5, origin=sent_back(1, first=5 * DAY)), settings=settings)[0].outcome == "returned"
    assert decided(message(5, arn=FIFO), settings=settings)[0].outcome == "returned"


def test_a_message_that_something_else_has_moved_since_starts_anew() -> None:
    """SQS's own redrive keeps the attribute, and sends the message anew."""
    redriven = message(5, age=10, origin=sent_back(9, first=20 * DAY, last=DAY))
    assert origin_of(redriven) == Origin("first", NOW - 10, 0, None)
    assert decided(redriven)[0].outcome == "sent_back"


@pytest.mark.parametrize("value", ["", "7", "[]", "null", '{"messageId": 7}', "\x00", "[" * 100_000])
def test_an_id_that_the_helper_has_not_written_is_not_the_original_one(value: str) -> None:
    assert (
        SqsMessage("1", "", message_attributes={"RedriveSentBack": MessageAttribute("Binary", b"x")}).original_id == "1"
    )
    odd = SqsMessage("1", "{}", message_attributes={"RedriveSentBack": MessageAttribute("String", value)})
    assert odd.original_id == "1"


@pytest.mark.parametrize(
    "value",
    ["", "7", "[]", '{"messageId": 7}', '{"messageId": "a", "firstSent": "b"}', "\x00", "null", '{"messageId": "a"}'],
)
def test_an_attribute_that_the_helper_has_not_written_says_nothing(value: str) -> None:
    odd = SqsMessage("1", "{}", message_attributes={"RedriveSentBack": MessageAttribute("String", value)})
    assert origin_of(odd) == Origin("1", None, 0, None)


@given(st.text(min_size=1), st.integers(0, 50), st.none() | st.text(min_size=1), st.floats(0, 30 * DAY))
def test_what_is_written_is_what_is_read(id: str, times: int, replayed: str | None, age: float) -> None:
    origin = Origin(id, NOW - age, times, replayed)
    again = message(1, origin=json.loads(origin.written(NOW)))
    read = origin_of(again)
    assert read == origin._replace(first_sent_at=read.first_sent_at, times=times + 1)
    assert read.first_sent_at == pytest.approx(NOW - age, abs=0.001)
    assert again.original_id == id


def test_it_does_not_wait_longer_than_it_lives() -> None:
    """SQS deletes what waits at the end of the retention."""
    settings = SqsSettings(dead_letter_queue_url=DEAD_LETTERS, max_receive_count=100, retention_period=600)
    (untried,) = decided(message(10, age=400, most=100), settings=settings)
    assert (untried.outcome, untried.wait) == ("returned", 140)
    (untried,) = decided(message(10, age=560, most=100), settings=settings)
    assert (untried.outcome, untried.wait) == ("dead_lettered", 0)
    assert "about to expire" in untried.reason


def test_a_fifo_message_is_dead_lettered_at_its_last_receive() -> None:
    first, second = decided(message(5, arn=FIFO), message(2, arn=FIFO))
    assert (first.outcome, second.outcome) == ("dead_lettered", "returned")
    assert "not started at receive 5, its last: no time left in the invocation" in first.reason


def test_no_message_of_a_group_overtakes_one_that_is_returned() -> None:
    """SQS would receive it alone."""
    first, second = decided(message(2, arn=FIFO), message(5, arn=FIFO))
    assert (first.outcome, second.outcome) == ("returned", "returned")
    assert first.wait == second.wait == deferral_wait(5, 0.5)


every = st.builds(
    message,
    st.integers(1, 20),
    age=st.none() | st.floats(0, 15 * DAY),
    arn=st.sampled_from([STANDARD, FIFO]),
    origin=st.none() | st.builds(sent_back, st.integers(1, 9), first=st.floats(0, 15 * DAY)),
    most=st.none() | st.integers(1, 10),
)


@given(
    every,
    st.none() | st.integers(0, 43_200),
    st.none() | st.floats(60, 14 * DAY),
    st.booleans(),
    st.floats(0, 1, exclude_max=True),
)
def test_a_wait_is_one_that_sqs_takes(
    untried: SqsMessage[str], wait: int | None, retention: float | None, has_queue: bool, random: float
) -> None:
    settings = SqsSettings(dead_letter_queue_url=DEAD_LETTERS if has_queue else None, retention_period=retention)
    for why in ("deferred", "circuit_open"):
        (found,) = decide([untried], why, wait, settings, now=NOW, random=random)
        if found.outcome == "sent_back":
            assert isinstance(found.wait, int)
            assert 0 <= found.wait <= 900
            assert not untried.source_arn.endswith(".fifo")
            assert untried.is_last_receive
        elif found.wait is not None:
            assert 0 <= found.wait <= 43_200
        if found.outcome == "dead_lettered":
            assert has_queue
            assert found.reason
