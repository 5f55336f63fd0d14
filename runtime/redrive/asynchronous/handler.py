"""`@async_handler`: makes a Lambda handler for asynchronous invocations and passes it the number of the attempt."""

from __future__ import annotations

from collections.abc import Callable

from redrive.asynchronous.attempt import REPLAYED_EVENT, Attempt, is_batch
from redrive.core.callables import (
    check_callbacks,
    check_function,
    is_generator,
    make_handler,
    name_like,
    takes_arguments,
)
from redrive.core.frozen import check_methods
from redrive.core.invocation import Deadline, qualifier
from redrive.core.invocation import request_id as id_of
from redrive.core.system import running
from redrive.handlers import Completion
from redrive.metrics import Meter
from redrive.settings.asynchronous import AsyncSettings, read_async
from redrive.settings.base import check_settings, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias, overload

    from redrive.asynchronous.counters.base import AttemptCounter
    from redrive.idempotency.claims import Claims
    from redrive.idempotency.options import Idempotency


if TYPE_CHECKING:
    #: Takes the event and the attempt. Lambda sends its return value to the on-success destination.
    EventFunction: TypeAlias = Callable[[Any, Attempt], object]

    #: The reaction when an attempt cannot be counted.
    OnCounterFailure = Literal["first_attempt", "fail"]

_ON_COUNTER_FAILURE = ("first_attempt", "fail")
# Counting may take half of the time left; the function needs the rest.
_SHARE = 2
_NO_REQUEST_ID = (
    "the request id is the idempotency key, and Lambda's context has none: call the handler with the context, in a "
    "test with redrive.testing.LambdaContext(); or give Idempotency a key= of the event, or missing_key='run'"
)


class AsyncHandler:
    """A Lambda handler for asynchronous invocations. Made by `async_handler`, which documents the arguments.

    Attributes:
        function: The user's function. Tests can call it with an event and their own `Attempt`.
    """

    def __init__(
        self,
        function: EventFunction,
        *,
        counter: AttemptCounter | None = None,
        idempotency: Idempotency | None = None,
        on_counter_failure: OnCounterFailure = "first_attempt",
        describe: Callable[[BaseException], str] | None = None,
        settings: AsyncSettings | None = None,
    ) -> None:
        check_function(function, "async_handler")
        check_settings(settings, AsyncSettings)
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
        check_methods(
            "counter",
            counter,
            ("increment", "forget"),
            "give a TmpCounter(), DynamoDBCounter(table), S3Counter(bucket), LogsCounter(), or an AttemptCounter of "
            "your own",
        )
        if on_counter_failure not in _ON_COUNTER_FAILURE:
            raise ValueError(
                f"on_counter_failure={on_counter_failure!r}: give one of {', '.join(map(repr, _ON_COUNTER_FAILURE))}"
            )
        self.function: Callable[..., Any] = function
        self._counter = counter
        self._claims: Claims | None = None
        if idempotency is not None:
            from redrive.idempotency.claims import claims_for  # only a function with idempotency pays for it

            self._claims = claims_for(idempotency, function)
        check_callbacks({"describe": describe})
        self._describe = describe
        self._fail = on_counter_failure == "fail"
        self._settings = settings or AsyncSettings()
        self._counters: dict[AsyncSettings, AttemptCounter] = {}
        self._completion = Completion(function)
        name_like(self, function)

    def __call__(self, event: Any, context: Any = None) -> Any:
        """Handle one event.

        Args:
            event: The event of the invocation.
            context: Lambda's context. Default: `None`, outside Lambda.

        Returns:
            The return value of the function.

        Raises:
            BaseException: The error of the function, so that Lambda retries the event; or the error of the counter,
                with `on_counter_failure="fail"`.
            InvalidEvent: The event is a batch of an event source mapping, of a queue or stream.
        """
        with Meter(context, "async") as meter:
            meter.describe = self._describe
            return self._handle(event, context, meter)

    def _handle(self, event: Any, context: Any, meter: Meter) -> Any:
        settings = self._settings_of(context)
        request_id = original = id_of(context)
        if isinstance(event, dict) and REPLAYED_EVENT in event:
            from redrive.asynchronous.identity import replayed_event  # only an event that is brought back has one

            replayed = replayed_event(event)  # pyright: ignore[reportUnknownArgumentType]
            if replayed is not None:
                original, event = replayed
        elif is_batch(event):
            from redrive.handlers.invalid_events import batch_for_async  # a mistake in the stack

            raise batch_for_async(event)  # pyright: ignore[reportUnknownArgumentType]
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
            original_request_id=original,
            context=context,
            is_counted=number is not None,
        )
        if number:
            from redrive.asynchronous.failures import record_attempt

            record_attempt(meter, number)
        try:
            result = self._run(event, attempt)
        except BaseException as error:
            if not isinstance(error, Exception):
                from redrive.failures.interruption import leaves_handler  # nearly no error needs it

                if leaves_handler(error):  # it is no failed attempt
                    raise
            from redrive.asynchronous.failures import count_failure, record_attempt

            if number is not None:
                record_attempt(meter, number)
            count_failure(error, is_last=attempt.is_last is True)
            # Keep the count if only the event's age makes this the last attempt. That is an estimate, and an
            # unexpected retry must not count as a first attempt.
            if settings.retry_attempts is not None and attempt.number >= settings.retry_attempts:
                _forget(counter, request_id)
            raise
        _forget(counter, request_id)
        return result

    def _run(self, event: Any, attempt: Attempt) -> Any:
        """Run the function; with idempotency, return the result of an earlier attempt if one completed."""

        def run() -> Any:
            before = running.set(attempt)
            try:
                return self._completion.of(self.function(event, attempt))
            finally:
                running.reset(before)

        if self._claims is None:
            return run()
        from redrive.idempotency.call import Call

        call = Call(
            (event,),
            lambda: event,
            attempt.original_request_id,
            attempt.context,
            attempt.delivery,
            lacks_default=_NO_REQUEST_ID,
        )
        return self._claims.once(call, run)

    def _settings_of(self, context: Any) -> AsyncSettings:
        name = qualifier(context)
        mine = self._settings
        if not mine.is_for(name):
            mine = AsyncSettings()
        found = written(read_async, name)
        return mine if found is None else mine.over(found)

    def _counted(
        self, settings: AsyncSettings, request_id: str, context: Any
    ) -> tuple[AttemptCounter | None, int | None]:
        """Return the counter and the number of the attempt; either is `None` if it is not known."""
        counter = self._counter
        try:
            if counter is None:
                counter = self._counters.get(settings)
                if counter is None:
                    counter = self._counters[settings] = counter_for(settings)
            left = Deadline(context).left_for_calls()
            return counter, counter.increment(request_id, None if left is None else left / _SHARE)
        except Exception as error:
            from redrive.core.log import described, warn

            warn(
                "redrive.attempt.counter_failed",
                error=described(error),
                error_type=type(error).__name__,
                counter=settings.counter or "tmp" if counter is None else type(counter).__name__,
                outcome="failed, to be retried" if self._fail else "taken for the first attempt",
                request_id=request_id,
            )
            if self._fail:
                from redrive.asynchronous.failures import count_failure

                count_failure(error, is_last=False)
                raise
            return counter, None


