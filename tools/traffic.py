"""Sending messages to deployed queues, and finding out what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.local_aws import LocalAws

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef, SendMessageBatchRequestEntryTypeDef

_MOST_ENTRIES = 10


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent.

    Attributes:
        body: Its body.
        group: The message group, for FIFO queues.
    """

    body: str
    group: str | None = None


def send(aws: LocalAws, queue_url: str, messages: Sequence[Outgoing]) -> None:
    """Sends messages, in their order.

    Raises:
        RuntimeError: The queue refused one.
    """
    sqs = aws.client("sqs")
    for start in range(0, len(messages), _MOST_ENTRIES):
        entries: list[SendMessageBatchRequestEntryTypeDef] = []
        for number, message in enumerate(messages[start : start + _MOST_ENTRIES]):
            entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(number), "MessageBody": message.body}
            if message.group is not None:
                entry["MessageGroupId"] = message.group
            entries.append(entry)
        reply = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        if reply.get("Failed"):
            raise RuntimeError(f"{queue_url} refused {reply['Failed']}")


def count(aws: LocalAws, queue_url: str, *, only_visible: bool = False) -> int:
    """Counts the messages of a queue: visible, in flight or delayed."""
    reply = aws.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])
    counts = {name: int(value) for name, value in reply["Attributes"].items() if name.startswith("ApproximateNumber")}
    return counts["ApproximateNumberOfMessages"] if only_visible else sum(counts.values())


def drain(aws: LocalAws, queue_url: str) -> list[MessageTypeDef]:
    """Takes all messages out of a queue, with their attributes."""
    sqs = aws.client("sqs")
    taken: list[MessageTypeDef] = []
    while True:
        messages = sqs.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=_MOST_ENTRIES,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return taken
        for message in messages:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message.get("ReceiptHandle", ""))
        taken += messages


def text_attribute(message: MessageTypeDef, name: str) -> str | None:
    """Returns a text attribute of a message, if it is there."""
    attribute = message.get("MessageAttributes", {}).get(name)
    return attribute.get("StringValue") if attribute else None


def log_events(aws: LocalAws, function: str, field: str) -> Iterator[tuple[float, dict[str, Any]]]:
    """Returns the JSON objects that a function has printed.

    Args:
        aws: The local AWS.
        function: The function's name.
        field: Only objects that have this field.

    Yields:
        Seconds since the epoch, and the object.
    """
    logs = aws.client("logs")
    functions = aws.client("lambda")
    configuration: Any = functions.get_function_configuration(FunctionName=function)
    group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}"
    token: dict[str, str] = {}
    while True:
        page: dict[str, Any] = logs.filter_log_events(logGroupName=group, **token)
        for event in page["events"]:
            text: str = event["message"]
            start = text.find("{")
            if start >= 0:
                try:
                    found: Any = json.loads(text[start:])
                except ValueError:
                    continue
                if isinstance(found, dict) and field in found:
                    yield event["timestamp"] / 1000, found
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}
