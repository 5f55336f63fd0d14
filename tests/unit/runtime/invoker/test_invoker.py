"""`Invoker`: results, retries, and errors that say whether the function ran."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.exceptions as aws_errors
import pytest

from redrive import (
    Backoff,
    FailureClass,
    FunctionError,
    InvokeError,
    Invoker,
    InvokerSettings,
    NotInvoked,
    OutcomeUnknown,
    SettingsError,
    classify,
    sqs_handler,
)
from redrive.aws.clients import clients
from tests.support.runtime.invoker.fake_lambda import (
    FUNCTION,
    REQUEST_ID,
    FakeLambda,
    Reply,
    function_error,
    outside,
    queued,
    refused,
    response,
    result,
)
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import Context, FakeSqs, VirtualTime, batch, returned
from tests.unit.runtime.test_imports import HEAVY, loaded_by

READ_TIMEOUT = aws_errors.ReadTimeoutError(endpoint_url="https://lambda")
NO_CONNECTION = aws_errors.EndpointConnectionError(endpoint_url="https://lambda")


@pytest.fixture
def aws(time: VirtualTime) -> Iterator[FakeLambda]:
    """The client in the invoker's hands. Random numbers are 0.5, so that full jitter halves each wait."""
    aws = FakeLambda([result("an answer")])
    with outside(aws, time):
        yield aws


def invoker(**options: Any) -> Invoker:
    return Invoker(settings=InvokerSettings(function=FUNCTION, function_timeout=10), **options)


def raised(kind: type[InvokeError], caller: Invoker, **options: Any) -> Any:
    with pytest.raises(kind) as caught:
        caller.invoke({}, **options)
    assert type(caught.value) is kind
    return caught.value


@pytest.mark.parametrize("value", [None, True, 1.5, "äöü", [1, [2]], {"lines": [{"sku": "ä"}]}])
def test_json_goes_in_and_comes_out(aws: FakeLambda, value: Any) -> None:
    aws.answers(result(value))
    assert invoker().invoke(value) == value
    assert aws.payloads == [value]


def test_the_function_is_waited_for_and_its_log_asked_for(aws: FakeLambda) -> None:
    invoker().invoke({"sku": 7})
    assert aws.requests == [
        {"FunctionName": FUNCTION, "InvocationType": "RequestResponse", "LogType": "Tail", "Payload": b'{"sku":7}'}
    ]


def test_an_event_is_queued_and_its_request_id_returned(aws: FakeLambda) -> None:
    aws.answers(queued())
    assert invoker().send({"sku": 7}) == REQUEST_ID
    assert aws.requests == [{"FunctionName": FUNCTION, "InvocationType": "Event", "Payload": b'{"sku":7}'}]


def test_an_event_is_queued_whatever_becomes_of_the_empty_answer(aws: FakeLambda) -> None:
    """The status has come, and with it all there is to know."""
    aws.answers(response(b"", 202, breaks=aws_errors.IncompleteReadError(actual_bytes=0, expected_bytes=2)))
    assert invoker().send({}) == REQUEST_ID


def test_an_empty_answer_is_none(aws: FakeLambda) -> None:
    aws.answers(response(b""))
    assert invoker().invoke({}) is None


# Waits: throttling and transient failures on the longer schedule, halved by the jitter.


@pytest.mark.parametrize(
    "error",
    [
        refused("TooManyRequestsException", 429),
        refused("ServiceException", 500),
        refused("ENILimitReachedException", 502),
        refused("ResourceConflictException", 409),
        NO_CONNECTION,
    ],
    ids=str,
)
def test_what_passes_by_itself_is_retried_with_backoff(aws: FakeLambda, error: Exception) -> None:
    aws.answers(error, error, error, result("at last"))
    assert invoker().invoke({"id": 1}) == "at last"
    assert aws.pauses == [1, 2, 4]
    assert aws.payloads == [{"id": 1}] * 4


def test_the_waits_end_at_a_minute(aws: FakeLambda) -> None:
    aws.answers(refused())
    error = raised(NotInvoked, invoker(backoff=Backoff(jitter="none"), max_attempts=9))
    assert aws.pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    assert (error.attempts, error.retry_after) == (9, 60)


