"""The errors of `Invoker` say whether the function ran."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import botocore.exceptions as aws_errors
import pytest

from redrive import (
    Backoff,
    FailureClass,
    FunctionError,
    InvokeError,
    Invoker,
    NotInvoked,
    OutcomeUnknown,
    classify,
    sqs_handler,
)
from redrive.aws.clients import clients
from tests.support.runtime.invoker.fake_lambda import (
    FUNCTION,
    FakeLambda,
    Reply,
    function_error,
    outside,
    queued,
    refused,
    response,
    result,
)
from tests.support.runtime.invoker.invoking import READ_TIMEOUT, invoker, raised
from tests.support.runtime.sqs.queue import Context, FakeSqs, VirtualTime, batch, returned

# Errors.


def test_what_does_not_pass_by_itself_is_raised_at_once(aws: FakeLambda) -> None:
    cause = refused("ResourceNotFoundException", 404)
    aws.answers(cause)
    error = raised(NotInvoked, invoker())
    assert (error.function, error.attempts, error.code, error.retry_after) == (
        FUNCTION,
        1,
        "ResourceNotFoundException",
        None,
    )
    assert error.__cause__ is cause
    assert str(error).startswith("prices was not invoked: An error occurred (ResourceNotFoundException)")


def test_also_retry_retries_it_all_the_same(aws: FakeLambda) -> None:
    aws.answers(refused("ResourceNotFoundException", 404), result("deployed"))
    assert invoker(also_retry={"ResourceNotFoundException"}).invoke({}) == "deployed"
    assert aws.pauses == [0.5]


def test_never_retry_keeps_from_retrying(aws: FakeLambda) -> None:
    aws.answers(refused())
    error = raised(NotInvoked, invoker(never_retry=["TooManyRequestsException"]))
    assert (error.attempts, error.retry_after) == (1, None)


def test_after_the_last_attempt_the_error_says_how_long_to_wait(aws: FakeLambda) -> None:
    aws.answers(refused())
    error = raised(NotInvoked, invoker(max_attempts=3))
    assert len(aws.requests) == error.attempts == 3
    assert error.retry_after == 4
    assert "(3 calls; try again after 4 s)" in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        READ_TIMEOUT,
        aws_errors.ConnectionClosedError(endpoint_url="https://lambda"),
        aws_errors.HTTPClientError(error=OSError("unheard of")),
        refused("504", 504),
        response(b"", breaks=aws_errors.ResponseStreamingError(error=OSError())),
        response(b"", breaks=aws_errors.IncompleteReadError(actual_bytes=3, expected_bytes=9)),
        response(b"", breaks=READ_TIMEOUT),
        response(b'"an', 200),
        response(b"", 204),
        ValueError("a reply that botocore cannot read"),
    ],
    ids=lambda reply: type(reply).__name__,
)
def test_an_answer_that_does_not_come_leaves_the_outcome_unknown(aws: FakeLambda, reply: Reply) -> None:
    aws.answers(reply, result("ran twice"))
    error = raised(OutcomeUnknown, invoker())
    assert (error.function, error.attempts, error.retry_after) == (FUNCTION, 1, None)
    assert error.__cause__ is not None


def test_an_event_without_the_status_202_may_have_been_queued(aws: FakeLambda) -> None:
    aws.answers(response(b"", 200))
    with pytest.raises(OutcomeUnknown, match="the status 200 in place of 202"):
        invoker().send({})


def test_a_result_without_the_status_200_is_none(aws: FakeLambda) -> None:
    aws.answers(queued())
    assert "the status 202 in place of 200" in str(raised(OutcomeUnknown, invoker()))


def test_a_call_of_unknown_outcome_is_retried_if_it_may_run_twice(aws: FakeLambda) -> None:
    aws.answers(READ_TIMEOUT, refused("504", 504), result("again"))
    assert invoker(idempotent=True).invoke({}) == "again"
    assert aws.pauses == [1, 2]


def test_an_answer_that_is_no_json_is_not_asked_for_again(aws: FakeLambda) -> None:
    """It was the function's, and would be the same."""
    aws.answers(response(b"<html>"))
    assert "'<html>'" in str(raised(OutcomeUnknown, invoker(idempotent=True)))
    assert len(aws.requests) == 1


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"also_retry": {"ReadTimeoutError"}}, READ_TIMEOUT),
        ({"idempotent": True, "never_retry": {"ReadTimeoutError"}}, READ_TIMEOUT),
    ],
)
def test_only_idempotent_allows_a_second_run(aws: FakeLambda, option: dict[str, Any], error: Exception) -> None:
    aws.answers(error)
    assert raised(OutcomeUnknown, invoker(**option)).attempts == 1


