"""The exact limits of the decision over a failed message: its retention, and the 12 hours from its first receive."""

from __future__ import annotations

import pytest

from redrive import Retry, SqsMessage, SqsSettings
from redrive.failures.diagnosis import diagnose
from redrive.sqs.decision import Decision, decide
from tests.support.runtime.sqs.queue import HOUR

NOW = 1_700_000_000.0
DAY = 24 * HOUR


def decided(wait: float, *, retention: float | None = None, left: float = 0, first: float | None = NOW) -> Decision:
    """A failure that asks for a wait, of a message with some seconds `left` of its retention."""
    attributes = {} if first is None else {"ApproximateFirstReceiveTimestamp": str(int(first * 1000))}
    if retention is not None:
        attributes["SentTimestamp"] = str(int((NOW - retention + left) * 1000))
    message = SqsMessage("1", "{}", attributes=attributes)
    return decide(message, diagnose(Retry(after=wait)), SqsSettings(retention_period=retention), now=NOW, random=0.5)


@pytest.mark.parametrize(
    ("retention", "wait", "margin"),
    [
        pytest.param(4 * DAY, 90, 60, id="a minute is left for the next receive"),
        pytest.param(4 * DAY, 89.1, 60, id="with the wait in whole seconds, rounded up"),
        pytest.param(300, 90, 30, id="of a short retention a tenth"),
    ],
)
def test_a_message_is_retried_if_its_wait_and_the_margin_fit_into_what_is_left(
    retention: float, wait: float, margin: float
) -> None:
    assert not decided(wait, retention=retention, left=90 + margin + 1).dead_letter
    assert decided(wait, retention=retention, left=90 + margin).dead_letter


def test_the_wait_counts_as_well_if_the_visibility_timeout_can_no_longer_be_set() -> None:
    """After 12 hours, SQS keeps the queue's own visibility timeout, which is not known here."""
    late = NOW - 13 * HOUR
    for wait in (90, 89.1):
        assert not decided(wait, retention=4 * DAY, left=151, first=late).dead_letter
        assert decided(wait, retention=4 * DAY, left=150, first=late).dead_letter


@pytest.mark.parametrize(
    ("first", "longest"),
    [
        pytest.param(None, 43_200, id="unknown"),
        pytest.param(NOW + 60, 43_200, id="by a clock ahead of ours"),
        pytest.param(NOW, 43_190, id="now: ten seconds for the call"),
        pytest.param(NOW - 43_200 + 12, 2, id="two seconds left"),
        pytest.param(NOW - 43_200 + 11, 1, id="one second left"),
        pytest.param(NOW - 43_200 + 10, None, id="none left"),
    ],
)
def test_the_longest_wait_ends_12_hours_after_the_first_receive(first: float | None, longest: int | None) -> None:
    assert decided(100 * HOUR, first=first).retry_after == longest
