"""What has become of the records of a failed batch: those that are there, and those that are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from redrive.stream_failure import StreamFailure


class StreamReadError(Exception):
    """Records cannot be read from their stream. `__cause__` is AWS's error, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneRecords:
    """Records that the stream does not have any more: its oldest ones, so they are the first of a batch.

    Attributes:
        count: How many records of the batch are gone, at least. Exact unless the range holds records of other batches.
        start_sequence_number: The first that is gone.
        before_sequence_number: The first after it that is still there. `None`: none is, up to the end of the batch.
    """

    count: int
    start_sequence_number: str
    before_sequence_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRecords:
    """The records of a failed batch.

    Attributes:
        records: Each as in the event of a Lambda function, in the order of the stream. Of Kinesis,
            `invokeIdentityArn` is empty where they were read again: the stream does not know the function's role.
        kept: Whether they were kept with the report, and not read from the stream again.
        batch_size: How many records there were in the batch.
        gone: Those that the stream does not have any more. `None`: all are here.
    """

    records: list[dict[str, Any]]
    kept: bool
    batch_size: int
    gone: GoneRecords | None = None


class Found(NamedTuple):
    """A record of a shard.

    Attributes:
        sequence_number: Its position.
        record: The record, as in the event of a Lambda function.
    """

    sequence_number: str
    record: dict[str, Any]


def is_in(failure: StreamFailure, sequence_number: str) -> bool:
    """Whether a position is in the range of a failed batch."""
    return int(failure.start_sequence_number) <= int(sequence_number) <= int(failure.end_sequence_number)


def accounted_for(failure: StreamFailure, found: Sequence[Found]) -> StreamRecords:
    """Tell what is gone from what was found.

    A stream loses its oldest records and no others. So where the first of the batch is there, all of them are, and
    where any of them is, the last one is.

    Args:
        failure: The failed batch.
        found: The records of its range that the shard has, in their order.

    Returns:
        The records, and what is gone.

    Raises:
        StreamReadError: The first is there and the last one is not.
    """
    records = [each.record for each in found]
    first, last = failure.start_sequence_number, failure.end_sequence_number
    if found and int(found[-1].sequence_number) != int(last):
        raise StreamReadError(
            f"{range_of(failure)} ends with {found[-1].sequence_number}: a stream loses its oldest records first, so "
            "this may be another stream of the same name, or one that is not up to date; try again, and if it stays "
            "like this, look at the stream"
        )
    gone = None
    if not found or int(found[0].sequence_number) != int(first):
        gone = GoneRecords(
            count=max(1, failure.batch_size - len(found)),
            start_sequence_number=first,
            before_sequence_number=found[0].sequence_number if found else None,
        )
    return StreamRecords(records=records, kept=False, batch_size=failure.batch_size, gone=gone)


def range_of(failure: StreamFailure) -> str:
    """What was to be read, for errors."""
    first, last = failure.start_sequence_number, failure.end_sequence_number
    numbers = first if first == last else f"{first} to {last}"
    return f"the range {numbers} of {failure.shard_id} in {failure.stream_arn}"
