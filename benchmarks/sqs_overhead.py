"""Measures the cost of handling a message, apart from the user's own function, beside Powertools' batch utility.

    .venv/bin/python benchmarks/sqs_overhead.py

The same events and the same context go through both, in turn. The function reads the body and does nothing with it.
Redrive checks before each message whether there is time for it; Powertools' batch utility does not have that.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from support.overhead import SIZES, Context, Handler, medians

from redrive import SqsMessage, sqs_handler

MESSAGES = 400_000
ARN = "arn:aws:sqs:us-east-1:111111111111:orders"
processor = BatchProcessor(EventType.SQS)


def event(size: int) -> dict[str, Any]:
    """An event as Lambda delivers it."""
    attributes = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1795260000000",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1795260000100",
    }
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-{number:012d}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": '{"id": 7, "lines": ["chair"]}',
                "attributes": attributes,
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": ARN,
                "awsRegion": "us-east-1",
            }
            for number in range(size)
        ]
    }


def with_powertools(event: dict[str, Any], context: Context) -> object:
    return process_partial_response(event=event, record_handler=read_record, processor=processor, context=context)  # pyright: ignore


def read_record(record: SQSRecord) -> None:
    _ = record.body


@sqs_handler
def with_redrive(message: SqsMessage[str]) -> None:
    _ = message.body


def main() -> None:
    print("time per message besides the function's own, median, microseconds")
    print(f"{'messages in a batch':>20}{'Powertools':>12}{'redrive':>10}   beside Powertools")
    handlers: dict[str, Handler] = {
        "Powertools": with_powertools,
        "redrive": with_redrive,
    }
    for size in SIZES:
        batch = event(size)
        powertools, redrive = medians(batch, size, MESSAGES, handlers)
        print(f"{size:>20,}{powertools:>12.2f}{redrive:>10.2f}   {redrive / powertools:.2f}")


if __name__ == "__main__":
    main()
