"""A function with a second parameter gets Lambda's context there."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from redrive import SqsMessage, sqs_handler
from tests.support.runtime.sqs.queue import Context, VirtualTime, batch, returned

SEEN: list[object] = []


def plain(message: SqsMessage[Any], context: Any) -> None:
    SEEN.append(context)


async def in_task(message: SqsMessage[Any], context: Any) -> None:
    SEEN.append(context)


def more(first: str, message: SqsMessage[Any], context: Any) -> None:
    SEEN.append(context)


class Consumer:
    def __call__(self, message: SqsMessage[Any], context: Any) -> None:
        SEEN.append(context)

    async def method(self, message: SqsMessage[Any], context: Any) -> None:
        SEEN.append(context)

    @staticmethod
    def static(message: SqsMessage[Any], context: Any) -> None:
        SEEN.append(context)


@functools.wraps(plain)
def decorated(*args: Any) -> None:
    plain(*args)


@pytest.mark.parametrize("parse", [None, str.upper])
@pytest.mark.parametrize(
    "function",
    [plain, in_task, functools.partial(more, "x"), Consumer(), Consumer().method, Consumer.static, decorated],
)
def test_a_second_parameter_gets_the_context(function: Any, parse: Any) -> None:
    SEEN.clear()
    context = Context(VirtualTime())
    assert returned(sqs_handler(parse=parse)(function)(batch(2), context)) == []
    assert len(SEEN) == 2
    assert all(each is context for each in SEEN)


def one(message: SqsMessage[Any]) -> None:
    SEEN.append(message.id)


def with_default(message: SqsMessage[Any], table: str = "orders") -> None:
    assert table == "orders"
    SEEN.append(message.id)


def with_keyword(message: SqsMessage[Any], *, table: str = "orders") -> None:
    assert table == "orders"
    SEEN.append(message.id)


def any_number(*messages: SqsMessage[Any]) -> None:
    assert len(messages) == 1
    SEEN.append(messages[0].id)


@pytest.mark.parametrize(
    "function", [one, with_default, with_keyword, any_number, functools.partial(with_default, table="orders")]
)
def test_a_parameter_with_a_default_keeps_it(function: Any) -> None:
    """As in `lambda message, table=table: …`."""
    SEEN.clear()
    assert returned(sqs_handler(function)(batch(2), Context(VirtualTime()))) == []
    assert SEEN == ["0", "1"]
