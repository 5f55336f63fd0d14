"""Handles failed messages: decides, dead-letters, delays, logs.

Loaded at the first failure only, because a batch without failures needs none of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from redrive.circuit.errors import is_circuit_open
from redrive.core.hooks import tell
from redrive.core.invocation import function_name, request_id
from redrive.core.log import described, frames, warn
from redrive.core.system import draw, now
from redrive.failures.classification import Classify, FailureClass
from redrive.failures.diagnosis import Diagnosis, diagnose
from redrive.metrics.meter import note
from redrive.settings.metrics import MetricName
from redrive.sqs.batch import Returned, SqsBatch
from redrive.sqs.calls import FailureNote, change_visibility, dead_letter_entry, send_dead_letters
from redrive.sqs.decision import Decision, decide, within_limit
from redrive.sqs.message import SqsMessage

if TYPE_CHECKING:
    from redrive.sqs.batch import Message, SqsBatch


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


class SqsFailure(NamedTuple):
    """A failed message, as passed to `on_failure`.

    Attributes:
        message: The message.
        error: The exception that the function raised.
        failure: The kind of failure.
        outcome: `"retried"`: it will be received again, or SQS moves it to the dead-letter queue if this was its last
            receive. `"dead_lettered"`: the helper sent it to the dead-letter queue.
        retry_after: Seconds until it is received again. `None` if it was dead-lettered or the queue's own visibility
            timeout applies.
        reason: The reason of the failure, at most 1 KB.
        error_type: The name of the error's class.
    """

    message: SqsMessage[Any]
    error: BaseException
    failure: FailureClass
    outcome: Literal["retried", "dead_lettered"]
    retry_after: int | None
    reason: str
    error_type: str


#: Called with each failure. An exception that it raises is logged and changes nothing.
OnFailure = Callable[[SqsFailure], object]


def report(failure: SqsFailure, request_id: str, on_failure: OnFailure | None) -> None:
    """Log a failure and call the user's hook."""
    warn(
        "redrive.sqs.failure",
        message_id=failure.message.id,
        group_id=failure.message.group_id,
        receive_count=_receive_count(failure.message),
        source_arn=failure.message.source_arn,
        outcome=failure.outcome,
        retry_after=failure.retry_after,
        failure=failure.failure.value,
        error=failure.reason,
        error_type=failure.error_type,
        frames=frames(failure.error),
        request_id=request_id,
    )
    tell(on_failure, failure)


def _receive_count(message: SqsMessage[Any]) -> int | None:
    try:
        return message.receive_count
    except ValueError:  # not a number: logged elsewhere, and the failure must be logged anyway
        return None


def settle(
    batch: SqsBatch,
    message: Message,
    error: BaseException,
    classify: Classify | None,
    on_failure: OnFailure | None,
) -> None:
    """Decide the outcome of a failed message, record it in the batch and, for FIFO, act on it at once."""
    diagnosis = diagnose(error, classify)
    decision = batch.failures[message.id] = _decision(batch, message, diagnosis)
    if decision.dead_letter and not batch.fifo:
        batch.set_aside[message.id] = (message, error, decision)  # sent at the end, ten at a time
        return
    # Sent at once, because the result decides if the next message of the group may start.
    sent = decision.dead_letter and bool(_send(batch, [(message, decision)]))
    _note(batch, message, decision, sent=sent)
    if is_circuit_open(diagnosis):
        batch.halt(decision.retry_after)
    _tell(batch, message, error, decision, on_failure)