def _forget(counter: AttemptCounter | None, request_id: str) -> None:
    if counter is None:
        return
    try:
        counter.forget(request_id)
    except Exception as error:  # raising here would make Lambda retry an event that needs no retry
        from redrive.core.log import described, warn

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
        describe: Callable[[BaseException], str] | None = None,
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

    Lambda tries an asynchronous event up to three times: again one minute after the first failure and two minutes
    after the second. After the last failure it sends the event to the on-failure destination. See
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html. Lambda does not pass the number
    of the attempt to the function, so a counter counts attempts by the request id, which is the same at each attempt.

    The handler returns the function's return value and raises the function's error, so that Lambda retries. A result
    that is lazy, unfinished or a failure raises `TypeError`. The function may be `async def`. Put work that must happen
    when an event is given up into the on-failure destination: `attempt.is_last` is a forecast, and an attempt that
    times out can do nothing more.

    A batch of a queue or stream (`Records` with `eventSource` and `eventSourceARN`) raises `InvalidEvent` with the name
    of the helper for it: its retries have new request ids, and would all count as first attempts. It is refused from
    someone who invokes the function with a stored batch, too, as it looks the same. An event that was brought back with
    its identity is taken, and so is a list, in which EventBridge Pipes delivers records.

    Args:
        function: The function, if the decorator has no arguments.
        **options: Any of these:

            - counter: The `AttemptCounter` to use. Default: the counter that the construct has configured, else a
              `TmpCounter`, which is right only while Lambda reuses the same execution environment. If the construct
              has configured no retries, nothing is counted. Counting may take half of the invocation's time.
            - idempotency: An `Idempotency` that prevents an event from being processed twice: a duplicate returns the
              stored result and the function does not run. The idempotency key is the request id (of the first
              invocation, if the event was brought back with its identity), unless the `Idempotency` configures another
              key. Default: an event that is delivered twice is processed twice.
            - on_counter_failure: The reaction when an attempt cannot be counted. `"first_attempt"`: the function runs
              with attempt number 0 and `attempt.is_counted` false. `"fail"`: the invocation fails and Lambda retries
              the event, which spends one of its attempts without calling the function. Default: `"first_attempt"`.
            - describe: Returns the text of an error that reaches the helper's log lines and the table of idempotency,
              at most 1 KB, because the error's own text may quote the event. Lambda itself logs the error that the
              handler raises, and sends it to the on-failure destination. Default: `redrive.describe`, which is `str`.
            - settings: `AsyncSettings` for a function that no construct has configured, or to override single values
              of the construct.

    Returns:
        The handler, or a decorator if only options are given. It is a function of an event and Lambda's context.

    Raises:
        ValueError: An option is outside of its range, or idempotency gives another function the same keys.
        TypeError: The function is a generator function or does not take two arguments, or `counter` has no `increment`
            and `forget`.
    """
    return make_handler(AsyncHandler, function, options)


def counter_for(settings: AsyncSettings) -> AttemptCounter:
    """Make the counter that the settings name: its kind and its table, bucket or log group; default: a `TmpCounter`."""
    from redrive.asynchronous.counters.base import expiry_for  # without retries nothing is counted

    expiry = expiry_for(settings.max_event_age)
    if settings.counter == "dynamodb":
        from redrive.asynchronous.counters.dynamodb import DynamoDBCounter

        return DynamoDBCounter(settings.counter_table or "", expiry=expiry)
    if settings.counter == "s3":
        from redrive.asynchronous.counters.s3 import S3Counter

        if settings.counter_prefix is None:
            return S3Counter(settings.counter_bucket or "", expiry=expiry)
        return S3Counter(settings.counter_bucket or "", settings.counter_prefix, expiry=expiry)
    if settings.counter == "logs":
        from redrive.asynchronous.counters.logs import LogsCounter

        return LogsCounter(settings.counter_log_group, expiry=expiry)
    from redrive.asynchronous.counters.tmp import TmpCounter

    return TmpCounter(expiry=expiry)
