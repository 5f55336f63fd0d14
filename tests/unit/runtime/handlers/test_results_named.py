"""Errors of results name the function as it is written, so that equal failures have equal reasons in every process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import Future
from functools import partial
from typing import Any

import pytest

from redrive import SqsMessage, async_handler, idempotent


def numbers(*_: object) -> Generator[int]:
    yield 1


async def charge() -> None:
    await asyncio.sleep(30)


def returns_numbers(event: object, attempt: object) -> Any:
    return numbers()


def returns_future(event: object, attempt: object) -> Any:
    return Future[None]()


def forgets_await(event: object, attempt: object) -> None:
    charge()  # pyright: ignore[reportUnusedCoroutine]


async def leaves_two_failures(event: object, attempt: object) -> None:
    for _ in range(2):
        asyncio.get_running_loop().create_future().set_exception(ValueError("no money"))
        asyncio.create_task(fails())  # noqa: RUF006


async def fails() -> None:
    raise ValueError("no money")


async def never_ends() -> Any:
    return never_ends()


def comes_to_no_end(event: object, attempt: object) -> Any:
    return never_ends()


class Orders:
    def handle(self, event: object, attempt: object) -> Any:
        return numbers()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "returns_numbers": returns_numbers,
    "returns_future": returns_future,
    "forgets_await": forgets_await,
    "leaves_two_failures": leaves_two_failures,
    "comes_to_no_end": comes_to_no_end,
    "Orders.handle": Orders().handle,
}


@pytest.mark.filterwarnings("ignore:coroutine 'charge' was never awaited")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_is_named_without_its_address(name: str) -> None:
    with pytest.raises((TypeError, BaseExceptionGroup)) as raised:
        async_handler(FUNCTIONS[name])({})
    text = str(raised.value)
    assert f"{__name__}.{name}" in text
    assert " at 0x" not in text


def test_a_partial_is_named_as_its_function() -> None:
    with pytest.raises(TypeError, match=rf"{__name__}\.returns_numbers has returned a generator"):
        async_handler(partial(returns_numbers))({})


def test_a_task_that_is_late_is_named_as_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redrive.core.tasks._LONGEST_WAIT", 0.01)

    async def starts(event: object, attempt: object) -> None:
        asyncio.create_task(charge())  # noqa: RUF006

    with pytest.raises(RuntimeError, match=r"starts has started charge without awaiting it") as raised:
        async_handler(starts)({})
    assert " at 0x" not in str(raised.value)


def test_a_function_that_gets_a_record_is_named() -> None:
    @idempotent
    def takes(message: object) -> None: ...

    with pytest.raises(TypeError, match="takes was called with a record of a source") as raised:
        takes(SqsMessage("1", "body"))
    assert " at 0x" not in str(raised.value)
