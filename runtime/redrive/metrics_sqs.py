"""Counts the outcomes of a batch of SQS messages."""

from __future__ import annotations

from redrive.classification import FailureClass
from redrive.metrics import note
from redrive.settings import MetricName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.sqs_batch import SqsBatch

_NOT_STARTED = {"deferred": MetricName.DEFERRED, "held": MetricName.HELD, "circuit_open": MetricName.HELD}


def note_sqs(batch: SqsBatch) -> None:
    """Count the outcome of each message that was not processed."""
    # Each message counts once as retried, dead-lettered, deferred or held. Permanent failures and messages that could
    # not be dead-lettered count in addition.
    for returned in batch.returned.values():
        if returned.why != "retried":
            note(_NOT_STARTED[returned.why])
    for message_id, decision in batch.failures.items():
        is_sent = message_id in batch.dead_lettered
        note(MetricName.DEAD_LETTERED if is_sent else MetricName.RETRIED, decision.error_type)
        if message_id in batch.not_sent:
            note(MetricName.NOT_SET_ASIDE, decision.error_type)
        if decision.failure is FailureClass.PERMANENT:
            note(MetricName.PERMANENT_FAILURES, decision.error_type)
