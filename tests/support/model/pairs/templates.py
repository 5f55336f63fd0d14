"""Templates with several resources: queues, streams, functions, and what reads or invokes."""

from __future__ import annotations

import json
from typing import Any

from tests.support.simulator.simulations import Template, arn, function, resource, template

DAY = 24 * 60 * 60
QUEUE = resource(
    "AWS::SQS::Queue",
    VisibilityTimeout=60,
    RedrivePolicy={"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 5},
)

KEPT = resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAY)
STREAM: dict[str, Any] = {
    "StartingPosition": "TRIM_HORIZON",
    "MaximumRetryAttempts": 3,
    "MaximumRecordAgeInSeconds": 600,
    "BisectBatchOnFunctionError": True,
}


def queue_with(**resources: dict[str, Any]) -> Template:
    """A queue with its dead-letter queue, and a function."""
    return template(Queue=QUEUE, DeadLetters=KEPT, Function=function(), Other=function(), **resources)


def reads(source: str = "Queue", by: str = "Function", *, patterns: tuple[Any, ...] = (), **others: Any) -> Any:
    """A mapping of a queue; the patterns are its filters."""
    if patterns:
        filters = [{} if each is None else {"Pattern": json.dumps(each)} for each in patterns]
        others["FilterCriteria"] = {"Filters": filters}
    return resource("AWS::Lambda::EventSourceMapping", EventSourceArn=arn(source), FunctionName={"Ref": by}, **others)


def reads_stream(source: Any, by: str = "Function", **others: Any) -> Any:
    destination = {"DestinationConfig": {"OnFailure": {"Destination": arn("Failures")}}}
    return resource(
        "AWS::Lambda::EventSourceMapping",
        **{"EventSourceArn": source, "FunctionName": {"Ref": by}, **STREAM, **destination, **others},
    )


def asynchronous(function_: str, on_failure: Any = None, **others: Any) -> Any:
    to = {} if on_failure is None else {"DestinationConfig": {"OnFailure": {"Destination": on_failure}}}
    return resource(
        "AWS::Lambda::EventInvokeConfig", FunctionName={"Ref": function_}, Qualifier="$LATEST", **to, **others
    )


def subscribes(endpoint: str, protocol: str = "lambda") -> Any:
    return resource("AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol=protocol, Endpoint=arn(endpoint))


def table_read_by(count: int, *, replicas: int = 1) -> Template:
    """A table whose stream has this many readers."""
    kind = "AWS::DynamoDB::Table" if replicas == 1 else "AWS::DynamoDB::GlobalTable"
    regions = {"Replicas": [{"Region": f"eu-west-{number}"} for number in range(replicas)]} if replicas > 1 else {}
    readers = {
        f"Mapping{number}": reads_stream({"Fn::GetAtt": ["Table", "StreamArn"]}, f"Function{number}")
        for number in range(count)
    }
    return template(
        Table=resource(kind, StreamSpecification={"StreamViewType": "NEW_IMAGE"}, **regions),
        Failures=KEPT,
        **readers,
        **{f"Function{number}": function() for number in range(count)},
    )


def settings(**variables: Any) -> dict[str, Any]:
    """The environment of a function, with the settings of helpers as JSON."""
    return {"Environment": {"Variables": {name: json.dumps(value) for name, value in variables.items()}}}


def protected(expiry: float, timeout: int = 10, **source: Any) -> Template:
    """A function that remembers its events for a time."""
    table = settings(REDRIVE_IDEMPOTENCY_1={"name": "Orders", "table": "orders", "expiry": expiry})
    return template(Function=function(**{"Timeout": timeout, **table}), Failures=KEPT, **source)
