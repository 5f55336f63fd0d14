"""When a failed message is received again: `Retry`, the backoff policy, the 12 hours, the calls."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Backoff, Permanent, Retry, SqsMessage, SqsSettings, sqs_handler
from redrive.aws.clients import clients
from redrive.core.system import randomness
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    HOUR,
    QUEUE_URL,
    Context,
    FakeSqs,
    VirtualTime,
    batch,
    event,
    record,
    returned,
)


def failing(error: BaseException, **options: Any):
    """A handler that raises the same error for every message."""

    @sqs_handler(**options)
    def handler(message: SqsMessage[Any]) -> None:
        raise error

    return handler


def wait_of(sqs: FakeSqs) -> int | None:
    """The visibility timeout that was set for the one message of a batch."""
    assert set(sqs.visibility) <= {"handle-1"}
    return sqs.visibility.get("handle-1")


def test_retry_sets_the_wait_it_asks_for(sqs: FakeSqs, context: Context) -> None:
    assert returned(failing(Retry(after=90))(event(record(receive_count=4)), context)) == ["1"]
    assert wait_of(sqs) == 90
    assert sqs.requests[0][:2] == ("ChangeMessageVisibilityBatch", QUEUE_URL)


@pytest.mark.parametrize(("after", "seconds"), [(0, 0), (0.2, 1), (1.0, 1), (89.1, 90)])
def test_a_wait_is_rounded_up_to_whole_seconds(sqs: FakeSqs, context: Context, after: float, seconds: int) -> None:
    """SQS takes whole seconds, and 0 would mean: again at once."""
    failing(Retry(after=after))(event(record()), context)
    assert wait_of(sqs) == seconds


@pytest.mark.parametrize("after", [-1, -0.001, float("nan"), float("inf")])
def test_a_wait_that_is_none_is_refused_where_it_is_raised(after: float) -> None:
    with pytest.raises(ValueError, match="number of seconds, 0 or more"):
        Retry(after=after)


def test_retry_without_a_time_leaves_it_to_the_backoff_policy(sqs: FakeSqs, context: Context) -> None:
    failing(Retry(), backoff=Backoff(10, jitter="none"))(event(record()), context)
    assert wait_of(sqs) == 10


@pytest.mark.parametrize(
    ("receive_count", "seconds"), [(1, 10), (2, 30), (3, 90), (4, 270), (5, 400), (6, 400), (1_000_000, 400)]
)
def test_the_wait_grows_with_the_receive_count(
    sqs: FakeSqs, context: Context, receive_count: int, seconds: int
) -> None:
    handler = failing(ValueError(), backoff=Backoff(10, 3, 400, "none"))
    handler(event(record(receive_count=receive_count)), context)
    assert wait_of(sqs) == seconds


@pytest.mark.parametrize(("random", "seconds"), [(0.0, 0), (0.25, 10), (0.5, 20), (0.999, 40)])
def test_full_jitter_spreads_the_wait_from_nothing_to_all_of_it(
    sqs: FakeSqs, context: Context, random: float, seconds: int
) -> None:
    """It is the default."""
    with randomness.replaced(lambda: random):
        failing(ValueError(), backoff=Backoff(10, cap=400))(event(record(receive_count=3)), context)
    assert wait_of(sqs) == seconds


@pytest.mark.parametrize(
    ("random", "waits"),
    [(0.0, [3, 5, 10, 20, 40, 80, 160, 320, 450, 450]), (0.999, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900])],
)
def test_the_default_backoff_is_5_10_20_up_to_900_seconds_and_at_least_half_of_it(
    sqs: FakeSqs, context: Context, random: float, waits: list[int]
) -> None:
    records = [record(str(count), receive_count=count) for count in range(1, 11)]
    with randomness.replaced(lambda: random):
        failing(ValueError())(event(*records), context)
    assert [sqs.visibility[f"handle-{count}"] for count in range(1, 11)] == waits


def test_each_message_draws_its_own_jitter(sqs: FakeSqs, context: Context) -> None:
    numbers = iter([0.1, 0.5, 0.9])
    with randomness.replaced(lambda: next(numbers)):
        failing(ValueError(), backoff=Backoff(20))(batch(3), context)
    assert list(sqs.visibility.values()) == [2, 10, 18]


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError()], ids=repr)
def test_a_transient_error_waits_twice_as_long_up_to_the_same_cap(
    sqs: FakeSqs, context: Context, error: Exception
) -> None:
    failing(error, backoff=Backoff(10, cap=60, jitter="none"))(
        event(*(record(str(count), receive_count=count) for count in range(1, 6))), context
    )
    assert [sqs.visibility[f"handle-{count}"] for count in range(1, 6)] == [20, 40, 60, 60, 60]


@pytest.mark.parametrize("after", [12 * HOUR, 100 * HOUR, 1e300])
def test_no_wait_goes_beyond_12_hours_from_the_first_receipt(
    sqs: FakeSqs, context: Context, time: VirtualTime, after: float
) -> None:
    handler = failing(Retry(after=after))
    handler(event(record(receive_count=2, first_received_at=time.now - 5 * HOUR)), context)
    wait = wait_of(sqs)
    assert wait is not None
    assert 7 * HOUR - 60 <= wait < 7 * HOUR  # SQS looks at its clock a moment later


def test_after_12_hours_the_visibility_timeout_is_left_alone(sqs: FakeSqs, context: Context, time: VirtualTime) -> None:
    handler = failing(Retry(after=60))
    assert returned(handler(event(record(first_received_at=time.now - 12 * HOUR)), context)) == ["1"]
    assert wait_of(sqs) is None


def test_the_12_hours_are_counted_until_the_call_is_made(sqs: FakeSqs, time: VirtualTime) -> None:
    """A batch may take minutes from a failure to its end, and SQS would refuse a wait that was right at the failure."""

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        if message.id == "2":
            time.advance(600)
        else:
            raise Retry(after=12 * HOUR)

    handler(event(record("1"), record("2")), Context(time, 900))
    assert 12 * HOUR - 660 <= sqs.visibility["handle-1"] <= 12 * HOUR - 600


def test_visibility_timeouts_are_set_ten_at_a_time(sqs: FakeSqs, context: Context) -> None:
    failing(ValueError())(batch(25), context)
    assert sorted(map(len, sqs.calls("ChangeMessageVisibilityBatch"))) == [5, 10, 10]
    assert len(sqs.visibility) == 25


def test_a_failed_call_changes_no_outcome(sqs: FakeSqs, context: Context, log: Log) -> None:
    def down(name: str) -> None:
        raise OSError("no route to host")

    sqs.before = down
    assert returned(failing(ValueError())(batch(12), context)) == [str(number) for number in range(12)]
    assert log("redrive.sqs.batch")[0]["visibility_not_changed"] == 12
    (line,) = log("redrive.sqs.call_failed")
    assert (line["call"], line["entries"]) == ("ChangeMessageVisibilityBatch", 12)


def test_what_sqs_refuses_of_a_call_changes_no_outcome(sqs: FakeSqs, context: Context, log: Log) -> None:
    sqs.refuse = lambda entry: "ReceiptHandleIsInvalid" if entry.get("ReceiptHandle") == "handle-1" else None
    assert returned(failing(ValueError())(batch(3), context)) == ["0", "1", "2"]
    assert set(sqs.visibility) == {"handle-0", "handle-2"}
    assert log("redrive.sqs.call_failed")[0]["entries"] == 1


def test_a_client_that_cannot_be_made_changes_no_outcome(sqs: FakeSqs, context: Context, log: Log) -> None:
    def broken(service: str, limits: object) -> Any:
        raise RuntimeError("no credentials")

    settings = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)
    with clients.replaced(broken):
        assert returned(failing(Permanent("x"), settings=settings)(batch(2), context)) == ["0", "1"]
    assert log("redrive.sqs.batch")[0]["dead_letters_not_sent"] == 2
    assert [line["call"] for line in log("redrive.sqs.call_failed")] == [
        "SendMessageBatch",
        "ChangeMessageVisibilityBatch",
    ]


def test_the_settings_know_the_queues_url(sqs: FakeSqs, context: Context) -> None:
    failing(ValueError(), settings=SqsSettings(queue_url="https://sqs/1/queue"))(batch(1), context)
    assert sqs.requests[0][1] == "https://sqs/1/queue"


@pytest.mark.parametrize(
    ("arn", "url"),
    [
        ("arn:aws:sqs:eu-west-1:111122223333:orders", "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"),
        ("arn:aws-cn:sqs:cn-north-1:1:q", "https://sqs.cn-north-1.amazonaws.com.cn/1/q"),
        ("arn:aws-us-gov:sqs:us-gov-west-1:1:q", "https://sqs.us-gov-west-1.amazonaws.com/1/q"),
    ],
)
def test_without_settings_the_url_is_made_from_the_arn(sqs: FakeSqs, context: Context, arn: str, url: str) -> None:
    failing(ValueError())(event(record(arn=arn)), context)
    assert sqs.requests[0][1] == url


@pytest.mark.parametrize("arn", ["", "no arn", None])
def test_an_unknown_queue_changes_no_outcome(sqs: FakeSqs, context: Context, arn: Any) -> None:
    unknown = record("1") | {"eventSourceARN": arn}
    assert returned(failing(ValueError())(event(unknown), context)) == ["1"]
    assert sqs.visibility == {}


@pytest.mark.parametrize("count", ["", "many", "1.5"])
def test_a_receive_count_that_is_no_number_changes_no_outcome(sqs: FakeSqs, context: Context, count: str) -> None:
    """The queue's own visibility timeout applies."""
    odd = record("1", ApproximateReceiveCount=count)
    assert returned(failing(ValueError())(event(odd, record("2")), context)) == ["1", "2"]
    assert set(sqs.visibility) == {"handle-2"}


def test_a_time_of_receipt_that_is_no_number_changes_no_outcome(sqs: FakeSqs, context: Context) -> None:
    odd = record("1", ApproximateFirstReceiveTimestamp="noon")
    assert returned(failing(ValueError())(event(odd, record("2")), context)) == ["1", "2"]
    assert "handle-2" in sqs.visibility


def test_a_message_without_a_receipt_handle_changes_no_outcome(sqs: FakeSqs, context: Context) -> None:
    without = record("1") | {"receiptHandle": None}
    assert returned(failing(ValueError())(event(without, record("2")), context)) == ["1", "2"]
    assert set(sqs.visibility) == {"handle-2"}


def test_of_a_group_of_errors_the_longest_wait_asked_for_is_taken(sqs: FakeSqs, context: Context) -> None:
    group = ExceptionGroup("unhandled errors in a TaskGroup", [Retry(after=600), Retry(after=60), ValueError("x")])
    failing(group)(event(record("1")), context)
    assert list(sqs.visibility.values()) == [600]
