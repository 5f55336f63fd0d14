"""Handles failed messages: decides, dead-letters, delays, logs, counts.

Loaded at the first failure only, because a batch without failures needs none of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from redrive.core.invocation import function_name, request_id
from redrive.core.log import described, warn
from redrive.core.system import draw, now
from redrive.failures.classification import Classify, FailureClass
from redrive.failures.diagnosis import Diagnosis, diagnose
from redrive.handlers.failures import count_failure, report_failure
from redrive.metrics import count
from redrive.settings.metrics import MetricName
from redrive.sqs.batch import Returned
from redrive.sqs.calls import (
    DeadLetterReason,
    change_visibility,
    dead_letter_entry,
    first_deduplication_id,
    first_id,
    send_dead_letters,
)
from redrive.sqs.decision import Decision, FailedMessage, decide, within_limit
from redrive.sqs.message import SqsMessage

if TYPE_CHECKING:
    from redrive.sqs.batch import Message, SqsBatch


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

_NOT_STARTED = {"deferred": MetricName.DEFERRED, "held": MetricName.HELD, "circuit_open": MetricName.HELD}


def handle_failure(
    batch: SqsBatch,
    message: Message,
    error: BaseException,
    classify: Classify | None,
    on_failure: OnFailure | None,
) -> None:
    """Decide the outcome of a failed message, record it in the batch and, for FIFO, act on it at once."""
    diagnosis = diagnose(error, classify)
    decision = batch.failures[message.id] = _decision(batch, message, diagnosis)
    failed = FailedMessage(message, error, decision)
    if decision.dead_letter and not batch.fifo:
        batch.dead_letters[message.id] = failed  # sent at the end, ten at a time
        return
    # Sent at once, because the result decides if the next message of the group may start.
    sent = decision.dead_letter and bool(_dead_letter(batch, [failed]))
    _record_outcome(batch, failed, sent=sent)
    asked, wait = diagnosis.retry_after, decision.retry_after
    if asked is not None:
        from redrive.circuit.errors import is_circuit_open  # an open circuit says when to retry

        if is_circuit_open(diagnosis):
            batch.halt(None if wait is None else min(wait, ceil(asked)))
    _report(batch, failed, on_failure)


def finish(batch: SqsBatch, on_failure: OnFailure | None, named: set[str] | None) -> list[str]:
    """Make the remaining SQS calls and return the ids of the messages to be received again, in batch order.

    Args:
        batch: The batch.
        on_failure: The user's hook.
        named: The queues whose unknown settings were logged; `None`: none need be logged.
    """
    dead_letters = [*batch.dead_letters.values(), *_settle_not_started(batch)]
    if dead_letters:
        sent = _dead_letter(batch, dead_letters)
        for failed in dead_letters:
            _record_outcome(batch, failed, sent=failed.message.id in sent)
    moment = now()
    waits = [(each.message, _visibility(each, moment)) for each in batch.returned.values()]
    known = [(message, seconds) for message, seconds in waits if seconds is not None and message.receipt_handle]
    unchanged = change_visibility(known, batch.settings, batch.source_arn, batch.deadline)
    unreported = 0
    for failed in dead_letters:
        if failed.message.id not in batch.failures:  # not started, and not sent: no failure
            continue
        left = batch.deadline.left_for_calls()
        if left is None or left > 0:
            _report(batch, failed, on_failure)
        else:  # logging and the hook take time too, and the response matters more
            unreported += 1
    untried = sum(_is_untried_for_good(returned) for returned in batch.returned.values())
    unknown: Mapping[str, object] = {}
    if named is not None:
        from redrive.handlers.unknown_settings import QUEUE_UNKNOWN, unknown_fields

        unknown = unknown_fields(QUEUE_UNKNOWN, batch.source_arn, batch.settings.as_dict(), named)
    warn(
        "redrive.sqs.batch",
        source_arn=batch.source_arn,
        messages=len(batch.messages),
        **Counter(returned.why for returned in batch.returned.values()),
        sent_back=batch.sent_back,
        dead_lettered=len(batch.dead_lettered),
        dead_letters_not_sent=len(batch.not_dead_lettered),
        # Not started at their last receive: SQS moves them to the dead-letter queue untried.
        untried_at_last_receive=untried,
        visibility_not_changed=unchanged,
        not_reported=unreported,
        **unknown,
        request_id=request_id(batch.context),
    )
    count(MetricName.UNTRIED, number=untried)
    _count(batch)
    return batch.not_done()


def _settle_not_started(batch: SqsBatch) -> list[FailedMessage]:
    """Settle the messages that were not started and may be, and return those to be dead-lettered."""
    if all(returned.why in ("retried", "held") for returned in batch.returned.values()):
        return []
    from redrive.sqs.sending_back import settle

    return settle(batch)


def _decision(batch: SqsBatch, message: Message, diagnosis: Diagnosis) -> Decision:
    try:
        return decide(message, diagnosis, batch.settings, now=now(), random=draw())
    except Exception as broken:  # SQS writes no such record: for example, a receive count that is not a number
        warn("redrive.sqs.unreadable_record", message_id=message.id, error=described(broken))
        return Decision(diagnosis.failure, False, None, diagnosis.reason, diagnosis.error_type)


def _visibility(returned: Returned, moment: float) -> int | None:
    # Checked again: time has passed since the decision, and the limit of a message behind a failed one may be earlier.
    try:
        return None if returned.wait is None else within_limit(returned.message, returned.wait, moment)
    except Exception:  # the time of the first receive cannot be read
        return returned.wait


def _dead_letter(batch: SqsBatch, messages: Sequence[FailedMessage]) -> set[str]:
    """Send messages to the dead-letter queue and return the ids of those that arrived there."""
    entries: dict[str, dict[str, Any]] = {}
    for message, _, decision in messages:
        try:
            reason = DeadLetterReason(
                first_deduplication_id(message) if batch.fifo else "",
                first_id(message),
                decision.reason,
                decision.error_type,
                request_id(batch.context),
                function_name(batch.context),
            )
            entries[message.id] = dead_letter_entry(message, reason, fifo=batch.fifo)
        except Exception as broken:  # for example unreadable attributes: the message is retried instead
            warn("redrive.sqs.unreadable_record", message_id=message.id, error=described(broken))
    return send_dead_letters(entries, batch.settings.dead_letter_queue_url, batch.source_arn, batch.deadline)


def _record_outcome(batch: SqsBatch, failed: FailedMessage, *, sent: bool) -> None:
    message, _, decision = failed
    returned = batch.returned.pop(message.id, None)
    if sent:
        batch.dead_lettered.add(message.id)
        batch.failures[message.id] = decision
        return
    why = "retried" if returned is None else returned.why
    batch.returned[message.id] = Returned(message, decision.retry_after, why)
    if decision.dead_letter:
        batch.not_dead_lettered.add(message.id)


def _report(batch: SqsBatch, failed: FailedMessage, on_failure: OnFailure | None) -> None:
    message, error, decision = failed
    sent = decision.dead_letter and message.id not in batch.not_dead_lettered
    failure = SqsFailure(
        message,
        error,
        decision.failure,
        "dead_lettered" if sent else "retried",
        None if sent else decision.retry_after,
        decision.reason,
        decision.error_type,
    )
    report_failure(
        "redrive.sqs.failure",
        failure,
        on_failure,
        request_id=request_id(batch.context),
        message_id=message.id,
        original_id=_original_id(message),
        group_id=message.group_id,
        receive_count=_receive_count(message),
        source_arn=message.source_arn,
        retry_after=failure.retry_after,
    )


def _count(batch: SqsBatch) -> None:
    """Count what became of each message that was not processed: retried, dead-lettered, sent back, deferred or held."""
    count(MetricName.SENT_BACK, number=batch.sent_back)
    for returned in batch.returned.values():
        if returned.why != "retried":
            count(_NOT_STARTED[returned.why])
    for message_id, decision in batch.failures.items():
        count_failure(
            MetricName.DEAD_LETTERED if message_id in batch.dead_lettered else MetricName.RETRIED,
            decision.failure,
            decision.error_type,
            was_refused=message_id in batch.not_dead_lettered,
        )


def _original_id(message: SqsMessage[Any]) -> str | None:
    try:
        original = message.original_id
    except ValueError:  # a time that is not a number
        return None
    return None if original == message.id else original


def _receive_count(message: SqsMessage[Any]) -> int | None:
    try:
        return message.receive_count
    except ValueError:  # not a number: logged elsewhere, and the failure must be logged anyway
        return None


def _is_untried_for_good(returned: Returned) -> bool:
    try:
        return returned.why != "retried" and bool(returned.message.is_last_receive)
    except ValueError:  # a receive count that is not a number
        return False
