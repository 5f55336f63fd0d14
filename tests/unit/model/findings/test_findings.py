"""Findings: what a template's resources break, by resource, rule and severity."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_model.findings import Finding, findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.template.template import Place, read_template
from tests.support.simulator.simulations import (
    Template,
    arn,
    async_stack,
    function,
    mapping,
    resource,
    sqs_stack,
    stream_stack,
    table_stack,
    template,
)

DAYS = 24 * 60 * 60
PLACE = Place("eu-west-1", "111111111111")


def found_in(source: Template, **options: Any) -> list[Finding]:
    return list(findings_of(stack_of(read_template(source, PLACE, {})), **options))


def rules_of(source: Template) -> set[tuple[str, str, str]]:
    return {(each.resource, each.rule, each.severity) for each in found_in(source)}


def calm_stream(**options: Any) -> Template:
    """A stream whose records are given up in time, one by one."""
    return stream_stack(
        MaximumRetryAttempts=20, MaximumRecordAgeInSeconds=60, BisectBatchOnFunctionError=True, **options
    )


GOOD: dict[str, Template] = {
    "nothing": template(),
    "a queue": template(Queue=resource("AWS::SQS::Queue")),
    "a consumer of a queue": template(
        Queue=resource(
            "AWS::SQS::Queue",
            VisibilityTimeout=60,
            RedrivePolicy={"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 5},
        ),
        DeadLetters=resource("AWS::SQS::Queue", MessageRetentionPeriod=14 * DAYS),
        Function=function(),
        Mapping=mapping(arn("Queue"), FunctionResponseTypes=["ReportBatchItemFailures"]),
    ),
    "a consumer of a stream": calm_stream(),
    "asynchronous invocation": async_stack(MaximumRetryAttempts=2, MaximumEventAgeInSeconds=21_600),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_template_has_no_findings(name: str) -> None:
    assert found_in(GOOD[name]) == []


def changed(source: Template, name: str, **properties: Any) -> Template:
    source["Resources"][name]["Properties"] |= properties
    return source


AWS, OURS, RISK = "undeployable", "unsafe", "warning"
SHORT = sqs_stack(queue={"VisibilityTimeout": 60, "MessageRetentionPeriod": 14 * DAYS}, receives=5)
FIREHOSE = {
    "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:firehose:eu-west-1:111111111111:deliverystream/x"}}
}
FINDINGS: list[tuple[str, Template, set[tuple[str, str, str]]]] = [
    (
        "a queue that nobody reads",
        template(Queue=resource("AWS::SQS::Queue", DelaySeconds=901, VisibilityTimeout=43_201)),
        {("Queue", "redrive:sqs-delay-in-range", AWS), ("Queue", "redrive:sqs-visibility-within-12-hours", AWS)},
    ),
    ("dead letters kept for less time", SHORT, {("Queue", "redrive:sqs-dead-letters-kept-as-long", OURS)}),
    (
        "the defaults of AWS",
        sqs_stack(),
        {
            ("Queue", "redrive:dead-letter-retention", RISK),
            ("Mapping", "redrive:max-receive-count", RISK),
            ("Mapping", "redrive:visibility-timeout", RISK),
        },
    ),
    (
        "more than the reserved concurrency",
        sqs_stack(
            queue={"VisibilityTimeout": 60, "MessageRetentionPeriod": DAYS},
            receives=5,
            function_={"ReservedConcurrentExecutions": 5},
            ScalingConfig={"MaximumConcurrency": 6},
        ),
        {("Mapping", "redrive:sqs-concurrency-is-reserved", OURS)},
    ),
    (
        "a stream with AWS's defaults",
        stream_stack(),
        {
            ("Mapping", "redrive:infinite-retries", RISK),
            ("Mapping", "redrive:no-bisect", RISK),
        },
    ),
    (
        "a stream without a destination",
        calm_stream(destination=False),
        {("Mapping", "redrive:no-failure-destination", RISK)},
    ),
    (
        "a destination that Lambda does not have",
        changed(calm_stream(), "Mapping", **FIREHOSE),
        {("Mapping", "redrive:stream-destination-is-queue-topic-or-bucket", AWS)},
    ),
    (
        "a table's stream from now on",
        table_stack(MaximumRetryAttempts=20, MaximumRecordAgeInSeconds=60, BisectBatchOnFunctionError=True),
        {("Mapping", "redrive:starting-position", RISK)},
    ),
    (
        "an empty configuration",
        template(
            Function=function(), Config=resource("AWS::Lambda::EventInvokeConfig", FunctionName={"Ref": "Function"})
        ),
        {("Function", "redrive:async-something-is-set", AWS), ("Function", "redrive:no-failure-destination", RISK)},
    ),
    (
        "events that end before their retries, in two places",
        async_stack(MaximumEventAgeInSeconds=60, dead_letters=True),
        {("Function", "redrive:event-age", RISK), ("Function", "redrive:failures-arrive-twice", RISK)},
    ),
    (
        "a FIFO queue and a function as places for dead letters",
        template(
            Function=function(DeadLetterConfig={"TargetArn": arn("Other")}),
            Other=function(),
            Failures=resource("AWS::SQS::Queue", FifoQueue=True),
            Config=resource(
                "AWS::Lambda::EventInvokeConfig",
                FunctionName={"Ref": "Function"},
                DestinationConfig={"OnFailure": {"Destination": arn("Failures")}},
            ),
        ),
        {
            ("Function", "redrive:async-no-fifo", OURS),
            ("Function", "redrive:async-dead-letter-queue-is-queue-or-topic", OURS),
            ("Function", "redrive:failures-arrive-twice", RISK),
        },
    ),
]


@pytest.mark.parametrize(("source", "expected"), [case[1:] for case in FINDINGS], ids=[case[0] for case in FINDINGS])
def test_what_a_template_breaks_is_found(source: Template, expected: set[tuple[str, str, str]]) -> None:
    assert rules_of(source) == expected


def test_the_accounts_concurrency_can_be_given() -> None:
    source = template(Function=function(ReservedConcurrentExecutions=1_001))
    assert [each.rule for each in found_in(source)] == ["redrive:account-reserved-concurrency-exists"]
    assert found_in(source, account_concurrency=2_000) == []


def test_a_mapping_to_what_the_template_does_not_have_is_compared_with_what_is_known() -> None:
    source = template(
        Mapping=resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn="arn:aws:sqs:eu-west-1:111111111111:elsewhere",
            FunctionName="elsewhere",
            BatchSize=0,
        )
    )
    assert [each.rule for each in found_in(source)] == ["redrive:sqs-batch-size-in-range"]


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        (None, False),  # no helper of ours
        ({"set_aside_bucket": "aside"}, False),
        ({"set_aside_queue_url": "https://sqs.eu-west-1.amazonaws.com/111111111111/aside"}, False),
        ({}, True),
    ],
)
def test_a_place_to_set_aside_is_missed_only_where_there_is_a_helper(
    settings: dict[str, str] | None, warned: bool
) -> None:
    variables = {} if settings is None else {"REDRIVE_STREAM_1": json.dumps(settings)}
    source = changed(calm_stream(), "Function", Environment={"Variables": variables})
    assert ("redrive:nothing-set-aside" in {each.rule for each in found_in(source)}) is warned