def test_a_refusal_after_a_call_of_unknown_outcome_does_not_undo_it(aws: FakeLambda) -> None:
    aws.answers(READ_TIMEOUT, refused("ResourceNotFoundException", 404))
    error = raised(OutcomeUnknown, invoker(idempotent=True))
    assert (error.attempts, error.code) == (2, "ResourceNotFoundException")
    assert "Read timeout" in str(error)
    assert "ResourceNotFoundException" in str(error)


def test_a_refusal_after_a_function_error_does_not_undo_it(aws: FakeLambda) -> None:
    last = refused("KMSDisabledException", 502)
    aws.answers(function_error(), last)
    error = raised(FunctionError, invoker(retry_function_errors=True))
    assert (error.error_type, error.attempts, error.__cause__) == ("ValueError", 2, last)


def test_an_answer_after_a_call_of_unknown_outcome_counts(aws: FakeLambda) -> None:
    aws.answers(READ_TIMEOUT, function_error())
    assert raised(FunctionError, invoker(idempotent=True)).attempts == 2


@pytest.mark.parametrize(
    "error",
    [
        aws_errors.NoCredentialsError(),
        aws_errors.NoRegionError(),
        aws_errors.CredentialRetrievalError(provider="x", error_msg="y"),
        aws_errors.ParamValidationError(report="FunctionName"),
        aws_errors.EndpointProviderError(msg="x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_wrong_on_our_side_is_raised_at_once(aws: FakeLambda, error: Exception) -> None:
    aws.answers(error)
    assert raised(NotInvoked, invoker(idempotent=True)).__cause__ is error


def test_a_client_that_cannot_be_made_is_no_call(time: VirtualTime) -> None:
    def factory(service: str, limits: object) -> Any:
        raise aws_errors.NoRegionError

    with outside(FakeLambda(), time), clients.replaced(factory):
        error = raised(NotInvoked, invoker(also_retry={"NoRegionError"}))
    assert (error.attempts, error.code) == (0, "NoRegionError")


def test_an_interrupt_is_no_failure_of_the_call(aws: FakeLambda, context: Context) -> None:
    aws.answers(KeyboardInterrupt())
    for options in ({}, {"context": context}):
        with pytest.raises(KeyboardInterrupt):
            invoker().invoke({}, **options)
    assert len(aws.requests) == 2


@pytest.mark.parametrize(
    "error", [NotInvoked("x", function="f", attempts=2, code="C", retry_after=3), FunctionError("y")]
)
def test_errors_can_be_copied_and_pickled(error: InvokeError) -> None:
    for made in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(made), str(made), vars(made)) == (type(error), str(error), vars(error))


# With the other helpers.


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (refused(), FailureClass.THROTTLING),
        (refused("ServiceException", 500), FailureClass.TRANSIENT),
        (READ_TIMEOUT, FailureClass.TRANSIENT),
        (refused("ResourceNotFoundException", 404), FailureClass.OTHER),
        (function_error(), FailureClass.OTHER),
    ],
)
def test_classify_judges_by_the_cause(aws: FakeLambda, reply: Reply, failure: FailureClass) -> None:
    aws.answers(reply)
    assert classify(raised_any(invoker(max_attempts=1))) is failure


def raised_any(caller: Invoker) -> InvokeError:
    with pytest.raises(InvokeError) as caught:
        caller.invoke({})
    return caught.value


@pytest.mark.parametrize(("reply", "seconds"), [(refused(), 20), (function_error(), 10)])
def test_a_message_whose_call_was_throttled_waits_longer(time: VirtualTime, reply: Reply, seconds: int) -> None:
    queue, aws = FakeSqs(), FakeLambda([reply])
    prices = invoker(max_attempts=1)

    @sqs_handler(backoff=Backoff(10, jitter="none"))
    def handler(message: Any) -> None:
        prices.invoke(message.json())

    def factory(service: str, limits: object) -> Any:
        return {"sqs": queue, "lambda": aws}[service]

    with outside(aws, time), clients.replaced(factory):
        assert returned(handler(batch(1), Context(time))) == ["0"]
    assert queue.visibility == {"handle-0": seconds}
