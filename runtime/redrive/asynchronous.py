"""`@async_handler`: a function that knows how often its event was tried, as the handler of asynchronous invocations."""

from __future__ import annotations

from collections.abc import Callable

from redrive.attempt import Attempt
from redrive.attempt_counter import counter_for
from redrive.deadline import Deadline
from redrive.functions import EventLoop, is_generator, takes_arguments
from redrive.handler_options import claims_for
from redrive.metrics import Meter, note
from redrive.settings import AsyncSettings, MetricName, read_async
from redrive.written_settings import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias, overload

    from redrive.attempt_counter import AttemptCounter
    from redrive.idempotency import Idempotency

    #: Called with the event and the attempt. What it returns goes to the on-success destination.
    EventFunction: TypeAlias = Callable[[Any, Attempt], object]

    #: What to do when it cannot be known how often an event was tried.
    OnCounterFailure = Literal["first_attempt", "fail"]

_ON_COUNTER_FAILURE = ("first_attempt", "fail")
# Counting may take this part of the invocation; the function needs the rest.
_SHARE = 2


class AsyncHandler:
    """A Lambda handler for asynchronous invocations. Made by `async_handler`, which documents the arguments.

    Attributes:
        function: The user's function, for tests that call it with an event and an `Attempt` of their own.
    """

    def __init__(
        self,
        function: EventFunction,
        *,
        counter: AttemptCounter | None = None,
        idempotency: Idempotency | None = None,
        on_counter_failure: OnCounterFailure = "first_attempt",
        settings: AsyncSettings | None = None,
    ) -> None:
        if is_generator(function):
            raise TypeError(
                f"{function!r} is a generator function: calling it runs none of it, and every event would count as "
                "processed; take the `yield` out"
            )
        if not takes_arguments(function, 2):
            raise TypeError(
                f"{function!r} is called with an event and an attempt: write `def handler(event, attempt): …`; "
                "Lambda's context is `attempt.context`"
            )
        if counter is not None and not (hasattr(counter, "increment") and hasattr(counter, "forget")):
            raise TypeError(
                f"counter={counter!r} has no `increment` and `forget`: give a TmpCounter(), DynamoDBCounter(table), "
                "S3Counter(bucket), LogsCounter(), or an AttemptCounter of your own"
            )
        if on_counter_failure not in _ON_COUNTER_FAILURE:
            raise ValueError(
                f"on_counter_failure={on_counter_failure!r}: give one of {', '.join(map(repr, _ON_COUNTER_FAILURE))}"
            )
        self.function: Callable[..., Any] = function
        self._counter = counter
        self._claims = claims_for(idempotency, function)
        self._fail = on_counter_failure == "fail"
        self._settings = settings or AsyncSettings()
        self._counters: dict[AsyncSettings, AttemptCounter] = {}
        self._loop = EventLoop()
        self.__wrapped__ = function
        self.__doc__ = function.__doc__

    def __call__(self, event: Any, context: Any = None) -> Any:
        """Handle one event.

        Args:
            event: What the function was invoked with.
            context: Lambda's context.

        Returns:
            What the function returns.

        Raises:
            BaseException: What the function raises, so that Lambda tries again; what the counter raises, where that is
                to fail the invocation.
        """
        with Meter(context, "async") as meter:
            return self._handle(event, context, meter)

    def _handle(self, event: Any, context: Any, meter: Meter) -> Any:
        settings = self._settings_of(context)
        request_id: str = getattr(context, "aws_request_id", None) or ""
        number: int | None = 0
        counter: AttemptCounter | None = None
        if settings.retry_attempts != 0:
            number = None
            if request_id:
                counter, number = self._counted(settings, request_id, context)
        last = settings.last_attempt
        attempt = Attempt(
            number or 0,
            None if last is None else (number or 0) >= last,
            request_id=request_id,
            context=context,
            is_counted=number is not None,
        )
        if number:
            meter.value(MetricName.ATTEMPT, number)
        try:
            result = self._run(event, attempt)
        except BaseException as error:
            if number is not None:
                meter.value(MetricName.ATTEMPT, number)
            _note_failure(error, is_last=attempt.is_last is True)
            # Not where only the event's age makes it the last, which is no more than observed: if there is a retry
            # after all, it must not be taken for a first attempt.
            if settings.retry_attempts is not None and attempt.number >= settings.retry_attempts:
                _forget(counter, request_id)
            raise
        _forget(counter, request_id)
        return result

    def _run(self, event: Any, attempt: Attempt) -> Any:
        """The result of the function; with idempotency, that of an attempt before which has done it."""

        def run() -> Any:
            result = self.function(event, attempt)
            if result is not None and hasattr(result, "__await__"):
                return self._loop.run(result)  # so far, calling the function has done nothing
            return result

        if self._claims is None:
            return run()
        from redrive.idempotency_call import once

        return once(self._claims, (event,), lambda: event, attempt.request_id, attempt.context, run)

    def _settings_of(self, context: Any) -> AsyncSettings:
        qualifier = _qualifier(context)
        mine = self._settings
        if not mine.is_for(qualifier):
            mine = AsyncSettings()
        found = written(read_async, qualifier)
        return mine if found is None else mine.over(found)

    def _counted(
        self, settings: AsyncSettings, request_id: str, context: Any
    ) -> tuple[AttemptCounter | None, int | None]:
        """The counter and the attempt's number, each of which may not be known."""
        counter = self._counter
        try:
            if counter is None:
                counter = self._counters.get(settings)
                if counter is None:
                    counter = self._counters[settings] = counter_for(settings)
            left = Deadline(context).left_for_calls()
            return counter, counter.increment(request_id, None if left is None else left / _SHARE)
        except Exception as error:
            from redrive.log import described, warn

            warn(
                "redrive.attempt.counter_failed",
                error=described(error),
                error_type=type(error).__name__,
                counter=settings.counter or "tmp" if counter is None else type(counter).__name__,
                outcome="failed, to be retried" if self._fail else "taken for the first attempt",
                request_id=request_id,
            )
            if self._fail:
                _note_failure(error, is_last=False)
                raise
            return counter, None


