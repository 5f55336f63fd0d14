"""Templates that break no rule, and how to change them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tests.support.model.pairs.templates import table_read_by
from tests.support.simulator.simulations import Template, arn, function, mapping, resource, template

DAY = 86_400
QUEUES = "arn:aws:sqs:eu-west-1:111111111111:"


def filters_of(*patterns: str) -> dict[str, Any]:
    return {"Filters": [{"Pattern": each} if each else {} for each in patterns]}


def kept_in(source: str = "DeadLetters") -> dict[str, Any]:
    return {"OnFailure": {"Destination": arn(source)}}


def sqs_template() -> Template:
    return template(
        Queue=resource(
            "AWS::SQS::Queue",
            VisibilityTimeout=60,
            RedrivePolicy={"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 5},
        ),
        DeadLetters=resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAY),
        Function=function(),
        Mapping=mapping(arn("Queue"), FunctionResponseTypes=["ReportBatchItemFailures"]),
    )


def fifo_template() -> Template:
    made = sqs_template()
    for name in ("Queue", "DeadLetters"):
        made["Resources"][name]["Properties"]["FifoQueue"] = True
    return made


def stream_template() -> Template:
    return template(
        Stream=resource("AWS::Kinesis::Stream", ShardCount=1),
        Failures=resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAY),
        Function=function(),
        Mapping=mapping(
            arn("Stream"),
            StartingPosition="TRIM_HORIZON",
            MaximumRetryAttempts=20,
            MaximumRecordAgeInSeconds=3_600,
            BisectBatchOnFunctionError=True,
            DestinationConfig=kept_in("Failures"),
        ),
    )


def table_template() -> Template:
    made = table_read_by(1)
    made["Resources"]["Mapping"] = made["Resources"].pop("Mapping0")
    made["Resources"]["Function"] = made["Resources"].pop("Function0")
    made["Resources"]["Mapping"]["Properties"]["FunctionName"] = {"Ref": "Function"}
    return made


def async_template() -> Template:
    return template(
        Function=function(),
        Failures=resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAY),
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Function"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=2,
            DestinationConfig=kept_in("Failures"),
        ),
    )


def delivered_template() -> Template:
    return template(
        Rule=resource(
            "AWS::Events::Rule",
            EventPattern={"source": ["orders"]},
            Targets=[{"Id": "Queue", "Arn": arn("Queue"), "DeadLetterConfig": {"Arn": arn("DeadLetters")}}],
        ),
        Queue=resource("AWS::SQS::Queue"),
        DeadLetters=resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAY),
    )


def with_(source: Template, name: str, values: Mapping[str, Any]) -> Template:
    """A template with other properties of a resource; `None` removes one."""
    made = copy.deepcopy(source)
    properties = made["Resources"][name].setdefault("Properties", {})
    for key, value in values.items():
        if value is None:
            properties.pop(key, None)
        else:
            properties[key] = value
    return made


#: Rule: a good template, the resource to change, properties that break the rule, properties that pass it.
Change = tuple[str, Template, str, dict[str, Any], dict[str, Any]]
