"""EventBridge's stand-in refuses entries one by one as EventBridge does, and says what a pattern matches.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/events/: test_events.snapshot.json
and test_events_patterns.snapshot.json, which were recorded on AWS.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from redrive_simulator import NotSimulatedError, Outcome, Simulation
from tests.support.simulator.refused import error
from tests.support.simulator.simulations import resource, template

STACK = template(
    Bus=resource("AWS::Events::EventBus", Name="orders"),
    Stream=resource("AWS::Kinesis::Stream", Name="readings", ShardCount=1),
)
ENTRY = {"Source": "shop", "DetailType": "sold", "Detail": '{"id": 7}', "EventBusName": "orders"}
ARN = "arn:aws:events:eu-west-1:111111111111:event-bus/orders"
REQUIRED = "Parameter {0} is not valid. Reason: {0} is a required argument."
MALFORMED = ("MalformedDetail", "Detail is malformed.")
# What replaces a part of an entry that is taken, the code and the message; an entry with another value is taken.
ENTRIES: dict[str, tuple[dict[str, Any], tuple[str, str], dict[str, Any]]] = {
    "no source": ({"Source": None}, ("InvalidArgument", REQUIRED.format("Source")), {"Source": " "}),
    "empty source": ({"Source": ""}, ("InvalidArgument", REQUIRED.format("Source")), {"Source": "x"}),
    "no detail": ({"Detail": None}, ("InvalidArgument", REQUIRED.format("Detail")), {"Detail": "{}"}),
    "no detail type": ({"DetailType": None}, ("InvalidArgument", REQUIRED.format("DetailType")), {"DetailType": "x"}),
    "long detail type": (
        {"DetailType": "x" * 129},
        ("InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType has more than 128 characters."),
        {"DetailType": "x" * 128},
    ),
    "source of AWS": (
        {"Source": "aws.s3"},
        ("NotAuthorizedForSourceException", "Not authorized for the source."),
        {"Source": "aws"},
    ),
    "text": ({"Detail": "sold"}, MALFORMED, {"Detail": '{"a": "sold"}'}),
    "array": ({"Detail": '[{"a": 1}]'}, MALFORMED, {"Detail": '{"a": []}'}),
    "serialized text": ({"Detail": '"{}"'}, MALFORMED, {"Detail": '{"a": "{}"}'}),
    "more than JSON": ({"Detail": '{"a": 1}}'}, MALFORMED, {"Detail": ' {"a": 1}\n'}),
    "NaN": ({"Detail": '{"a": NaN}'}, MALFORMED, {"Detail": '{"a": null}'}),
    "infinity": ({"Detail": '{"a": -Infinity}'}, MALFORMED, {"Detail": '{"a": -1e3}'}),
}


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation.from_template(STACK)


@pytest.fixture
def events(simulation: Simulation) -> Any:
    return simulation.client("events")


def entry(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**ENTRY, **changes}.items() if value is not None}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_refused_by_itself(name: str, events: Any, simulation: Simulation) -> None:
    """SNAP test_put_events_without_source, …_without_detail, …_without_detail_type, …_malformed_detail"""
    changes, (code, message), others = ENTRIES[name]
    before = len(simulation.bus("Bus").events)
    reply = events.put_events(Entries=[entry(changes), entry(others)])
    refused, taken = reply["Entries"]
    assert (refused, reply["FailedEntryCount"]) == ({"ErrorCode": code, "ErrorMessage": message}, 1)
    assert set(taken) == {"EventId"}
    assert len(simulation.bus("Bus").events) == before + 1


def test_a_request_has_1_to_10_entries(events: Any) -> None:
    """SNAP test_put_events_exceed_limit_ten_entries; botocore itself refuses a list without entries"""
    code, message = error(events.put_events, Entries=[ENTRY] * 11)
    assert code == "ValidationException"
    assert message.endswith("failed to satisfy constraint: Member must have length less than or equal to 10")
    with pytest.raises(ParamValidationError):
        events.put_events(Entries=[])


def test_a_request_that_is_too_large_is_refused(events: Any) -> None:
    """SNAP test_put_event_with_too_big_detail"""
    detail = json.dumps({"payload": "p" * 1_048_576})
    assert error(events.put_events, Entries=[{**ENTRY, "Detail": detail}]) == (
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    )


@pytest.mark.parametrize(
    "time",
    [
        "2022-01-01",
        "01-01-2022T00:00:00Z",
        "2022-01-01 00:00:00Z",
        1_640_995_200,
        datetime(2022, 1, 1),  # noqa: DTZ001
        datetime(2022, 1, 1, tzinfo=UTC),
    ],
    ids=["day", "other order", "blank", "seconds", "no zone", "zone"],
)
def test_an_event_has_the_time_of_its_entry(time: Any, events: Any, simulation: Simulation) -> None:
    """SNAP test_put_events_time"""
    events.put_events(Entries=[{**ENTRY, "Time": time}])
    assert simulation.bus("Bus").events[-1]["time"] == "2022-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "is_here"),
    [("orders", True), (ARN, True), ("Bus", False), (ARN.replace("eu", "us"), False), ("none", False)],
    ids=["name", "arn", "logical id", "other Region", "unknown"],
)
def test_an_event_for_another_bus_leaves_the_simulation(
    name: str, is_here: bool, events: Any, simulation: Simulation
) -> None:
    """SNAP test_put_events_nonexistent_event_bus: EventBridge answers as if it were there."""
    (sent,) = events.put_events(Entries=[{**ENTRY, "EventBusName": name}])["Entries"]
    (ended,) = [each for each in simulation.ended if each.event == sent["EventId"]]
    assert (ended.outcome == Outcome.SENT_AWAY) is not is_here


EVENT = {"id": "1", "source": "order", "detail-type": "Test", "account": "1", "region": "r", "time": "t"}
PATTERN = {"source": ["order"], "detail-type": ["Test"]}


@pytest.mark.parametrize(
    ("pattern", "event", "result"),
    [(PATTERN, EVENT, True), (PATTERN, {**EVENT, "source": "shop"}, False), ({"detail": {"a": [1.0]}}, EVENT, False)],
    ids=["match", "source", "absent"],
)
def test_a_pattern_is_tested(pattern: Any, event: Any, result: bool, events: Any) -> None:
    """SNAP test_event_pattern_source"""
    reply = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
    assert reply["Result"] is result


@pytest.mark.parametrize(
    ("pattern", "event", "code"),
    [
        ("{'bad': 'quotation'}", json.dumps(EVENT), "InvalidEventPatternException"),
        ('["not", "a", "dict"]', json.dumps(EVENT), "InvalidEventPatternException"),
        ('{"source": "order"}', json.dumps(EVENT), "InvalidEventPatternException"),
        (json.dumps(PATTERN), "plain string", "ValidationException"),
        (json.dumps(PATTERN), '["plain string"]', "ValidationException"),
    ],
    ids=["no JSON", "array", "no list", "text", "array event"],
)
def test_what_is_no_pattern_or_no_event_is_refused(pattern: str, event: str, code: str, events: Any) -> None:
    """SNAP test_invalid_json_event_pattern, test_plain_string_payload, test_array_event_payload"""
    found, message = error(events.test_event_pattern, EventPattern=pattern, Event=event)
    assert found == code
    assert message.startswith("Event pattern is not valid. Reason: " if "Pattern" in code else "Parameter Event is not")


@pytest.mark.parametrize("missing", sorted(EVENT))
def test_an_event_has_its_mandatory_fields(missing: str, events: Any) -> None:
    """SNAP test_invalid_event_payload"""
    event = {name: value for name, value in EVENT.items() if name != missing}
    given = {"EventPattern": json.dumps(PATTERN), "Event": json.dumps(event)}
    assert error(events.test_event_pattern, **given) == ("ValidationException", "Parameter Event is not valid.")


@pytest.mark.parametrize(
    ("service", "operation", "given"),
    [
        ("events", "put_events", {"Entries": [{**ENTRY, "TraceHeader": "Root=1"}]}),
        ("events", "put_events", {"Entries": [ENTRY], "EndpointId": "a.b"}),
        ("events", "put_rule", {"Name": "x", "ScheduleExpression": "rate(1 hour)"}),
        ("scheduler", "list_schedules", {}),
        ("pipes", "list_pipes", {}),
    ],
    ids=["trace", "endpoint", "rule", "schedules", "pipes"],
)
def test_what_is_not_simulated_is_an_error_by_name(
    service: str, operation: str, given: dict[str, Any], simulation: Simulation
) -> None:
    with pytest.raises(NotSimulatedError, match=rf"{service}\."):
        getattr(simulation.client(service), operation)(**given)


@pytest.mark.parametrize(
    ("given", "is_there"),
    [
        ({"StreamName": "readings"}, True),
        ({"StreamARN": "arn:aws:kinesis:eu-west-1:111111111111:stream/readings"}, True),
        ({"StreamName": "Stream"}, False),
        ({"StreamARN": "arn:aws:kinesis:eu-west-1:111111111111:stream/none"}, False),
    ],
    ids=["name", "arn", "logical id", "unknown"],
)
def test_a_stream_has_its_name_and_its_arn(given: dict[str, str], is_there: bool, simulation: Simulation) -> None:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html"""
    put = simulation.client("kinesis").put_record
    if is_there:
        assert put(**given, Data=b"x", PartitionKey="a")["SequenceNumber"]
    else:
        assert error(put, **given, Data=b"x", PartitionKey="a")[0] == "ResourceNotFoundException"