def _qualifier(context: Any) -> str:
    """What of the function was invoked: `arn:aws:lambda:<Region>:<account>:function:<name>[:<qualifier>]`."""
    arn: str = getattr(context, "invoked_function_arn", None) or ""
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 else "$LATEST"


def _note_failure(error: BaseException, *, is_last: bool) -> None:
    from redrive.classification import FailureClass
    from redrive.diagnosis import class_of, explained

    _, error_type = explained(error)
    if not is_last:
        note(MetricName.RETRIED, error_type)
    if class_of(error, None) is FailureClass.PERMANENT:  # Lambda retries it all the same
        note(MetricName.PERMANENT_FAILURES, error_type)


def _forget(counter: AttemptCounter | None, request_id: str) -> None:
    if counter is None:
        return
    try:
        counter.forget(request_id)
    except Exception as error:  # the event is done with, and this is no reason for it to be tried again
        from redrive.log import described, warn

        warn("redrive.attempt.forget_failed", error=described(error), request_id=request_id)


if TYPE_CHECKING:

    @overload
    def async_handler(function: EventFunction, /) -> AsyncHandler: ...
    @overload
    def async_handler(
        *,
        counter: AttemptCounter | None = None,
        idempotency: Idempotency | None = None,
        on_counter_failure: OnCounterFailure = "first_attempt",
        settings: AsyncSettings | None = None,
    ) -> Callable[[EventFunction], AsyncHandler]: ...


def async_handler(
    function: EventFunction | None = None, /, **options: Any
) -> AsyncHandler | Callable[[EventFunction], AsyncHandler]:
    """Make a function of an event and an attempt into a Lambda handler for asynchronous invocations.

        @async_handler
        def handler(event, attempt):
            match attempt.number:
                case 0:
                    pay(event, provider="first choice")
                case _:
                    pay(event, provider="second choice")

    Lambda tries an asynchronous event up to three times, a minute and then two minutes after a failure, and hands it
    to the on-failure destination in the end. See
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html. Lambda itself does not tell which
    attempt it makes, so a counter keeps account by the request id, which is the same at each.

    What the function returns is returned, what it raises is raised, so that Lambda retries. It may be `async def`.
    What must happen when an event is given up belongs to the on-failure destination: `attempt.is_last` is a forecast,
    and an attempt that times out cannot do anything more.

    Args:
        function: The function, when the decorator stands without arguments.
        **options: Any of these:

            - counter: Where attempts are counted. Default: what the construct has set up, else a `TmpCounter`, which is
              right only while the same execution environment is reused. Where the construct has configured no retries,
              nothing is counted. Counting may take half of the invocation's time.
            - idempotency: Keeps events from being handled twice: what was done is not done again, and its result is
              returned. Events are told apart by their request id, unless it says otherwise. Default: an event that is
              delivered twice is handled twice.
            - on_counter_failure: `"first_attempt"`: an event whose attempts cannot be counted is taken for a new one,
              with `attempt.is_counted` false. `"fail"`: the invocation fails, and Lambda tries the event again; that
              spends one of its attempts without the function having been called. Default: `"first_attempt"`.
            - settings: What the construct would have told the function, and what is to differ from it.

    Returns:
        The handler, or a decorator where options are given.

    Raises:
        ValueError: An option is outside of its range.
        TypeError: The function is a generator function or does not take two arguments, or `counter` is none.
    """
    if function is not None:
        return AsyncHandler(function, **options)

    def decorate(function: EventFunction) -> AsyncHandler:
        return AsyncHandler(function, **options)

    return decorate
