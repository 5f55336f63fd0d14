"""Messages of SQS that are brought back: what failed runs, what is done does not, whatever became of it in between."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from threading import Event
from time import time as real_time
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Idempotency, MemoryStore, Permanent, SqsSettings, sqs_handler
from redrive.core.system import clock
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.idempotency.replays import MOST_RECEIVES, Queues, Sent
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    FIFO_DEAD_LETTERS,
    MIB,
    Context,
    FakeSqs,
    VirtualTime,
    event,
    outside,
    record,
    returned,
)

#: Functions that make a message's deduplication id, by kind of queue; `None`: a standard queue.
KINDS: dict[str, Callable[[str], str] | None] = {
    "standard": None,
    "fifo": lambda body: f"order-{body[:1]}",
    "fifo with a uuid": lambda body: str(uuid5(NAMESPACE_URL, body[:1])),
    "fifo by content": lambda body: sha256(body.encode()).hexdigest(),
}
#: Attributes of the sender, and bytes that are free in the message. `None`: all.
ROOM = {"with room": (0, None), "nine attributes": (9, None), "ten attributes": (10, None), "near the limit": (0, 30)}


class Function:
    """A function of one message, which fails as planned and keeps account by the first letter of the body."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.outcomes: dict[str, BaseException | None] = {}

    def __call__(self, message: Any) -> None:
        self.ran.append(message.body[:1])
        error = self.outcomes.get(message.body[:1])
        if error is not None:
            raise error.with_traceback(None)  # of this call alone


def handler_of(function: Function, store: IdempotencyStore, *, fifo: bool, knows: bool, **options: Any) -> Any:
    """A handler that knows its dead-letter queue, or leaves all to SQS."""
    settings = SqsSettings(
        dead_letter_queue_url=(FIFO_DEAD_LETTERS if fifo else DEAD_LETTERS) if knows else None,
        max_receive_count=MOST_RECEIVES,
    )
    return sqs_handler(idempotency=Idempotency(store=store, **options), settings=settings)(function.__call__)


def sent_to(queues: Queues, kind: str, body: str, attributes: int = 0) -> Sent:
    made = KINDS[kind]
    return queues.send(body, None if made is None else made(body), attributes)


def body_with(free: int | None, attributes: int) -> str:
    return "a" if free is None else "a" * (MIB - free - attributes * len("a0Stringx"))


