"""Properties of all counters: tokens that are never the same, and a limit to the time that they take."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from redrive import DynamoDBCounter, LogsCounter, S3Counter, TmpCounter
from redrive.asynchronous.counters.base import checked_expiry
from redrive.aws.clients import clients
from redrive.core.parallel import within
from redrive.core.system import clock, new_token, randomness
from tests.support.runtime.asynchronous.attempts import REQUEST_ID


def test_tokens_differ_even_where_time_and_dice_stand_still() -> None:
    with clock.replaced(lambda: 1.0), randomness.replaced(lambda: 0.5):
        assert len({new_token() for _ in range(100)}) == 100


@pytest.mark.parametrize("times", [[1.0, 2.0], [1.0, 1.000_01]])
def test_tokens_of_another_process_differ_by_time(times: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    tokens: list[str] = []
    for moment in times:
        monkeypatch.setattr("redrive.core.system._made", iter([0]))
        with clock.replaced(lambda moment=moment: moment), randomness.replaced(lambda: 0.5):
            tokens.append(new_token())
    assert tokens[0] != tokens[1]


@pytest.mark.parametrize("seconds", [None, 5.0])
def test_work_within_the_time_answers_or_raises(seconds: float | None) -> None:
    def fail() -> int:
        raise OSError("disk full")

    assert within(seconds, lambda: 7, "this") == 7
    with pytest.raises(OSError, match="disk full"):
        within(seconds, fail, "this")


def test_work_without_time_is_not_begun() -> None:
    begun: list[int] = []
    with pytest.raises(TimeoutError, match=r"within the -0\.1 s"):
        within(-0.1, lambda: begun.append(1) or 0, "this")
    assert begun == []


COUNTERS: dict[str, Callable[[], Any]] = {
    "dynamodb": lambda: DynamoDBCounter("attempts"),
    "s3": lambda: S3Counter("attempts"),
    "logs": lambda: LogsCounter("/aws/lambda/orders", write=lambda line: None),
}


@pytest.mark.parametrize("name", COUNTERS)
def test_a_store_that_does_not_answer_is_not_waited_for(name: str) -> None:
    """The function is to run, and has half of the time left for it."""
    answer = threading.Event()

    class Silent:
        def __getattr__(self, operation: str) -> Callable[..., bool]:
            return lambda **request: answer.wait(30)

    with clients.replaced(lambda service, limits: Silent()):
        with pytest.raises(TimeoutError, match=r"0\.1 s"):
            COUNTERS[name]().increment(REQUEST_ID, 0.05)
        answer.set()


@pytest.mark.parametrize("name", COUNTERS)
def test_the_clients_time_limits_follow_from_the_time_there_is(name: str) -> None:
    asked: list[tuple[str, float]] = []

    def factory(service: str, limits: Any) -> Any:
        asked.append((service, limits.read))
        raise OSError("enough")

    with clients.replaced(factory), pytest.raises(OSError, match="enough"):
        COUNTERS[name]().increment(REQUEST_ID, 30)
    assert asked == [(name, 3)]


@pytest.mark.parametrize("name", COUNTERS)
def test_forgetting_makes_no_call(name: str) -> None:
    """The stores forget by themselves."""
    with clients.replaced(lambda service, limits: pytest.fail("called")):
        COUNTERS[name]().forget(REQUEST_ID)


@pytest.mark.parametrize("expiry", [0, -1, float("inf"), float("nan")])
@pytest.mark.parametrize(
    "make",
    [
        checked_expiry,
        lambda expiry: TmpCounter(expiry=expiry),
        lambda expiry: DynamoDBCounter("table", expiry),
        lambda expiry: S3Counter("bucket", expiry=expiry),
        lambda expiry: LogsCounter(expiry=expiry),
    ],
)
def test_an_expiry_that_is_none_is_refused(make: Callable[[float], Any], expiry: float) -> None:
    with pytest.raises(ValueError, match=r"expiry=.*above 0"):
        make(expiry)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: DynamoDBCounter(""), "table=''"),
        (lambda: S3Counter(""), "bucket=''"),
        (lambda: TmpCounter(most=0), "most=0"),
    ],
)
def test_a_store_that_is_not_named_is_refused(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
