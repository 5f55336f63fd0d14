"""An error, a log handler or the failure path itself may do anything: only the failed record fails."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import (
    CircuitBreaker,
    CircuitPolicy,
    FailureClass,
    Idempotency,
    LocalCircuits,
    MemoryStore,
    Permanent,
    Retry,
    SqsSettings,
    async_handler,
    classify,
    dynamodb_stream_handler,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.failures.diagnosis import diagnose
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import Context, FakeSqs
from tests.support.runtime.streams import stream

Log = Callable[[str], list[dict[str, Any]]]


class RaisesInStr(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


class LeavesInStr(Exception):
    def __str__(self) -> str:
        raise SystemExit


class NoText(Exception):
    def __str__(self) -> Any:
        return 7  # noqa: PLE0307


class OddText(str):
    __slots__ = ()

    def __len__(self) -> int:
        raise ValueError("no length")

    def __getitem__(self, key: Any) -> Any:
        raise ValueError("no characters")


class SaysOddText(Exception):
    def __str__(self) -> str:
        return OddText("odd")


def raising(self: object) -> Any:
    raise RuntimeError("no attribute")


class Properties(Exception):
    """Each attribute that Python's own errors have raises."""

    __cause__ = __context__ = __traceback__ = __suppress_context__ = property(raising)  # type: ignore[assignment]
    args = response = after = reason = property(raising)  # type: ignore[assignment]


class Everything(Exception):
    def __getattr__(self, name: str) -> Any:
        raise KeyError(name)


class Class(Exception):
    __class__ = property(raising)  # type: ignore[assignment]


class Falsy(Exception):
    def __bool__(self) -> bool:
        raise ValueError("neither true nor false")

    def __eq__(self, other: object) -> bool:
        raise ValueError("not comparable")

    __hash__ = None  # type: ignore[assignment]


class Meta(type):
    __name__ = property(raising)  # type: ignore[assignment]


class Nameless(Exception, metaclass=Meta): ...


class RetryWithout(Retry):
    def __init__(self) -> None: ...


class RetryWith(Retry):
    def __init__(self, after: Any) -> None:
        self.after = after


class Group(ExceptionGroup[Exception]):
    exceptions = property(raising)  # type: ignore[assignment]


def aws(response: Any) -> ClientError:
    error = ClientError({}, "PutItem")
    error.response = response
    return error


def nested(depth: int, error: Exception, kind: type[ExceptionGroup[Any]] = ExceptionGroup) -> Exception:
    for _ in range(depth):
        error = kind("deeper", [error])
    return error


def shared(depth: int) -> Exception:
    """Two references to the same group at each level: 2 ** depth ways to the error."""
    error: Exception = ValueError()
    for _ in range(depth):
        twice: list[Exception] = [error, error]
        error = ExceptionGroup("twice", twice)
    return error


def chain(depth: int) -> Exception:
    error = Retry(1)
    for _ in range(depth):
        above = Retry(1)
        above.__cause__ = error
        error = above
    return error


def circle() -> Exception:
    one, other = Retry(1), Retry(2)
    one.__cause__, other.__cause__ = other, one
    return one


ODD: dict[str, Callable[[], BaseException]] = {
    "str raises": RaisesInStr,
    "str leaves": LeavesInStr,
    "str is no text": NoText,
    "str is odd": SaysOddText,
    "properties": Properties,
    "getattr": Everything,
    "class": Class,
    "falsy": Falsy,
    "cause": lambda: caused_by(Falsy()),
    "retry caused": lambda: caused_by(RaisesInStr(), Retry(5)),
    "nameless": Nameless,
    "no wait": RetryWithout,
    **{f"wait {wait!r:.20}": lambda wait=wait: RetryWith(wait) for wait in (-1, float("nan"), "soon", [], 10**400)},
    **{f"response {response!r}": lambda response=response: aws(response) for response in (None, 7, [], {"Error": 7})},
    "code": lambda: aws({"Error": {"Code": ["Throttling"]}}),
    "deep group": lambda: nested(5000, ValueError()),
    "odd group": lambda: Group("odd", [ValueError()]),
    "shared group": lambda: shared(200),
    "chain": lambda: chain(5000),
    "circle": circle,
    "surrogate": lambda: ValueError("\ud83d\x00"),
    "SystemExit": lambda: SystemExit([object()]),
}
every_error = pytest.mark.parametrize("make", ODD.values(), ids=ODD)


def caused_by(cause: BaseException, error: BaseException | None = None) -> BaseException:
    error = error or Permanent("no lines")
    error.__cause__ = cause
    return error


def fails(make: Callable[[], BaseException]) -> Callable[..., None]:
    def function(record: Any) -> None:
        if getattr(record, "id", "") == "1" or getattr(record, "sequence_number", "") == "2":
            raise make()

    return function


