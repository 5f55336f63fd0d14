"""Calling another function: retries inside the time the caller has, and errors that say whether it ran."""

from __future__ import annotations

import os

from redrive.settings import InvokerSettings, read_invoker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from redrive.backoff import Backoff
    from redrive.invoke_decision import Policy

__all__ = ["Invoker"]


class Invoker:
    """Calls one function. Make it once, at module level; threads may share it.

        prices = Invoker("Prices")

        def handler(event, context):
            return prices.invoke({"sku": event["sku"]}, context=context)

    Throttling, errors of the service that pass by themselves, and failures to connect are retried with backoff, on the
    schedules that `@sqs_handler` uses. The SDK's own retries are off. No reply is given up before the callee's timeout,
    since a second call would then run beside the first one.

    Args:
        name: What the `SyncInvocation` construct calls the function. Default: the only one there is.
        settings: What no construct has told, such as `InvokerSettings(function="prices", function_timeout=10)`. What is
            given here wins.
        backoff: The waits between attempts. Default: what the construct was told, else `Backoff()`.
        idempotent: The function may run twice with one payload, so that a call whose outcome is unknown is retried.
            Default: no.
        retry_function_errors: A function that ran and failed is called again; this, too, is for functions that may run
            twice. Default: no.
        also_retry: AWS's codes of errors to be retried although they do not pass by themselves, such as
            `{"ResourceNotFoundException"}` right after a deployment.
        never_retry: Codes of errors that are not to be retried, such as `{"TooManyRequestsException"}`.
        max_attempts: Calls altogether, the first included. Default: 8.

    Raises:
        ValueError: An argument outside of its range.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        settings: InvokerSettings | None = None,
        backoff: Backoff | None = None,
        idempotent: bool = False,
        retry_function_errors: bool = False,
        also_retry: Collection[str] = (),
        never_retry: Collection[str] = (),
        max_attempts: int = 8,
    ) -> None:
        self._also_retry = _codes("also_retry", also_retry)
        self._never_retry = _codes("never_retry", never_retry)
        if both := self._also_retry & self._never_retry:
            raise ValueError(f"{sorted(both)} in also_retry and in never_retry: leave it out of one of them")
        if isinstance(max_attempts, bool) or not max_attempts >= 1 or max_attempts != int(max_attempts):
            raise ValueError(f"max_attempts {max_attempts!r}: give a whole number, 1 (no retry) or more")
        self._max_attempts = max_attempts
        self._name = name
        self._given = settings or InvokerSettings()
        self._backoff = backoff
        self._idempotent = idempotent
        self._retry_function_errors = retry_function_errors
        self._settings: InvokerSettings | None = None

    def invoke(self, payload: object, *, context: object = None) -> Any:
        """Call the function and wait for its result.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html

        Args:
            payload: What it is given: anything that JSON can say, up to 6 MB.
            context: The caller's own Lambda context. With it, neither a call nor a wait goes on until Lambda ends the
                caller: there is an error to act on before that. Default: no limit but `max_attempts`.

        Returns:
            What the function returned, read from JSON.

        Raises:
            InvalidPayload: The payload is no JSON or too large. Nothing was sent.
            NotInvoked: The function did not run.
            OutcomeUnknown: The function may have run.
            FunctionError: The function ran and failed.
            SettingsError: No construct has said which function this is, and `settings` does not either.
        """
        from redrive.invoke_reply import read_result
        from redrive.invoke_request import request
        from redrive.invoke_retry import run

        settings, function = self._callee()
        return run(request(function, payload, settings.function_timeout), read_result, self._policy(settings), context)

    def send(self, event: object, *, context: object = None) -> str:
        """Put an event into the function's queue, and do not wait for the function.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

        Args:
            event: What it is given: anything that JSON can say, up to 1 MB.
            context: The caller's own Lambda context, as for `invoke`.

        Returns:
            The request id under which the function runs, at each of its attempts.

        Raises:
            InvalidPayload: The event is no JSON or too large. Nothing was sent.
            NotInvoked: The event was not queued.
            OutcomeUnknown: The event may have been queued.
            SettingsError: No construct has said which function this is, and `settings` does not either.
        """
        from redrive.invoke_reply import read_receipt
        from redrive.invoke_request import event_request
        from redrive.invoke_retry import run

        settings, function = self._callee()
        return run(event_request(function, event), read_receipt, self._policy(settings), context)

    def _callee(self) -> tuple[InvokerSettings, str]:
        settings = self._settings
        if settings is None:
            settings = self._given
            if settings.function is None:
                settings = settings.over(read_invoker(os.environ, self._name or settings.name))
            self._settings = settings
        if settings.function is None:
            from redrive.errors import SettingsError

            raise SettingsError(f"the settings of {settings.name!r} name no function: give InvokerSettings(function=…)")
        return settings, settings.function

    def _policy(self, settings: InvokerSettings) -> Policy:
        from redrive.backoff import Backoff
        from redrive.invoke_decision import Policy

        return Policy(
            self._backoff or settings.backoff or Backoff(),
            self._idempotent,
            self._retry_function_errors,
            self._also_retry,
            self._never_retry,
            self._max_attempts,
        )


def _codes(argument: str, codes: Collection[str]) -> frozenset[str]:
    if isinstance(codes, str):  # a collection of letters, to Python
        raise ValueError(f"{argument} {codes!r}: give a collection of error codes, such as {{'ServiceException'}}")
    return frozenset(codes)
