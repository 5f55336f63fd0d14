"""Small templates to simulate, and handlers that fail as a test needs it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterable
from hashlib import md5
from typing import Any

from redrive import StreamFailure
from redrive_simulator import Entry, Simulation

Template = dict[str, Any]
# Properties that CloudFormation requires of a function, and no test is about.
REQUIRED: dict[str, Any] = {"Code": {"ZipFile": "-"}, "Role": "arn:aws:iam::111111111111:role/Function"}
FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 10, **REQUIRED}}


def arn(logical_id: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def template(**resources: dict[str, Any]) -> Template:
    return {"Resources": resources}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def mapping(source: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return resource(
        "AWS::Lambda::EventSourceMapping", EventSourceArn=source, FunctionName={"Ref": "Function"}, **properties
    )


def function(**properties: Any) -> dict[str, Any]:
    return resource("AWS::Lambda::Function", **{"Timeout": 10, **REQUIRED, **properties})


def sqs_stack(
    *,
    receives: int | None = 3,
    fifo: bool = False,
    partial: bool = True,
    queue: dict[str, Any] | None = None,
    function_: dict[str, Any] | None = None,
    **mapping_: Any,
) -> Template:
    """`Queue`, with `DeadLetters` behind it, read by `Function`."""
    properties: dict[str, Any] = dict(queue or {})
    kind = {"FifoQueue": True} if fifo else {}
    if receives is not None:
        properties["RedrivePolicy"] = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": receives}
    if partial:
        mapping_["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    return template(
        Queue=resource("AWS::SQS::Queue", **kind, **properties),
        DeadLetters=resource("AWS::SQS::Queue", **kind),
        Function=function(**(function_ or {})),
        Mapping=mapping(arn("Queue"), **mapping_),
    )


def stream_stack(*, partial: bool = False, shards: int = 1, destination: bool = True, **mapping_: Any) -> Template:
    """`Stream`, read by `Function`, with `Failures` for what it gives up."""
    if partial:
        mapping_["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    if destination:
        mapping_["DestinationConfig"] = {"OnFailure": {"Destination": arn("Failures")}}
    return template(
        Stream=resource("AWS::Kinesis::Stream", ShardCount=shards),
        Failures=resource("AWS::SQS::Queue"),
        Function=function(),
        Mapping=mapping(arn("Stream"), StartingPosition="TRIM_HORIZON", **mapping_),
    )


def table_stack(*, view: str = "NEW_AND_OLD_IMAGES", **mapping_: Any) -> Template:
    """`Table`, whose stream is read by `Function`, with `Failures` for what it gives up."""
    mapping_["DestinationConfig"] = {"OnFailure": {"Destination": arn("Failures")}}
    return template(
        Table=resource(
            "AWS::DynamoDB::Table",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamViewType": view},
        ),
        Failures=resource("AWS::SQS::Queue"),
        Function=function(),
        Mapping=mapping({"Fn::GetAtt": ["Table", "StreamArn"]}, StartingPosition="LATEST", **mapping_),
    )


def async_stack(*, function_: dict[str, Any] | None = None, dead_letters: bool = False, **config: Any) -> Template:
    """`Function`, invoked asynchronously, with `Failures` and `Successes` for what becomes of its events."""
    properties = dict(function_ or {})
    if dead_letters:
        properties["DeadLetterConfig"] = {"TargetArn": arn("DeadLetters")}
    destinations = {"OnFailure": {"Destination": arn("Failures")}, "OnSuccess": {"Destination": arn("Successes")}}
    return template(
        Function=function(**properties),
        Failures=resource("AWS::SQS::Queue"),
        Successes=resource("AWS::SQS::Queue"),
        DeadLetters=resource("AWS::SQS::Queue"),
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            **{
                "FunctionName": {"Ref": "Function"},
                "Qualifier": "$LATEST",
                "DestinationConfig": destinations,
                **config,
            },
        ),
    )


def bodies(event: dict[str, Any]) -> list[str]:
    """The bodies of an SQS event."""
    return [record["body"] for record in event["Records"]]


def contents(event: dict[str, Any]) -> list[Any]:
    """The data of a Kinesis event."""
    return [json.loads(b64decode(record["kinesis"]["data"])) for record in event["Records"]]


def fails(event: Any, context: Any) -> Any:
    raise ValueError("boom")


def fails_for(*bad: object) -> Callable[[dict[str, Any], Any], None]:
    """A Kinesis handler that raises if one of these is in the batch."""

    def handler(event: dict[str, Any], context: Any) -> None:
        found = [each for each in contents(event) if each in bad]
        if found:
            raise ValueError(f"{found[0]} is bad")

    return handler


def reports(*bad: object) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A Kinesis handler that reports the first of these in the batch as failed."""

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        for record, content in zip(event["Records"], contents(event), strict=True):
            if content in bad:
                return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
        return {"batchItemFailures": []}

    return handler


def put_all(simulation: Simulation, values: Iterable[object], partition_key: str = "a") -> None:
    for value in values:
        simulation.put("Stream", value, partition_key=partition_key)


def attempt_times(simulation: Simulation) -> list[float]:
    """When the function was called."""
    return [entry.time for entry in simulation.timeline.attempts]


def kinds(entries: Iterable[Entry]) -> list[str]:
    return [str(entry.kind) for entry in entries]


def simulated(handler: Any, **options: Any) -> Simulation:
    """A simulation of `stream_stack(**options)` with this handler."""
    parameters = options.pop("parameters", None)
    return Simulation.from_template(stream_stack(**options), {"Function": handler}, parameters=parameters)


def failures(simulation: Simulation) -> list[StreamFailure]:
    return [StreamFailure.parse(json.dumps(body)) for body in simulation.queue("Failures").bodies]


def numbers_of(simulation: Simulation, failure: StreamFailure) -> list[int]:
    """The contents of the records in a report."""
    first, last = int(failure.start_sequence_number), int(failure.end_sequence_number)
    return [
        json.loads(record.content)
        for record in simulation.stream("Stream").records
        if first <= int(record.number) <= last
    ]


def delivered(simulation: Simulation) -> list[list[int]]:
    """The contents of each batch that was handed to the function, in turn."""
    known = {record.id: json.loads(record.content) for record in simulation.stream("Stream").records}
    return [[known[id] for id in entry.events] for entry in simulation.timeline.attempts]


def shard_of(key: str) -> int:
    """Of two shards, the one of a partition key."""
    return int(md5(key.encode()).hexdigest(), 16) * 2 >> 128
