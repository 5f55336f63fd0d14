"""`@dynamodb_stream_handler`: a function called once a record, as the handler of a DynamoDB stream's batches."""

from __future__ import annotations

from collections.abc import Callable

from redrive.dynamodb_stream_record import DYNAMODB
from redrive.stream_handler import StreamHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias, TypeVar, Unpack, overload

    from redrive.dynamodb_stream_record import DynamoDBStreamRecord
    from redrive.stream_options import OrderOptions, StreamOptions, WindowEnd
    from redrive.stream_window import TumblingWindow

    T = TypeVar("T")
    Order = Literal["shard", "item_key"]

    #: Called with the record, and with the Lambda context if it has a second parameter. What it returns is ignored.
    RecordFunction: TypeAlias = (
        Callable[[DynamoDBStreamRecord[T]], object] | Callable[[DynamoDBStreamRecord[T], Any], object]
    )
    #: Called with the record and its window, and with the Lambda context if it has a third parameter.
    WindowFunction: TypeAlias = (
        Callable[[DynamoDBStreamRecord[T], TumblingWindow], object]
        | Callable[[DynamoDBStreamRecord[T], TumblingWindow, Any], object]
    )


class DynamoDBStreamHandler(StreamHandler):
    """A Lambda handler for DynamoDB streams. Made by `dynamodb_stream_handler`, which documents the arguments.

    Attributes:
        function: The user's function, for tests that call it with a record.
    """

    SOURCE = DYNAMODB


if TYPE_CHECKING:

    @overload
    def dynamodb_stream_handler(function: RecordFunction[None], /) -> DynamoDBStreamHandler: ...
    @overload
    def dynamodb_stream_handler(
        *, parse: Callable[[DynamoDBStreamRecord[Any]], T], ordered_by: Order = "shard", **options: Unpack[OrderOptions]
    ) -> Callable[[RecordFunction[T]], DynamoDBStreamHandler]: ...
    @overload
    def dynamodb_stream_handler(
        *, parse: None = None, ordered_by: Order = "shard", **options: Unpack[OrderOptions]
    ) -> Callable[[RecordFunction[None]], DynamoDBStreamHandler]: ...
    @overload
    def dynamodb_stream_handler(
        *, window_end: WindowEnd, parse: Callable[[DynamoDBStreamRecord[Any]], T], **options: Unpack[StreamOptions]
    ) -> Callable[[WindowFunction[T]], DynamoDBStreamHandler]: ...
    @overload
    def dynamodb_stream_handler(
        *, window_end: WindowEnd, parse: None = None, **options: Unpack[StreamOptions]
    ) -> Callable[[WindowFunction[None]], DynamoDBStreamHandler]: ...


def dynamodb_stream_handler(
    function: RecordFunction[Any] | None = None, /, **options: Any
) -> DynamoDBStreamHandler | Callable[[Callable[..., object]], DynamoDBStreamHandler]:
    """Make a function that handles one change of an item into a Lambda handler for a table's stream.

    The function is called once a record, with a `DynamoDBStreamRecord`, and with the Lambda context if it has a second
    parameter without a default. It may be `async def`. A record is done when the function returns. When it raises

    - `Permanent(reason)`: the record is set aside at once, in full and with the reason, to the SQS queue or the S3
      bucket of the settings, and those behind it go on. Where that fails, or neither is known, it is retried;
    - anything else, `Retry` included, whose `after` means nothing here: the record and what stands behind it in order
      are delivered again, on Lambda's own schedule, as often as the mapping's retries and record age allow. After that
      they go to the mapping's on-failure destination.

    The answer names one record, the checkpoint: the earliest that is not done. From it on Lambda delivers the batch
    again. No record is started when the invocation's time is nearly up; the first not started is the checkpoint then.

    The mapping must have `ReportBatchItemFailures` on, as the `DynamoDBStreamConsumer` construct sets it. See
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html.

    Args:
        function: The function, when the decorator stands without arguments.
        **options: Any of these:

            - parse: Makes `record.parsed` of the record, for instance `lambda record: Order(**record.new_image or {})`.
              What does not parse is a permanent failure of that record. Default: `record.parsed` is `None`.
            - classify: Tells what kind of failure an error is, `Permanent` and `Retry` excepted. Default: `classify`.
            - ordered_by: `"shard"`: nothing behind a failed record is started. `"item_key"`: nothing of the same item
              is; other items go on. What succeeds behind the checkpoint is delivered again with it, and runs again
              unless `succeeded` remembers it. Default: `"shard"`.
            - concurrency: With `ordered_by="item_key"`, how many items run at a time, in threads or, for `async def`,
              in tasks. Default: 1.
            - succeeded: Remembers what has succeeded behind a failure, with `ordered_by="item_key"`; see
              `SucceededRecords`. Default: nothing does, and it runs again at the next delivery.
            - idempotency: Keeps records from being handled twice: those of a batch are claimed together before they
              run, and what was done is recorded before the batch is answered. Records are told apart by their place in
              the shard, unless it says otherwise; those that share one, as parts of an aggregate do, need a `key` of
              their own. Not with `window_end` or `succeeded`. Default: what is delivered twice is handled twice.
            - deadline_margin: Seconds of the invocation that must be left for a record to be started. Default: a tenth
              of the invocation's time (0.5 to 10 s) and as long as the slowest record has taken.
            - on_failure: Called with a `StreamRecordFailure` for each record that failed, for telemetry.
            - settings: What the construct would have told the function, and what is to differ from it.
            - window_end: For a mapping with a tumbling window: called with the `TumblingWindow` when it ends, also
              where it ends without records or Lambda ends it early; with the Lambda context if it has a second
              parameter. The function is then called with the record and the window, changes `window.state`, and may
              have the context as a third parameter. Each record's change of the state is kept once its function has
              returned; a checkpoint is answered with the state of the records before it.

    Returns:
        The handler, or a decorator where options are given.

    Raises:
        ValueError: An option is outside of its range, or does not go with another.
        TypeError: The function is a generator function or `parse`, `classify`, `on_failure` or `succeeded` an
            `async def` one, so that calling it does nothing; or it does not take the arguments it is called with.
    """
    if function is not None:
        return DynamoDBStreamHandler(function, **options)

    def decorate(function: Callable[..., object]) -> DynamoDBStreamHandler:
        return DynamoDBStreamHandler(function, **options)

    return decorate