@pytest.mark.parametrize("room", ROOM)
@pytest.mark.parametrize("knows", [True, False], ids=["dead-lettered by the helper", "moved by SQS"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [Permanent("no lines"), OSError("disk full")], ids=["permanent", "given up"])
def test_what_failed_runs_each_time_that_it_is_brought_back(
    store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime, error: Exception, kind: str, room: str, *, knows: bool
) -> None:
    queues = Queues(KINDS[kind] is not None, sqs, time)
    function = Function()
    handler = handler_of(function, store, fifo=queues.fifo, knows=knows)
    attributes, free = ROOM[room]
    sent_to(queues, kind, body_with(free, attributes), attributes)
    function.outcomes = {"a": error}
    for _ in range(3):
        for _ in range(MOST_RECEIVES + 1):
            queues.deliver(handler)
        assert (len(queues.waiting), len(queues.dead)) == (0, 1)
        ran = len(function.ran)
        queues.redrive()
        queues.deliver(handler)
        assert len(function.ran) == ran + 1, "it was brought back, and did not run"
    function.outcomes = {}
    for _ in range(MOST_RECEIVES + 1):
        queues.deliver(handler)
    queues.redrive()
    queues.deliver(handler)
    assert (queues.waiting, queues.dead) == ([], [])


@pytest.mark.parametrize("receive", range(1, MOST_RECEIVES + 1))
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_does_not_run_however_often_sqs_moves_it(
    store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime, kind: str, receive: int
) -> None:
    """The answers are lost, as when another message of each batch takes too long."""
    queues = Queues(KINDS[kind] is not None, sqs, time)
    function = Function()
    handler = handler_of(function, store, fifo=queues.fifo, knows=True)
    sent_to(queues, kind, "a")
    function.outcomes = {"a": OSError("disk full")}
    for _ in range(receive - 1):
        queues.deliver(handler)
    function.outcomes = {}
    for _ in range(3):
        for _ in range(MOST_RECEIVES + 1):
            queues.deliver(handler, is_lost=True)
        assert len(queues.dead) == 1
        queues.redrive()
    queues.deliver(handler)
    assert function.ran == ["a"] * receive
    assert (queues.waiting, queues.dead) == ([], [])


@pytest.mark.parametrize("kind", ["fifo", "fifo with a uuid", "fifo by content"])
def test_a_repeated_message_that_was_answered_as_done_is_done_after_a_move(
    store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime, kind: str
) -> None:
    """SQS takes the same deduplication id again after five minutes."""
    queues = Queues(True, sqs, time)
    function = Function()
    handler = handler_of(function, store, fifo=True, knows=True)
    sent_to(queues, kind, "a")
    queues.deliver(handler)
    sent_to(queues, kind, "a")
    for _ in range(MOST_RECEIVES + 1):
        queues.deliver(handler, is_lost=True)
    queues.redrive()
    queues.deliver(handler)
    assert function.ran == ["a"]


@pytest.mark.parametrize("kind", ["fifo", "fifo with a uuid", "fifo by content"])
def test_messages_with_other_deduplication_ids_do_not_answer_for_each_other(
    store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime, kind: str
) -> None:
    """Not even with one body, one group and ids that look like those of SQS."""
    queues = Queues(True, sqs, time)
    function = Function()
    handler = handler_of(function, store, fifo=True, knows=True)
    sent_to(queues, kind, "a")
    queues.deliver(handler)
    for number in range(3):
        queues.send("a", str(uuid5(NAMESPACE_URL, f"other {number}")))
    queues.deliver(handler)
    assert function.ran == ["a"] * 4


def test_a_message_keeps_its_first_ids_and_gets_the_latest_reason(
    store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime
) -> None:
    queues = Queues(True, sqs, time)
    function = Function()
    handler = handler_of(function, store, fifo=True, knows=True)
    first = sent_to(queues, "fifo", "a", attributes=5)
    for reason in ("no lines", "no customer"):
        function.outcomes = {"a": Permanent(reason)}
        queues.deliver(handler)
        (dead,) = queues.dead
        ours = {name: each["stringValue"] for name, each in dead.attributes.items() if name.startswith("Redrive")}
        assert list(ours)[:3] == ["RedriveDeduplicationId", "RedriveMessageId", "RedriveReason"]
        assert ours["RedriveDeduplicationId"] == first.deduplication_id
        assert ours["RedriveMessageId"] == first.id
        assert ours["RedriveReason"] == reason
        queues.redrive()


@pytest.mark.parametrize("free", [40, 60, 70, 80, 100, 120, 200])
def test_an_id_is_whole_or_missing(store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime, free: int) -> None:
    """Half of a deduplication id could be that of another message."""
    queues = Queues(True, sqs, time)
    function = Function()
    sent = queues.send("a" * (MIB - free), "order-7-of-a-customer-with-a-long-name")
    function.outcomes = {"a": Permanent("no lines")}
    queues.deliver(handler_of(function, store, fifo=True, knows=True))
    attributes = queues.dead[0].attributes
    for name, id in (("RedriveDeduplicationId", sent.deduplication_id), ("RedriveMessageId", sent.id)):
        assert name not in attributes or attributes[name]["stringValue"] == id


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_ones_own_takes_no_further_record(
    store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime, kind: str
) -> None:
    memory = MemoryStore()
    queues = Queues(KINDS[kind] is not None, sqs, time)
    function = Function()
    handler = handler_of(function, memory, fifo=queues.fifo, knows=True, key=lambda message: message.body)
    sent_to(queues, kind, "a")
    for _ in range(MOST_RECEIVES + 1):
        queues.deliver(handler, is_lost=True)
    queues.redrive()
    queues.deliver(handler)
    assert function.ran == ["a"]
    assert len(memory.records) == 1


# When the record under the message id cannot be written, and when it must not be.


class Refusing(MemoryStore):
    """A store that cannot record what is done at once."""

    error: Exception | None = OSError("unreachable")

    def claim(self, claims: Any, seconds: float | None = None) -> Any:
        if self.error is not None and any(claim.is_done for claim in claims):
            raise self.error
        return super().claim(claims, seconds)


def test_a_message_whose_alias_cannot_be_written_is_done_and_is_tried_again(
    store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime, log: Any
) -> None:
    refusing = Refusing()
    queues = Queues(True, sqs, time)
    function = Function()
    handler = handler_of(function, refusing, fifo=True, knows=True)
    sent_to(queues, "fifo", "a")
    queues.deliver(handler, is_lost=True)
    (line,) = log("redrive.idempotency.alias_not_recorded")
    assert (line["records"], line["errors"]) == (1, ["OSError: unreachable"])
    assert len(refusing.records) == 1
    refusing.error = None
    queues.deliver(handler, is_lost=True)  # a duplicate, which writes what is missing
    assert len(refusing.records) == 2
    for _ in range(MOST_RECEIVES):
        queues.deliver(handler, is_lost=True)
    queues.redrive()
    queues.deliver(handler)
    assert function.ran == ["a"]


def test_a_message_is_done_although_its_alias_takes_too_long(sqs: FakeSqs, time: VirtualTime, log: Any) -> None:
    released = Event()

    class Hanging(MemoryStore):
        def claim(self, claims: Any, seconds: float | None = None) -> Any:
            if any(claim.is_done for claim in claims):
                released.wait(20)
            return super().claim(claims, seconds)

    handler = handler_of(Function(), Hanging(), fifo=True, knows=True)
    began = real_time()
    messages = [record(f"m-{number}", "a", arn=FIFO, group=f"{number}") for number in range(3)]
    with outside(sqs, time):
        try:
            assert returned(handler(event(*messages), Context(real_time, 2))) == []
        finally:
            released.set()
    assert real_time() - began < 5
    (line,) = log("redrive.idempotency.alias_not_recorded")
    assert line["records"] == 3
    assert line["errors"][0].startswith("TimeoutError")


@pytest.mark.parametrize(
    "outcome", [OSError("disk full"), Permanent("no lines"), "late"], ids=["error", "permanent", "late"]
)
def test_only_a_recorded_completion_has_an_alias(
    store: IdempotencyStore, sqs: FakeSqs, time: VirtualTime, outcome: Any
) -> None:
    memory = MemoryStore()
    queues = Queues(True, sqs, time)
    function = Function()

    def run(message: Any) -> None:
        function(message)
        if outcome == "late":  # another one has taken the claim over
            ((key, stored),) = memory.records.items()
            memory.records[key] = stored._replace(owner="another")

    function.outcomes = {} if outcome == "late" else {"a": outcome}
    settings = SqsSettings(max_receive_count=MOST_RECEIVES)
    handler = sqs_handler(idempotency=Idempotency(store=memory), settings=settings)(run)
    sent = sent_to(queues, "fifo", "a")
    queues.deliver(handler)
    assert [each.id for each in queues.waiting] == [sent.id]
    assert len(memory.records) <= 1
    assert "COMPLETED" not in {each.status for each in memory.records.values()}


# Random sequences of events.

STEPS = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 3), st.sampled_from([0, 9, 10])),
    st.tuples(
        st.just("deliver"),
        st.lists(st.sampled_from(["done", "permanent", "error"]), min_size=4, max_size=4),
        st.booleans(),
    ),
    st.tuples(st.just("redrive"), st.none(), st.none()),
)


