"""Provides `@kinesis_handler`, which calls a function once for each `KinesisRecord` of a batch of a data stream."""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable

from redrive.core.callables import make_handler
from redrive.handlers.record import ToParse, Unparsed, made, read_json
from redrive.streams import StreamRecord, StreamSource
from redrive.streams.handler import StreamHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Literal, TypeAlias, TypeVar, Unpack, overload

    from redrive.streams.options import OrderOptions, StreamOptions, WindowEnd
    from redrive.streams.window import TumblingWindow

    T_co = TypeVar("T_co", covariant=True)

_SEQUENCE_NUMBER = "sequenceNumber"
_ARRIVED_AT = "approximateArrivalTimestamp"


class KinesisRecord(StreamRecord["T_co"]):
    """One record of a Kinesis data stream, as Lambda delivers it; immutable.

    Tests can make a record by hand: `KinesisRecord(b'{"lines": []}', partition_key="customer-7")`.

    Args:
        data: The data, unparsed.
        partition_key: The partition key. Default: `"1"`.
        sequence_number: The sequence number. Default: `"1"`.
        arrived_at: The time at which the stream received the record. Default: `None`, unknown.
        shard_id: The shard's ID. Default: `"shardId-000000000000"`, the first shard.
        source_arn: The stream's ARN. Default: empty.
        parsed: The value that the handler's `parse` would return. Default: the data.
    """

    __slots__ = ()
    _SEQUENCE_NUMBER = _SEQUENCE_NUMBER
    _ARRIVED_AT = _ARRIVED_AT

    def __new__(
        cls,
        data: bytes,
        *,
        partition_key: str = "1",
        sequence_number: str = "1",
        arrived_at: datetime | None = None,
        shard_id: str = "shardId-000000000000",
        source_arn: str = "",
        parsed: Any = Unparsed,
    ) -> KinesisRecord[T_co]:
        """Make a record by hand; see the class."""
        from binascii import b2a_base64

        kinesis: dict[str, Any] = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            _SEQUENCE_NUMBER: sequence_number,
            "data": b2a_base64(data, newline=False).decode(),
        }
        if arrived_at is not None:
            kinesis[_ARRIVED_AT] = arrived_at.timestamp()
        record = {
            "kinesis": kinesis,
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{sequence_number}",
            "eventName": "aws:kinesis:record",
            "eventSourceARN": source_arn,
        }
        return made(cls, (record, kinesis, parsed))

    def __repr__(self) -> str:
        return (
            f"KinesisRecord(sequence_number={self.sequence_number!r}, partition_key={self.partition_key!r}, "
            f"data={self.data!r})"
        )

    @property
    def data(self) -> bytes:
        """The data, unparsed."""
        return a2b_base64(self[1].get("data") or "")

    @property
    def parsed(self) -> T_co:
        """The value that the handler's `parse` returned for the data; the data if the handler has no `parse`."""
        parsed: Any = self[2]
        if type(parsed) is ToParse:
            return parsed.value()
        return self.data if parsed is Unparsed else parsed  # pyright: ignore[reportReturnType]

    @property
    def partition_key(self) -> str:
        """The partition key, which the producer chose: records with the same key are in one shard, in order."""
        return self[1].get("partitionKey") or ""

    @property
    def shard_id(self) -> str:
        """The shard's ID, such as `shardId-000000000006`; empty if the event does not contain it."""
        shard, colon, _ = self.event_id.partition(":")
        return shard if colon else ""

    @property
    def is_aggregated(self) -> bool:
        """`True` if the data consists of several records that the Kinesis Producer Library sent as one.

        The handler treats them as one record, which fails or succeeds as a whole. Separate them in `parse`.
        https://docs.aws.amazon.com/streams/latest/dev/kinesis-kpl-consumer-deaggregation.html
        """
        return self.form == "KPL"

    @property
    def is_gzipped(self) -> bool:
        """`True` if the data is compressed with gzip, as CloudWatch Logs writes it. Decompress it in `parse`."""
        return self.form == "gzip"

    @property
    def form(self) -> str | None:
        """The format that the data begins with, if it is a known one that is not JSON.

        `"gzip"`, `"zlib"`, `"zstd"`, `"lz4"`, `"snappy"`, `"xz"` or `"bzip2"`, or `"KPL"` for an aggregate of the
        Kinesis Producer Library; `None` for any other.
        """
        from redrive.handlers.formats import form_of

        # The first characters of base64, with enough bytes: all of the data may be megabytes.
        return form_of(a2b_base64((self[1].get("data") or "")[:44]))

    def json(self) -> Any:
        """Parse the data as JSON.

        Returns:
            The JSON value.

        Raises:
            Permanent: The data is not JSON, which no retry can change; the reason names the format in `form`.
        """
        return read_json(self.data, "data")


def _key(record: KinesisRecord[Any]) -> str:
    return record.partition_key


def _data(record: KinesisRecord[Any]) -> bytes:
    return record.data


def _json(record: KinesisRecord[Any]) -> object:
    return record.json()


KINESIS = StreamSource(
    name="Kinesis",
    event_source="aws:kinesis",
    helper="@kinesis_handler",
    id_path=("kinesis", _SEQUENCE_NUMBER),
    record=KinesisRecord,
    key=_key,
    key_order="partition_key",
    content=_data,
    content_name="data",
    payload=_json,
    payload_name="data",
)


