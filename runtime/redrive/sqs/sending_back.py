"""Acts on messages that were not started: sets their waits, and sends those at their last receive back to their queue.

Loaded only if there are such messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive.core.log import described, warn
from redrive.core.system import draw, now
from redrive.failures.classification import FailureClass
from redrive.sqs.batch import Returned
from redrive.sqs.calls import send_back, sent_back_entry
from redrive.sqs.decision import Decision, FailedMessage
from redrive.sqs.not_started import NotStarted, Untried, decide

if TYPE_CHECKING:
    from redrive.sqs.batch import Message, NotTried, SqsBatch


class _Together(NamedTuple):
    """Messages that were not started and wait together."""

    messages: list[Message]
    why: NotTried
    wait: int | None


def settle(batch: SqsBatch) -> list[FailedMessage]:
    """Decide the outcomes of unstarted messages, send back those that need it, and return those to be dead-lettered."""
    entries: dict[str, dict[str, Any]] = {}
    given_up: list[FailedMessage] = []
    moment = now()
    for messages, why, wait in list(_waiting(batch)):
        try:
            decided = decide(messages, why, wait, batch.settings, now=moment, random=draw())
            new = {
                message.id: _entry(message, untried, moment)
                for message, untried in zip(messages, decided, strict=True)
                if untried.outcome == "sent_back"
            }
        except Exception as broken:  # SQS writes no such record: for example, a time that is not a number
            warn("redrive.sqs.unreadable_record", message_id=messages[0].id, error=described(broken))
            for message in messages:
                batch.returned[message.id] = Returned(message, 1 if wait is None else wait, why)
            continue
        for message, untried in zip(messages, decided, strict=True):
            batch.returned[message.id] = Returned(message, untried.wait, why)
            reason = untried.reason
            if untried.outcome == "sent_back":
                entry = new[message.id]
                if entry is not None:
                    entries[message.id] = entry
                    continue
                reason += "; with its attributes it is too large to be sent back"
            if untried.outcome != "returned":
                decision = Decision(FailureClass.OTHER, True, untried.wait, reason, NotStarted.__name__)
                given_up.append(FailedMessage(message, NotStarted(reason), decision))
    if entries:
        for id in send_back(entries, batch.settings, batch.source_arn, batch.deadline):
            batch.sent_back += 1
            del batch.returned[id]
    return given_up


def _waiting(batch: SqsBatch) -> Iterator[_Together]:
    groups: dict[tuple[str | None, NotTried], _Together] = {}
    untried: set[str] = set()
    for returned in batch.returned.values():
        message, wait, why = returned.message, returned.wait, returned.why
        if why == "retried" or why == "held":
            continue
        if not batch.fifo:
            yield _Together([message], why, wait)
            continue
        untried.add(message.id)
        groups.setdefault((message.group_id, why), _Together([], why, wait)).messages.append(message)
    # A group that has come further needs no wait: it will again.
    moved = {message.group_id for message in batch.messages if message.id not in untried}
    for (group_id, why), together in groups.items():
        yield together._replace(wait=0) if why == "deferred" and group_id in moved else together


def _entry(message: Message, untried: Untried, moment: float) -> dict[str, Any] | None:
    token = f"{int(draw() * 2**53):014x}{int(draw() * 2**53):014x}"
    # https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    trace = f"Root=1-{int(moment):08x}-{token[-24:]}"
    return sent_back_entry(message, untried.origin.written(moment), untried.wait or 0, trace)
