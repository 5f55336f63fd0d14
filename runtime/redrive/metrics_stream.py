"""What a batch of a stream's records has to tell in figures."""

from __future__ import annotations

from redrive.classification import FailureClass
from redrive.metrics import note
from redrive.settings import MetricName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.stream_batch import StreamBatch


def note_stream(batch: StreamBatch, *, not_started: int) -> None:
    """Count what became of the records that are not done.

    Each of them counts once as retried, set aside, deferred or held. What is permanent or could not be set aside counts
    as that besides.

    Args:
        batch: A batch of which nothing is left to do.
        not_started: How many were not started for lack of time.
    """
    note(MetricName.DEFERRED, number=not_started)
    note(MetricName.HELD, number=len(batch.order.held))
    for position, (failure, error_type) in batch.failures.items():
        note(MetricName.RETRIED if position in batch.failed else MetricName.SET_ASIDE, error_type)
        if position in batch.not_set_aside:
            note(MetricName.NOT_SET_ASIDE, error_type)
        if failure is FailureClass.PERMANENT:
            note(MetricName.PERMANENT_FAILURES, error_type)


def note_done_before(batch: StreamBatch) -> None:
    """Count the records that do not run, since a delivery before this one has done them.

    Args:
        batch: A batch of which that is known.
    """
    note(MetricName.DUPLICATES, number=len(batch.done_before))