@every_error
@pytest.mark.parametrize("options", [{}, {"concurrency": 2}, {"idempotency": True}], ids=repr)
def test_an_odd_error_fails_its_message_only(
    sqs: FakeSqs, context: Context, make: Callable[[], BaseException], options: dict[str, Any]
) -> None:
    store = MemoryStore()
    options = {**options, "idempotency": Idempotency(store=store)} if "idempotency" in options else options
    handler = sqs_handler(**options)(fails(make))
    assert queue.returned(handler(queue.batch(3), context)) == ["1"]
    assert "handle-1" in sqs.visibility
    if "idempotency" in options:
        # Interrupted work is neither done nor failed.
        known = {"COMPLETED", "FAILED"} if isinstance(make(), Exception) else {"COMPLETED", "INPROGRESS"}
        assert {each.status for each in store.records.values()} <= known
        assert len([each for each in store.records.values() if each.status == "COMPLETED"]) == 2


@every_error
def test_an_odd_error_fails_its_async_message_only(
    sqs: FakeSqs, context: Context, make: Callable[[], BaseException]
) -> None:
    @sqs_handler
    async def handler(message: Any) -> None:
        fails(make)(message)

    assert queue.returned(handler(queue.batch(3), context)) == ["1"]


@every_error
def test_an_odd_error_stops_its_shard_only_behind_it(make: Callable[[], BaseException]) -> None:
    handler = kinesis_handler(fails(make))
    assert handler(stream.batch(3))["batchItemFailures"] == [{"itemIdentifier": "2"}]


def raised_by(call: Callable[[], Any]) -> BaseException | None:
    """Returns the error that a call raises; `pytest.raises` cannot look at such errors."""
    try:
        call()
    except BaseException as error:
        return error
    return None


@every_error
def test_an_odd_error_is_raised_unchanged(make: Callable[[], BaseException]) -> None:
    error = make()

    def function(*_: Any) -> None:
        raise error

    store = MemoryStore()
    payments = CircuitBreaker("payments", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))
    calls: list[Callable[[], Any]] = [
        lambda: async_handler(function)({}),
        lambda: idempotent(store=store, replay=())(function)(7),
        lambda: payments.call(function),
    ]
    for call in calls:
        assert raised_by(call) is error
    is_interrupted = not issubclass(type(error), Exception)
    assert [each.status for each in store.records.values()] == ["INPROGRESS"] * is_interrupted


@every_error
def test_an_odd_error_has_a_diagnosis(make: Callable[[], BaseException]) -> None:
    found = diagnose(make())
    assert found.failure is classify(make())
    assert type(found.reason) is str
    assert 0 < len(found.reason) <= 1024
    assert found.error_type
    assert found.retry_after is None or 0 <= found.retry_after < float("inf")


def test_a_group_in_groups_is_classified_by_its_errors() -> None:
    assert classify(nested(1500, Permanent("no lines"))) is FailureClass.PERMANENT
    assert classify(nested(1500, TimeoutError())) is FailureClass.TRANSIENT
    assert diagnose(nested(1500, Retry(after=7))).retry_after == 7


@pytest.mark.parametrize("wait", [timedelta(minutes=2), 120, 120.0])
def test_a_wait_that_a_subclass_sets_counts(wait: Any) -> None:
    assert diagnose(RetryWith(wait)).retry_after == 120


# Logging.


class Raises(logging.Handler):
    def __init__(self, error: type[BaseException]) -> None:
        super().__init__()
        self.error = error

    def handle(self, record: logging.LogRecord) -> bool:
        raise self.error("no disk")


@pytest.fixture(params=[OSError, RecursionError, SystemExit, BaseException])
def broken_log(request: pytest.FixtureRequest) -> Iterator[None]:
    handler = Raises(request.param)
    logging.getLogger("redrive").addHandler(handler)
    yield
    logging.getLogger("redrive").removeHandler(handler)


