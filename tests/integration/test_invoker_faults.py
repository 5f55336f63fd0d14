"""`Invoker` and a function in the local AWS, with a proxy between them that makes Lambda fail.

Whatever goes wrong, the error says what is true: the function keeps count of its runs.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from redrive import FunctionError, Invoker, InvokerSettings, NotInvoked, OutcomeUnknown
from redrive.aws.clients import TimeLimits, clients
from redrive.core.system import sleeper
from tests.integration.conftest import wait_until
from tests.support.runtime.sqs.queue import Context
from tools.fault_proxy import FaultProxy
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration

# The local AWS runs functions as processes of this machine, so that one can count its runs in a file.
CODE = """
import pathlib, time

def handler(event, context):
    with pathlib.Path(event["runs"]).open("a") as runs:
        runs.write("run\\n")
    time.sleep(event.get("seconds", 0))
    if event.get("fails"):
        print("about to fail")
        raise ValueError("no such article")
    return {"sku": event.get("sku")}
"""
READ_TIMEOUT = 1.0


def deploy(aws: LocalAws, name: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", CODE)
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/prices",
        Code={"ZipFile": archive.getvalue()},
        Timeout=10,
    )


@pytest.fixture(scope="module")
def proxy(aws: LocalAws) -> Iterator[FaultProxy]:
    with FaultProxy(aws.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def function(aws: LocalAws, proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory) -> str:
    deploy(aws, "prices")
    # The first request takes longer: the function starts.
    first = proxy.client("lambda", read_timeout=60, attempts=1)
    first.invoke(FunctionName="prices", Payload=json.dumps({"runs": str(tmp_path_factory.mktemp("first") / "runs")}))
    return "prices"


@dataclass
class Caller:
    """Calls a function, and knows how often it ran."""

    function: str
    runs_file: Path
    pauses: list[float]
    read_timeout: float = 10.0

    def invoke(self, *, context: object = None, event: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.invoker(**options).invoke(self.event(**(event or {})), context=context)

    def event(self, **more: Any) -> dict[str, Any]:
        return {"runs": str(self.runs_file), "sku": 7, **more}

    def invoker(self, **options: Any) -> Invoker:
        settings = InvokerSettings(function=options.pop("function", self.function), function_timeout=10)
        return Invoker(settings=settings, **options)

    @property
    def runs(self) -> int:
        return len(self.runs_file.read_text().splitlines()) if self.runs_file.exists() else 0


@pytest.fixture
def caller(function: str, proxy: FaultProxy, tmp_path: Path) -> Iterator[Caller]:
    def through_proxy(service: str, limits: TimeLimits) -> Any:
        assert limits.read > 10
        # As the helper makes it, less patient.
        return proxy.client(service, read_timeout=caller.read_timeout, attempts=limits.attempts)

    caller = Caller(function, tmp_path / "runs", [])
    proxy.clear()
    with ExitStack() as stack:
        stack.enter_context(clients.replaced(through_proxy))
        stack.enter_context(sleeper.replaced(caller.pauses.append))
        yield caller


def once(**fault: Any) -> dict[str, Any]:
    return {"service": "lambda", "operation": "Invoke", "times": 1, **fault}


LOST_REPLY = once(response={"abort_frac": 0.0})


def actions(proxy: FaultProxy) -> list[str]:
    return [event["action"] for event in proxy.fired()]


def test_without_faults_the_answer_comes_through(caller: Caller) -> None:
    assert caller.invoke() == {"sku": 7}
    assert (caller.runs, caller.pauses) == (1, [])


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException", "SnapStartTimeoutException"])
def test_a_refusal_that_passes_is_retried_and_the_function_runs_once(
    caller: Caller, proxy: FaultProxy, code: str
) -> None:
    proxy.inject(once(error={"code": code}) | {"times": 2})
    assert caller.invoke() == {"sku": 7}
    assert actions(proxy) == [f"error:{code}"] * 2
    assert (caller.runs, len(caller.pauses)) == (1, 2)


def test_the_server_is_waited_for_as_long_as_it_asks(caller: Caller, proxy: FaultProxy) -> None:
    # Only a header that the proxy adds to an answer of AWS's can say so.
    unknown = caller.invoker(function="nobody", also_retry={"ResourceNotFoundException"}, max_attempts=2)
    proxy.inject(once(response={"set_headers": {"Retry-After": "7"}}))
    with pytest.raises(NotInvoked):
        unknown.invoke({})
    assert caller.pauses == [7]


@pytest.mark.parametrize("code", ["KMSDisabledException", "RequestTooLargeException"])
def test_a_refusal_that_does_not_pass_is_raised(caller: Caller, proxy: FaultProxy, code: str) -> None:
    proxy.inject(once(error={"code": code}))
    with pytest.raises(NotInvoked) as caught:
        caller.invoke()
    assert (caught.value.code, caught.value.attempts, caller.runs) == (code, 1, 0)


@pytest.mark.parametrize("fault", [once(reset=True), once(timeout_ms=100), once(latency=1500)], ids=str)
def test_a_request_that_is_lost_on_its_way_may_have_run(
    caller: Caller, proxy: FaultProxy, fault: dict[str, Any]
) -> None:
    caller.read_timeout = READ_TIMEOUT
    proxy.inject(fault)
    with pytest.raises(OutcomeUnknown) as caught:
        caller.invoke()
    assert len(actions(proxy)) == caught.value.attempts == 1
    assert caller.runs == 0


def test_a_request_that_is_lost_is_sent_again_if_the_function_may_run_twice(caller: Caller, proxy: FaultProxy) -> None:
    proxy.inject(once(reset=True))
    assert caller.invoke(idempotent=True) == {"sku": 7}
    assert caller.runs == 1


def test_a_late_reply_is_of_unknown_outcome_and_the_function_ran_once(caller: Caller) -> None:
    caller.read_timeout = READ_TIMEOUT
    with pytest.raises(OutcomeUnknown) as caught:
        caller.invoke(event={"seconds": READ_TIMEOUT + 0.5})
    assert (caught.value.code, caught.value.attempts) == ("ReadTimeoutError", 1)
    time.sleep(0.7)
    assert caller.runs == 1


def test_a_caller_whose_own_time_ends_gets_the_error_in_time(caller: Caller) -> None:
    caller.read_timeout = READ_TIMEOUT
    began = time.monotonic()
    context = Context(time.monotonic, 0.8)
    with pytest.raises(OutcomeUnknown, match="the caller had left"):
        caller.invoke(event={"seconds": 0.9}, context=context)
    assert time.monotonic() - began < 0.8
    assert context.get_remaining_time_in_millis() > 0
    time.sleep(0.5)
    assert caller.runs == 1


@pytest.mark.parametrize("part", [0.0, 0.5])
def test_a_lost_reply_is_of_unknown_outcome_and_the_function_ran_once(
    caller: Caller, proxy: FaultProxy, part: float
) -> None:
    proxy.inject(once(response={"abort_frac": part}))
    with pytest.raises(OutcomeUnknown):
        caller.invoke()
    assert actions(proxy) == ["response:abort"]
    assert caller.runs == 1


def test_after_a_lost_reply_an_idempotent_function_runs_again(caller: Caller, proxy: FaultProxy) -> None:
    proxy.inject(LOST_REPLY)
    assert caller.invoke(idempotent=True) == {"sku": 7}
    assert (caller.runs, len(caller.pauses)) == (2, 1)


def test_a_refusal_after_a_lost_reply_does_not_hide_that_it_ran(caller: Caller, proxy: FaultProxy) -> None:
    proxy.inject(LOST_REPLY, once(error={"code": "KMSDisabledException"}))
    with pytest.raises(OutcomeUnknown) as caught:
        caller.invoke(idempotent=True)
    assert (caught.value.attempts, caught.value.code, caller.runs) == (2, "KMSDisabledException", 1)


def test_a_reply_cut_short_is_no_result(caller: Caller, proxy: FaultProxy) -> None:
    proxy.inject(once(response={"truncate_frac": 0.5}))
    with pytest.raises(OutcomeUnknown, match="that is not JSON"):
        caller.invoke()
    assert caller.runs == 1


def test_a_function_error_comes_with_its_log(caller: Caller) -> None:
    """The local AWS reports no stack trace and an error type of its own; its log has both."""
    with pytest.raises(FunctionError) as caught:
        caller.invoke(event={"fails": True})
    error = caught.value
    assert error.message == "no such article"
    assert "about to fail" in error.log_tail
    assert "ValueError: no such article" in error.log_tail
    assert error.request_id
    assert (error.executed_version, error.attempts, caller.runs) == ("$LATEST", 1, 1)


def test_a_function_error_is_retried_only_when_asked(caller: Caller) -> None:
    with pytest.raises(FunctionError):
        caller.invoke(event={"fails": True}, retry_function_errors=True, max_attempts=3)
    assert caller.runs == 3


def test_a_function_that_is_not_there_was_not_invoked(caller: Caller) -> None:
    with pytest.raises(NotInvoked) as caught:
        caller.invoke(function="not-yet")
    assert (caught.value.code, caught.value.attempts) == ("ResourceNotFoundException", 1)


def test_a_function_that_is_not_there_yet_is_waited_for_when_asked(caller: Caller, aws: LocalAws) -> None:
    """As right after a deployment."""

    def deployed_meanwhile(seconds: float) -> None:
        deploy(aws, "not-yet")

    with sleeper.replaced(deployed_meanwhile):
        assert caller.invoke(function="not-yet", also_retry={"ResourceNotFoundException"}) == {"sku": 7}
    assert caller.runs == 1


def test_an_event_is_queued_and_runs(caller: Caller, proxy: FaultProxy) -> None:
    proxy.inject(once(error={"code": "TooManyRequestsException"}))
    assert caller.invoker().send(caller.event())
    wait_until(lambda: caller.runs == 1, seconds=10, what="the event ran")


def test_an_event_whose_receipt_is_lost_was_queued_all_the_same(caller: Caller, proxy: FaultProxy) -> None:
    """Its status came through, and says so."""
    proxy.inject(LOST_REPLY)
    assert caller.invoker().send(caller.event())
    wait_until(lambda: caller.runs == 1, seconds=10, what="the event ran")
