"""Meaning of a failed call and the decision that follows, as pure functions."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from redrive import Backoff, FailureClass, FunctionError
from redrive.invoker.decision import LEAST_FOR_A_CALL, LONGEST_HINT, Policy, decide
from redrive.invoker.failure import NOT_RETRIED, RETRIED, Failure, Outcome, judge
from tests.support.runtime.invoker.fake_lambda import refused

THROTTLING, TRANSIENT = FailureClass.THROTTLING, FailureClass.TRANSIENT

# The code of each error, its status, and what the fact sheet says of it.
TABLE = [
    ("TooManyRequestsException", 429, THROTTLING),
    ("ServiceException", 500, TRANSIENT),
    ("EC2ThrottledException", 502, THROTTLING),
    ("EC2UnexpectedException", 502, TRANSIENT),
    ("ENINotReadyException", 502, TRANSIENT),
    ("ResourceNotReadyException", 502, TRANSIENT),
    ("ENILimitReachedException", 502, THROTTLING),
    ("SubnetIPAddressLimitReachedException", 502, THROTTLING),
    ("EC2AccessDeniedException", 502, None),
    ("KMSAccessDeniedException", 502, None),
    ("KMSDisabledException", 502, None),
    ("KMSInvalidStateException", 502, None),
    ("KMSNotFoundException", 502, None),
    ("InvalidRuntimeException", 502, None),
    ("InvalidSecurityGroupIDException", 502, None),
    ("InvalidSubnetIDException", 502, None),
    ("InvalidZipFileException", 502, None),
    ("EFSMountConnectivityException", 408, TRANSIENT),
    ("EFSMountTimeoutException", 408, TRANSIENT),
    ("S3FilesMountConnectivityException", 408, TRANSIENT),
    ("S3FilesMountTimeoutException", 408, TRANSIENT),
    ("SnapStartTimeoutException", 408, TRANSIENT),
    ("ResourceConflictException", 409, TRANSIENT),
    ("SnapStartNotReadyException", 409, TRANSIENT),
    ("CodeArtifactUserPendingException", 409, TRANSIENT),
    ("CodeArtifactUserFailedException", 409, None),
    ("CodeArtifactUserDeletedException", 409, None),
    ("RuntimeAliasDeletedException", 409, None),
    ("RuntimeVersionDeletedException", 409, None),
    ("SnapStartRegenerationFailureException", 409, None),
    ("DurableExecutionAlreadyStartedException", 409, None),
    ("EFSIOException", 410, None),
    ("EFSMountFailureException", 403, None),
    ("S3FilesMountFailureException", 403, None),
    ("ServiceQuotaExceededException", 402, None),
    ("InvalidParameterValueException", 400, None),
    ("InvalidRequestContentException", 400, None),
    ("RecursiveInvocationException", 400, None),
    ("SnapStartException", 400, None),
    ("NoPublishedVersionException", 400, None),
    ("ModeNotSupportedException", 400, None),
    ("ResourceNotFoundException", 404, None),
    ("RequestTooLargeException", 413, None),
    ("SerializedRequestEntityTooLargeException", 413, None),
    ("UnsupportedMediaTypeException", 415, None),
]


@pytest.mark.parametrize(("code", "status", "kind"), TABLE)
def test_each_error_of_invoke_is_judged_as_the_table_says(code: str, status: int, kind: FailureClass | None) -> None:
    assert judge(refused(code, status)) == Failure(Outcome.NOT_INVOKED, code, kind)


def test_every_error_that_the_service_model_knows_is_decided_on_purpose() -> None:
    invoke = Session().get_service_model("lambda").operation_model("Invoke")
    modelled = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in invoke.error_shapes}
    assert modelled.items() <= {code: status for code, status, _ in TABLE}.items()
    assert set(modelled) <= RETRIED.keys() | NOT_RETRIED
    assert not RETRIED.keys() & NOT_RETRIED


@pytest.mark.parametrize(
    ("code", "status", "outcome", "kind"),
    [
        ("Throttling", 400, Outcome.NOT_INVOKED, THROTTLING),
        ("SomethingNew", 429, Outcome.NOT_INVOKED, THROTTLING),
        ("RequestTimeout", 400, Outcome.NOT_INVOKED, TRANSIENT),
        ("SomethingNew", 408, Outcome.NOT_INVOKED, TRANSIENT),
        ("SomethingNew", 500, Outcome.UNKNOWN, TRANSIENT),
        ("502", 502, Outcome.UNKNOWN, TRANSIENT),
        ("ServiceUnavailable", 503, Outcome.UNKNOWN, TRANSIENT),
        ("504", 504, Outcome.UNKNOWN, TRANSIENT),
        ("501", 501, Outcome.UNKNOWN, None),
        *(("SomethingNew", status, Outcome.NOT_INVOKED, None) for status in (400, 403, 404, 409, 410, 413)),
        ("AccessDeniedException", 403, Outcome.NOT_INVOKED, None),
        ("ExpiredTokenException", 403, Outcome.NOT_INVOKED, None),
    ],
)
def test_an_unknown_code_is_judged_by_its_status(
    code: str, status: int, outcome: Outcome, kind: FailureClass | None
) -> None:
    assert judge(refused(code, status)) == Failure(outcome, code, kind)


def test_credentials_that_another_service_refused_are_judged_by_its_answer() -> None:
    """botocore asks STS for them before it sends anything, and lets its error through."""
    assert judge(refused("Throttling", 400, operation="AssumeRole")).kind is THROTTLING
    assert judge(refused("AccessDenied", 403, operation="AssumeRole")).kind is None


def test_an_error_without_a_code_or_a_status_is_not_retried() -> None:
    error = refused()
    error.response = {}  # pyright: ignore[reportAttributeAccessIssue]
    assert judge(error) == Failure(Outcome.NOT_INVOKED, "ClientError", None)


codes = st.sampled_from([code for code, *_ in TABLE] + ["ReadTimeoutError", "EndpointConnectionError"])
failures = st.builds(
    Failure,
    st.sampled_from(Outcome),
    codes,
    st.none() | st.sampled_from(FailureClass),
    st.none() | st.floats(0, 1e6),
)
backoffs = st.builds(
    lambda base, factor, above, jitter: Backoff(base, factor, base + above, jitter),
    st.floats(0.01, 100),
    st.floats(1, 5),
    st.floats(0, 1000),
    st.sampled_from(["full", "equal", "none"]),
)
policies = st.builds(
    Policy,
    backoffs,
    st.booleans(),
    st.booleans(),
    st.frozensets(codes),
    st.frozensets(codes),
    st.integers(1, 20),
)
moments = st.fixed_dictionaries(
    {
        "attempts": st.integers(1, 30),
        "left": st.none() | st.floats(-10, 2000),
        "random": st.floats(0, 1, exclude_max=True),
    }
)
every_case = given(failures, policies, moments)


@every_case
def test_a_wait_leaves_time_for_the_call_after_it(failure: Failure, policy: Policy, now: dict[str, Any]) -> None:
    decision = decide(failure, policy, **now)
    if decision.wait is None:
        return
    assert decision.wait == decision.retry_after
    assert decision.wait >= 0
    assert now["attempts"] < policy.max_attempts
    assert now["left"] is None or decision.wait + LEAST_FOR_A_CALL <= now["left"]


@every_case
def test_a_server_is_given_the_time_it_asks_for(failure: Failure, policy: Policy, now: dict[str, Any]) -> None:
    decision = decide(failure, policy, **now)
    if decision.retry_after is not None:
        assert decision.retry_after >= (failure.hint or 0)
        without = decide(failure._replace(hint=None), policy, **now).retry_after
        assert without is not None
        assert decision.retry_after == max(without, failure.hint or 0)
    if decision.wait is not None:
        assert (failure.hint or 0) <= LONGEST_HINT


@every_case
def test_what_may_have_run_is_called_again_only_if_allowed(
    failure: Failure, policy: Policy, now: dict[str, Any]
) -> None:
    decision = decide(failure, policy, **now)
    if failure.outcome is Outcome.UNKNOWN and not policy.idempotent:
        assert decision.retry_after is None
    if failure.outcome is Outcome.FUNCTION_ERROR:
        assert (decision.retry_after is not None) == policy.retry_function_errors


@every_case
def test_the_users_codes_override_both_ways(failure: Failure, policy: Policy, now: dict[str, Any]) -> None:
    decision = decide(failure._replace(outcome=Outcome.NOT_INVOKED), policy, **now)
    if failure.code in policy.never_retry:
        assert decision.retry_after is None
    elif failure.code in policy.also_retry:
        assert decision.retry_after is not None
    else:
        assert (decision.retry_after is not None) == (failure.kind is not None)


@every_case
def test_with_time_and_attempts_left_a_retry_is_made(failure: Failure, policy: Policy, now: dict[str, Any]) -> None:
    """Only a server that asks for too long a wait prevents it."""
    decision = decide(failure, policy, attempts=1, left=None, random=now["random"])
    if decision.retry_after is not None and policy.max_attempts > 1 and (failure.hint or 0) <= LONGEST_HINT:
        assert decision.wait == decision.retry_after


@given(backoffs, st.integers(1, 20), st.floats(0, 1, exclude_max=True))
def test_throttling_waits_on_the_longer_schedule(backoff: Backoff, attempts: int, random: float) -> None:
    def wait(kind: FailureClass) -> float:
        failure = Failure(Outcome.NOT_INVOKED, "x", kind)
        policy = Policy(backoff, False, False, frozenset(), frozenset(), 100)
        decided = decide(failure, policy, attempts=attempts, left=None, random=random).wait
        assert decided is not None
        return decided

    assert wait(FailureClass.OTHER) == backoff.wait(attempts - 1, random)
    assert wait(THROTTLING) == wait(TRANSIENT) == backoff.longer().wait(attempts - 1, random)


def test_a_function_error_is_judged_by_nothing_that_it_says() -> None:
    error = FunctionError("x", error_type="TooManyRequestsException")
    assert judge(error) == Failure(Outcome.FUNCTION_ERROR, "TooManyRequestsException", FailureClass.OTHER)


def test_what_was_not_sent_did_not_run() -> None:
    assert judge(TimeoutError(), sent=False) == Failure(Outcome.NOT_INVOKED, "TimeoutError", None)
    assert judge(TimeoutError()) == Failure(Outcome.UNKNOWN, "TimeoutError", TRANSIENT)