def close(batch: SqsBatch, on_failure: OnFailure | None) -> list[str]:
    """Make the remaining SQS calls and return the ids of the messages to be received again, in batch order."""
    if batch.set_aside:
        sent = _send(batch, [(message, decision) for message, _, decision in batch.set_aside.values()])
        for message, _, decision in batch.set_aside.values():
            _note(batch, message, decision, sent=message.id in sent)
    moment = now()
    waits = [(each.message, _visibility(each, moment)) for each in batch.returned.values()]
    known = [(message, seconds) for message, seconds in waits if seconds is not None and message.receipt_handle]
    unchanged = change_visibility(known, batch.settings, batch.source_arn, batch.deadline)
    unreported = 0
    for message, error, decision in batch.set_aside.values():
        left = batch.deadline.left_for_calls()
        if left is None or left > 0:
            _tell(batch, message, error, decision, on_failure)
        else:  # logging and the hook take time too, and the response matters more
            unreported += 1
    warn(
        "redrive.sqs.batch",
        source_arn=batch.source_arn,
        messages=len(batch.messages),
        **Counter(returned.why for returned in batch.returned.values()),
        dead_lettered=len(batch.dead_lettered),
        dead_letters_not_sent=len(batch.not_sent),
        # Not started at their last receive: SQS moves them to the dead-letter queue untried.
        untried_at_last_receive=sum(_is_untried_for_good(returned) for returned in batch.returned.values()),
        visibility_not_changed=unchanged,
        not_reported=unreported,
        request_id=request_id(batch.context),
    )
    note_sqs(batch)
    ids = dict.fromkeys(message.id for message in batch.messages)
    return [message_id for message_id in ids if message_id in batch.returned]


def _decision(batch: SqsBatch, message: Message, diagnosis: Diagnosis) -> Decision:
    try:
        return decide(message, diagnosis, batch.settings, now=now(), random=draw())
    except Exception as broken:  # SQS writes no such record: for example, a receive count that is not a number
        warn("redrive.sqs.unreadable_record", message_id=message.id, error=described(broken))
        return Decision(diagnosis.failure, False, None, diagnosis.reason, diagnosis.error_type)


def _visibility(returned: Returned, moment: float) -> int | None:
    # Checked again: time has passed since the decision, and the limit of a message held behind another may be earlier.
    try:
        return None if returned.wait is None else within_limit(returned.message, returned.wait, moment)
    except Exception:  # the time of the first receive cannot be read
        return returned.wait


def _send(batch: SqsBatch, failed: Sequence[tuple[Message, Decision]]) -> set[str]:
    entries: dict[str, dict[str, Any]] = {}
    for message, decision in failed:
        note = FailureNote(
            decision.reason,
            message.id,
            decision.error_type,
            request_id(batch.context),
            function_name(batch.context),
        )
        try:
            entries[message.id] = dead_letter_entry(message, note, fifo=batch.fifo)
        except Exception as broken:  # for example unreadable attributes: the message is retried instead
            warn("redrive.sqs.unreadable_record", message_id=message.id, error=described(broken))
    return send_dead_letters(entries, batch.settings.dead_letter_queue_url, batch.source_arn, batch.deadline)


def _note(batch: SqsBatch, message: Message, decision: Decision, *, sent: bool) -> None:
    if sent:
        batch.dead_lettered.add(message.id)
        return
    batch.returned[message.id] = Returned(message, decision.retry_after, "retried")
    if decision.dead_letter:
        batch.not_sent.add(message.id)


def _tell(
    batch: SqsBatch, message: Message, error: BaseException, decision: Decision, on_failure: OnFailure | None
) -> None:
    sent = decision.dead_letter and message.id not in batch.not_sent
    failure = SqsFailure(
        message,
        error,
        decision.failure,
        "dead_lettered" if sent else "retried",
        None if sent else decision.retry_after,
        decision.reason,
        decision.error_type,
    )
    report(failure, request_id(batch.context), on_failure)


def _is_untried_for_good(returned: Returned) -> bool:
    try:
        return returned.why != "retried" and bool(returned.message.is_last_receive)
    except ValueError:  # a receive count that is not a number
        return False


# MERGED-DOC redrive.metrics_sqs: Counts the outcomes of a batch of SQS messages.

# MERGED-DOC redrive.sqs_failure: Logs failed messages and calls the user's hook.
