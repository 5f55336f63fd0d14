"""The metrics of a batch of SQS messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    Idempotency,
    LocalCircuits,
    MemoryStore,
    MetricName,
    Permanent,
    SqsSettings,
    sqs_handler,
)
from redrive.idempotency.errors import InProgress
from tests.support.profiles import examples
from tests.support.runtime.metrics.emf import Published, published
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    FIFO_DEAD_LETTERS,
    QUEUE_URL,
    STANDARD,
    Context,
    FakeSqs,
    VirtualTime,
    batch,
    event,
    outside,
    record,
    returned,
)

KNOWN = SqsSettings(dead_letter_queue_url=DEAD_LETTERS, max_receive_count=5)


class Declined(Exception):
    pass


def process(message: Any) -> None:
    """Does what the body says."""
    match message.body:
        case "fails":
            raise Declined
        case "is none":
            raise Permanent("no order")
        case "is missing":
            raise KeyError("lines")
        case _:
            pass


def bodies(*texts: str, **options: Any) -> dict[str, Any]:
    return event(*(record(str(number), text, **options) for number, text in enumerate(texts)))


def test_no_metrics_are_published_when_every_message_is_processed_at_its_first_receive(
    sqs: FakeSqs, context: Context, metrics: Published
) -> None:
    assert returned(sqs_handler(settings=KNOWN)(process)(batch(20), context)) == []
    assert (metrics.lines, metrics.figures) == ([], [])


def test_no_metrics_are_published_for_no_messages(context: Context, metrics: Published) -> None:
    sqs_handler(process)(event(), context)
    assert metrics.lines == []


def test_retried_messages_are_counted_by_their_error(sqs: FakeSqs, context: Context, metrics: Published) -> None:
    sqs_handler(settings=KNOWN)(process)(bodies("fails", "", "fails"), context)
    assert len(metrics.lines) == 1
    assert metrics.totals() == {"Retried": 2, "ReceiveCount": 1}
    assert metrics.by_error() == {("Retried", "Declined"): 2}
    (figures,) = metrics.figures
    assert (figures.function, figures.source) == ("orders-function", STANDARD)
    assert (figures.request_id, figures.at) == (context.aws_request_id, 1_700_000_000)


def test_several_errors_take_a_line_each_besides(sqs: FakeSqs, context: Context, metrics: Published) -> None:
    sqs_handler(settings=KNOWN)(process)(bodies("fails", "is missing", "fails"), context)
    assert len(metrics.lines) == 3
    assert metrics.totals() == {"Retried": 3, "ReceiveCount": 1}
    assert metrics.by_error() == {("Retried", "Declined"): 2, ("Retried", "KeyError"): 1}


def test_a_permanent_failure_is_dead_lettered(sqs: FakeSqs, context: Context, metrics: Published) -> None:
    sqs_handler(settings=KNOWN)(process)(bodies("is none"), context)
    assert metrics.totals() == {"DeadLettered": 1, "PermanentFailures": 1, "ReceiveCount": 1}
    assert metrics.by_error() == {("DeadLettered", "Permanent"): 1, ("PermanentFailures", "Permanent"): 1}


def test_one_that_could_not_be_dead_lettered_is_retried(
    context: Context, metrics: Published, time: VirtualTime
) -> None:
    with outside(FakeSqs(refuse=lambda entry: "InternalError" if "MessageBody" in entry else None), time):
        sqs_handler(settings=KNOWN)(process)(bodies("is none"), context)
    assert metrics.totals() == {"Retried": 1, "PermanentFailures": 1, "NotSetAside": 1, "ReceiveCount": 1}


def test_what_there_was_no_time_for_is_deferred(
    sqs: FakeSqs, context: Context, metrics: Published, time: VirtualTime
) -> None:
    sqs_handler(settings=KNOWN)(lambda message: time.advance(25))(batch(6), context)
    assert metrics.totals() == {"Deferred": 4, "ReceiveCount": 1}
    assert metrics.by_error() == {}


def test_messages_behind_a_failure_of_their_group_are_counted_as_held(
    sqs: FakeSqs, context: Context, metrics: Published
) -> None:
    sqs_handler(settings=KNOWN)(process)(bodies("fails", "", "", arn=FIFO, group="a"), context)
    assert metrics.totals() == {"Retried": 1, "Held": 2, "ReceiveCount": 1}


@pytest.mark.parametrize("text", ["", "fails"])
def test_the_highest_receive_count_is_published(sqs: FakeSqs, context: Context, metrics: Published, text: str) -> None:
    """Also if all of them succeed: then a crash or a timeout has spent the receives before."""
    messages = [record("1", text), record("2", "", receive_count=12), record("3", "", receive_count=3)]
    sqs_handler(settings=KNOWN)(process)(event(*messages), context)
    assert metrics.totals()["ReceiveCount"] == 12


def test_records_without_a_receive_count_are_no_obstacle(context: Context, metrics: Published) -> None:
    strange: list[Any] = [{}, {"attributes": None}, {"attributes": {"ApproximateReceiveCount": "often"}}]
    records = [{"messageId": str(number), "body": "", **each} for number, each in enumerate(strange)]
    assert returned(sqs_handler(process)({"Records": records}, context)) == []
    assert metrics.lines == []


def test_duplicates_and_calls_in_progress_are_counted(sqs: FakeSqs, context: Context, metrics: Published) -> None:
    store = MemoryStore()
    handler = sqs_handler(settings=KNOWN, idempotency=Idempotency(store=store))(process)
    handler(bodies("a", "b"), context)
    assert metrics.lines == []
    handler(bodies("a", "a", "b", "c"), context)
    assert metrics.totals() == {"Duplicates": 3}

    metrics.lines.clear()

    @sqs_handler(settings=KNOWN, idempotency=Idempotency(store=store))
    def meanwhile(message: Any) -> None:
        meanwhile(bodies(message.body), context)

    meanwhile(bodies("d"), context)
    assert metrics.totals() == {"Retried": 1, "InProgress": 1, "ReceiveCount": 1}
    assert metrics.by_error() == {("Retried", "InProgress"): 1, ("InProgress", "InProgress"): 1}


def test_messages_that_were_processed_and_not_recorded_are_counted(
    sqs: FakeSqs, context: Context, metrics: Published
) -> None:
    class Forgetful(MemoryStore):
        def end(self, endings: Any, seconds: Any = None) -> Any:
            return {ending.key: OSError("down") for ending in endings}

    sqs_handler(settings=KNOWN, idempotency=Idempotency(store=Forgetful()))(process)(bodies("a", "b"), context)
    assert metrics.totals() == {"Retried": 2, "NotRecorded": 2, "ReceiveCount": 1}
    assert metrics.by_error() == {("Retried", "NotRecorded"): 2, ("NotRecorded", "NotRecorded"): 2}


@pytest.mark.parametrize("kind", ["plain", "threads", "async"])
def test_what_helpers_count_inside_the_function_joins_the_batch(
    sqs: FakeSqs, context: Context, metrics: Published, kind: str
) -> None:
    """In this thread, in threads, and in tasks."""
    breaker = CircuitBreaker("Payments", policy=CircuitPolicy(failure_threshold=1), store=LocalCircuits())

    def down() -> None:
        raise Declined

    def charge(message: Any) -> None:
        breaker.call(down)

    async def charge_in_task(message: Any) -> None:
        async with breaker.guard():
            down()

    with pytest.raises(Declined):
        breaker.call(down)  # outside of any invocation, and of Lambda
    assert metrics.lines == []
    assert metrics.figures.pop().source == "circuit"

    options: dict[str, Any] = {"settings": KNOWN, "concurrency": 4 if kind == "threads" else 1}
    function: Callable[[Any], Any] = charge_in_task if kind == "async" else charge
    sqs_handler(**options)(function)(batch(40), context)
    assert len(metrics.figures) == 1
    tried = metrics.totals()["Retried"]  # the others are not started: the circuit is open
    assert 1 <= tried <= (4 if kind == "threads" else 1)
    assert metrics.totals() == {"Retried": tried, "CircuitRejections": tried, "Held": 40 - tried, "ReceiveCount": 1}
    assert metrics.by_error() == {("Retried", "CircuitOpen"): tried}


def test_an_invocation_within_another_has_figures_of_its_own(
    sqs: FakeSqs, context: Context, metrics: Published
) -> None:
    inner = sqs_handler(settings=KNOWN)(process)

    @sqs_handler(settings=KNOWN)
    def outer(message: Any) -> None:
        inner(bodies("fails", "fails", arn=FIFO), context)
        raise KeyError

    outer(bodies("x"), context)
    assert [(each.source, dict(each.counts)) for each in metrics.figures] == [
        (FIFO, {"Retried": 1, "Held": 1}),
        (STANDARD, {"Retried": 1}),
    ]


def test_metrics_are_published_when_an_invocation_is_interrupted(context: Context, metrics: Published) -> None:
    breaker = CircuitBreaker("Payments", policy=CircuitPolicy(failure_threshold=1), store=LocalCircuits())

    @sqs_handler
    def handler(message: Any) -> None:
        if message.body == "is interrupted":
            raise KeyboardInterrupt
        with breaker.guard():
            raise Declined

    with pytest.raises(KeyboardInterrupt):
        handler(bodies("fails", "is interrupted"), context)
    assert metrics.by_error() == {("CircuitOpened", "Declined"): 1}


# The figures add up after any sequence of events.


@dataclass
class Case:
    """A batch, what its messages do, and the trouble with what is called for them."""

    plan: list[tuple[str, str, float, int]]
    fifo: bool
    concurrency: int
    is_async: bool
    seconds: float | None
    is_known: bool
    is_down: bool
    is_idempotent: bool


@st.composite
def cases(draw: st.DrawFn) -> Case:
    outcomes = ["ok", "ok", "fails", "is none", "is missing", "exits", "in progress"]
    rows = st.tuples(
        st.sampled_from("abc"), st.sampled_from(outcomes), st.sampled_from([0, 0, 1, 20]), st.integers(1, 6)
    )
    return Case(
        draw(st.lists(rows, max_size=14)),
        fifo=draw(st.booleans()),
        concurrency=draw(st.integers(1, 4)),
        is_async=draw(st.booleans()),
        seconds=draw(st.sampled_from([None, 0.2, 5, 60])),
        is_known=draw(st.booleans()),
        is_down=draw(st.booleans()),
        is_idempotent=draw(st.booleans()),
    )


@settings(max_examples=examples(40))
@given(cases())
def test_the_figures_add_up_to_the_messages_of_the_batch(case: Case) -> None:
    time = VirtualTime()
    done: list[str] = []

    def act(message: Any) -> None:
        _, outcome, seconds, _ = case.plan[int(message.id)]
        time.advance(seconds)
        if outcome == "exits":
            raise SystemExit
        if outcome == "in progress":
            raise InProgress("key", 5)
        if outcome in ("fails", "is none", "is missing"):
            process(type("Message", (), {"body": outcome}))
        done.append(message.id)

    async def act_in_task(message: Any) -> None:
        await asyncio.sleep(0)
        act(message)

    def before(name: str) -> None:
        if case.is_down:
            raise OSError

    handler = sqs_handler(
        concurrency=case.concurrency,
        settings=SqsSettings(
            dead_letter_queue_url=(FIFO_DEAD_LETTERS if case.fifo else DEAD_LETTERS) if case.is_known else None,
            max_receive_count=5,
        ),
        idempotency=Idempotency(store=MemoryStore()) if case.is_idempotent else None,
    )(act_in_task if case.is_async else act)
    records = [
        # Some have the same body, so that with idempotency they are one.
        record(str(number), "same" if outcome == "ok" else str(number), arn=FIFO if case.fifo else STANDARD)
        | {"attributes": {"ApproximateReceiveCount": str(count), "MessageGroupId": group}}
        for number, (group, outcome, _, count) in enumerate(case.plan)
    ]
    aws = FakeSqs(before=before)
    context = Context(time, 1e9 if case.seconds is None else case.seconds)
    with published() as metrics, outside(aws, time):
        answer = returned(handler(event(*records), context))

    totals, by_error = metrics.totals(), metrics.by_error()
    assert len(metrics.figures) <= 1
    count = {name: int(totals.get(name, 0)) for name in vars(MetricName).values() if isinstance(name, str)}
    not_done = [MetricName.RETRIED, MetricName.DEFERRED, MetricName.HELD]
    assert sum(count[name] for name in not_done) == len(answer)
    sent_back = sum(len(sent) for url, sent in aws.sent_to.items() if url == QUEUE_URL)
    assert count[MetricName.SENT_BACK] == sent_back
    assert count[MetricName.DEAD_LETTERED] == len(aws.sent) - sent_back
    assert count[MetricName.UNTRIED] <= count[MetricName.DEFERRED] + count[MetricName.HELD]
    assert count[MetricName.DUPLICATES] + len(done) - count[MetricName.NOT_RECORDED] + len(answer) + len(
        aws.sent
    ) == len(records)
    if not case.is_idempotent:
        assert count[MetricName.DUPLICATES] == count[MetricName.NOT_RECORDED] == 0
    assert count[MetricName.NOT_SET_ASIDE] <= count[MetricName.RETRIED]
    # Every failure has an error behind it, and what was not started has none.
    for name in (MetricName.RETRIED, MetricName.DEAD_LETTERED, MetricName.PERMANENT_FAILURES, MetricName.NOT_SET_ASIDE):
        assert sum(number for (each, _), number in by_error.items() if each == name) == count[name]
    without_error = {MetricName.DEFERRED, MetricName.SENT_BACK, MetricName.UNTRIED, MetricName.HELD}
    assert not {name for name, _ in by_error} & {*without_error, MetricName.DUPLICATES}
    # No metric is published with the value 0.
    receives = max((row[3] for row in case.plan), default=1)
    is_clean = not answer and not aws.sent and receives == 1 and count[MetricName.DUPLICATES] == 0
    assert bool(metrics.lines) == (not is_clean)
    assert count[MetricName.RECEIVE_COUNT] == (0 if is_clean or set(totals) == {"Duplicates"} else receives)
