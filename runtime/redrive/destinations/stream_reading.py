"""Reads the records of a failed batch from their stream again."""

from __future__ import annotations

from redrive.destinations.stream_client import Calls, DynamoDBShard, KinesisShard, Refused, Shard
from redrive.destinations.stream_range import (
    FailedRange,
    Found,
    StreamReadError,
    StreamRecords,
    accounted_for,
    is_in,
    range_of,
)

# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html#API_GetRecords_Errors and
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
_EXPIRED = "ExpiredIteratorException"
_TRIMMED = "TrimmedDataAccessException"
_NOT_FOUND = "ResourceNotFoundException"
# The first page requests the size of the batch. If other records are in between, larger pages need fewer calls.
_LEAST_LIMIT = 100


def read(failed: FailedRange, time_limit: float) -> StreamRecords:
    """Read the records of a failed batch, within `time_limit` seconds.

    Raises:
        TimeoutError: The time limit is reached.
        StreamReadError: The records cannot be read.
    """
    if failed.shard_id is None:
        raise StreamReadError(f"{range_of(failed)}: the shard is not known, without which nothing can be read")
    is_kinesis = failed.source == "kinesis"
    calls = Calls("kinesis" if is_kinesis else "dynamodbstreams", failed, time_limit)
    shard = KinesisShard(failed, calls) if is_kinesis else DynamoDBShard(failed, calls)
    try:
        return accounted_for(failed, _found(failed, shard, calls))
    except Refused as refused:
        raise StreamReadError(f"{range_of(failed)} cannot be read: {refused}{_remedy(refused)}") from refused.__cause__


def _found(failed: FailedRange, shard: Shard, calls: Calls) -> list[Found]:
    """Read the batch's records up to its end, the end of the shard or the tip of the stream."""
    found: list[Found] = []
    seen: str | None = None
    limit = failed.batch_size
    iterator = _iterator(failed, shard, seen)
    while iterator is not None:
        try:
            page = shard.page(iterator, min(limit, shard.most))
        except Refused as refused:
            # Expired: the wait before this call was too long. Trimmed: the stream removed the records after it had
            # returned the iterator.
            if refused.code not in (_EXPIRED, _TRIMMED):
                raise
            calls.wait()
            iterator = _iterator(failed, shard, seen)
            continue
        found += [each for each in page.found if is_in(failed, each.sequence_number)]
        if page.found:
            seen = page.found[-1].sequence_number
        if page.is_tip or (seen is not None and int(seen) >= int(failed.end_sequence_number)):
            break
        iterator, limit = page.next, max(limit, _LEAST_LIMIT)
        if iterator is not None:
            calls.wait()
    return found


def _iterator(failed: FailedRange, shard: Shard, seen: str | None) -> str | None:
    """Return an iterator after `seen`, else at the first record, else at the oldest; `None` if the shard is gone."""
    if seen is not None:
        try:
            return shard.iterator("AFTER_SEQUENCE_NUMBER", seen)
        except Refused as refused:
            if refused.code != _TRIMMED:
                raise
            raise StreamReadError(
                f"{range_of(failed)} lost records while it was read; read it again for those that are left"
            ) from refused.__cause__
    try:
        return shard.iterator("AT_SEQUENCE_NUMBER", failed.start_sequence_number)
    except Refused as refused:
        if refused.code not in (_TRIMMED, _NOT_FOUND):
            raise
    # Kinesis continues at the oldest record by itself; DynamoDB refuses.
    try:
        return shard.iterator("TRIM_HORIZON")
    except Refused as refused:
        if refused.code != _NOT_FOUND:
            raise
    # A closed shard disappears with its last record, which is no error. A stream that does not exist, or is not visible
    # from here, is one.
    shard.check_stream()
    return None


def _remedy(refused: Refused) -> str:
    if refused.code == _NOT_FOUND:
        return "; the stream was deleted, or is not this account's or this Region's"
    if "AccessDenied" in refused.code:  # also in KMS's code
        return "; StreamFailure.records says which permissions it takes"
    return ""
