"""The calls that the SQS helper makes, each of which may fail without losing a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redrive.clients import client
from redrive.deadline import Deadline
from redrive.log import described, warn
from redrive.parallel import run_all
from redrive.settings import SqsSettings
from redrive.sqs_dead_letter import MOST_ENTRIES, batches
from redrive.sqs_message import SqsMessage


def send_dead_letters(
    entries: Mapping[str, dict[str, Any]], url: str | None, source_arn: str, deadline: Deadline
) -> set[str]:
    """Send messages to the dead-letter queue.

    Args:
        entries: Entries for `SendMessageBatch` by message id.
        url: The dead-letter queue's, `None` where it is not known.
        source_arn: The source queue's, for the log.
        deadline: The end of the invocation: no call is begun right before it.

    Returns:
        The ids of those that SQS has confirmed. All others count as not sent: if SQS took one after all and the reply was
        lost, the dead-letter queue holds it twice, which is better than not at all.
    """
    if url is None:
        warn(
            "redrive.sqs.no_dead_letter_queue",
            source_arn=source_arn,
            entries=len(entries),
            remedy="permanent failures are retried like any other: use the SqsConsumer construct, or pass "
            "settings=SqsSettings(dead_letter_queue_url=...)",
        )
        return set()
    ids = list(entries)
    named = [{"Id": str(number), **entry} for number, entry in enumerate(entries.values())]
    sent: set[str] = set()

    def send(sqs: Any, batch: list[dict[str, Any]]) -> Mapping[str, Any]:
        reply: Mapping[str, Any] = sqs.send_message_batch(QueueUrl=url, Entries=batch)
        sent.update(ids[int(entry["Id"])] for entry in reply.get("Successful", ()))
        return reply

    _run("SendMessageBatch", send, batches(named), source_arn, deadline)
    return sent


def change_visibility(
    waits: Sequence[tuple[SqsMessage[Any], int]], settings: SqsSettings, source_arn: str, deadline: Deadline
) -> None:
    """Set when returned messages are received again. What fails changes no outcome: they come back at another time.

    Args:
        waits: Messages and their visibility timeouts in seconds.
        settings: Has the source queue's URL, which is made from the ARN otherwise.
        source_arn: The source queue's.
        deadline: The end of the invocation: no call is begun right before it.
    """
    entries = [
        {"Id": str(number), "ReceiptHandle": message.receipt_handle, "VisibilityTimeout": seconds}
        for number, (message, seconds) in enumerate(waits)
    ]
    tens = [entries[start : start + MOST_ENTRIES] for start in range(0, len(entries), MOST_ENTRIES)]

    def change(sqs: Any, batch: list[dict[str, Any]]) -> Mapping[str, Any]:
        url = settings.queue_url or queue_url(source_arn)
        reply: Mapping[str, Any] = sqs.change_message_visibility_batch(QueueUrl=url, Entries=batch)
        return reply

    _run("ChangeMessageVisibilityBatch", change, tens, source_arn, deadline)


def _run(
    name: str,
    call: Callable[[Any, list[Any]], Mapping[str, Any]],
    batches: Sequence[list[Any]],
    source_arn: str,
    deadline: Deadline,
) -> None:
    """Make a call for each batch. Whatever goes wrong is logged, with the number of entries it concerns."""

    def guarded(batch: list[Any]) -> None:
        failed, error = len(batch), "not called: too little of the invocation's time is left"
        if deadline.allows_call():
            try:
                refused: list[Mapping[str, Any]] = call(client("sqs", deadline.total), batch).get("Failed") or []
                failed = len(refused)
                error = f"{refused[0].get('Code')}: {refused[0].get('Message')}" if refused else ""
            except Exception as raised:
                error = f"{type(raised).__name__}: {described(raised)}"
        if failed:
            warn("redrive.sqs.call_failed", call=name, entries=failed, error=error, source_arn=source_arn)

    run_all(guarded, batches)


def queue_url(arn: str) -> str:
    """The URL of a queue in the function's own Region.

    The form is documented at
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html.

    Args:
        arn: The queue's ARN.

    Returns:
        The URL.
    """
    _, partition, _, region, account, name = arn.split(":", 5)
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return f"https://sqs.{region}.{domain}/{account}/{name}"
