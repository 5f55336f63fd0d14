"""The stand-in of CloudWatch Logs has the groups of functions, of the template and of callers, and AWS's refusals.

The names of tests are those of localstack/localstack, `tests/aws/services/logs`, commit 8b9a79f0, recorded on AWS.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.simulations import function, resource, template

STACK = template(
    Function=function(FunctionName="function"),
    Quiet=function(FunctionName="quiet"),
    Group=resource("AWS::Logs::LogGroup", LogGroupName="declared"),
)
GROUP = {"logGroupName": "/aws/lambda/function"}
NAMED = {"logGroupName": "made", "logStreamName": "stream"}
# 2026-01-01T12:00:00Z, when all simulations begin, in milliseconds.
START = 1_767_268_800_000
HOUR = 3_600_000
ARN = "arn:aws:logs:eu-west-1:111111111111:log-group:made"

Call = Callable[[Any], Any]


@pytest.fixture(scope="module")
def logs() -> Any:
    """A client, after `function` has logged five lines, one a second; `made` has a stream."""

    def handler(event: Any, context: Any) -> None:
        for number in range(5):
            print(f"line {number}")
            time.sleep(1)

    simulation = Simulation.from_template(STACK, {"Function": handler})
    simulation.invoke("Function")
    client = simulation.client("logs")
    client.create_log_group(logGroupName="made")
    client.create_log_stream(**NAMED)
    return client


def lines(reply: Any) -> list[int]:
    return [int(event["message"][-1]) for event in reply["events"]]


NO_GROUP, NO_STREAM = "The specified log group does not exist.", "The specified log stream does not exist."
REFUSED: list[tuple[str, Call, str, str]] = [
    ("no group", lambda c: c.filter_log_events(logGroupName="none"), NO_GROUP, "test_resource_does_not_exist"),
    ("group of no calls", lambda c: c.filter_log_events(logGroupName="/aws/lambda/quiet"), NO_GROUP, "by Lambda"),
    ("no stream", lambda c: c.filter_log_events(**GROUP, logStreamNames=["x"]), NO_STREAM, "test_resource_does_not"),
    ("get, no group", lambda c: c.get_log_events(logGroupName="x", logStreamName="x"), NO_GROUP, "test_resource_does"),
    ("get, no stream", lambda c: c.get_log_events(**GROUP, logStreamName="x"), NO_STREAM, "test_resource_does_not"),
    ("streams, no group", lambda c: c.describe_log_streams(logGroupName="x"), NO_GROUP, "test_resource_does_not"),
    (
        "put, no stream",
        lambda c: c.put_log_events(**GROUP, logStreamName="x", logEvents=[{"timestamp": START, "message": "x"}]),
        NO_STREAM,
        "test_put_log_events_to_invalid_stream",
    ),
    (
        "order",
        lambda c: c.put_log_events(
            **NAMED, logEvents=[{"timestamp": START, "message": "b"}, {"timestamp": START - 1, "message": "a"}]
        ),
        "Log events in a single PutLogEvents request must be in chronological order.",
        "test_put_log_events_wrong_order",
    ),
    (
        "span",
        lambda c: c.put_log_events(
            **NAMED,
            logEvents=[{"timestamp": START - 25 * HOUR, "message": "b"}, {"timestamp": START, "message": "a"}],
        ),
        "cannot span more than 24 hours",
        "API_PutLogEvents.html",
    ),
    (
        "size",
        lambda c: c.put_log_events(**NAMED, logEvents=[{"timestamp": START, "message": "x" * 1_048_576}]),
        "Upload too large",
        "API_PutLogEvents.html",
    ),
    ("limit", lambda c: c.filter_log_events(**GROUP, limit=10_001), "less than or equal to 10000", "limit_validation"),
    ("get, limit", lambda c: c.get_log_events(**GROUP, logStreamName="simulated", limit=10_001), "10000", "limit_val"),
    (
        "token",
        lambda c: c.filter_log_events(**GROUP, nextToken="invalid-token"),
        "The specified nextToken is invalid.",
        "test_filter_log_events_unknown_token",
    ),
    (
        "get, token",
        lambda c: c.get_log_events(**GROUP, logStreamName="simulated", nextToken="invalid"),
        "The specified nextToken is invalid.",
        "test_get_log_events_invalid_token",
    ),
    ("pattern", lambda c: c.filter_log_events(**GROUP, filterPattern="{ a"), "Invalid filter pattern", "syntax"),
    (
        "prefix and pattern",
        lambda c: c.describe_log_groups(logGroupNamePrefix="a", logGroupNamePattern="a"),
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        "test_describe_log_groups_prefix_and_pattern_error",
    ),
    (
        "name and arn",
        lambda c: c.describe_log_streams(logGroupName="made", logGroupIdentifier="made"),
        "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        "test_describe_log_streams_with_log_group_identifier",
    ),
    (
        "names and prefix",
        lambda c: c.filter_log_events(**GROUP, logStreamNames=["simulated"], logStreamNamePrefix="s"),
        "mutually exclusive",
        "API_FilterLogEvents.html",
    ),
    (
        "group again",
        lambda c: c.create_log_group(logGroupName="made"),
        "group already exists",
        "test_create_log_group_du",
    ),
    ("stream again", lambda c: c.create_log_stream(**NAMED), "stream already exists", "test_create_log_stream_dup"),
    (
        "group's name",
        lambda c: c.create_log_group(logGroupName="aws/b"),
        "start with aws/",
        "API_CreateLogGroup.html",
    ),
    (
        "stream's name",
        lambda c: c.create_log_stream(logGroupName="made", logStreamName="a:b"),
        "failed to satisfy",
        "API_CreateLogStream.html",
    ),
]


@pytest.mark.parametrize(("call", "message"), [each[1:3] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_a_call_is_refused(call: Call, message: str, logs: Any) -> None:
    with pytest.raises(ClientError, match=message):
        call(logs)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"startTime": START + 1000}, [1, 2, 3, 4]),
        ({"endTime": START + 1000}, [0, 1]),  # API_FilterLogEvents.html: not later than this
        ({"limit": 2}, [0, 1]),
        ({"filterPattern": "line"}, [0, 1, 2, 3, 4]),
        ({"filterPattern": '?"line 1" ?"line 3"'}, [1, 3]),
        ({"filterPattern": "-3"}, [0, 1, 2, 4]),
        ({"logStreamNames": ["simulated"]}, [0, 1, 2, 3, 4]),
        ({"logStreamNamePrefix": "other"}, []),
        ({"interleaved": False}, [0, 1, 2, 3, 4]),
    ],
    ids=str,
)
def test_events_are_filtered(given: dict[str, Any], found: list[int], logs: Any) -> None:
    assert lines(logs.filter_log_events(**GROUP, **given)) == found


def test_filtered_events_come_by_pages(logs: Any) -> None:
    pages = list(logs.get_paginator("filter_log_events").paginate(**GROUP, PaginationConfig={"PageSize": 2}))
    assert [lines(page) for page in pages] == [[0, 1], [2, 3], [4]]
    ids = {event["eventId"] for page in pages for event in page["events"]}
    assert len(ids) == 5


def test_a_stream_is_read_from_both_ends(logs: Any) -> None:
    named = {**GROUP, "logStreamName": "simulated", "limit": 2}
    last = logs.get_log_events(**named)
    before = logs.get_log_events(**named, nextToken=last["nextBackwardToken"])
    first = logs.get_log_events(**named, startFromHead=True)
    second = logs.get_log_events(**named, startFromHead=True, nextToken=first["nextForwardToken"])
    assert [lines(each) for each in (last, before, first, second)] == [[3, 4], [1, 2], [0, 1], [2, 3]]
    end = logs.get_log_events(**named, startFromHead=True, nextToken=last["nextForwardToken"])
    assert (end["events"], end["nextForwardToken"]) == ([], last["nextForwardToken"])
    # API_GetLogEvents.html: equal to this time or later is not included
    assert lines(logs.get_log_events(**{**named, "limit": 5}, endTime=START + 1000)) == [0]


def test_groups_and_streams_are_listed(logs: Any) -> None:
    groups = logs.describe_log_groups()["logGroups"]
    assert [each["logGroupName"] for each in groups] == ["/aws/lambda/function", "declared", "made"]
    assert (groups[2]["arn"], groups[2]["logGroupArn"]) == (f"{ARN}:*", ARN)
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["logGroups"]) for page in pages] == [2, 1]
    found = logs.describe_log_groups(logGroupNamePattern="LAMBDA")["logGroups"]
    assert [each["logGroupName"] for each in found] == ["/aws/lambda/function"]
    (stream,) = logs.describe_log_streams(**GROUP)["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (START, START + 4000)
    for identifier in ("made", ARN):
        (stream,) = logs.describe_log_streams(logGroupIdentifier=identifier)["logStreams"]
        assert (stream["logStreamName"], stream["arn"]) == ("stream", f"{ARN}:log-stream:stream")
    assert logs.filter_log_events(logGroupName="declared")["events"] == []


def test_events_that_a_caller_writes_are_found() -> None:
    client: Any = Simulation.from_template(STACK).client("logs")
    client.create_log_group(logGroupName="made")
    client.create_log_stream(**NAMED)
    times = {"old": START - 15 * 24 * HOUR, "now": START, "later": START + HOUR, "new": START + 3 * HOUR}
    events = [{"timestamp": time, "message": name} for name, time in times.items()]
    reply = client.put_log_events(**NAMED, logEvents=events)
    # test_put_log_events_too_old, test_put_log_events_too_new
    assert reply["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 3}
    found = client.get_log_events(**NAMED)["events"]
    assert [(event["message"], event["ingestionTime"]) for event in found] == [("now", START), ("later", START)]


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.filter_log_events(**GROUP, filterPattern="[w1=line, w2]"),
        lambda c: c.filter_log_events(**GROUP, startFromHead=False),
        lambda c: c.create_log_group(logGroupName="new", kmsKeyId="k" * 10),
        lambda c: c.create_log_group(logGroupName="new", logGroupClass="DELIVERY"),
        lambda c: c.start_query(logGroupName="made", startTime=0, endTime=1, queryString="fields @message"),
    ],
    ids=["spaces", "direction", "key", "class", "query"],
)
def test_what_is_not_simulated_is_an_error_by_name(call: Call, logs: Any) -> None:
    with pytest.raises(NotSimulatedError, match=r"logs\.\w+.* is not answered inside the simulation: "):
        call(logs)
