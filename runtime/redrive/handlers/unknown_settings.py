"""Names what a handler without any settings cannot know, for its first log line about a batch."""

from __future__ import annotations

from collections.abc import Mapping

_REMEDY = (
    "the event source mapping must have ReportBatchItemFailures: without it, Lambda {without}; no {place} is known, so "
    "permanent failures are retried like any other: use the {construct} construct, or pass settings={settings}; "
    "settings={none} says that all is as it must be"
)
QUEUE_UNKNOWN: Mapping[str, object] = {
    "unknown": ["ReportBatchItemFailures", "dead_letter_queue_url"],
    "unknown_remedy": _REMEDY.format(
        without="deletes the failed messages of a batch too",
        place="dead-letter queue",
        construct="SqsConsumer",
        settings="SqsSettings(dead_letter_queue_url=…)",
        none="SqsSettings()",
    ),
}
STREAM_UNKNOWN: Mapping[str, object] = {
    "unknown": ["ReportBatchItemFailures", "set_aside_queue_url", "set_aside_bucket"],
    "unknown_remedy": _REMEDY.format(
        without="takes a batch with failed records for processed",
        place="queue or bucket to set records aside in",
        construct="KinesisConsumer or DynamoDBStreamConsumer",
        settings="StreamSettings(set_aside_queue_url=…)",
        none="StreamSettings()",
    ),
}


def unknown_fields(
    fields: Mapping[str, object], source_arn: str, known: Mapping[str, object], named: set[str]
) -> Mapping[str, object]:
    """Return the fields for the first line about a source of which nothing is known, else none.

    Args:
        fields: The fields.
        source_arn: The source.
        known: The settings that are in force for it.
        named: The sources that had such a line; the source is added.
    """
    # A backoff in code says nothing about the source.
    if source_arn in named or any(value for name, value in known.items() if name != "backoff"):
        return {}
    named.add(source_arn)
    return fields
