"""Turns a function for one SQS message into a Lambda handler for whole batches (`@sqs_handler`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from redrive.core.callables import make_handler, takes_context
from redrive.core.frozen import check_type
from redrive.handlers.batch import BatchHandler, check_options, guarded, run_batch
from redrive.handlers.record import parsed
from redrive.metrics import Meter
from redrive.settings.base import check_settings, written
from redrive.settings.sqs import SqsSettings, read_sqs
from redrive.sqs.batch import SqsBatch
from redrive.sqs.message import SqsMessage, records_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias, TypeVar, overload

    from redrive.failures.backoff import Backoff
    from redrive.failures.classification import Classify
    from redrive.handlers.responses import BatchResponse
    from redrive.idempotency.batch import GuardedBatch
    from redrive.idempotency.claims import Claims
    from redrive.idempotency.options import Idempotency
    from redrive.sqs.failures import OnFailure

    T = TypeVar("T")

    #: Takes the message and, as a second parameter if it has one, the Lambda context. The result is not used, but must
    #: not be lazy, unfinished or a failure.
    MessageFunction: TypeAlias = Callable[[SqsMessage[T]], object] | Callable[[SqsMessage[T], Any], object]


class SqsHandler(BatchHandler):
    """A Lambda handler for SQS batches. `sqs_handler` makes it and documents its arguments.

    Attributes:
        function: The decorated function. Tests can call it with a message.
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
        describe: Callable[[BaseException], str] | None = None,
        settings: SqsSettings | None = None,
    ) -> None:
        check_options(
            function,
            concurrency=concurrency,
            deadline_margin=deadline_margin,
            callbacks={"parse": parse, "classify": classify, "on_failure": on_failure, "describe": describe},
            decorator="sqs_handler",
            records="messages",
            outcome="every message would be deleted unprocessed",
        )
        if backoff is not None:
            from redrive.failures.backoff import Backoff  # whoever gives one has loaded it

            check_type("backoff", backoff, Backoff, "a Backoff(…)")
        check_settings(settings, SqsSettings)
        if settings is not None and settings.dead_letter_queue_url is not None:
            _check_dead_letter_queue(settings, settings.dead_letter_queue_url)
        super().__init__(
            function,
            parse=parse,
            classify=classify,
            concurrency=concurrency,
            deadline_margin=deadline_margin,
            describe=describe,
            has_settings=settings is not None,
        )
        self._claims: Claims | None = None
        if idempotency is not None:
            from redrive.idempotency.claims import claims_for  # only a function with idempotency pays for it

            self._claims = claims_for(idempotency, function)
        self._on_failure = on_failure
        self._backoff = SqsSettings(backoff=backoff)
        self._settings = self._backoff.over(settings or SqsSettings())
        self._has_settings = self._settings != SqsSettings()
        self._takes_context = takes_context(function)

    def __call__(self, event: Mapping[str, Any], context: Any = None) -> BatchResponse:
        """Process one batch.

        Args:
            event: Lambda's SQS event.
            context: Lambda's context.

        Returns:
            A partial batch response with the messages to be received again.

        Raises:
            InvalidEvent: The event is not an SQS event, or a record has no message id. Nothing is deleted then.
        """
        records = records_of(event)
        if not records:
            return {"batchItemFailures": []}
        source_arn: str = records[0].get("eventSourceARN") or ""  # a mapping reads one queue only
        with Meter(context, source_arn) as meter:
            meter.describe = self._describe
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
        guard: GuardedBatch | None = None
        if self._claims is not None:
            from redrive.idempotency.batch import guarded_batch
            from redrive.sqs.keys import sqs_keys

            guard = guarded_batch(self._claims, batch.messages, sqs_keys(self._parse), batch.deadline, context)

        def failed(message: SqsMessage[Any], error: BaseException) -> None:
            def handle() -> None:
                from redrive.sqs.failures import handle_failure

                handle_failure(batch, message, error, self._classify, self._on_failure)

            guarded(handle, lambda: batch.retry(message))

        run_batch(
            lanes,
            self._call_with(context),
            failed,
            workers=self._concurrency,
            is_async=self._is_async,
            completion=self._completion,
            guard=guard,
        )
        batch.defer_rest()
        receive_count = batch.receive_count
        if not batch.returned and not batch.dead_letters and not batch.dead_lettered:
            if receive_count > 1:
                _record(receive_count, meter)
            return {"batchItemFailures": []}

        def finish() -> list[str]:
            from redrive.sqs.failures import finish

            return finish(batch, self._on_failure, self._named)

        _record(receive_count, meter)
        return {"batchItemFailures": [{"itemIdentifier": each} for each in guarded(finish, batch.not_done)]}

    def _settings_of(self, source_arn: str) -> SqsSettings:
        given = self._settings if self._settings.source_arn in (None, source_arn) else self._backoff
        found = written(read_sqs, source_arn)
        # Without settings, permanent failures are retried until SQS dead-letters them: slower, but nothing is lost.
        if found is None:
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


