"""Runs a batch of stream records in order: the shared base of the Kinesis and DynamoDB stream handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from redrive.core.callables import check_not_async, is_generator, needed_arguments, takes_arguments
from redrive.core.invocation import Deadline
from redrive.handlers import Completion
from redrive.handlers.batch import BatchHandler, check_options, guarded, run_batch
from redrive.handlers.record import parsed
from redrive.metrics import Meter
from redrive.streams import records_of
from redrive.streams.batch import StreamBatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from redrive.failures.classification import Classify
    from redrive.handlers.responses import StreamResponse
    from redrive.idempotency.batch import GuardedBatch
    from redrive.idempotency.claims import Claims
    from redrive.idempotency.options import Idempotency
    from redrive.settings.streams import StreamSettings
    from redrive.streams import StreamRecord, StreamSource
    from redrive.streams.failures import OnFailure
    from redrive.streams.succeeded import SucceededRecords
    from redrive.streams.window import TumblingWindow, WindowState

    Record = StreamRecord[Any]


class StreamHandler(BatchHandler):
    """A Lambda handler for a stream.

    The decorators `kinesis_handler` and `dynamodb_stream_handler` make one and document the arguments.

    Attributes:
        function: The user's function, for tests that call it with a record.
        SOURCE: The kind of stream that the handler reads.
    """

    SOURCE: ClassVar[StreamSource]

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        parse: Callable[[Any], object] | None = None,
        classify: Classify | None = None,
        ordered_by: str = "shard",
        concurrency: int = 1,
        deadline_margin: float | None = None,
        idempotency: Idempotency | None = None,
        on_failure: OnFailure | None = None,
        describe: Callable[[BaseException], str] | None = None,
        settings: StreamSettings | None = None,
        succeeded: SucceededRecords | None = None,
        window_end: Callable[..., object] | None = None,
    ) -> None:
        check_options(
            function,
            concurrency=concurrency,
            deadline_margin=deadline_margin,
            callbacks={
                "parse": parse,
                "classify": classify,
                "on_failure": on_failure,
                "describe": describe,
                "succeeded.recall": getattr(succeeded, "recall", None),
                "succeeded.remember": getattr(succeeded, "remember", None),
            },
            decorator=self.SOURCE.helper.removeprefix("@"),
            arguments=1 if window_end is None else 2,
            records="records",
            outcome="every record would pass for processed",
        )
        _check_order(self.SOURCE, ordered_by, concurrency, succeeded, window_end)
        _check_idempotency(idempotency, succeeded, window_end)
        if settings is not None:
            from redrive.settings.base import check_settings
            from redrive.settings.streams import StreamSettings

            check_settings(settings, StreamSettings)
        if window_end is not None:
            _check_window_end(window_end)
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
        self._by_key = ordered_by != "shard"
        self._settings = settings
        self._succeeded = succeeded
        self._window_end = window_end
        self._takes_context = needed_arguments(function) >= (2 if window_end is None else 3)

    def __call__(self, event: Mapping[str, Any], context: Any = None) -> StreamResponse:
        """Handle one batch.

        Args:
            event: Lambda's event.
            context: Lambda's context.

        Returns:
            The partial batch response. If not all of the batch is done, it contains the checkpoint: the record from
            which Lambda delivers the batch again. With a tumbling window, it also contains the window's state as of
            the records before the checkpoint.

        Raises:
            InvalidEvent: The event is of another kind, or a record has no sequence number. Also raised if the event
                has a tumbling window and the handler has no `window_end`, or the reverse. Nothing is checkpointed in
                these cases.
            BaseException: Any error that `window_end` raises. The window ends only after `window_end` returns.
        """
        with Meter(context) as meter:
            meter.describe = self._describe
            return self._handle(event, context, meter)

    def _handle(self, event: Mapping[str, Any], context: Any, meter: Meter) -> StreamResponse:
        if self._window_end is not None or (isinstance(event, Mapping) and "window" in event):  # pyright: ignore[reportUnnecessaryIsInstance]
            return self._in_window(event, context, meter)
        records = records_of(event, self.SOURCE)
        if not records:
            return {"batchItemFailures": []}
        meter.source = records[0].source_arn
        return {"batchItemFailures": self._run(records, context, self._call_with(context))}

    def _in_window(self, event: Mapping[str, Any], context: Any, meter: Meter) -> StreamResponse:
        from redrive.streams.window import WindowState, window_of

        end = self._window_end
        window = window_of(event, self.SOURCE.helper, is_expected=end is not None)
        state = WindowState(window)
        # The last batch of a window may have no records.
        records = records_of({**event, "Records": event.get("Records") or []}, self.SOURCE)
        failures: list[Any] = []
        meter.source = event.get("eventSourceARN") or ""
        if records:
            failures = self._run(records, context, self._call_in(window, state, context), window, state)
        if end is not None and not failures and (window.is_final or window.is_terminated_early):
            Completion(end).of(end(window, context) if needed_arguments(end) >= 2 else end(window))
        return {"batchItemFailures": failures, "state": state.answer()}

    def _run(
        self,
        records: list[Record],
        context: Any,
        call: Callable[[Record], Any],
        window: TumblingWindow | None = None,
        state: WindowState | None = None,
    ) -> list[Any]:
        """Run the records and return the checkpoint, if any, as a list with one batch item failure."""
        source_arn = records[0].source_arn  # the whole batch is from one mapping, so from one stream
        batch = StreamBatch(
            records,
            source=self.SOURCE,
            settings=lambda: self._settings_of(source_arn),
            context=context,
            deadline=Deadline(context, self._margin),
            shard_id=records[0].shard_id or ("" if window is None else window.shard_id),
        )
        if self._succeeded is not None:
            from redrive.streams.succeeded import recalled

            batch.done_before = recalled(self._succeeded, batch)

        lanes = batch.lanes(self._by_key, self._concurrency)
        guard: GuardedBatch | None = None
        if self._claims is not None:
            from redrive.idempotency.batch import guarded_batch
            from redrive.streams.keys import stream_keys

            guard = guarded_batch(self._claims, records, stream_keys(batch, self._parse), batch.deadline, context)

        def failed(record: Record, error: BaseException) -> None:
            if state is not None:
                state.restore()

            def handle() -> None:
                from redrive.streams.failures import handle_failure

                handle_failure(batch, record, error, self._classify, self._on_failure)

            guarded(handle, lambda: batch.retry(record))

        run_batch(
            lanes,
            call,
            failed,
            workers=self._concurrency,
            is_async=self._is_async,
            completion=self._completion,
            guard=guard,
        )
        not_started = batch.order.rest()
        if not not_started and not batch.failed and not batch.set_aside:
            return []

        def finish() -> str | None:
            from redrive.streams.failures import finish

            return finish(batch, not_started, self._succeeded, self._named)

        checkpoint = guarded(finish, lambda: batch.sequence_number_at(batch.checkpoint(not_started)))
        return [] if checkpoint is None else [{"itemIdentifier": checkpoint}]

    def _settings_of(self, source_arn: str) -> StreamSettings:
        from redrive.settings.streams import settings_for

        return settings_for(source_arn, self._settings)

    def _call_with(self, context: Any) -> Callable[[Record], Any]:
        function, parse = self.function, self._parse
        if parse is None:
            return (lambda record: function(record, context)) if self._takes_context else function
        content, name = self.SOURCE.content, self.SOURCE.content_name
        if self._takes_context:
            return lambda record: function(parsed(record, content(record), parse, name), context)
        return lambda record: function(parsed(record, content(record), parse, name))

    def _call_in(self, window: TumblingWindow, state: WindowState, context: Any) -> Callable[[Record], Any]:
        function, parse, completion = self.function, self._parse, self._completion
        content, name = self.SOURCE.content, self.SOURCE.content_name
        more = (context,) if self._takes_context else ()

        def given(record: Record) -> Record:
            return record if parse is None else parsed(record, content(record), parse, name)

        async def in_task(record: Record) -> None:
            await completion.awaited(function(given(record), window, *more))
            state.keep()

        def call(record: Record) -> None:
            completion.of(function(given(record), window, *more))
            state.keep()

        return in_task if self._is_async else call


def _check_order(
    source: StreamSource,
    ordered_by: str,
    concurrency: int,
    succeeded: SucceededRecords | None,
    window_end: Callable[..., object] | None,
) -> None:
    orders = ("shard", source.key_order)
    if ordered_by not in orders:
        raise ValueError(f"ordered_by={ordered_by!r}: give one of {', '.join(map(repr, orders))}")
    if ordered_by == "shard":
        if concurrency > 1:
            raise ValueError(
                f"concurrency={concurrency} with ordered_by='shard': the records of a shard run one after the other; "
                f"give ordered_by={source.key_order!r} if only those of one key must, or the mapping a "
                "ParallelizationFactor"
            )
        if succeeded is not None:
            raise ValueError(
                "succeeded= with ordered_by='shard': nothing behind a failure has run, so there is nothing to "
                f"remember; leave it out, or give ordered_by={source.key_order!r}"
            )
    elif window_end is not None:
        raise ValueError(
            f"window_end= with ordered_by={ordered_by!r}: the state of a tumbling window is one for the shard, as of "
            "the records before the checkpoint, so they run one after the other; leave ordered_by out"
        )
    for name in ("recall", "remember"):
        if succeeded is not None and not callable(getattr(succeeded, name, None)):
            raise TypeError(f"succeeded={succeeded!r} has no method {name}: see SucceededRecords for what it needs")
        if succeeded is not None:
            check_not_async(f"succeeded.{name}", getattr(succeeded, name))


def _check_idempotency(
    idempotency: Idempotency | None,
    succeeded: SucceededRecords | None,
    window_end: Callable[..., object] | None,
) -> None:
    if idempotency is None:
        return
    if succeeded is not None:
        raise ValueError(
            "succeeded= with idempotency=: idempotency remembers each record that has succeeded; leave succeeded out"
        )
    if window_end is not None:
        raise ValueError(
            "window_end= with idempotency=: a record that was done before would not be run again, and its part in the "
            "window's state would be missing; leave idempotency out, and have window_end make its result once"
        )


def _check_window_end(window_end: Callable[..., object]) -> None:
    if not callable(window_end):  # pyright: ignore[reportUnnecessaryComparison]
        raise TypeError(f"window_end={window_end!r} is not a function: give one that takes the window")
    if not takes_arguments(window_end, 1) and not takes_arguments(window_end, 2):
        raise TypeError(f"window_end={window_end!r} does not take the window: it is called with that")
    if is_generator(window_end):
        raise TypeError(f"window_end={window_end!r} is a generator function: calling it runs none of it")
