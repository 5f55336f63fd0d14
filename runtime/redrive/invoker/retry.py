"""Calls a function until it answers, or until another call makes no sense or has no time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from redrive.core.invocation import Deadline
from redrive.core.log import described, warn
from redrive.core.system import draw, pause
from redrive.invoker.call import call
from redrive.invoker.decision import Decision, Policy, decide
from redrive.invoker.errors import FunctionError, NotInvoked, OutcomeUnknown
from redrive.invoker.failure import Failure, Outcome, judge
from redrive.invoker.request import Request
from redrive.metrics import count, gathering
from redrive.settings.metrics import MetricName

#: Makes the result from the client's response and the function's name, or raises.
Read = Callable[[Mapping[str, Any], str], Any]


class _Failed(NamedTuple):
    failure: Failure
    error: Exception


def run(request: Request, read: Read, policy: Policy, context: object) -> Any:
    """Make a call until it is answered; `InvokeError` if no further attempt is made.

    Args:
        request: The call.
        read: Makes the result from the response.
        policy: The failures to retry.
        context: The caller's Lambda context, `None` for no time limit.
    """
    with gathering(context, "invoke"):
        return _run(request, read, policy, context)


def _run(request: Request, read: Read, policy: Policy, context: object) -> Any:
    function = request.function
    deadline = Deadline(context)
    attempts = 0
    ran: _Failed | None = None  # the last failure after which the function ran or may have run
    while True:
        answer = call(request, lambda response: read(response, function), deadline.left_for_calls())
        attempts += answer.sent
        if answer.error is None:
            return answer.value
        if not isinstance(answer.error, Exception):  # such as KeyboardInterrupt: not a failure of the call
            raise answer.error
        last = _Failed(judge(answer.error, sent=answer.sent), answer.error)
        if last.failure.outcome is not Outcome.NOT_INVOKED:
            ran = last
        decision = Decision(None, None)
        if answer.sent:  # otherwise there was no time or no client, and waiting does not help
            left = deadline.left_for_calls()
            decision = decide(last.failure, policy, attempts=attempts, left=left, random=draw())
        if decision.wait is None:
            _give_up(last, ran, function, attempts, decision.retry_after)
        warn(
            "redrive.invoke.retry",
            function=function,
            attempt=attempts,
            code=last.failure.code,
            error=described(last.error),
            wait=round(decision.wait, 3),
        )
        count(MetricName.INVOKE_RETRIES, last.failure.code or type(last.error).__name__)
        pause(decision.wait)


def _give_up(last: _Failed, ran: _Failed | None, function: str, attempts: int, retry_after: float | None) -> NoReturn:
    """Raise the error for all calls together: a refused last call does not mean that no earlier one ran."""
    calls = f"{attempts} call{'s' * (attempts != 1)}"
    remedy = "" if retry_after is None else f"; try again after {retry_after:.3g} s"
    said = f"{described(last.error)} ({calls}{remedy})"
    if ran is not None and isinstance(ran.error, FunctionError):
        error = ran.error
        error.attempts, error.retry_after = attempts, retry_after
        if ran is last:
            raise error
        raise error from last.error
    if ran is None:
        kind, reason = NotInvoked, f"{function} was not invoked: {said}"
    else:
        before = "" if ran is last else f"{described(ran.error)}; and then: "
        kind, reason = OutcomeUnknown, f"{function} may have run: {before}{said}"
    raise kind(
        reason, function=function, attempts=attempts, code=last.failure.code, retry_after=retry_after
    ) from last.error
