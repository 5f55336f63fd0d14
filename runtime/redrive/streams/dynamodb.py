"""Provides `@dynamodb_stream_handler`, which calls a function once for each `DynamoDBStreamRecord` of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from redrive.aws.attribute_values import plain_item, stored_item
from redrive.core.callables import make_handler
from redrive.handlers.record import ToParse, Unparsed, made
from redrive.streams import StreamRecord, StreamSource
from redrive.streams.handler import StreamHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Literal, TypeAlias, TypeVar, Unpack, overload

    from redrive.streams.options import OrderOptions, StreamOptions, WindowEnd
    from redrive.streams.window import TumblingWindow

    T_co = TypeVar("T_co", covariant=True)
    EventName = Literal["INSERT", "MODIFY", "REMOVE"]

_SEQUENCE_NUMBER = "SequenceNumber"
_ARRIVED_AT = "ApproximateCreationDateTime"


class DynamoDBStreamRecord(StreamRecord["T_co"]):
    """One change of an item, as Lambda delivers it from a DynamoDB stream; immutable.

    Each access converts keys and images again, so store a value in a variable if you use it more than once.

    Tests can make a record by hand: `DynamoDBStreamRecord("INSERT", {"id": 7}, new_image={"id": 7, "lines": []})`.

    Args:
        event_name: The kind of change: `"INSERT"`, `"MODIFY"` or `"REMOVE"`.
        keys: The item's primary key, as plain values.
        new_image: The item after the change, as plain values. Default: `None`.
        old_image: The item before the change, as plain values. Default: `None`.
        sequence_number: The sequence number. Default: `"1"`.
        event_id: The event's ID. Default: `"1"`.
        arrived_at: The time of the change. Default: `None`, unknown.
        source_arn: The stream's ARN. Default: empty.
        user_identity: The identity that made the change. Default: `None`.
        parsed: The value that the handler's `parse` would return. Default: `None`.

    Raises:
        TypeError: A value has a type that DynamoDB does not support.
    """

    __slots__ = ()
    _SEQUENCE_NUMBER = _SEQUENCE_NUMBER
    _ARRIVED_AT = _ARRIVED_AT

    def __new__(
        cls,
        event_name: EventName,
        keys: Mapping[str, Any],
        *,
        new_image: Mapping[str, Any] | None = None,
        old_image: Mapping[str, Any] | None = None,
        sequence_number: str = "1",
        event_id: str = "1",
        arrived_at: datetime | None = None,
        source_arn: str = "",
        user_identity: Mapping[str, str] | None = None,
        parsed: Any = Unparsed,
    ) -> DynamoDBStreamRecord[T_co]:
        """Make a record by hand; see the class."""
        dynamodb: dict[str, Any] = {"Keys": stored_item(keys), _SEQUENCE_NUMBER: sequence_number}
        for name, image in {"NewImage": new_image, "OldImage": old_image}.items():
            if image is not None:
                dynamodb[name] = stored_item(image)
        if arrived_at is not None:
            dynamodb[_ARRIVED_AT] = arrived_at.timestamp()
        record = {
            "eventID": event_id,
            "eventName": event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "dynamodb": dynamodb,
            "eventSourceARN": source_arn,
        }
        if user_identity is not None:
            record["userIdentity"] = dict(user_identity)
        return made(cls, (record, dynamodb, parsed))

    def __repr__(self) -> str:
        return (
            f"DynamoDBStreamRecord({self.event_name!r}, keys={self.keys!r}, sequence_number={self.sequence_number!r})"
        )

    @property
    def event_name(self) -> EventName:
        """The kind of change: `"INSERT"`, `"MODIFY"` or `"REMOVE"`."""
        return self[0]["eventName"]

    @property
    def keys(self) -> dict[str, Any]:
        """The item's primary key, as plain values."""
        return plain_item(self[1].get("Keys") or {})

    @property
    def new_image(self) -> dict[str, Any] | None:
        """The item after the change; `None` if it was removed, or if the stream's view type excludes new images."""
        return self._image("NewImage")

    @property
    def old_image(self) -> dict[str, Any] | None:
        """The item before the change; `None` if it is new, or if the stream's view type excludes old images."""
        return self._image("OldImage")

    @property
    def parsed(self) -> T_co:
        """The value that the handler's `parse` returned for the record; `None` if the handler has no `parse`."""
        parsed: Any = self[2]
        if type(parsed) is ToParse:
            return parsed.value()
        return None if parsed is Unparsed else parsed  # pyright: ignore[reportReturnType]

    @property
    def user_identity(self) -> Mapping[str, str] | None:
        """The identity that made the change, if it was not a user of the table; else `None`.

        It is `{"type": "Service", "principalId": "dynamodb.amazonaws.com"}` for an item that Time to Live deleted:
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
        """
        return self[0].get("userIdentity")

    def _image(self, name: str) -> dict[str, Any] | None:
        image = self[1].get(name)
        return None if image is None else plain_item(image)


def _key(record: DynamoDBStreamRecord[Any]) -> str:
    keys: Mapping[str, Mapping[str, str]] = record[1].get("Keys") or {}
    return repr(sorted(keys.items()))


def _record(record: DynamoDBStreamRecord[Any]) -> DynamoDBStreamRecord[Any]:
    return record


def _change(record: DynamoDBStreamRecord[Any]) -> object:
    return {
        "event_name": record.event_name,
        "keys": record.keys,
        "new_image": record.new_image,
        "old_image": record.old_image,
    }