@pytest.mark.parametrize(
    ("argument", "setting", "wait"),
    [
        (None, None, 1),
        (None, Backoff(10, cap=10, jitter="none"), 20),
        (Backoff(4, jitter="equal"), Backoff(10), 6),
    ],
)
def test_the_backoff_is_the_argument_or_the_constructs_or_the_default(
    aws: FakeLambda, argument: Backoff | None, setting: Backoff | None, wait: float
) -> None:
    aws.answers(refused(), result())
    Invoker(settings=InvokerSettings(function=FUNCTION, backoff=setting), backoff=argument).invoke({})
    assert aws.pauses == [wait]


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (refused(retryAfterSeconds="7"), 7),
        (refused(headers={"retry-after": "7"}), 7),
        (refused(headers={"x-amz-retry-after": "7500"}), 7.5),
        (refused(retryAfterSeconds="3", headers={"x-amz-retry-after": "7500"}), 7.5),
        (refused(retryAfterSeconds="0.1"), 1),
        (refused(retryAfterSeconds="Wed, 21 Oct 2026 07:28:00 GMT"), 1),
        (refused(headers={"retry-after": "-5"}), 1),
        (refused(headers={"x-amz-retry-after": "nan"}), 1),
        (refused(retryAfterSeconds="inf"), 1),
    ],
)
def test_the_server_is_waited_for_at_least_as_long_as_it_asks(aws: FakeLambda, error: Exception, wait: float) -> None:
    aws.answers(error, result())
    invoker().invoke({})
    assert aws.pauses == [wait]


def test_each_retry_is_a_log_line(aws: FakeLambda, log: Log) -> None:
    aws.answers(refused(), NO_CONNECTION, result())
    invoker().invoke({})
    lines = [
        {name: line[name] for name in ("function", "attempt", "code", "wait")} for line in log("redrive.invoke.retry")
    ]
    assert lines == [
        {"function": FUNCTION, "attempt": 1, "code": "TooManyRequestsException", "wait": 1},
        {"function": FUNCTION, "attempt": 2, "code": "EndpointConnectionError", "wait": 2},
    ]


def test_an_event_is_retried_in_the_same_way(aws: FakeLambda) -> None:
    aws.answers(refused(), queued())
    assert invoker().send({}) == REQUEST_ID
    assert aws.pauses == [1]


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


# What is told beforehand.


def test_the_construct_says_which_function_it_is(aws: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked up at the first call and kept: where the module is imported, nothing may be set up yet."""
    caller = Invoker("Prices")
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Stock", "function": "stock"}')
    monkeypatch.setenv("REDRIVE_INVOKER_2", '{"name": "Prices", "function": "prices:live", "function_timeout": 20}')
    caller.invoke({})
    monkeypatch.delenv("REDRIVE_INVOKER_2")
    caller.invoke({})
    assert [request["FunctionName"] for request in aws.requests] == ["prices:live"] * 2
    assert aws.limits[0].read > 20


def test_what_is_passed_by_hand_wins(aws: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Prices", "function": "prices", "function_timeout": 20}')
    Invoker("Prices", settings=InvokerSettings(function_timeout=100)).invoke({})
    assert aws.requests[0]["FunctionName"] == "prices"
    assert aws.limits[0].read > 100


def test_nothing_is_read_where_the_function_is_passed_by_hand(aws: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRIVE_INVOKER_1", "no JSON")
    assert invoker().invoke({}) == "an answer"


def test_a_function_that_nobody_knows_is_a_clear_error(aws: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="no function to call is known as 'Prices'"):
        Invoker("Prices").invoke({})
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Prices"}')
    with pytest.raises(SettingsError, match="'Prices' name no function"):
        Invoker("Prices").send({})
    assert aws.requests == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_attempts": 0}, "max_attempts 0"),
        ({"max_attempts": 1.5}, "max_attempts 1.5"),
        ({"max_attempts": True}, "max_attempts True"),
        ({"also_retry": "ServiceException"}, "also_retry 'ServiceException'"),
        ({"never_retry": "ServiceException"}, "never_retry 'ServiceException'"),
        ({"also_retry": ["A", "B"], "never_retry": {"B"}}, r"\['B'\] in also_retry and in never_retry"),
    ],
)
def test_a_bad_argument_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Invoker(**options)


def test_one_invoker_serves_many_threads(aws: FakeLambda) -> None:
    aws.answers(lambda: result({"payload": "of its own"}))
    caller = invoker()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(caller.invoke, range(50))) == [{"payload": "of its own"}] * 50
    assert sorted(aws.payloads) == list(range(50))


def test_a_cold_start_pays_for_nothing_heavy() -> None:
    code = "from redrive import FunctionError, Invoker\nFunctionError, Invoker('Prices')"
    assert loaded_by(code).isdisjoint(HEAVY)
