"""Payloads that a function can get: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import InvalidPayload, Invoker, InvokerSettings
from redrive.invoker.request import event_request, request
from tests.support.runtime.invoker.fake_lambda import FUNCTION, FakeLambda, outside, queued, result
from tests.support.runtime.sqs.queue import VirtualTime

MIB = 1_048_576
CALLER = Invoker(settings=InvokerSettings(function=FUNCTION))
FORMS = [(CALLER.invoke, 6 * MIB, "6,291,457", "6 MB"), (CALLER.send, MIB, "1,048,577", "1 MB")]


@pytest.fixture
def aws(time: VirtualTime) -> Iterator[FakeLambda]:
    aws = FakeLambda([lambda: queued() if aws.requests[-1]["InvocationType"] == "Event" else result()])
    with outside(aws, time):
        yield aws


def deep() -> list[Any]:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    return nested


def circle() -> list[Any]:
    nested: list[Any] = []
    nested.append(nested)
    return nested


@pytest.mark.parametrize("form", [CALLER.invoke, CALLER.send])
@pytest.mark.parametrize(
    "payload",
    [
        object(),
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        Decimal(1),
        b"bytes",
        {1, 2},
        {(1, 2): 3},
        float("nan"),
        [float("inf")],
        circle(),
        deep(),
        "half a pair: \ud800",
    ],
    ids=lambda payload: type(payload).__name__,
)
def test_what_is_no_json_is_refused_before_it_is_sent(
    aws: FakeLambda, form: Callable[[object], object], payload: object
) -> None:
    with pytest.raises(InvalidPayload, match=f"type {type(payload).__name__} cannot be written as JSON"):
        form(payload)
    assert aws.requests == []


@pytest.mark.parametrize(("form", "limit", "too_many", "named"), FORMS)
def test_the_limit_is_checked_before_it_is_sent(
    aws: FakeLambda, form: Callable[[object], object], limit: int, too_many: str, named: str
) -> None:
    form("x" * (limit - 2))
    assert len(aws.requests[0]["Payload"]) == limit
    with pytest.raises(InvalidPayload, match=f"{too_many} bytes is above Lambda's limit of {named} .*S3"):
        form("x" * (limit - 1))
    assert len(aws.requests) == 1


@pytest.mark.parametrize(("form", "limit"), [form[:2] for form in FORMS])
def test_the_size_is_that_of_its_utf_8(aws: FakeLambda, form: Callable[[object], object], limit: int) -> None:
    form("ä" * (limit // 2 - 1))
    with pytest.raises(InvalidPayload):
        form("ä" * (limit // 2))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=10,
)


@given(json_values)
def test_every_json_value_is_sent_as_it_is(payload: Any) -> None:
    for made in (request(FUNCTION, payload, None), event_request(FUNCTION, payload)):
        assert json.loads(made.arguments["Payload"].decode("utf-8")) == payload


@given(st.none() | st.floats(1, 900))
def test_a_reply_is_waited_for_longer_than_the_function_may_run(timeout: float | None) -> None:
    limits = request(FUNCTION, {}, timeout).limits
    assert limits.read >= (900 if timeout is None else timeout) + 10, "and an environment takes up to 10 s to start"
    assert limits.attempts == 1
    assert event_request(FUNCTION, {}).limits.attempts == 1
