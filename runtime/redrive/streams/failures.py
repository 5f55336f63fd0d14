"""Handles failed stream records: sets them aside, finds the checkpoint, logs, counts.

Loaded at the first failure, since a batch without one does not need it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from redrive.core.invocation import function_name, request_id
from redrive.core.log import warn
from redrive.core.system import now
from redrive.failures.classification import Classify, FailureClass
from redrive.failures.diagnosis import Diagnosis, diagnose
from redrive.handlers.failures import count_failure, report_failure
from redrive.metrics import count
from redrive.settings.metrics import MetricName
from redrive.streams import StreamRecord

if TYPE_CHECKING:
    from redrive.streams.batch import Record, StreamBatch
    from redrive.streams.succeeded import SucceededRecords


class StreamRecordFailure(NamedTuple):
    """A failed record, as passed to `on_failure`.

    Attributes:
        record: The record.
        error: The error that the function raised for it.
        failure: The class of the failure.
        outcome: `"retried"`: Lambda delivers the record again, as often as the mapping's retries and record age allow.
            After that Lambda gives it up, to the mapping's on-failure destination. `"set_aside"`: the record was set
            aside and is not retried.
        reason: The reason for the failure, at most 1 KB.
        error_type: The name of the error's class.
    """

    record: StreamRecord[Any]
    error: BaseException
    failure: FailureClass
    outcome: Literal["retried", "set_aside"]
    reason: str
    error_type: str


#: Called with each failure. An error that it raises is logged and changes nothing.
OnFailure = Callable[[StreamRecordFailure], object]


def handle_failure(
    batch: StreamBatch,
    record: Record,
    error: BaseException,
    classify: Classify | None,
    on_failure: OnFailure | None,
) -> None:
    """Decide the outcome of a failed record and carry it out, before any later record in its order may start."""
    position = batch.position_of(record)
    diagnosis = batch.failures[position] = diagnose(error, classify)
    place = _set_aside(batch, position, diagnosis) if diagnosis.failure is FailureClass.PERMANENT else None
    if place is None:
        batch.failed.add(position)
        batch.order.stop(record)
        if diagnosis.retry_after is not None:
            from redrive.circuit.errors import is_circuit_open  # an open circuit says when to retry

            if is_circuit_open(diagnosis):
                batch.order.halt()
    outcome = "retried" if place is None else "set_aside"
    failure = StreamRecordFailure(record, error, diagnosis.failure, outcome, diagnosis.reason, diagnosis.error_type)
    report_failure(
        "redrive.stream.failure",
        failure,
        on_failure,
        request_id=request_id(batch.context),
        sequence_number=record.sequence_number,
        shard_id=batch.shard_id or None,
        source_arn=record.source_arn,
        set_aside_to=place,
    )


def _set_aside(batch: StreamBatch, position: int, diagnosis: Diagnosis) -> str | None:
    """Set a record aside and return its place; `None` if that failed."""
    from redrive.streams.set_aside import SetAside, set_aside  # a record that is retried needs no calls

    aside = SetAside(
        batch.records[position],
        batch.shard_id,
        _copy(batch, position),
        diagnosis.reason,
        diagnosis.error_type,
        request_id(batch.context),
        function_name(batch.context),
        now(),
    )
    place = set_aside(aside, batch.settings(), batch.deadline)
    (batch.not_set_aside if place is None else batch.set_aside).add(position)
    return place


def finish(
    batch: StreamBatch, not_started: Sequence[Record], store: SucceededRecords | None, named: set[str] | None
) -> str | None:
    """Find the checkpoint, remember the records done behind it, and log the batch.

    Args:
        batch: The batch.
        not_started: The deferred records.
        store: Remembers records, if there is one.
        named: The streams whose unknown settings were logged; `None`: none need be logged.

    Returns:
        The sequence number from which Lambda must deliver the batch again; `None` if the whole batch is done.
    """
    undone = batch.undone(not_started)
    checkpoint = batch.checkpoint(not_started)
    behind: set[int] = set()
    remembered = 0
    if checkpoint is not None:
        behind = {
            position
            for position in range(checkpoint + 1, len(batch.records))
            if position not in undone and position not in batch.done_before
        }
        if store is not None and behind:
            from redrive.streams.succeeded import remember

            remembered = remember(store, batch, _to_remember(batch, checkpoint, behind))
    _count(batch, not_started=len(not_started))
    source_arn = batch.records[0].source_arn
    unknown: Mapping[str, object] = {}
    if named is not None:
        from redrive.handlers.unknown_settings import STREAM_UNKNOWN, unknown_fields

        unknown = unknown_fields(STREAM_UNKNOWN, source_arn, batch.settings().as_dict(), named)
    warn(
        "redrive.stream.batch",
        source_arn=source_arn,
        shard_id=batch.shard_id or None,
        records=len(batch.records),
        checkpoint=batch.sequence_number_at(checkpoint),
        failed=len(batch.failed),
        held=len(batch.order.held),
        not_started=len(not_started),
        set_aside=len(batch.set_aside),
        not_set_aside=len(batch.not_set_aside),
        done_before=len(batch.done_before),
        done_behind_checkpoint=len(behind),
        remembered=remembered,
        **unknown,
        request_id=request_id(batch.context),
    )
    return batch.sequence_number_at(checkpoint)


def _to_remember(batch: StreamBatch, checkpoint: int, behind: set[int]) -> set[int]:
    """Return the positions to remember: the records done behind the checkpoint and those of the same keys before it."""
    # If the response is lost, Lambda delivers the whole batch again. A record before the checkpoint must not run then
    # after a later record of its key.
    key = batch.source.key
    keys = {key(batch.records[position]) for position in behind}
    before = {
        position
        for position in range(checkpoint)
        if position not in batch.done_before and key(batch.records[position]) in keys
    }
    return behind | before


def _count(batch: StreamBatch, *, not_started: int) -> None:
    """Count what became of each record that was not processed: retried, set aside, deferred or held."""
    count(MetricName.DEFERRED, number=not_started)
    count(MetricName.HELD, number=len(batch.order.held))
    for position, diagnosis in batch.failures.items():
        count_failure(
            MetricName.RETRIED if position in batch.failed else MetricName.SET_ASIDE,
            diagnosis.failure,
            diagnosis.error_type,
            was_refused=position in batch.not_set_aside,
        )


def _copy(batch: StreamBatch, position: int) -> int:
    """Count the records with the same sequence number before this one; they are adjacent."""
    number = batch.records[position].sequence_number
    copy = 0
    while copy < position and batch.records[position - copy - 1].sequence_number == number:
        copy += 1
    return copy
