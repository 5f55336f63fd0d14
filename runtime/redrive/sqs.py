"""`@sqs_handler`: a function called once a message, as the handler of a whole batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from redrive.functions import EventLoop, is_async, takes_context
from redrive.handler_options import check_options, claims_for
from redrive.lanes import run, run_async
from redrive.metrics import Meter
from redrive.parsing import parsed
from redrive.settings import MetricName, SqsSettings, read_sqs
from redrive.sqs_batch import SqsBatch
from redrive.sqs_message import SqsMessage, highest_receive_count, records_of
from redrive.written_settings import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias, TypeVar, overload

    from redrive.backoff import Backoff
    from redrive.classification import Classify
    from redrive.idempotency import Idempotency
    from redrive.idempotency_batch import GuardedBatch
    from redrive.sqs_failure import OnFailure
    from redrive.sqs_response import BatchResponse

    T = TypeVar("T")

    #: Called with the message, and with the Lambda context if it has a second parameter. What it returns is ignored.
    MessageFunction: TypeAlias = Callable[[SqsMessage[T]], object] | Callable[[SqsMessage[T], Any], object]


class SqsHandler:
    """A Lambda handler for SQS. Made by `sqs_handler`, which documents the arguments.

    Attributes:
        function: The user's function, for tests that call it with a message.
    """

    def __init__(
        self,
        function: MessageFunction[Any],
        *,
        parse: Callable[[str], object] | None = None,
        backoff: Backoff | None = None,
        classify: Classify | None = None,
        concurrency: int = 1,
        deadline_margin: float | None = None,
        idempotency: Idempotency | None = None,
        on_failure: OnFailure | None = None,
        settings: SqsSettings | None = None,
    ) -> None:
        check_options(
            function,
            concurrency=concurrency,
            deadline_margin=deadline_margin,
            callbacks={"parse": parse, "classify": classify, "on_failure": on_failure},
            records="messages",
            outcome="every message would be deleted unprocessed",
        )
        self.function: Callable[..., Any] = function
        self._parse = parse
        self._classify = classify
        self._concurrency = concurrency
        self._margin = deadline_margin
        self._claims = claims_for(idempotency, function)
        self._on_failure = on_failure
        self._backoff = SqsSettings(backoff=backoff)
        self._settings = self._backoff.over(settings or SqsSettings())
        self._has_settings = self._settings != SqsSettings()
        self._is_async = is_async(function)
        self._takes_context = takes_context(function)
        self._loop = EventLoop()
        self.__wrapped__ = function
        self.__doc__ = function.__doc__

    def __call__(self, event: Mapping[str, Any], context: Any = None) -> BatchResponse:
        """Handle one batch.

        Args:
            event: Lambda's SQS event.
            context: Lambda's context.

        Returns:
            The messages to be received again.

        Raises:
            InvalidEvent: It is no SQS event, or has a record without an id. Nothing is deleted then.
        """
        records = records_of(event)
        if not records:
            return {"batchItemFailures": []}
        source_arn: str = records[0].get("eventSourceARN") or ""  # one mapping, so one queue for the whole batch
        with Meter(context, source_arn) as meter:
            return self._handle(records, source_arn, context, meter)

    def _handle(self, records: list[Mapping[str, Any]], source_arn: str, context: Any, meter: Meter) -> BatchResponse:
        batch = SqsBatch(
            records,
            source_arn=source_arn,
            settings=self._settings_of(source_arn),
            context=context,
            margin=self._margin,
        )
        lanes = batch.lanes(self._concurrency)
        call = self._call_with(context)
        guarded: GuardedBatch | None = None
        if self._claims is not None:
            from redrive.idempotency_sources import SQS_KEYS, guarded_batch

            guarded = guarded_batch(self._claims, batch.messages, SQS_KEYS, batch.deadline, context)
            if guarded is not None:
                call = guarded.around(call, is_async=self._is_async, wait=self._loop.run)

        def failed(message: SqsMessage[Any], error: BaseException) -> None:
            from redrive.sqs_settle import settle

            settle(batch, message, error, self._classify, self._on_failure)

        if self._is_async:
            self._loop.run(run_async(lanes, call, failed, self._concurrency))
        else:
            run(lanes, call, failed, self._concurrency, self._loop.run)
        if guarded is not None:
            for message, error in guarded.close():
                failed(message, error)
        batch.defer_rest()
        receive_count = highest_receive_count(records)
        if not batch.returned and not batch.set_aside and not batch.dead_lettered:
            if receive_count > 1:
                meter.value(MetricName.RECEIVE_COUNT, receive_count)
            return {"batchItemFailures": []}
        from redrive.sqs_settle import close

        meter.value(MetricName.RECEIVE_COUNT, receive_count)
        return {"batchItemFailures": [{"itemIdentifier": each} for each in close(batch, self._on_failure)]}

    def _settings_of(self, source_arn: str) -> SqsSettings:
        given = self._settings if self._settings.source_arn in (None, source_arn) else self._backoff
        found = written(read_sqs, source_arn)
        if found is None:  # a permanent failure is retried until SQS moves it: slower, and nothing is lost
            return given
        return given.over(found) if self._has_settings else found

    def _call_with(self, context: Any) -> Callable[[SqsMessage[Any]], Any]:
        function, parse = self.function, self._parse
        if self._takes_context:
            return lambda message: function(
                message if parse is None else parsed(message, message.body, parse, "body"), context
            )
        if parse is not None:
            return lambda message: function(parsed(message, message.body, parse, "body"))
        return function


if TYPE_CHECKING:

    @overload
    def sqs_handler(function: MessageFunction[str], /) -> SqsHandler: ...
    @overload
    def sqs_handler(
        *,
        parse: Callable[[str], T],
        backoff: Backoff | None = None,
        classify: Classify | None = None,
        concurrency: int = 1,
        deadline_margin: float | None = None,
        idempotency: Idempotency | None = None,
        on_failure: OnFailure | None = None,
        settings: SqsSettings | None = None,
    ) -> Callable[[MessageFunction[T]], SqsHandler]: ...
    @overload
    def sqs_handler(
        *,
        parse: None = None,
        backoff: Backoff | None = None,
        classify: Classify | None = None,
        concurrency: int = 1,
        deadline_margin: float | None = None,
        idempotency: Idempotency | None = None,
        on_failure: OnFailure | None = None,
        settings: SqsSettings | None = None,
    ) -> Callable[[MessageFunction[str]], SqsHandler]: ...


def sqs_handler(
    function: MessageFunction[Any] | None = None, /, **options: Any
) -> SqsHandler | Callable[[MessageFunction[Any]], SqsHandler]:
    """Make a function that handles one message into a Lambda handler for batches of them.

    The function is called once a message, with an `SqsMessage`, and with the Lambda context if it has a second
    parameter without a default. It may be `async def`. A message is done when the function returns. When it raises

    - `Permanent(reason)`: the message is sent to the dead-letter queue at once, with the reason as attributes;
    - `Retry(after=seconds)`: it is received again after that time;
    - anything else: it is received again after a time that grows with its receive count.

    In a FIFO queue the rest of the failed message's group is returned with it, unprocessed and in order. At its last
    receive the failed message goes to the dead-letter queue instead, and the group goes on: otherwise those behind it
    would follow it there untried. No message is started when the invocation's time is nearly up; those are returned and
    visible again at once. That spends one of their receives, so batches must be small enough for the timeout.

    The mapping must have `ReportBatchItemFailures` on, as the `SqsConsumer` construct sets it. See
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.

    Args:
        function: The function, when the decorator stands without arguments.
        **options: Any of these:

            - parse: Makes `message.parsed` of the body, for instance `Order.model_validate_json`. What does not parse
              is a permanent failure of that message. Default: `message.parsed` is the body.
            - backoff: The waits between receives. Default: what the construct was given, else `Backoff()`. Throttling
              and transient AWS errors wait twice as long.
            - classify: Tells what kind of failure an error is, `Permanent` and `Retry` excepted. Default: `classify`.
            - concurrency: How many messages run at a time, in threads or, for `async def`, in tasks. The messages of
              one FIFO group still run one after the other. Default: 1.
            - deadline_margin: Seconds of the invocation that must be left for a message to be started. Default: a tenth
              of the invocation's time (0.5 to 10 s) and as long as the slowest message has taken.
            - idempotency: Keeps messages from being handled twice: those of a batch are claimed together before they
              run, and what was done is recorded before the batch is answered. Messages are told apart by their body
              (in a FIFO queue by their deduplication id) and message group, unless it says otherwise: two messages of a
              group that say the same count as one. Default: a message that is delivered twice is handled twice.
            - on_failure: Called with an `SqsFailure` for each message that failed, for telemetry. It and the log leave
              out permanent failures for which there is no time left; the batch's log line counts those.
            - settings: What the construct would have told the function, and what is to differ from it.

    Returns:
        The handler, or a decorator where options are given.

    Raises:
        ValueError: An option is outside of its range.
        TypeError: The function is a generator function, or `parse`, `classify` or `on_failure` an `async def` one, so
            that calling it does nothing.
    """
    if function is not None:
        return SqsHandler(function, **options)

    def decorate(function: MessageFunction[Any]) -> SqsHandler:
        return SqsHandler(function, **options)

    return decorate
