"""Outages that retries bridge, found in a template: with the helper's waits, and without."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive.settings import Backoff, SqsSettings, encode
from tests.support.simulator.simulations import sqs_stack
from tests.unit.model.findings.test_findings import found_in

DAYS = 86_400


def short_retries(receives: int, backoff: Backoff | None = None, *, helper: bool = True) -> list[str]:
    function: dict[str, Any] = {}
    if helper:
        settings = encode(SqsSettings(max_receive_count=receives, backoff=backoff))
        function["Environment"] = {"Variables": {"REDRIVE_SQS_1": json.dumps(settings)}}
    stack = sqs_stack(
        receives=receives, queue={"VisibilityTimeout": 60, "MessageRetentionPeriod": DAYS}, function_=function
    )
    return [each.sentence for each in found_in(stack) if each.rule == "redrive:short-retries"]


@pytest.mark.parametrize(
    ("receives", "backoff", "says"),
    [
        (5, None, "an outage of 37.5 s"),  # the helper's own waits
        (5, Backoff(base=1, cap=4, jitter="none"), "an outage of 11 s"),
        (50, Backoff(base=30, cap=900), "full jitter may draw waits of 0 s"),
    ],
    ids=["the helper's own waits", "short waits", "full jitter"],
)
def test_waits_that_end_soon_are_found(receives: int, backoff: Backoff | None, says: str) -> None:
    (sentence,) = short_retries(receives, backoff)
    assert says in sentence


@pytest.mark.parametrize(
    ("receives", "backoff"),
    [(16, None), (5, Backoff(base=30, cap=900, jitter="equal"))],
    ids=["enough receives", "long waits"],
)
def test_waits_that_last_for_a_minute_are_not(receives: int, backoff: Backoff | None) -> None:
    assert short_retries(receives, backoff) == []


def test_without_the_helper_the_visibility_timeout_counts() -> None:
    assert short_retries(2, helper=False) == []
    (sentence,) = short_retries(1, helper=False)
    assert "1 receives with the visibility timeout bridge an outage of 0 s" in sentence


def test_settings_of_another_queue_say_nothing() -> None:
    settings = encode(SqsSettings(source_arn="arn:aws:sqs:eu-west-1:1:other", backoff=Backoff(base=1, cap=1)))
    function = {"Environment": {"Variables": {"REDRIVE_SQS_1": json.dumps(settings)}}}
    stack = sqs_stack(receives=5, queue={"VisibilityTimeout": 60}, function_=function)
    assert "redrive:short-retries" not in {each.rule for each in found_in(stack)}
