"""One reader for all kinds of failures, in each form in which AWS delivers them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from redrive import Failure, InvalidRecord, read_failure
from redrive.testing import sqs_event
from tests.support.runtime.destinations import stream_failures as streams
from tests.support.runtime.destinations.invocation_records import (
    DEAD_LETTER_ATTRIBUTES,
    RETRIES_EXHAUSTED,
    SUCCESS,
    WRAPPINGS,
    received_message,
    sqs_record,
)
from tests.unit.runtime.destinations.test_dead_letter import moved, sent_by_helper

WRAPPED = {name: wrap for name, wrap in WRAPPINGS.items() if "SqsMessage" not in name}
RECORDS = {
    "invocation_record": (RETRIES_EXHAUSTED, WRAPPED),
    "stream_batch": (streams.KINESIS, streams.WRAPPINGS),
    "stream_payload": (streams.WITH_TEXT, streams.WRAPPINGS),
    "record_set_aside": (streams.KINESIS_SET_ASIDE, streams.WRAPPINGS),
}
CASES = [(kind, record, name, wrap) for kind, (record, several) in RECORDS.items() for name, wrap in several.items()]


@pytest.mark.parametrize(
    ("kind", "record", "name", "wrap"), CASES, ids=[f"{kind} {name}" for kind, _, name, _ in CASES]
)
def test_a_record_is_read_in_each_wrapping(kind: str, record: Any, name: str, wrap: Callable[[Any], object]) -> None:
    assert read_failure(wrap(record)).kind == kind


@pytest.mark.parametrize(
    ("kind", "received"),
    [
        ("moved_by_sqs", moved()),
        ("sent_by_helper", sent_by_helper()),
        ("function_dead_letter", received_message("text", DEAD_LETTER_ATTRIBUTES)),
        ("function_dead_letter", sqs_record('{"id": 7}', DEAD_LETTER_ATTRIBUTES)),
    ],
    ids=["moved", "helper", "function, text", "function, JSON"],
)
def test_a_message_is_told_by_its_attributes(kind: str, received: object) -> None:
    assert read_failure(received).kind == kind


def test_what_sqs_moved_came_from_its_queue_whatever_is_in_it() -> None:
    """A record in a failure queue whose own consumer failed goes back to that consumer, not to the first function."""
    assert read_failure({**moved(), "Body": json.dumps(RETRIES_EXHAUSTED)}).kind == "moved_by_sqs"


@pytest.mark.parametrize(
    "received",
    [
        received_message("hello"),
        received_message("{}"),
        received_message(json.dumps(SUCCESS)),
        SUCCESS,
        "text",
        b"\xff",
        {},
        None,
        sqs_event({"id": 7}),
        received_message("hello", {"RULE_ARN": ("String", "arn:aws:events:eu-west-1:111111111111:rule/r")}),
    ],
    ids=["text", "object", "success", "bare success", "bare text", "bytes", "empty", "nothing", "event", "rule"],
)
def test_anything_else_is_refused(received: object) -> None:
    with pytest.raises(InvalidRecord):
        read_failure(received)


@pytest.mark.parametrize("kind", RECORDS)
def test_each_kind_has_what_all_have_in_common(kind: str) -> None:
    failure: Failure = read_failure(RECORDS[kind][0])
    assert failure.failed_at is not None
    assert failure.cause
    assert failure.came_from is not None
    assert failure.came_from.startswith("arn:")
    assert failure.failed_function
    assert (failure.event is None) is (kind == "stream_batch")


def test_an_asynchronous_event_is_invoked_as_it_was() -> None:
    request = read_failure(RETRIES_EXHAUSTED).replay_request()
    assert request.method == "invoke"
    assert request.arguments["InvocationType"] == "Event"
    assert not str(request.arguments["FunctionName"]).endswith(":$LATEST")


def test_stream_records_are_run_and_waited_for() -> None:
    request = read_failure(streams.WITH_TEXT).replay_request()
    assert request.arguments["InvocationType"] == "RequestResponse"
    (record,) = json.loads(request.arguments["Payload"])["Records"]
    assert record["kinesis"] == streams.KINESIS_EVENT["Records"][0]["kinesis"]
