"""Refuses what SQS refuses of a request as a whole, and carries out the entries of a batch.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redrive_model.limits import VISIBILITY_TIMEOUT
from redrive_simulator.services.message_rules import BATCH_ID, refused_value
from redrive_simulator.services.refusals import Refused

#: Entries of a batch, and messages of a receive.
MOST_ENTRIES = 10
#: Attributes of messages, and of queues: the pages of ReceiveMessage and of GetQueueAttributes in the API reference.
SYSTEM_ATTRIBUTES = frozenset(
    """
    SenderId SentTimestamp ApproximateReceiveCount ApproximateFirstReceiveTimestamp SequenceNumber
    MessageDeduplicationId MessageGroupId AWSTraceHeader DeadLetterQueueSourceArn
    """.split()  # noqa: SIM905
)
QUEUE_ATTRIBUTES = frozenset(
    """
    Policy VisibilityTimeout MaximumMessageSize MessageRetentionPeriod ApproximateNumberOfMessages
    ApproximateNumberOfMessagesNotVisible CreatedTimestamp LastModifiedTimestamp QueueArn
    ApproximateNumberOfMessagesDelayed DelaySeconds ReceiveMessageWaitTimeSeconds RedrivePolicy FifoQueue
    ContentBasedDeduplication KmsMasterKeyId KmsDataKeyReusePeriodSeconds DeduplicationScope FifoThroughputLimit
    RedriveAllowPolicy SqsManagedSseEnabled
    """.split()  # noqa: SIM905
)
#: Those of queues that nobody sets.
READ_ONLY = frozenset(
    """
    ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesDelayed
    CreatedTimestamp LastModifiedTimestamp QueueArn
    """.split()  # noqa: SIM905
)
#: Those of queues of which a simulation knows nothing.
NOT_MODELLED = frozenset(
    "Policy KmsMasterKeyId KmsDataKeyReusePeriodSeconds FifoThroughputLimit SqsManagedSseEnabled".split()  # noqa: SIM905
)


def check_visibility(timeout: int | None) -> None:
    """Refuse a visibility timeout of more than 12 hours, or less than none."""
    if timeout is not None and not VISIBILITY_TIMEOUT.allows(timeout):
        reason = f"Must be between 0 and {VISIBILITY_TIMEOUT.most}, if provided."
        raise refused_value(timeout, "VisibilityTimeout", reason)


def check_names(names: set[str], known: frozenset[str]) -> None:
    """Refuse names of attributes that SQS does not know."""
    unknown = sorted(names - known - {"All"})
    if unknown:
        raise Refused("InvalidAttributeName", f"Unknown Attribute {unknown[0]}.")


def check_entries(entries: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a whole batch."""
    if len(entries) > MOST_ENTRIES:
        message = f"Maximum number of entries per request are {MOST_ENTRIES}. You have sent {len(entries)}."
        raise Refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", message)
    if not entries:
        raise Refused("AWS.SimpleQueueService.EmptyBatchRequest", "There should be at least one entry in the request.")
    if not all(BATCH_ID.fullmatch(entry["Id"]) for entry in entries):
        only = "A batch entry id can only contain alphanumeric characters, hyphens and underscores."
        message = f"{only} It can be at most 80 letters long."
        raise Refused("AWS.SimpleQueueService.InvalidBatchEntryId", message)
    ids = [entry["Id"] for entry in entries]
    again = [id for number, id in enumerate(ids) if id in ids[:number]]
    if again:
        raise Refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", f"Id {again[0]} repeated.")


def each_of(entries: Sequence[dict[str, Any]], do: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Carry out the entries of a batch, each of which succeeds or fails by itself."""
    check_entries(entries)
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], **do(entry)})
        except Refused as refused:
            failed.append(
                {
                    "Id": entry["Id"],
                    "SenderFault": True,
                    "Code": refused.code.rpartition(".")[2],
                    "Message": refused.message,
                }
            )
    return {"Successful": done, **({"Failed": failed} if failed else {})}
