"""Counts the outcomes of a batch of stream records."""

from __future__ import annotations

from redrive.classification import FailureClass
from redrive.metrics import note
from redrive.settings import MetricName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.stream_batch import StreamBatch


def note_stream(batch: StreamBatch, *, not_started: int) -> None:
    """Count the outcome of each record that was not processed."""
    # Each record counts once as retried, set aside, deferred or held. Permanent failures and records that could not be
    # set aside count in addition.
    note(MetricName.DEFERRED, number=not_started)
    note(MetricName.HELD, number=len(batch.order.held))
    for position, (failure, error_type) in batch.failures.items():
        note(MetricName.RETRIED if position in batch.failed else MetricName.SET_ASIDE, error_type)
        if position in batch.not_set_aside:
            note(MetricName.NOT_SET_ASIDE, error_type)
        if failure is FailureClass.PERMANENT:
            note(MetricName.PERMANENT_FAILURES, error_type)


def note_done_before(batch: StreamBatch) -> None:
    """Count the records that are skipped because an earlier delivery processed them."""
    note(MetricName.DUPLICATES, number=len(batch.done_before))
