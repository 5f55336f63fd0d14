"""For each rule a template that breaks it, and the same one changed so that it passes."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.support.model.pairs.all_pairs import PAIRS
from tests.support.model.pairs.templates import table_read_by
from tests.support.model.rules import NO_PATTERN, WILDCARD, pattern
from tests.support.simulator.simulations import Template, arn, function, mapping, resource, template

DAY = 86_400
QUEUES = "arn:aws:sqs:eu-west-1:111111111111:"
#: Rules about what only a construct knows: other Regions, circuits of another stack, tables made elsewhere.
WITHOUT_TEMPLATE = frozenset(
    {
        "redrive:async-same-region",
        "redrive:stream-set-aside-is-queue-or-bucket",
        "redrive:pause-mapping-is-in-reach",
        "redrive:pause-one-circuit-pauses",
        "redrive:imported-table",
        "redrive:table-something-is-remembered",
    }
)


class Example(NamedTuple):
    """Two templates, of which the first breaks a rule and the second passes it."""

    broken: Template
    passing: Template


def _filters(*patterns: str) -> dict[str, Any]:
    return {"Filters": [{"Pattern": each} if each else {} for each in patterns]}


def _kept(source: str = "DeadLetters") -> dict[str, Any]:
    return {"OnFailure": {"Destination": arn(source)}}


def _sqs() -> Template:
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


def _fifo() -> Template:
    made = _sqs()
    for name in ("Queue", "DeadLetters"):
        made["Resources"][name]["Properties"]["FifoQueue"] = True
    return made


def _stream() -> Template:
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
            DestinationConfig=_kept("Failures"),
        ),
    )


def _table() -> Template:
    made = table_read_by(1)
    made["Resources"]["Mapping"] = made["Resources"].pop("Mapping0")
    made["Resources"]["Function"] = made["Resources"].pop("Function0")
    made["Resources"]["Mapping"]["Properties"]["FunctionName"] = {"Ref": "Function"}
    return made


def _async() -> Template:
    return template(
        Function=function(),
        Failures=resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAY),
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Function"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=2,
            DestinationConfig=_kept("Failures"),
        ),
    )


def _delivered() -> Template:
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


def _target(dead_letters: Any) -> dict[str, Any]:
    return {"Targets": [{"Id": "Queue", "Arn": arn("Queue"), **dead_letters}]}


_BODY = '{"body": {"colour": ["red"]}}'
_DATA = '{"data": {"colour": ["red"]}}'
_SNS = "arn:aws:sns:eu-west-1:111111111111:failed"
_POLICY = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 5}
_ASIDE = {"REDRIVE_STREAM_1": "{}"}
_ASIDE_KEPT = {"REDRIVE_STREAM_1": json.dumps({"set_aside_bucket": "aside"})}
#: Rule: a good template, the resource to change, properties that break the rule, properties that pass it.
_CHANGES: list[tuple[str, Template, str, dict[str, Any], dict[str, Any]]] = [
    ("sqs-delay-in-range", _sqs(), "Queue", {"DelaySeconds": 901}, {"DelaySeconds": 900}),
    ("sqs-visibility-within-12-hours", _sqs(), "Queue", {"VisibilityTimeout": 43_201}, {"VisibilityTimeout": 60}),
    ("sqs-retention-in-range", _sqs(), "Queue", {"MessageRetentionPeriod": 59}, {"MessageRetentionPeriod": DAY}),
    (
        "sqs-dead-letter-queue-is-another",
        _sqs(),
        "Queue",
        {"RedrivePolicy": {"deadLetterTargetArn": f"{QUEUES}Queue", "maxReceiveCount": 5}},
        {"RedrivePolicy": _POLICY},
    ),
    ("sqs-dead-letter-queue-of-same-kind", _fifo(), "DeadLetters", {"FifoQueue": None}, {"FifoQueue": True}),
    (
        "sqs-dead-letters-kept-as-long",
        _sqs(),
        "DeadLetters",
        {"MessageRetentionPeriod": DAY},
        {"MessageRetentionPeriod": 14 * DAY},
    ),
    (
        "sqs-receives-at-least-once",
        _sqs(),
        "Queue",
        {"RedrivePolicy": {**_POLICY, "maxReceiveCount": 0}},
        {"RedrivePolicy": _POLICY},
    ),
    (
        "dead-letter-retention",
        _sqs(),
        "DeadLetters",
        {"MessageRetentionPeriod": None},
        {"MessageRetentionPeriod": 14 * DAY},
    ),
    ("sqs-visibility-covers-function", _sqs(), "Queue", {"VisibilityTimeout": 9}, {"VisibilityTimeout": 60}),
    ("visibility-timeout", _sqs(), "Queue", {"VisibilityTimeout": 59}, {"VisibilityTimeout": 60}),
    ("sqs-settings-are-for-queues", _sqs(), "Mapping", {"MaximumRetryAttempts": 2}, {"MaximumRetryAttempts": None}),
    ("sqs-fifo-batches", _fifo(), "Mapping", {"BatchSize": 11}, {"BatchSize": 10}),
    ("sqs-batch-size-in-range", _sqs(), "Mapping", {"BatchSize": 0}, {"BatchSize": 1}),
    (
        "sqs-large-batches-have-a-window",
        with_(_sqs(), "Queue", {"VisibilityTimeout": 61}),
        "Mapping",
        {"BatchSize": 11},
        {"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1},
    ),
    (
        "sqs-window-in-range",
        with_(_sqs(), "Queue", {"VisibilityTimeout": 361}),
        "Mapping",
        {"MaximumBatchingWindowInSeconds": 301},
        {"MaximumBatchingWindowInSeconds": 300},
    ),
    (
        "sqs-concurrency-in-range",
        _sqs(),
        "Mapping",
        {"ScalingConfig": {"MaximumConcurrency": 1}},
        {"ScalingConfig": {"MaximumConcurrency": 2}},
    ),
    (
        "sqs-concurrency-is-reserved",
        with_(_sqs(), "Function", {"ReservedConcurrentExecutions": 5}),
        "Mapping",
        {"ScalingConfig": {"MaximumConcurrency": 6}},
        {"ScalingConfig": {"MaximumConcurrency": 5}},
    ),
    (
        "sqs-pollers-in-range",
        _sqs(),
        "Mapping",
        {"ProvisionedPollerConfig": {"MinimumPollers": 201}},
        {"ProvisionedPollerConfig": {"MinimumPollers": 200}},
    ),
    ("sqs-filters-fit", _sqs(), "Mapping", {"FilterCriteria": _filters(pattern(4_097))}, {"FilterCriteria": None}),
    (
        "max-receive-count",
        _sqs(),
        "Queue",
        {"RedrivePolicy": {**_POLICY, "maxReceiveCount": 4}},
        {"RedrivePolicy": _POLICY},
    ),
    (
        "short-retries",
        _sqs(),
        "Queue",
        {"RedrivePolicy": {**_POLICY, "maxReceiveCount": 1}},
        {"RedrivePolicy": _POLICY},
    ),
    ("no-dead-letter-queue", _sqs(), "Queue", {"RedrivePolicy": None}, {"RedrivePolicy": _POLICY}),
    (
        "whole-batches",
        _sqs(),
        "Mapping",
        {"FunctionResponseTypes": None},
        {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
    ),
    (
        "retries-beyond-retention",
        _sqs(),
        "Queue",
        {"MessageRetentionPeriod": 299},
        {"MessageRetentionPeriod": 300},
    ),
    ("sqs-filters-are-valid", _sqs(), "Mapping", {"FilterCriteria": _filters(NO_PATTERN)}, {"FilterCriteria": None}),
    ("sqs-filters-have-patterns", _sqs(), "Mapping", {"FilterCriteria": _filters("")}, {"FilterCriteria": None}),
    (
        "filter-quota",
        _stream(),
        "Mapping",
        {"FilterCriteria": _filters(*[_DATA] * 6)},
        {"FilterCriteria": _filters(_DATA)},
    ),
    (
        "filter-operators",
        _stream(),
        "Mapping",
        {"FilterCriteria": _filters(WILDCARD.replace("body", "data"))},
        {"FilterCriteria": _filters(_DATA)},
    ),
    (
        "filter-numbers",
        _table(),
        "Mapping",
        {"FilterCriteria": _filters('{"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1]}]}}}}')},
        {"FilterCriteria": _filters('{"dynamodb": {"NewImage": {"n": {"N": ["1"]}}}}')},
    ),
    ("no-concurrency", _sqs(), "Function", {"ReservedConcurrentExecutions": 0}, {"ReservedConcurrentExecutions": 5}),
    ("low-concurrency", _sqs(), "Function", {"ReservedConcurrentExecutions": 4}, {"ReservedConcurrentExecutions": 5}),
    ("stream-retention-in-range", _stream(), "Stream", {"RetentionPeriodHours": 23}, {"RetentionPeriodHours": 24}),
    ("stream-batch-size-in-range", _stream(), "Mapping", {"BatchSize": 10_001}, {"BatchSize": 10_000}),
    (
        "stream-window-in-range",
        _stream(),
        "Mapping",
        {"MaximumBatchingWindowInSeconds": 301},
        {"MaximumBatchingWindowInSeconds": 300},
    ),
    (
        "stream-parallelization-in-range",
        _stream(),
        "Mapping",
        {"ParallelizationFactor": 11},
        {"ParallelizationFactor": 10},
    ),
    (
        "stream-tumbling-window-in-range",
        _stream(),
        "Mapping",
        {"TumblingWindowInSeconds": 901},
        {"TumblingWindowInSeconds": 900},
    ),
    ("stream-retries-in-range", _stream(), "Mapping", {"MaximumRetryAttempts": 10_001}, {"MaximumRetryAttempts": 100}),
    (
        "stream-age-in-range",
        _stream(),
        "Mapping",
        {"MaximumRecordAgeInSeconds": 59},
        {"MaximumRecordAgeInSeconds": 3_600},
    ),
    (
        "stream-settings-are-for-streams",
        _stream(),
        "Mapping",
        {"ScalingConfig": {"MaximumConcurrency": 2}},
        {"ScalingConfig": None},
    ),
    (
        "stream-starting-position-is-given",
        _stream(),
        "Mapping",
        {"StartingPosition": None},
        {"StartingPosition": "TRIM_HORIZON"},
    ),
    (
        "stream-starting-position-exists",
        _table(),
        "Mapping",
        {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1_795_305_600},
        {"StartingPosition": "TRIM_HORIZON"},
    ),
    (
        "stream-timestamp-goes-with-its-position",
        _stream(),
        "Mapping",
        {"StartingPosition": "AT_TIMESTAMP"},
        {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1_795_305_600},
    ),
    (
        "stream-filters-fit",
        _stream(),
        "Mapping",
        {"FilterCriteria": _filters(pattern(4_097))},
        {"FilterCriteria": None},
    ),
    (
        "stream-filters-are-valid",
        _stream(),
        "Mapping",
        {"FilterCriteria": _filters('{"data": ["red"]}')},
        {"FilterCriteria": _filters(_DATA)},
    ),
    (
        "stream-filters-have-patterns",
        _stream(),
        "Mapping",
        {"FilterCriteria": _filters("")},
        {"FilterCriteria": _filters(_DATA)},
    ),
    (
        "stream-destination-is-queue-topic-or-bucket",
        _stream(),
        "Mapping",
        {"DestinationConfig": _kept("Function")},
        {"DestinationConfig": _kept("Failures")},
    ),
    (
        "stream-no-destination-on-success",
        _stream(),
        "Mapping",
        {"DestinationConfig": {**_kept("Failures"), "OnSuccess": {"Destination": arn("Failures")}}},
        {"DestinationConfig": _kept("Failures")},
    ),
    ("stream-no-fifo", _stream(), "Failures", {"FifoQueue": True}, {"FifoQueue": None}),
    (
        "infinite-retries",
        _stream(),
        "Mapping",
        {"MaximumRetryAttempts": None, "MaximumRecordAgeInSeconds": None},
        {"MaximumRecordAgeInSeconds": 3_600},
    ),
    (
        "no-failure-destination",
        _stream(),
        "Mapping",
        {"DestinationConfig": None},
        {"DestinationConfig": _kept("Failures")},
    ),
    (
        "record-age",
        _stream(),
        "Mapping",
        {"MaximumRecordAgeInSeconds": DAY},
        {"MaximumRecordAgeInSeconds": DAY // 2},
    ),
    ("no-bisect", _stream(), "Mapping", {"BisectBatchOnFunctionError": None}, {"BisectBatchOnFunctionError": True}),
    ("nothing-to-bisect", _stream(), "Mapping", {"BatchSize": 1}, {"BatchSize": 100}),
    ("starting-position", _stream(), "Mapping", {"StartingPosition": "LATEST"}, {"StartingPosition": "TRIM_HORIZON"}),
    (
        "parallel-windows",
        _stream(),
        "Mapping",
        {"TumblingWindowInSeconds": 60, "ParallelizationFactor": 2},
        {"TumblingWindowInSeconds": 60},
    ),
    (
        "nothing-set-aside",
        _stream(),
        "Function",
        {"Environment": {"Variables": _ASIDE}},
        {"Environment": {"Variables": _ASIDE_KEPT}},
    ),
    (
        "async-something-is-set",
        _async(),
        "Config",
        {"MaximumRetryAttempts": None, "DestinationConfig": None},
        {"MaximumRetryAttempts": None},
    ),
    ("async-retries-in-range", _async(), "Config", {"MaximumRetryAttempts": 3}, {"MaximumRetryAttempts": 2}),
    ("async-age-in-range", _async(), "Config", {"MaximumEventAgeInSeconds": 59}, {"MaximumEventAgeInSeconds": 3_600}),
    (
        "async-destination-is-another",
        _async(),
        "Config",
        {"DestinationConfig": _kept("Function")},
        {"DestinationConfig": _kept("Failures")},
    ),
    ("async-no-fifo", _async(), "Failures", {"FifoQueue": True}, {"FifoQueue": None}),
    (
        "async-no-bucket-on-success",
        _async(),
        "Config",
        {"DestinationConfig": {**_kept("Failures"), "OnSuccess": {"Destination": "arn:aws:s3:::results"}}},
        {"DestinationConfig": _kept("Failures")},
    ),
    (
        "async-dead-letter-queue-is-queue-or-topic",
        with_(_async(), "Config", {"DestinationConfig": None}),
        "Function",
        {"DeadLetterConfig": {"TargetArn": "arn:aws:lambda:eu-west-1:111111111111:function:other"}},
        {"DeadLetterConfig": {"TargetArn": arn("Failures")}},
    ),
    (
        "failures-arrive-twice",
        _async(),
        "Function",
        {"DeadLetterConfig": {"TargetArn": arn("Failures")}},
        {"DeadLetterConfig": None},
    ),
    (
        "sns-record-size",
        _async(),
        "Config",
        {"DestinationConfig": {"OnFailure": {"Destination": _SNS}}},
        {"DestinationConfig": _kept("Failures")},
    ),
    ("event-age", _async(), "Config", {"MaximumEventAgeInSeconds": 180}, {"MaximumEventAgeInSeconds": 181}),
    (
        "unguarded-delivery",
        _delivered(),
        "Rule",
        _target({}),
        _target({"DeadLetterConfig": {"Arn": arn("DeadLetters")}}),
    ),
    (
        "account-reserved-concurrency-exists",
        _sqs(),
        "Function",
        {"ReservedConcurrentExecutions": 1_001},
        {"ReservedConcurrentExecutions": 100},
    ),
]


def examples() -> dict[str, Example]:
    """The examples by the ids of the rules."""
    found = {f"redrive:{rule}": Example(broken, passing) for rule, broken, passing in reversed(PAIRS)}
    for rule, source, name, broken, passing in _CHANGES:
        found[f"redrive:{rule}"] = Example(with_(source, name, broken), with_(source, name, passing))
    return found
