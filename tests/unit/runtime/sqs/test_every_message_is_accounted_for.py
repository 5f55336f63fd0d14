"""The promise: for any batch and any mix of outcomes, every message is in exactly one place.

A message is dead-lettered if SQS has confirmed it, returned if the answer names it, and processed if neither: Lambda
deletes it from the queue then, so its function must have returned.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions
from hypothesis import given, settings
from hypothesis import strategies as st

from redrive import Permanent, Retry, SqsMessage, SqsSettings, sqs_handler
from tests.support.profiles import examples
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    FIFO_DEAD_LETTERS,
    QUEUE_URL,
    STANDARD,
    Context,
    Entry,
    FakeSqs,
    VirtualTime,
    event,
    outside,
    record,
    returned,
)

OK = "ok"
PERMANENT = "permanent"
ERRORS: dict[str, Callable[[], BaseException]] = {
    PERMANENT: lambda: Permanent("no such account"),
    "error": lambda: ValueError("declined"),
    "throttled": lambda: botocore.exceptions.ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "PutItem"),
    "retry": lambda: Retry(after=7),
    "retry in a day": lambda: Retry(after=86_400),
    "exit": SystemExit,
    "cancelled": asyncio.CancelledError,
    "group": lambda: ExceptionGroup("", [Permanent("x"), ValueError()]),
}
ASYNC_ONLY = ["cancels itself", "cancels itself and fails", "exits in a task of its own"]


@dataclass
class Sent:
    """One message, and what will come of it."""

    id: str
    group: str
    outcome: str
    seconds: float
    receive_count: int


@dataclass
class Case:
    """One invocation: the batch, the function, and the trouble around it."""

    messages: list[Sent]
    fifo: bool
    is_async: bool
    concurrency: int
    seconds: float | None
    margin: float | None
    has_dead_letter_queue: bool
    refused: set[str]
    send_trouble: str
    visibility_trouble: bool
    hook: str
    retention: float | None
    called: list[str] = field(default_factory=list)
    finished: set[str] = field(default_factory=set)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    is_async = draw(st.booleans())
    outcomes = [OK, OK, OK, *ERRORS, *(ASYNC_ONLY if is_async else [])]
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from("abc"),
                st.sampled_from(outcomes),
                st.sampled_from([0, 0, 0.001, 1, 20]),
                st.integers(1, 6),
            ),
            max_size=14,
        )
    )
    # Many that pass at once: the deadline is not looked at after each of them.
    rows = rows[:7] + draw(st.sampled_from([0, 0, 0, 40])) * [("d", OK, 0, 1)] + rows[7:]
    messages = [Sent(f"{row[0]}{number}", *row) for number, row in enumerate(rows)]
    ids = [message.id for message in messages]
    return Case(
        messages,
        fifo=draw(st.booleans()),
        is_async=is_async,
        concurrency=draw(st.integers(1, 4)),
        seconds=draw(st.none() | st.sampled_from([0, 0.2, 1, 5, 30, 60, 900])),
        margin=draw(st.none() | st.sampled_from([0, 1, 10])),
        has_dead_letter_queue=draw(st.sampled_from([True, True, False])),
        refused=draw(st.sets(st.sampled_from(ids))) if ids else set(),
        send_trouble=draw(st.sampled_from(["", "", "down", "answer lost", "second call down"])),
        visibility_trouble=draw(st.booleans()),
        hook=draw(st.sampled_from(["", "listens", "raises", "exits"])),
        retention=draw(st.sampled_from([None, 60, 345_600])),
    )


def fake_sqs(case: Case) -> FakeSqs:
    sends = 0

    def before(name: str) -> None:
        nonlocal sends
        if name == "ChangeMessageVisibilityBatch":
            if case.visibility_trouble:
                raise OSError
            return
        sends += 1
        if case.send_trouble == "down" or (case.send_trouble == "second call down" and sends == 2):
            raise OSError

    def after(name: str) -> None:
        if name == "SendMessageBatch" and case.send_trouble == "answer lost":
            raise TimeoutError

    def refuse(entry: Entry) -> str | None:
        return "InternalError" if entry.get("MessageBody") in case.refused else None

    return FakeSqs(refuse=refuse, before=before, after=after)


def function_of(case: Case, time: VirtualTime) -> Callable[[SqsMessage[str]], Any]:
    plan = {message.id: message for message in case.messages}

    def begin(message: SqsMessage[str]) -> Sent:
        case.called.append(message.id)
        time.advance(plan[message.id].seconds)
        return plan[message.id]

    def plain(message: SqsMessage[str]) -> None:
        sent = begin(message)
        if sent.outcome != OK:
            raise ERRORS[sent.outcome]()
        case.finished.add(message.id)

    async def leave() -> None:
        sys.exit(3)

    async def in_task(message: SqsMessage[str]) -> None:
        sent = begin(message)
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        match sent.outcome:
            case "ok":
                case.finished.add(message.id)
            case "cancels itself":
                task.cancel()
                await asyncio.sleep(0)
            case "cancels itself and fails":
                task.cancel()
                raise ValueError
            case "exits in a task of its own":
                await asyncio.gather(leave())
            case outcome:
                raise ERRORS[outcome]()

    return in_task if case.is_async else plain


def hook_of(case: Case) -> Callable[[object], object] | None:
    def raises(failure: object) -> None:
        raise ZeroDivisionError

    def exits(failure: object) -> None:
        raise SystemExit

    return {"": None, "listens": lambda failure: None, "raises": raises, "exits": exits}[case.hook]


@settings(max_examples=examples(100))
@given(cases())
def test_every_message_is_in_exactly_one_place(case: Case) -> None:
    arn, dead_letters = (FIFO, FIFO_DEAD_LETTERS) if case.fifo else (STANDARD, DEAD_LETTERS)
    time, sqs = VirtualTime(), fake_sqs(case)
    known = SqsSettings(
        dead_letter_queue_url=dead_letters if case.has_dead_letter_queue else None,
        max_receive_count=5,
        retention_period=case.retention,
    )
    handler = sqs_handler(
        concurrency=case.concurrency,
        deadline_margin=case.margin,
        on_failure=hook_of(case),
        settings=known,
    )(function_of(case, time))
    records = [
        record(each.id, each.id, arn=arn, group=each.group, receive_count=each.receive_count) for each in case.messages
    ]

    with outside(sqs, time):
        answer = returned(handler(event(*records), None if case.seconds is None else Context(time, case.seconds)))

    ids = [message.id for message in case.messages]
    confirmed = [entry["MessageBody"] for entry in sqs.sent_to.get(dead_letters, ())]
    sent_back = [entry["MessageBody"] for entry in sqs.sent_to.get(QUEUE_URL, ())]
    assert len(confirmed) + len(sent_back) == len(sqs.sent)
    processed = [id for id in ids if id not in (*answer, *confirmed, *sent_back)]

    # Each message is in one place, and each place holds it once.
    assert set(answer) | set(confirmed) | set(sent_back) <= set(ids)
    assert set(answer).isdisjoint(confirmed)
    assert set(sent_back).isdisjoint([*answer, *confirmed])
    assert len(answer) == len(set(answer))
    assert len(confirmed) == len(set(confirmed))
    assert len(sent_back) == len(set(sent_back))

    # Nothing that failed or was not started counts as processed, and what was processed is not received again.
    assert set(processed) == case.finished
    assert len(case.called) == len(set(case.called))
    untried = set(ids) - set(case.called)
    at_last = {each.id for each in case.messages if each.receive_count >= 5}
    assert untried - at_last <= set(answer)
    assert set(sent_back) <= untried & at_last
    if case.fifo:
        assert sent_back == []
    if case.seconds is None and not case.fifo:
        assert set(case.called) == set(ids)

    # Only what will never succeed, or would expire, or has failed at its last receive from a FIFO queue, is
    # dead-lettered; without trouble on the way it is, all of it.
    due = {
        each.id
        for each in case.messages
        if each.outcome == PERMANENT or (case.fifo and each.outcome != OK and each.receive_count >= 5)
    }
    if case.retention is None:
        assert set(confirmed) <= due | (untried & at_last if case.fifo else set())
    if not case.send_trouble and case.has_dead_letter_queue and case.seconds is None:
        assert due & set(case.called) - case.refused <= set(confirmed)

    if case.fifo:
        for group in "abcd":
            members, called, dead = ([id for id in some if id[0] == group] for some in (ids, case.called, confirmed))
            done = [id for id in members if id not in answer]
            if not untried & at_last & set(members):  # else those are dead-lettered, whatever is before them
                assert done == members[: len(done)], "what is done is the beginning of its group"
            assert called == members[: len(called)], "a group runs in order"
            assert dead == [id for id in members if id in dead], "a group is dead-lettered in order"
            assert len(called) <= len([id for id in done if id in called]) + 1, (
                "nothing is started behind a message that is not out of the way"
            )
