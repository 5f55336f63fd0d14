"""The decision over a failed message, as a function of message, error, settings and time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from redrive import Backoff, FailureClass, Permanent, Retry, SqsMessage, SqsSettings
from redrive.failures.diagnosis import diagnose
from redrive.sqs.decision import Decision, decide
from tests.support.runtime.sqs.queue import HOUR

NOW = 1_700_000_000.0
DAY = 24 * HOUR

ages = st.none() | st.floats(0, 15 * DAY)
errors = st.sampled_from([ValueError("x"), Permanent("x"), TimeoutError()]) | st.floats(0, 1e12).map(Retry)
classes = st.sampled_from(FailureClass)
backoffs = st.none() | st.builds(
    lambda base, factor, above: Backoff(base, factor, base + above),
    st.floats(0.01, 1e6),
    st.floats(1, 10),
    st.floats(0, 1e6),
)
retentions = st.none() | st.floats(60, 14 * DAY)


@st.composite
def messages(draw: st.DrawFn) -> SqsMessage[str]:
    sent, received = draw(ages), draw(ages)
    attributes: dict[str, str] = {}
    if sent is not None:
        attributes["SentTimestamp"] = str(int((NOW - sent) * 1000))
    if received is not None:
        attributes["ApproximateFirstReceiveTimestamp"] = str(int((NOW - received) * 1000))
    return SqsMessage("1", "body", receive_count=draw(st.integers(1, 10_000)), attributes=attributes)


def decided(
    message: SqsMessage[str], error: Exception, failure: FailureClass, settings: SqsSettings, random: float
) -> Decision:
    return decide(message, diagnose(error)._replace(failure=failure), settings, now=NOW, random=random)


every_case = given(
    messages(),
    errors,
    classes,
    st.builds(SqsSettings, backoff=backoffs, retention_period=retentions),
    st.floats(0, 1, exclude_max=True),
)


@every_case
def test_a_visibility_timeout_is_one_that_sqs_takes(
    message: SqsMessage[str], error: Exception, failure: FailureClass, settings: SqsSettings, random: float
) -> None:
    """Whole seconds, from 0 to 12 hours after the first receipt."""
    seconds = decided(message, error, failure, settings, random).retry_after
    first = message.first_received_at
    if seconds is None:
        assert first is not None
        assert NOW - first.timestamp() >= 12 * HOUR - 60
    else:
        assert type(seconds) is int
        assert 0 <= seconds <= 12 * HOUR
        assert first is None or first.timestamp() + 12 * HOUR >= NOW + seconds or seconds == 0


@every_case
def test_what_is_permanent_and_what_would_expire_is_dead_lettered(
    message: SqsMessage[str], error: Exception, failure: FailureClass, settings: SqsSettings, random: float
) -> None:
    decision = decided(message, error, failure, settings, random)
    if failure is FailureClass.PERMANENT:
        assert decision.dead_letter
        return
    sent, retention = message.sent_at, settings.retention_period
    if sent is None or retention is None:
        assert not decision.dead_letter
        return
    left = sent.timestamp() + retention - NOW
    if decision.dead_letter:
        assert left <= 12 * HOUR + 61, "nothing that has longer to live than the longest wait is given up"
    elif decision.retry_after is not None:
        assert left > decision.retry_after, "nothing is left to expire while it waits"


@given(messages(), classes, st.floats(0, 1, exclude_max=True))
def test_the_reason_and_the_type_are_the_errors(message: SqsMessage[str], failure: FailureClass, random: float) -> None:
    decision = decided(message, KeyError("lines"), failure, SqsSettings(), random)
    assert (decision.reason, decision.error_type, decision.failure) == ("'lines'", "KeyError", failure)


@given(messages(), st.sampled_from([FailureClass.THROTTLING, FailureClass.TRANSIENT]))
def test_throttling_and_transient_errors_never_wait_less(message: SqsMessage[str], failure: FailureClass) -> None:
    settings = SqsSettings(backoff=Backoff(3, 2, 90, "none"))
    longer = decided(message, ValueError(), failure, settings, 0.5).retry_after
    other = decided(message, ValueError(), FailureClass.OTHER, settings, 0.5).retry_after
    assert (longer is None) == (other is None)
    if longer is not None and other is not None:
        assert other <= longer <= 2 * other
