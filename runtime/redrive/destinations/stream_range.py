"""Determines which records of a failed batch the stream still has, and which are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from redrive.destinations.stream_failure import StreamFailure


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
        records: The records in the format of a Lambda event, in the order of the stream. If Kinesis records were read
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


def is_in(failure: StreamFailure, sequence_number: str) -> bool:
    """Return whether a sequence number is in the range of a failed batch."""
    return int(failure.start_sequence_number) <= int(sequence_number) <= int(failure.end_sequence_number)


def accounted_for(failure: StreamFailure, found: Sequence[Found]) -> StreamRecords:
    """Determine which records are gone, given the records that the shard has in the batch's range, in order.

    Raises:
        StreamReadError: Some records exist but the last one does not.
    """
    # A stream removes its oldest records and no others. So if the first record of the batch exists, all of them do, and
    # if any of them exists, the last one does.
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
    """Describe the range of a failed batch for error messages."""
    first, last = failure.start_sequence_number, failure.end_sequence_number
    numbers = first if first == last else f"{first} to {last}"
    return f"the range {numbers} of {failure.shard_id} in {failure.stream_arn}"