DYNAMODB = StreamSource(
    name="DynamoDB stream",
    event_source="aws:dynamodb",
    helper="@dynamodb_stream_handler",
    id_path=("dynamodb", _SEQUENCE_NUMBER),
    record=DynamoDBStreamRecord,
    key=_key,
    key_order="item_key",
    content=_record,
    content_name="record",
    payload=_change,
    payload_name="keys and images",
)


if TYPE_CHECKING:
    T = TypeVar("T")
    Order = Literal["shard", "item_key"]

    #: Called with the record, and with the Lambda context if it has a second parameter without a default. The result
    #: is not used, but must not be lazy, unfinished or a failure.
    RecordFunction: TypeAlias = (
        Callable[[DynamoDBStreamRecord[T]], object] | Callable[[DynamoDBStreamRecord[T], Any], object]
    )
    #: Called with the record and its window, and with the Lambda context if it has a third parameter without a default.
    WindowFunction: TypeAlias = (
        Callable[[DynamoDBStreamRecord[T], TumblingWindow], object]
        | Callable[[DynamoDBStreamRecord[T], TumblingWindow, Any], object]
    )


class DynamoDBStreamHandler(StreamHandler):
    """A Lambda handler for DynamoDB streams.

    The decorator `dynamodb_stream_handler` makes it and documents the arguments.

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
    """Turn a function for one change of an item into a Lambda handler for batches of a DynamoDB stream.

    The handler calls the function once for each record, with a `DynamoDBStreamRecord`. It also passes the Lambda
    context if the function has a second parameter without a default. The function may be `async def`. A record is
    processed when the function returns and its result is neither lazy, unfinished nor a failure. When it raises:

    - `Permanent(reason)`, or an error that `classify` calls permanent: the record is set aside at once, in full and
      with the reason, in the SQS queue or the S3 bucket of the settings. The records behind it still run. If the write
      fails, or neither queue nor bucket is known, the record is retried.
    - Any other error: the record and the records behind it in order are retried, on Lambda's own schedule, as often as
      the mapping's retries and record age allow. After that Lambda gives them up, to the mapping's on-failure
      destination. This includes `Retry`, whose `after` has no effect here.

    The response names at most one record, the checkpoint: the earliest record that is not done. Lambda delivers the
    batch again from the checkpoint on. When the invocation's time is nearly up, the remaining records are deferred:
    they are not started, and the first of them is the checkpoint unless an earlier record failed.

    The mapping needs `ReportBatchItemFailures`, which the `DynamoDBStreamConsumer` construct sets. See
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html.

    Args:
        function: The function, if the decorator is used without arguments.
        **options: Any of these:

            - parse: Converts the record to `record.parsed`, for instance
              `lambda record: Order(**record.new_image or {})`. An error in `parse` is a permanent
              failure of that record, unless it is not the data's fault (`OSError`, `MemoryError`, `ImportError`,
              `NameError`, `RuntimeError`, an error of boto3 or of another client of a service or database, also behind
              another error).
              Default: `record.parsed` is `None`.
            - classify: Returns the failure class of an error; not called for `Permanent` and `Retry`. Default:
              `redrive.classify`.
            - ordered_by: `"shard"`: no record is started behind a failed one. `"item_key"`: no record of the same item
              as a failed one is started behind it; other items continue. Records that succeed behind the checkpoint are
              delivered again with it. They run again unless `succeeded` remembers them. Default: `"shard"`.
            - concurrency: The number of items that run at the same time, with `ordered_by="item_key"`. They run in
              threads, or in tasks for `async def`. Default: 1.
            - succeeded: A `SucceededRecords` store, which remembers the records that succeeded behind a failure. It
              needs `ordered_by="item_key"`. Default: `None`; these records run again at the next delivery.
            - idempotency: Keeps records from being processed twice. The handler claims the records of a batch together
              before they run, and records their completion before it responds. The default key is the record's position
              in the shard, unless `idempotency` defines another one. Records that share a position need a `key` in
              `idempotency`. Not allowed with `window_end` or `succeeded`. Default: `None`; a record that is delivered
              twice is processed twice.
            - deadline_margin: The time that must be left in the invocation to start another record, in seconds; the
              first record always starts. Default: a tenth of the invocation's time (0.5 to 10 s) plus the time that the
              slowest record took.
            - on_failure: Called with a `StreamRecordFailure` for each failed record, for telemetry. Default: `None`.
            - describe: Returns the text of an error that reaches logs, the records set aside and the table of
              idempotency, at most 1 KB, because the error's own text may quote the record. Default: `redrive.describe`,
              which is `str`.
            - settings: A `StreamSettings` with the settings that a construct would have configured. Its values override
              those of the construct. Default: the construct's settings.
            - window_end: Called with the `TumblingWindow` when a tumbling window ends, also if the window ends without
              records or Lambda ends it early. It also receives the Lambda context if it has a second parameter without
              a default. With this option, the function is called with the record and the window, and with the context
              if it has a third parameter without a default. It may change `window.state`. The change is kept once the
              function has returned. With a checkpoint, the response contains the state as of the records before it.
              Default: `None`; the mapping must have no tumbling window.

    Returns:
        The handler, or a decorator if options are given. It is a function of an event and Lambda's context.

    Raises:
        ValueError: An option is out of range or conflicts with another option, or idempotency gives another function
            the same keys.
        TypeError: The function or `window_end` is a generator function. Or `parse`, `classify`, `on_failure` or a
            method of `succeeded` is `async def`. Calling any of these would do nothing. Also raised if the function or
            `window_end` does not accept its arguments, or an option has the wrong type.
    """
    return make_handler(DynamoDBStreamHandler, function, options)