@pytest.mark.usefixtures("broken_log")
def test_a_log_handler_that_raises_changes_nothing(
    sqs: FakeSqs, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    settings = SqsSettings(dead_letter_queue_url=queue.DEAD_LETTERS)

    @sqs_handler(settings=settings, on_failure=lambda failure: seen.append(failure.message.id))
    def handler(message: Any) -> None:
        if message.id == "1":
            raise ValueError
        if message.id == "2":
            raise Permanent("no lines")

    assert queue.returned(handler(queue.batch(4), context)) == ["1"]
    assert [entry["MessageBody"] for entry in sqs.sent] == ["2"]
    assert seen == ["1", "2"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} >= {"redrive.sqs.failure", "redrive.sqs.batch"}


@pytest.mark.usefixtures("broken_log")
def test_a_log_handler_that_raises_stops_no_stream_and_no_circuit() -> None:
    assert kinesis_handler(fails(KeyError))(stream.batch(3))["batchItemFailures"] == [{"itemIdentifier": "2"}]
    payments = CircuitBreaker("payments", store=LocalCircuits(), policy=CircuitPolicy(failure_threshold=1))
    with pytest.raises(ValueError, match="invalid literal"):
        payments.call(int, "x")
    assert payments.open_for()


def test_an_output_that_raises_changes_nothing(sqs: FakeSqs, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, text: str) -> None:
            raise BrokenPipeError

        flush = write

    monkeypatch.setattr(sys, "stdout", Closed())
    assert queue.returned(sqs_handler(fails(KeyError))(queue.batch(3), context)) == ["1"]


# The failure path itself.


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, SystemExit])
@pytest.mark.parametrize("place", ["diagnose", "decide", "warn", "report_failure", "change_visibility", "_count"])
def test_a_failure_path_that_fails_retries_what_has_failed(
    monkeypatch: pytest.MonkeyPatch,
    sqs: FakeSqs,
    context: Context,
    place: str,
    error: type[BaseException],
) -> None:
    import redrive.sqs.failures

    def broken(*_: Any, **__: Any) -> Any:
        raise error("the failure path is broken")

    monkeypatch.setattr(redrive.sqs.failures, place, broken)
    done: list[str] = []

    @sqs_handler
    def handler(message: Any) -> None:
        fails(KeyError)(message)
        done.append(message.id)

    assert queue.returned(handler(queue.batch(3), context)) == ["1"]
    assert done == ["0", "2"]


def test_a_dead_letter_is_not_returned_as_well(monkeypatch: pytest.MonkeyPatch, sqs: FakeSqs, context: Context) -> None:
    import redrive.sqs.failures

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(redrive.sqs.failures, "report_failure", broken)
    for arn, url, options in (
        (queue.STANDARD, queue.DEAD_LETTERS, {}),
        (queue.FIFO, queue.FIFO_DEAD_LETTERS, {"group": "a"}),
    ):
        handler = sqs_handler(settings=SqsSettings(dead_letter_queue_url=url))(fails(lambda: Permanent("no lines")))
        assert queue.returned(handler(queue.batch(3, arn=arn, **options), context)) == []
    assert [entry["MessageBody"] for entry in sqs.sent] == ["1", "1"]


@pytest.mark.parametrize("place", ["diagnose", "warn", "report_failure", "count"])
@pytest.mark.parametrize("ordered_by", ["shard", "item_key"])
def test_a_stream_stops_at_a_record_whose_failure_path_fails(
    monkeypatch: pytest.MonkeyPatch, place: str, ordered_by: Any
) -> None:
    import redrive.streams.failures

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the failure path is broken")

    monkeypatch.setattr(redrive.streams.failures, place, broken)
    done: list[str] = []

    @dynamodb_stream_handler(ordered_by=ordered_by)
    def handler(record: Any) -> None:
        fails(KeyError)(record)
        done.append(record.sequence_number)

    event = stream.event(*(stream.dynamodb_record(number, key=str(number % 2)) for number in range(1, 6)))
    assert handler(event)["batchItemFailures"] == [{"itemIdentifier": "2"}]
    assert done == (["1"] if ordered_by == "shard" else ["1", "3", "5"])


def test_the_failure_of_the_failure_path_is_logged(
    monkeypatch: pytest.MonkeyPatch, sqs: FakeSqs, context: Context, log: Log
) -> None:
    import redrive.sqs.failures

    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError("none left")

    monkeypatch.setattr(redrive.sqs.failures, "diagnose", broken)
    sqs_handler(fails(KeyError))(queue.batch(3), context)
    (line,) = log("redrive.failure_not_handled")
    assert (line["error"], line["error_type"]) == ("none left", "MemoryError")


def test_a_stopped_run_leaves_no_claim_and_no_thread() -> None:
    store = MemoryStore()

    @sqs_handler(idempotency=Idempotency(store=store))
    def handler(message: Any) -> None:
        if message.id == "1":
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        handler(queue.batch(5))
    left = [each.status for each in store.records.values()]
    assert left.count("COMPLETED") == 1
    assert len(left) <= 2
    for _ in range(100):
        if threading.active_count() == before:
            break
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_failure_is_handled_without_a_thread_if_there_is_none(
    monkeypatch: pytest.MonkeyPatch, sqs: FakeSqs, context: Context
) -> None:
    def refused(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refused)

    @sqs_handler
    async def handler(message: Any) -> None:
        fails(KeyError)(message)

    assert queue.returned(handler(queue.batch(3), context)) == ["1"]
