"""A call that is in progress elsewhere is refused, and one that ends after its claim has expired changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from redrive import InProgress, LateCompletion, Permanent, Retry, idempotent
from tests.support.runtime.idempotency.decorated import LEASE, ONE_NAME, SKEW, abandoned, decorated, overtaken
from tests.support.runtime.idempotency.functions import KINDS, Calls, Kind, Store
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


# In progress.


def test_a_call_that_is_under_way_is_refused_with_the_time_it_takes(
    kind: Kind, store: Store, time: VirtualTime
) -> None:
    errors: list[InProgress] = []
    other = decorated(KINDS["plain"], store, Calls(), **ONE_NAME)

    def during(argument: Any) -> None:
        time.advance(30)
        with pytest.raises(InProgress, match=r"in progress elsewhere; its claim expires in 71\.0 s") as raised:
            other(argument)
        errors.append(raised.value)

    assert decorated(kind, store, Calls(during=during), **ONE_NAME)(7) == other(7) == {"done": 7}
    assert [error.key for error in errors] == list(store.records)
    assert errors[0].after == pytest.approx(LEASE + SKEW - 30, abs=0.01)
    assert isinstance(errors[0], Retry)


def test_a_claim_of_the_dead_holds_until_it_expires(kind: Kind, store: Store, calls: Calls, time: VirtualTime) -> None:
    charge = decorated(kind, store, calls)
    abandoned(store, charge, 7)
    time.advance(LEASE + SKEW)
    with pytest.raises(InProgress) as raised:
        charge(7)
    time.advance(raised.value.after or 0)
    assert charge(7) == {"done": 7}
    assert calls.made == [7, 7]
    assert store.statuses == ["COMPLETED"]


def test_two_at_once_run_it_once(store: Store, time: VirtualTime) -> None:
    answers: list[object] = []

    async def both() -> None:
        @idempotent(store=store)
        async def charge(order: int) -> str:
            await asyncio.sleep(0.02)
            return "done"

        answers.extend(await asyncio.gather(charge(7), charge(7), return_exceptions=True))

    asyncio.run(both())
    assert "done" in answers
    assert [type(each) for each in answers if each != "done"] == [InProgress]


# Late.


def test_a_late_completion_changes_nothing_and_says_so(kind: Kind, store: Store, time: VirtualTime) -> None:
    winner = Calls(answer=lambda argument: "winner")
    calls = Calls(answer=lambda argument: "late")
    calls.during = overtaken(store, time, decorated(KINDS["plain"], store, winner, **ONE_NAME))
    charge = decorated(kind, store, calls, **ONE_NAME)
    with pytest.raises(LateCompletion, match="was done too late: its claim had expired") as raised:
        charge(7)
    assert raised.value.result == "late"
    assert [raised.value.key] == list(store.records)
    assert not isinstance(raised.value, (Permanent, Retry))
    assert charge(7) == "winner"
    assert (len(calls.made), len(winner.made)) == (1, 1)


def test_a_late_completion_leaves_a_successor_that_is_under_way(kind: Kind, store: Store, time: VirtualTime) -> None:
    successor = Calls()
    second = decorated(KINDS["plain"], store, successor, **ONE_NAME)
    calls = Calls(during=overtaken(store, time, lambda argument: abandoned(store, second, argument)))
    with pytest.raises(LateCompletion):
        decorated(kind, store, calls, **ONE_NAME)(7)
    assert store.statuses == ["INPROGRESS"]
    (owner,) = {stored.owner for stored in store.records.values()}
    time.advance(LEASE + SKEW + 1)
    assert second(7) == {"done": 7}
    assert owner not in {stored.owner for stored in store.records.values()}


@pytest.mark.parametrize("error", [OSError("disk full"), Permanent("no lines")])
def test_a_late_failure_changes_nothing_and_is_logged(
    kind: Kind, store: Store, time: VirtualTime, log: Log, error: Exception
) -> None:
    winner = Calls(answer=lambda argument: "winner")
    overtake = overtaken(store, time, decorated(KINDS["plain"], store, winner, **ONE_NAME))

    def during(argument: Any) -> None:
        overtake(argument)
        raise error

    calls = Calls(during=during)
    charge = decorated(kind, store, calls, **ONE_NAME)
    with pytest.raises(type(error)):
        charge(7)
    assert charge(7) == "winner"
    (line,) = log("redrive.idempotency.not_ended")
    assert line["outcome"] == "the claim is another's"
