"""`Invoker`: calls another function, with retries in the caller's time and errors that say whether it ran."""

from __future__ import annotations

import os

from redrive.core.frozen import check_number, check_type
from redrive.settings.base import check_own_name, check_settings
from redrive.settings.invoker import InvokerSettings, read_invoker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from redrive.failures.backoff import Backoff
    from redrive.invoker.decision import Policy


class Invoker:
    """Calls one function. Make it once, at module level; threads may share it.

        prices = Invoker("Prices")

        def handler(event, context):
            return prices.invoke({"sku": event["sku"]}, context=context)

    It retries throttling, temporary service errors and connection failures with backoff, on the schedules that
    `@sqs_handler` uses. The SDK's own retries are off. `Invoker` waits at least for the callee's timeout before it
    abandons a call, because otherwise a second call could run at the same time as the first one.

    Args:
        name: The name of the function in the `SyncInvocation` construct. Default: its only function.
        settings: Settings for a caller that no construct has configured, such as
            `InvokerSettings(function="prices", function_timeout=10)`. They override the settings of the construct.
        backoff: The waits between attempts. Default: the construct's setting, else `Backoff()`.
        idempotent: True if the function may run twice with one payload: a call with an unknown outcome is retried, such
            as one without an answer, or with a 5xx status but without one of Lambda's own error codes. Default:
            `False`.
        retry_function_errors: True to retry a function that ran and failed. Use it, too, only for a function that may
            run twice. Default: `False`.
        also_retry: AWS error codes to retry although these errors are not temporary, such as
            `{"ResourceNotFoundException"}` right after a deployment. Default: none.
        never_retry: Error codes not to retry, such as `{"TooManyRequestsException"}`. Default: none.
        max_attempts: Largest number of calls, the first included. Default: 8.

    Raises:
        ValueError: An argument is outside of its range, or a code is in both `also_retry` and `never_retry`.
        TypeError: An argument has the wrong type.
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
        check_number("max_attempts", max_attempts, "a whole number, 1 (no retry) or more")
        check_own_name("name", name, "the name of the function in its construct")
        if backoff is not None:
            from redrive.failures.backoff import Backoff  # whoever gives one has loaded it

            check_type("backoff", backoff, Backoff, "a Backoff(…)")
        check_settings(settings, InvokerSettings)
        for option, value in (("idempotent", idempotent), ("retry_function_errors", retry_function_errors)):
            if not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"{option}={value!r}: give True if the function may run twice, otherwise False")
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
            payload: The event of the function: any JSON value, up to 6 MB.
            context: The caller's own Lambda context. With it, calls and waits end before the caller's timeout, so that
                the caller gets an error that it can handle. Default: no time limit, only `max_attempts`.

        Returns:
            The return value of the function, read from JSON.

        Raises:
            InvalidPayload: The payload is not JSON or too large. Nothing was sent.
            NotInvoked: The function did not run.
            OutcomeUnknown: The function may have run.
            FunctionError: The function ran and failed.
            SettingsError: Neither a construct nor `settings` names the function.
        """
        from redrive.invoker.reply import read_result
        from redrive.invoker.request import request
        from redrive.invoker.retry import run

        settings, function = self._callee()
        return run(request(function, payload, settings.function_timeout), read_result, self._policy(settings), context)

    def send(self, event: object, *, context: object = None) -> str:
        """Put an event into the function's queue, and do not wait for the function.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html

        Args:
            event: The event of the function: any JSON value, up to 1 MB.
            context: The caller's own Lambda context, as for `invoke`.

        Returns:
            The request id of the event, the same at each attempt of the function.

        Raises:
            InvalidPayload: The event is not JSON or too large. Nothing was sent.
            NotInvoked: The event was not queued.
            OutcomeUnknown: The event may have been queued.
            SettingsError: Neither a construct nor `settings` names the function.
        """
        from redrive.invoker.reply import read_receipt
        from redrive.invoker.request import event_request
        from redrive.invoker.retry import run

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
            from redrive.core import SettingsError

            raise SettingsError(f"the settings of {settings.name!r} name no function: give InvokerSettings(function=…)")
        return settings, settings.function

    def _policy(self, settings: InvokerSettings) -> Policy:
        from redrive.failures.backoff import Backoff
        from redrive.invoker.decision import Policy

        return Policy(
            self._backoff or settings.backoff or Backoff(),
            self._idempotent,
            self._retry_function_errors,
            self._also_retry,
            self._never_retry,
            self._max_attempts,
        )


def _codes(argument: str, codes: Collection[str]) -> frozenset[str]:
    if isinstance(codes, str):  # Python would take its letters as the codes
        raise ValueError(f"{argument} {codes!r}: give a collection of error codes, such as {{'ServiceException'}}")
    return frozenset(codes)
