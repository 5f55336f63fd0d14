"""An error releases the key; a permanent failure is recorded and raised again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from redrive import FailedBefore, InProgress, Permanent, Retry, idempotent
from redrive.idempotency.record import IN_PROGRESS
from tests.support.runtime.idempotency.decorated import LEASE, SKEW, decorated, raising
from tests.support.runtime.idempotency.functions import KINDS, Calls, Kind, Store
from tests.support.runtime.sqs.queue import VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


@pytest.mark.parametrize(
    "error", [OSError("disk full"), Retry(5), InProgress("other", 5), ExceptionGroup("", [OSError()])]
)
def test_an_error_gives_the_key_back(kind: Kind, store: Store, error: Exception) -> None:
    calls = Calls(during=raising(error))
    charge = decorated(kind, store, calls)
    for _ in range(2):
        with pytest.raises(type(error)) as raised:
            charge(7)
        assert raised.value is error
        assert store.records == {}
    calls.during = lambda argument: None
    assert charge(7) == {"done": 7}
    assert calls.made == [7, 7, 7]


class Suspended(BaseException):
    """As the SDK of durable functions leaves a handler."""


INTERRUPTIONS = [
    *(SystemExit(1), asyncio.CancelledError(), GeneratorExit(), KeyboardInterrupt(), Suspended()),
    BaseExceptionGroup("", [OSError(), BaseExceptionGroup("", [Suspended()])]),
]


@pytest.mark.parametrize("error", INTERRUPTIONS, ids=[type(each).__name__ for each in INTERRUPTIONS])
@pytest.mark.parametrize("options", [{}, {"replay": (BaseException,)}, {"after_error": "keep"}], ids=repr)
def test_an_interrupted_call_is_neither_done_nor_failed(
    store: Store, time: VirtualTime, error: BaseException, options: Any
) -> None:
    """The work that the call began may go on: its claim stays until it expires."""
    calls = Calls(during=raising(error))
    charge = decorated(KINDS["plain"], store, calls, **options)
    with pytest.raises(type(error)) as raised:
        charge(7)
    assert raised.value is error
    assert store.statuses == [IN_PROGRESS]
    assert store.named("end") == []
    calls.during = lambda argument: None
    with pytest.raises(InProgress):
        charge(7)
    time.advance(LEASE + SKEW + 1)
    assert charge(7) == {"done": 7}


def test_an_interrupted_coroutine_awaits_nothing(store: Store) -> None:
    """Python refuses it to one that is closed."""

    @idempotent(store=store)
    async def charge(order: int) -> None:
        await asyncio.Event().wait()

    async def closed() -> None:
        coroutine: Any = charge(7)
        task = asyncio.create_task(coroutine)
        while not store.statuses:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        coroutine.close()

    asyncio.run(closed())
    assert store.statuses == [IN_PROGRESS]


def test_a_task_that_is_cancelled_keeps_its_claim(store: Store) -> None:
    async def cancelled() -> None:
        @idempotent(store=store)
        async def charge(order: int) -> None:
            await asyncio.sleep(30)

        task = asyncio.create_task(charge(7))
        while not store.statuses:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert store.statuses == [IN_PROGRESS]


def test_a_task_that_is_cancelled_while_it_claims_gives_the_key_back(store: Store) -> None:
    async def cancelled() -> None:
        ran: list[int] = []

        @idempotent(store=store)
        async def charge(order: int) -> None:
            ran.append(order)

        from threading import Event

        claiming, go_on = Event(), Event()

        def loses(name: str, keys: Any) -> None:
            if name == "claim":
                claiming.set()
                go_on.wait(5)

        store.loses = loses
        task = asyncio.create_task(charge(7))
        await asyncio.to_thread(claiming.wait, 5)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ran == []

    asyncio.run(cancelled())
    assert store.records == {}
    assert [name for name, _ in store.calls] == ["claim", "end"]


def test_after_an_error_the_claim_can_be_kept(kind: Kind, store: Store, time: VirtualTime) -> None:
    calls = Calls(during=raising(OSError("disk full")))
    charge = decorated(kind, store, calls, after_error="keep")
    with pytest.raises(OSError, match="disk full"):
        charge(7)
    with pytest.raises(InProgress):
        charge(7)
    time.advance(LEASE + SKEW + 1)
    calls.during = lambda argument: None
    assert charge(7) == {"done": 7}


@pytest.mark.parametrize("after_error", ["release", "keep"])
def test_a_permanent_failure_is_recorded_and_raised_again(
    kind: Kind, store: Store, time: VirtualTime, after_error: str
) -> None:
    calls = Calls(during=raising(Permanent("an order needs a line")))
    charge = decorated(kind, store, calls, after_error=after_error)
    with pytest.raises(Permanent, match=r"^an order needs a line$"):
        charge(7)
    for _ in range(2):
        with pytest.raises(FailedBefore, match=r"^an order needs a line$") as raised:
            charge(7)
        assert isinstance(raised.value, Permanent)
        assert raised.value.reason == "an order needs a line"
        assert raised.value.error_type == "Permanent"
    assert calls.made == [7]
    assert store.statuses == ["FAILED"]
    time.advance(3601)
    with pytest.raises(Permanent) as raised_again:
        charge(7)
    assert type(raised_again.value) is Permanent
    assert len(calls.made) == 2


def test_a_permanent_failure_from_another_error_is_recorded_with_that_errors_type(kind: Kind, store: Store) -> None:
    def during(argument: Any) -> None:
        raise Permanent("bad order") from KeyError("lines")

    charge = decorated(kind, store, Calls(during=during))
    with pytest.raises(Permanent):
        charge(7)
    with pytest.raises(FailedBefore, match="bad order") as raised:
        charge(7)
    assert raised.value.error_type == "KeyError"


def test_a_group_of_permanent_failures_is_one(kind: Kind, store: Store) -> None:
    group = ExceptionGroup("all", [Permanent("a"), ExceptionGroup("some", [Permanent("b")])])
    charge = decorated(kind, store, Calls(during=raising(group)))
    with pytest.raises(ExceptionGroup):
        charge(7)
    with pytest.raises(FailedBefore, match=r"^a; b$"):
        charge(7)
    group = ExceptionGroup("", [Permanent("a"), OSError()])
    mixed = decorated(kind, store, Calls(during=raising(group)), prefix="mixed")
    with pytest.raises(ExceptionGroup):
        mixed(8)
    assert store.statuses == ["FAILED"]


@pytest.mark.parametrize("replay", [KeyError, (KeyError, OSError)])
def test_which_errors_are_recorded_can_be_said(kind: Kind, store: Store, replay: Any) -> None:
    calls = Calls(during=raising(KeyError("lines")))
    charge = decorated(kind, store, calls, replay=replay)
    with pytest.raises(KeyError):
        charge(7)
    with pytest.raises(FailedBefore, match="'lines'"):
        charge(7)
    calls.during = raising(Permanent("not one of them"))
    with pytest.raises(Permanent):
        charge(8)
    assert store.statuses == ["FAILED"]


def test_no_error_need_be_recorded(kind: Kind, store: Store) -> None:
    charge = decorated(kind, store, Calls(during=raising(Permanent("a"))), replay=())
    with pytest.raises(Permanent):
        charge(7)
    assert store.records == {}


def test_an_error_that_cannot_describe_itself_is_recorded(kind: Kind, store: Store) -> None:
    class Odd(Permanent):
        def __str__(self) -> str:
            raise ValueError

    charge = decorated(kind, store, Calls(during=raising(Odd())))
    with pytest.raises(Odd):
        charge(7)
    with pytest.raises(FailedBefore, match="Odd"):
        charge(7)
