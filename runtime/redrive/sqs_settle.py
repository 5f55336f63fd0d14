"""Handles failed messages: decides, dead-letters, delays, logs.

Loaded at the first failure only, because a batch without failures needs none of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redrive.circuit_open import is_circuit_open
from redrive.classification import Classify, FailureClass
from redrive.clock import now
from redrive.diagnosis import class_of, explained
from redrive.invocation import function_name, request_id
from redrive.log import described, warn
from redrive.metrics_sqs import note_sqs
from redrive.randomness import draw
from redrive.sqs_batch import Returned, SqsBatch
from redrive.sqs_calls import change_visibility, send_dead_letters
from redrive.sqs_dead_letter import FailureNote, dead_letter_entry
from redrive.sqs_decision import Decision, decide, within_limit
from redrive.sqs_failure import OnFailure, SqsFailure, report

if TYPE_CHECKING:
    from redrive.sqs_batch import Message


def settle(
    batch: SqsBatch,
    message: Message,
    error: BaseException,
    classify: Classify | None,
    on_failure: OnFailure | None,
) -> None:
    """Decide the outcome of a failed message, record it in the batch and, for FIFO, act on it at once."""
    decision = batch.failures[message.id] = _decision(batch, message, error, class_of(error, classify))
    if decision.dead_letter and not batch.fifo:
        batch.set_aside[message.id] = (message, error, decision)  # sent at the end, ten at a time
        return
    # Sent at once, because the result decides if the next message of the group may start.
    sent = decision.dead_letter and bool(_send(batch, [(message, decision)]))
    _note(batch, message, decision, sent=sent)
    if is_circuit_open(error):
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


def _decision(batch: SqsBatch, message: Message, error: BaseException, failure: FailureClass) -> Decision:
    try:
        return decide(message, error, failure, batch.settings, now=now(), random=draw())
    except Exception as broken:  # SQS writes no such record: for example, a receive count that is not a number
        warn("redrive.sqs.unreadable_record", message_id=message.id, error=described(broken))
        return Decision(failure, False, None, *explained(error))


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
