"""Defines the range of a failed batch, and determines which of its records the stream still has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

#: Kind of stream.
Source = Literal["kinesis", "dynamodb"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRange:
    """The place of a failed batch in its stream: all that reading it again needs. `StreamFailure` has the meanings."""

    source: Source
    stream_arn: str
    shard_id: str | None
    start_sequence_number: str
    end_sequence_number: str
    batch_size: int


class StreamReadError(Exception):
    """Raised if records cannot be read from their stream. `__cause__` is AWS's error, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneRecords:
    """Records of a failed batch that the stream no longer has.

    A stream removes its oldest records first, so these are the first records of the batch.

    Attributes:
        count: The minimum number of records of the batch that are gone. It is exact unless the range contains records
            of other batches.
        start_sequence_number: The sequence number of the first record that is gone.
        before_sequence_number: The sequence number of the first record after them that still exists. `None` if no
            record up to the end of the batch exists.
    """

    count: int
    start_sequence_number: str
    before_sequence_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRecords:
    """The records of a failed batch.

    Attributes:
        records: The records in the format of a Lambda event, in the order of the stream, with a further member
            `redriveReplay` that marks what is brought back. If Kinesis records were read
            from the stream again, `invokeIdentityArn` is empty, since the stream does not know the function's role.
        kept: `True` if the records were kept with the report, `False` if they were read from the stream again.
        batch_size: The number of records that were in the batch.
        gone: The records that the stream no longer has. Default: `None`, which means that `records` is complete.
    """

    records: list[dict[str, Any]]
    kept: bool
    batch_size: int
    gone: GoneRecords | None = None


class Found(NamedTuple):
    """A record read from a shard, in the format of a Lambda event."""

    sequence_number: str
    record: dict[str, Any]


def is_in(failed: FailedRange, sequence_number: str) -> bool:
    """Return whether a sequence number is in the range of a failed batch."""
    return int(failed.start_sequence_number) <= int(sequence_number) <= int(failed.end_sequence_number)


def accounted_for(failed: FailedRange, found: Sequence[Found]) -> StreamRecords:
    """Determine which records are gone, given the records that the shard has in the batch's range, in order.

    Raises:
        StreamReadError: Some records exist but the last one does not.
    """
    # A stream removes its oldest records and no others. So if the first record of the batch exists, all of them do, and
    # if any of them exists, the last one does.
    records = [each.record for each in found]
    first, last = failed.start_sequence_number, failed.end_sequence_number
    if found and int(found[-1].sequence_number) != int(last):
        raise StreamReadError(
            f"{range_of(failed)} ends with {found[-1].sequence_number}: a stream loses its oldest records first, so "
            "this may be another stream of the same name, or one that is not up to date; try again, and if it stays "
            "like this, look at the stream"
        )
    gone = None
    if not found or int(found[0].sequence_number) != int(first):
        gone = GoneRecords(
            count=max(1, failed.batch_size - len(found)),
            start_sequence_number=first,
            before_sequence_number=found[0].sequence_number if found else None,
        )
    return StreamRecords(records=records, kept=False, batch_size=failed.batch_size, gone=gone)


def range_of(failed: FailedRange) -> str:
    """Describe the range of a failed batch for error messages."""
    first, last = failed.start_sequence_number, failed.end_sequence_number
    numbers = first if first == last else f"{first} to {last}"
    return f"the range {numbers} of {failed.shard_id} in {failed.stream_arn}"