if TYPE_CHECKING:
    T = TypeVar("T")
    Order = Literal["shard", "partition_key"]

    #: Called with the record, and with the Lambda context if it has a second parameter without a default. The result
    #: is not used, but must not be lazy, unfinished or a failure.
    RecordFunction: TypeAlias = Callable[[KinesisRecord[T]], object] | Callable[[KinesisRecord[T], Any], object]
    #: Called with the record and its window, and with the Lambda context if it has a third parameter without a default.
    WindowFunction: TypeAlias = (
        Callable[[KinesisRecord[T], TumblingWindow], object] | Callable[[KinesisRecord[T], TumblingWindow, Any], object]
    )


class KinesisHandler(StreamHandler):
    """A Lambda handler for Kinesis data streams.

    The decorator `kinesis_handler` makes it and documents the arguments.

    Attributes:
        function: The user's function, for tests that call it with a record.
    """

    SOURCE = KINESIS


if TYPE_CHECKING:

    @overload
    def kinesis_handler(function: RecordFunction[bytes], /) -> KinesisHandler: ...
    @overload
    def kinesis_handler(
        *, parse: Callable[[bytes], T], ordered_by: Order = "shard", **options: Unpack[OrderOptions]
    ) -> Callable[[RecordFunction[T]], KinesisHandler]: ...
    @overload
    def kinesis_handler(
        *, parse: None = None, ordered_by: Order = "shard", **options: Unpack[OrderOptions]
    ) -> Callable[[RecordFunction[bytes]], KinesisHandler]: ...
    @overload
    def kinesis_handler(
        *, window_end: WindowEnd, parse: Callable[[bytes], T], **options: Unpack[StreamOptions]
    ) -> Callable[[WindowFunction[T]], KinesisHandler]: ...
    @overload
    def kinesis_handler(
        *, window_end: WindowEnd, parse: None = None, **options: Unpack[StreamOptions]
    ) -> Callable[[WindowFunction[bytes]], KinesisHandler]: ...


def kinesis_handler(
    function: RecordFunction[Any] | None = None, /, **options: Any
) -> KinesisHandler | Callable[[Callable[..., object]], KinesisHandler]:
    """Turn a function for one record into a Lambda handler for batches of a Kinesis data stream.

    The handler calls the function once for each record, with a `KinesisRecord`. It also passes the Lambda context if
    the function has a second parameter without a default. The function may be `async def`. A record is processed when
    the function returns and its result is neither lazy, unfinished nor a failure. When it raises:

    - `Permanent(reason)`, or an error that `classify` calls permanent: the record is set aside at once, in full and
      with the reason, in the SQS queue or the S3 bucket of the settings. The records behind it still run. If the write
      fails, or neither queue nor bucket is known, the record is retried.
    - Any other error: the record and the records behind it in order are retried, on Lambda's own schedule, as often as
      the mapping's retries and record age allow. After that Lambda gives them up, to the mapping's on-failure
      destination. This includes `Retry`, whose `after` has no effect here.

    The response names at most one record, the checkpoint: the earliest record that is not done. Lambda delivers the
    batch again from the checkpoint on. When the invocation's time is nearly up, the remaining records are deferred:
    they are not started, and the first of them is the checkpoint unless an earlier record failed.

    The mapping needs `ReportBatchItemFailures`, which the `KinesisConsumer` construct sets. See
    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html.

    Args:
        function: The function, if the decorator is used without arguments.
        **options: Any of these:

            - parse: Converts the data to `record.parsed`, for instance `Order.model_validate_json`, or a function that
              separates the records that the Kinesis Producer Library aggregated. An error in `parse` is a permanent
              failure of that record, unless it is not the data's fault (`OSError`, `MemoryError`, `ImportError`,
              `NameError`, `RuntimeError`, an error of boto3 or of another client of a service or database, also behind
              another error).
              Default: `record.parsed` is the data.
            - classify: Returns the failure class of an error; not called for `Permanent` and `Retry`. Default:
              `redrive.classify`.
            - ordered_by: `"shard"`: no record is started behind a failed one. `"partition_key"`: no record with the
              partition key of a failed one is started behind it; other keys continue. Records that succeed behind the
              checkpoint are delivered again with it. They run again unless `succeeded` remembers them. Default:
              `"shard"`.
            - concurrency: The number of keys that run at the same time, with `ordered_by="partition_key"`. They run in
              threads, or in tasks for `async def`. Default: 1.
            - succeeded: A `SucceededRecords` store, which remembers the records that succeeded behind a failure. It
              needs `ordered_by="partition_key"`. Default: `None`; these records run again at the next delivery.
            - idempotency: Keeps records from being processed twice. The handler claims the records of a batch together
              before they run, and records their completion before it responds. The default key is the record's position
              in the shard, unless `idempotency` defines another one. Records that share a position, such as the parts
              of an aggregate, need a `key` in `idempotency`. Not allowed with `window_end` or `succeeded`. Default:
              `None`; a record that is delivered twice is processed twice.
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
    return make_handler(KinesisHandler, function, options)
