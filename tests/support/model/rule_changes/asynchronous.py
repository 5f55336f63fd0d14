"""Changes that break the rules for asynchronous invocation and for deliveries, and changes that pass them."""

from __future__ import annotations

from typing import Any

from tests.support.model.rule_changes.templates import Change, async_template, delivered_template, kept_in, with_
from tests.support.simulator.simulations import arn


def target_with(dead_letters: Any) -> dict[str, Any]:
    return {"Targets": [{"Id": "Queue", "Arn": arn("Queue"), **dead_letters}]}


SNS = "arn:aws:sns:eu-west-1:111111111111:failed"
ASYNCHRONOUS: list[Change] = [
    (
        "async-something-is-set",
        async_template(),
        "Config",
        {"MaximumRetryAttempts": None, "DestinationConfig": None},
        {"MaximumRetryAttempts": None},
    ),
    ("async-retries-in-range", async_template(), "Config", {"MaximumRetryAttempts": 3}, {"MaximumRetryAttempts": 2}),
    (
        "async-age-in-range",
        async_template(),
        "Config",
        {"MaximumEventAgeInSeconds": 59},
        {"MaximumEventAgeInSeconds": 3_600},
    ),
    (
        "async-destination-is-another",
        async_template(),
        "Config",
        {"DestinationConfig": kept_in("Function")},
        {"DestinationConfig": kept_in("Failures")},
    ),
    ("async-no-fifo", async_template(), "Failures", {"FifoQueue": True}, {"FifoQueue": None}),
    (
        "async-no-bucket-on-success",
        async_template(),
        "Config",
        {"DestinationConfig": {**kept_in("Failures"), "OnSuccess": {"Destination": "arn:aws:s3:::results"}}},
        {"DestinationConfig": kept_in("Failures")},
    ),
    (
        "async-dead-letter-queue-is-queue-or-topic",
        with_(async_template(), "Config", {"DestinationConfig": None}),
        "Function",
        {"DeadLetterConfig": {"TargetArn": "arn:aws:lambda:eu-west-1:111111111111:function:other"}},
        {"DeadLetterConfig": {"TargetArn": arn("Failures")}},
    ),
    (
        "failures-arrive-twice",
        async_template(),
        "Function",
        {"DeadLetterConfig": {"TargetArn": arn("Failures")}},
        {"DeadLetterConfig": None},
    ),
    (
        "sns-record-size",
        async_template(),
        "Config",
        {"DestinationConfig": {"OnFailure": {"Destination": SNS}}},
        {"DestinationConfig": kept_in("Failures")},
    ),
    ("event-age", async_template(), "Config", {"MaximumEventAgeInSeconds": 180}, {"MaximumEventAgeInSeconds": 181}),
    (
        "unguarded-delivery",
        delivered_template(),
        "Rule",
        target_with({}),
        target_with({"DeadLetterConfig": {"Arn": arn("DeadLetters")}}),
    ),
]
