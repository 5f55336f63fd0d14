"""Makes SQS events as Lambda delivers them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import md5, sha256
from typing import Any, cast

from redrive.core.system import now
from redrive.sqs.message import MessageAttribute, SqsMessage
from redrive.testing.limits import check_attributes, check_body, check_group, check_queue, check_receives
from redrive.testing.names import arn_of, region_of, text_of, uuid_of

# As in AWS's example of a FIFO event: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
_FIRST_NUMBER = 18_849_496_460_467_696_128


def sqs_event(
    *messages: object,
    queue: str = "orders",
    receive_count: int = 1,
    group_id: str | None = None,
    sent_at: datetime | None = None,
    message_attributes: Mapping[str, MessageAttribute] | None = None,
) -> dict[str, Any]:
    """Make the event of a batch of SQS messages.

    It has the form of https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html. The same arguments make the same
    message ids, so calling it again with a higher `receive_count` makes the next delivery of the same messages.

    Args:
        *messages: The bodies: a text as it is, any other value as JSON. Or an `SqsMessage` for a message that differs
            from the others; what it does not have is filled in.
        queue: The queue's name or ARN. A name that ends with `.fifo` makes a FIFO queue. Default: `"orders"`.
        receive_count: How often the messages have been received, this time included. Default: 1.
        group_id: The message group. Default: `"1"` in a FIFO queue, else none.
        sent_at: The time at which the messages were sent and first received. Default: now.
        message_attributes: The sender's attributes. Default: none.

    Returns:
        The event.

    Raises:
        TypeError: A body is not text and not JSON, or an attribute is no `MessageAttribute`.
        ValueError: SQS does not take such a message, queue or message group.
    """
    check_queue(queue)
    check_receives(receive_count)
    check_group(group_id)
    check_attributes(message_attributes or {})
    arn = arn_of("sqs", queue)
    fifo = arn.endswith(".fifo")
    moment = str(int((now() if sent_at is None else sent_at.timestamp()) * 1000))
    records: list[dict[str, Any]] = []
    for number, each in enumerate(messages):
        if isinstance(each, SqsMessage):
            given = cast("SqsMessage[Any]", each)
        else:
            body = text_of(each, "the body of a message")
            given = SqsMessage[Any](
                uuid_of(arn, number, body),
                body,
                receive_count=receive_count,
                message_attributes=message_attributes or {},
            )
        check_body(given.body)
        attributes = {
            "SentTimestamp": moment,
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": moment,
        }
        if fifo or group_id is not None:
            attributes["MessageGroupId"] = "1" if group_id is None else group_id
        if fifo:
            attributes["MessageDeduplicationId"] = sha256(given.body.encode()).hexdigest()
            attributes["SequenceNumber"] = str(_FIRST_NUMBER + number)
        records.append(
            {
                **given[0],
                "receiptHandle": given.receipt_handle or f"AQEB{sha256(given.id.encode()).hexdigest()}",
                "attributes": {**attributes, **given.attributes},
                "messageAttributes": {
                    name: {**value, "stringListValues": [], "binaryListValues": []}
                    for name, value in given[0]["messageAttributes"].items()
                },
                "md5OfBody": md5(given.body.encode(), usedforsecurity=False).hexdigest(),
                "eventSourceARN": given.source_arn or arn,
                "awsRegion": region_of(given.source_arn or arn),
            }
        )
    return {"Records": records}
