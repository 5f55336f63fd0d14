"""The one place where AWS clients are made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from redrive.aws.clients import TimeLimits, client, clients, time_limits


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"DEFAULT_REGION": "eu-west-1", "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    yield
    with clients.replaced(lambda service, limits: None):
        client("sqs")  # what was made here is not for other tests


@pytest.mark.parametrize("invocation", [None, 0.1, 1, 3, 10, 30, 60, 900])
def test_a_call_takes_only_a_part_of_the_invocation(invocation: float | None) -> None:
    limits = time_limits(invocation)
    assert 0.5 <= limits.connect <= 2
    assert 1 <= limits.read <= 5
    assert limits.attempts == 2
    if invocation is not None and invocation >= 10:
        assert limits.attempts * (limits.connect + limits.read) < invocation / 2


def test_a_boto3_client_has_the_time_limits(region: None) -> None:
    config = client("sqs", 10).meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 1)
    assert config.retries["total_max_attempts"] == 2
    assert config.retries["mode"] == "standard"


def test_a_client_is_made_once(region: None) -> None:
    assert client("sqs", 10) is client("sqs", 10)


def test_a_replaced_factory_is_asked_and_then_no_more() -> None:
    asked: list[tuple[str, TimeLimits]] = []

    def factory(service: str, limits: TimeLimits) -> Any:
        asked.append((service, limits))
        return object()

    with clients.replaced(factory):
        made = client("sqs", 30)
        assert client("sqs", 30) is made
        assert client("dynamodb", 30) is not made
    assert asked == [("sqs", time_limits(30)), ("dynamodb", time_limits(30))]
    with clients.replaced(lambda service, limits: "another"):
        assert client("sqs") == "another"


def test_a_factory_is_asked_by_one_thread_at_a_time() -> None:
    """boto3's sessions must not make clients in several threads at once."""
    inside: list[int] = []
    most: list[int] = []

    def factory(service: str, limits: TimeLimits) -> Any:
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.002)
        inside.pop()
        return object()

    with clients.replaced(factory):
        threads = [threading.Thread(target=client, args=(f"service-{number % 3}",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(most) == 3
    assert max(most) == 1


def test_a_factory_that_fails_is_asked_again() -> None:
    answers: Iterator[Any] = iter([None, "a client"])

    def factory(service: str, limits: TimeLimits) -> Any:
        answer = next(answers)
        if answer is None:
            raise RuntimeError("no credentials yet")
        return answer

    with clients.replaced(factory):
        with pytest.raises(RuntimeError):
            client("sqs")
        assert client("sqs") == "a client"
