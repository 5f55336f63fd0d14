"""A caller that has only so much time of its own."""

from __future__ import annotations

import threading
import time as real_time
from typing import Any

import pytest

from redrive import Invoker, InvokerSettings, NotInvoked, OutcomeUnknown
from redrive.aws.clients import clients
from tests.support.runtime.invoker.fake_lambda import FUNCTION, FakeLambda, outside, refused, response, result
from tests.support.runtime.sqs.queue import Context, VirtualTime


def invoker(**options: Any) -> Invoker:
    return Invoker(settings=InvokerSettings(function=FUNCTION), **options)


def test_a_call_within_the_time_is_like_any_other(aws: FakeLambda, context: Context) -> None:
    aws.answers(refused(), result("at last"))
    assert invoker().invoke({}, context=context) == "at last"
    assert aws.pauses == [1]


def test_a_wait_that_does_not_fit_is_not_begun(aws: FakeLambda, time: VirtualTime) -> None:
    """The waits are 1, 2, 4, …; of 5.3 s, 0.3 s are for the caller's own answer, and 1 s is for the call."""
    aws.answers(refused())
    with pytest.raises(NotInvoked) as caught:
        invoker().invoke({}, context=Context(time, 5.3))
    assert aws.pauses == [1, 2]
    assert (caught.value.attempts, caught.value.retry_after) == (3, 4)


def test_a_wait_that_the_server_asks_for_does_not_fit_either(aws: FakeLambda, context: Context) -> None:
    aws.answers(refused(retryAfterSeconds="59"))
    with pytest.raises(NotInvoked) as caught:
        invoker().invoke({}, context=context)
    assert (aws.pauses, caught.value.retry_after) == ([], 59)


def test_a_server_that_asks_for_an_hour_is_not_waited_for(aws: FakeLambda) -> None:
    """Also not by a caller that has all the time there is."""
    aws.answers(refused(retryAfterSeconds="3600"))
    with pytest.raises(NotInvoked) as caught:
        invoker().invoke({})
    assert (aws.pauses, caught.value.retry_after) == ([], 3600)


def test_without_time_nothing_is_sent(aws: FakeLambda, time: VirtualTime) -> None:
    with pytest.raises(NotInvoked, match="no time left") as caught:
        invoker().invoke({}, context=Context(time, 0.3))
    assert aws.requests == []
    assert (caught.value.attempts, caught.value.retry_after) == (0, None)
    assert isinstance(caught.value.__cause__, TimeoutError)


@pytest.mark.parametrize("idempotent", [False, True])
def test_an_answer_that_comes_too_late_leaves_the_outcome_unknown_in_time(
    aws: FakeLambda, time: VirtualTime, idempotent: bool
) -> None:
    """The caller can still act, and what comes later changes nothing."""
    answered = threading.Event()
    done = threading.Event()

    def late() -> dict[str, Any]:
        answered.wait(10)
        done.set()
        return result("too late")

    aws.answers(late)
    began = real_time.monotonic()
    context = Context(time, 0.5)
    with pytest.raises(OutcomeUnknown, match=r"no answer within the 0\.2 s") as caught:
        invoker(idempotent=idempotent).invoke({}, context=context)
    assert 0.15 < real_time.monotonic() - began < 5
    error = caught.value
    said = (str(error), error.attempts, error.code, error.retry_after)
    assert said[1:3] == (1, "TimeoutError")
    answered.set()
    assert done.wait(10)
    assert (str(error), error.attempts, error.code, error.retry_after) == said
    assert len(aws.requests) == 1
    assert aws.pauses == []


def test_a_late_failure_changes_nothing_either(aws: FakeLambda, time: VirtualTime) -> None:
    answered = threading.Event()

    def late() -> None:
        answered.wait(10)
        raise refused()

    aws.answers(late)
    with pytest.raises(OutcomeUnknown):
        invoker().invoke({}, context=Context(time, 0.4))
    answered.set()
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(10)
    assert (len(aws.requests), aws.pauses) == (1, [])


def test_a_client_that_takes_too_long_to_make_sends_nothing_later(aws: FakeLambda, time: VirtualTime) -> None:
    """The caller got an error that says that the function did not run, and that stays true."""
    made = threading.Event()

    def factory(service: str, limits: object) -> FakeLambda:
        made.wait(10)
        return aws

    with clients.replaced(factory):
        with pytest.raises(NotInvoked) as caught:
            invoker().invoke({}, context=Context(time, 0.4))
        made.set()
        for thread in threading.enumerate():
            if thread.name.startswith("ThreadPoolExecutor"):
                thread.join(10)
    assert caught.value.attempts == 0
    assert aws.requests == []


def test_a_payload_that_does_not_come_is_given_up_as_well(aws: FakeLambda, time: VirtualTime) -> None:
    answered = threading.Event()

    class Stuck:
        def read(self) -> bytes:
            answered.wait(10)
            return b"1"

    aws.answers(response(b"") | {"Payload": Stuck()})
    with pytest.raises(OutcomeUnknown):
        invoker().invoke({}, context=Context(time, 0.4))
    answered.set()


def test_an_event_has_the_same_deadline(aws: FakeLambda, time: VirtualTime) -> None:
    aws.answers(refused())
    with pytest.raises(NotInvoked):
        invoker().send({}, context=Context(time, 5.3))
    assert aws.pauses == [1, 2]


def test_connections_that_were_not_used_for_a_while_are_not_used_again(aws: FakeLambda, time: VirtualTime) -> None:
    """An environment that was frozen does not know that the other end has closed them."""
    caller = invoker()
    caller.invoke({})
    before = aws.closed
    time.advance(9)
    caller.invoke({})
    assert aws.closed == before
    time.advance(11)
    caller.invoke({})
    assert aws.closed == before + 1


def test_a_client_without_connections_serves_as_well(time: VirtualTime) -> None:
    class Bare:
        def invoke(self, **request: Any) -> dict[str, Any]:
            return result("an answer")

    with outside(FakeLambda(), time), clients.replaced(lambda service, limits: Bare()):
        assert invoker().invoke({}) == "an answer"
        time.advance(100)
        assert invoker().invoke({}) == "an answer"