@given(st.sampled_from(list(KINDS)), st.booleans(), st.lists(STEPS, max_size=25))
def test_a_done_event_never_runs_again_and_a_failed_one_always_does(
    kind: str, knows: bool, steps: list[tuple[str, Any, Any]]
) -> None:
    """Not so, as docs/idempotency.md says, for a FIFO message without room for its ids whose deletion is lost."""
    time, sqs, function = VirtualTime(), FakeSqs(), Function()
    queues = Queues(KINDS[kind] is not None, sqs, time)
    done: set[str] = set()
    with outside(sqs, time), clock.replaced(time):
        handler = handler_of(function, MemoryStore(), fifo=queues.fifo, knows=knows)
        sent: set[str] = set()
        has_room = True
        for name, first, second in steps:
            if name == "send":
                body = "abcd"[first]
                if body not in sent:
                    sent.add(body)
                    has_room &= second < 10 or not queues.fifo
                    sent_to(queues, kind, body, second)
            elif name == "redrive":
                back = {each.body for each in queues.dead} - done
                queues.redrive()
                function.ran, function.outcomes = [], {body: OSError("disk full") for body in back}
                queues.deliver(handler)
                assert not done & set(function.ran), "a done event has run again"
                assert back <= set(function.ran), "a failed event was brought back, and did not run"
            else:
                errors = {"done": None, "permanent": Permanent("no lines"), "error": OSError("disk full")}
                function.ran = []
                function.outcomes = {body: errors[outcome] for body, outcome in zip("abcd", first, strict=True)}
                queues.deliver(handler, is_lost=second and has_room)
                assert not done & set(function.ran), "a done event has run again"
                done |= {body for body in function.ran if function.outcomes[body] is None}
            time.advance(400)