def _record(receive_count: int, meter: Meter) -> None:
    from redrive.settings.metrics import MetricName  # a batch of messages at their first receive records nothing

    meter.value(MetricName.RECEIVE_COUNT, receive_count)


def _check_dead_letter_queue(settings: SqsSettings, url: str) -> None:
    from redrive.sqs.calls import is_queue

    if url == settings.queue_url or is_queue(url, settings.source_arn or ""):
        raise ValueError(
            f"dead_letter_queue_url={url!r} is the source queue: what fails permanently would come back as a new "
            "message without end; give another queue, or leave it out to have it retried"
        )


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
        describe: Callable[[BaseException], str] | None = None,
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
        describe: Callable[[BaseException], str] | None = None,
        settings: SqsSettings | None = None,
    ) -> Callable[[MessageFunction[str]], SqsHandler]: ...


def sqs_handler(
    function: MessageFunction[Any] | None = None, /, **options: Any
) -> SqsHandler | Callable[[MessageFunction[Any]], SqsHandler]:
    """Turn a function that processes one message into a Lambda handler for batches.

    The function is called once per message, with an `SqsMessage`, and with the Lambda context if it has a second
    parameter without a default. It may be `async def`. A message is processed when the function returns, nothing is
    left to await, and the result is neither lazy (a generator), unfinished (a future) nor a failure (`return
    Permanent(…)`); such a result fails the message. When the function raises

    - `Permanent(reason)`: the message is dead-lettered at once, with the reason in its message attributes;
    - `Retry(after=seconds)`: the message is received again after that time;
    - anything else: the message is received again after a time that grows with its receive count.

    In a FIFO queue, the later messages of the same group are returned with a failed message, unprocessed and in order.
    A message that fails at its last receive is dead-lettered by the helper instead, and its group continues. Otherwise
    SQS would later move the waiting messages to the dead-letter queue although they were never tried.

    A batch starts with the messages that were received most often. No message is started when the invocation's time is
    nearly up. The remaining messages are deferred: they are received again after a second, and after twice as long each
    further time, or as after a failure if `backoff` is set and says more. A message of a standard queue that is
    deferred at its last receive is sent back to its queue as a new message, with its identity as an attribute; one of a
    FIFO queue is dead-lettered with the reason. This needs `max_receive_count` in the settings.

    The event source mapping must have `ReportBatchItemFailures` on. The `SqsConsumer` construct sets it. See
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.

    Args:
        function: The function, when the decorator is used without arguments.
        **options: Any of these:

            - parse: Makes `message.parsed` from the body, for instance `Order.model_validate_json`. A body that does
              not parse is a permanent failure of that message. A parser that fails for another reason than the data
              (`OSError`, `MemoryError`, `ImportError`, `NameError`, `RuntimeError`, an error of boto3 or of
              another client of a service or database, also behind another error) has the message retried. Default:
              `message.parsed` is the body.
            - backoff: The waits between receives. Default: the one configured in the construct, else
              `Backoff(base=5, cap=900, jitter="equal")`. After throttling and transient AWS errors the waits are twice
              as long, up to the same `cap`.
            - classify: Returns the kind of failure of an error, except for `Permanent` and `Retry`. Default:
              `classify`.
            - concurrency: The number of messages that run at a time, in threads or, for `async def`, in tasks. The
              messages of one FIFO group still run one after the other. Default: 1.
            - deadline_margin: Seconds of the invocation that must be left to start another message; the first message
              always starts. Default: a tenth of the invocation's time (0.5 to 10 s) plus the time that the slowest
              message has taken.
            - idempotency: An `Idempotency` that keeps messages from being processed twice. The messages of a batch are
              claimed together before they run, and their completion is recorded before the batch is answered. Unless
              the `Idempotency` says otherwise, a message is identified by its message group and its body (in a FIFO
              queue: its deduplication id), so two equal messages of one group count as one. Default: a message that is
              delivered twice is processed twice.
            - on_failure: Called with an `SqsFailure` for each message that failed, for telemetry. When no time is left,
              messages for the dead-letter queue are neither passed to it nor logged one by one; the batch's log line
              counts them.
            - describe: Returns the text of an error that reaches logs, message attributes and the table of idempotency,
              at most 1 KB, because the error's own text may quote the message. Default: `redrive.describe`, which is
              `str`.
            - settings: Settings in code. They take precedence over those that a construct wrote.

    Returns:
        The handler, or a decorator if options are given. It is a function of an event and Lambda's context, with the
        attribute `function` of an `SqsHandler`.

    Raises:
        ValueError: An option is outside of its range, the dead-letter queue of the settings is the source queue, or
            idempotency gives another function the same keys.
        TypeError: The function is a generator function, or `parse`, `classify` or `on_failure` is `async def`: calling
            these would do nothing. Or one of them does not take its arguments, the function is a method that is not
            bound, or an option has the wrong type.
    """
    return make_handler(SqsHandler, function, options)
