"""Messages that destinations and dead-letter queues receive, as AWS shows them or as they were recorded there.

DG is https://docs.aws.amazon.com/lambda/latest/dg/, SNSDG is https://docs.aws.amazon.com/sns/latest/dg/. "Recorded" are
the shapes of messages that functions on AWS sent, as the snapshots in localstack/localstack keep them
(tests/aws/services/lambda_/test_lambda_destinations.snapshot.json, test_lambda.snapshot.json). Names and ids were taken
out there, and others are put in here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

Json = Any
Record = dict[str, Any]

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:orders"

#: DG/invocation-async-retain-records.html, "Example invocation record".
FROM_THE_GUIDE: Record = {
    "version": "1.0",
    "timestamp": "2019-11-14T18:16:05.568Z",
    "requestContext": {
        "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:my-function:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    },
    "requestPayload": {
        "ORDER_IDS": [
            "9e07af03-ce31-4ff3-xmpl-36dce652cb4f",
            "637de236-e7b2-464e-xmpl-baf57f86bb53",
            "a81ddca6-2c35-45c7-xmpl-c3a03a31ed15",
        ]
    },
    "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    "responsePayload": {
        "errorMessage": "RequestId: e4b46cbf-b738-xmpl-8880-a18cdf61200e Process exited before completing request"
    },
}

_ERROR = {
    "errorMessage": "intentional failure",
    "errorType": "Exception",
    "requestId": REQUEST_ID,
    "stackTrace": ['  File "/var/task/handler.py", line 7, in handler\n    raise Exception("intentional failure")\n'],
}


def _record(condition: str, count: int, **response: Json) -> Record:
    return {
        "version": "1.0",
        "timestamp": "2026-11-21T08:00:00.123Z",
        "requestContext": {
            "requestId": REQUEST_ID,
            "functionArn": f"{FUNCTION}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": count,
        },
        "requestPayload": {"message": "m-1"},
        **response,
    }


_FAILED = {
    "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    "responsePayload": _ERROR,
}
#: Recorded: test_assess_lambda_destination_invocation.
SUCCESS = _record(
    "Success", 1, responseContext={"statusCode": 200, "executedVersion": "$LATEST"}, responsePayload={"done": True}
)
#: Recorded: test_retries.
RETRIES_EXHAUSTED = _record("RetriesExhausted", 3, **_FAILED)
#: Recorded: test_maxeventage, of an event that was not tried a second time.
EVENT_AGE_EXCEEDED = _record("EventAgeExceeded", 1, **_FAILED)
#: Recorded: test_reserved_concurrency. DG/lambda-concurrency.html says when.
ZERO_RESERVED_CONCURRENCY = _record("ZeroReservedConcurrency", 0)
RECORDS: dict[str, Record] = {
    "from the guide": FROM_THE_GUIDE,
    "success": SUCCESS,
    "retries exhausted": RETRIES_EXHAUSTED,
    "event age exceeded": EVENT_AGE_EXCEEDED,
    "zero reserved concurrency": ZERO_RESERVED_CONCURRENCY,
}

#: DG/invocation-async-retain-records.html, "Dead-letter queue message attributes"; recorded: test_dead_letter_queue.
DEAD_LETTER_ATTRIBUTES = {
    "RequestID": ("String", REQUEST_ID),
    "ErrorCode": ("Number", "200"),
    "ErrorMessage": ("String", "Test exception (this is intentional)"),
}
Attributes = dict[str, tuple[str, str]]
NONE: Attributes = {}


def sqs_record(body: str, attributes: Attributes = NONE) -> Record:
    """A record of the event of a function behind a queue. DG/with-sqs.html."""
    return {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
        "messageAttributes": {
            name: {"stringValue": value, "stringListValues": [], "binaryListValues": [], "dataType": kind}
            for name, (kind, value) in attributes.items()
        },
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111111111111:failures",
        "awsRegion": "eu-west-1",
    }


def received_message(body: str, attributes: Attributes = NONE) -> Record:
    """A message of boto3's `receive_message`. Recorded; without attributes the member is missing."""
    message: Record = {
        "MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "ReceiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
        "MD5OfBody": "ba08269cbd0ce515889bfba6593731e1",
        "Body": body,
    }
    if attributes:
        message["MessageAttributes"] = {
            name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()
        }
    return message


def notification(message: str, attributes: Attributes = NONE) -> Record:
    """A topic's message to a queue or over HTTP. SNSDG/sns-sqs-as-subscriber.html, http-notification-json.html."""
    found: Record = {
        "Type": "Notification",
        "MessageId": "63a3f6b6-d533-4a47-aef9-fcf5cf758c76",
        "TopicArn": "arn:aws:sns:eu-west-1:111111111111:failures",
        "Message": message,
        "Timestamp": "2026-11-21T08:00:00.901Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLEnTrFPa3...",
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService.pem",
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
    }
    if attributes:
        found["MessageAttributes"] = {
            name: {"Type": kind, "Value": value} for name, (kind, value) in attributes.items()
        }
    return found


def sns_record(message: str, attributes: Attributes = NONE) -> Record:
    """A record of the event of a function that is subscribed to a topic. DG/with-sns.html."""
    return {
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:111111111111:failures:21be56ed-a058-49f5-8c98-aedd2564c486",
        "EventSource": "aws:sns",
        "Sns": {"MessageAttributes": {}, "Subject": None, **notification(message, attributes)},
    }


def bus_event(record: Record, outcome: str | None = None) -> Record:
    """An event of EventBridge. DG/invocation-async-retain-records.html; the resources as recorded."""
    succeeded = record["requestContext"]["condition"] == "Success"
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": f"Lambda Function Invocation Result - {outcome or ('Success' if succeeded else 'Failure')}",
        "source": "lambda",
        "account": "111111111111",
        "time": "2026-11-21T08:00:01Z",
        "region": "eu-west-1",
        "resources": [
            "arn:aws:events:eu-west-1:111111111111:event-bus/default",
            record["requestContext"]["functionArn"],
        ],
        "detail": record,
    }


Wrapping = Callable[[Record], Json]


def _bytes(record: Record) -> bytes:
    return json.dumps(record).encode()


#: Forms in which a user may have a record, by the way it came.
WRAPPINGS: dict[str, Wrapping] = {
    "the event of a destination function": lambda record: record,
    "the content of an S3 object": _bytes,
    "a body": json.dumps,
    "a record of an SQS event": lambda record: sqs_record(json.dumps(record)),
    "a received message": lambda record: received_message(json.dumps(record)),
    "a record of an SNS event": lambda record: sns_record(json.dumps(record)),
    "a notification": lambda record: notification(json.dumps(record)),
    "a notification over HTTP": lambda record: _bytes(notification(json.dumps(record))),
    "a notification in an SQS event": lambda record: sqs_record(json.dumps(notification(json.dumps(record)))),
    "a notification in a received message": lambda record: received_message(
        json.dumps(notification(json.dumps(record)))
    ),
    "an EventBridge event": bus_event,
    "an EventBridge event in an SQS event": lambda record: sqs_record(json.dumps(bus_event(record))),
    "an EventBridge event in a received message": lambda record: received_message(json.dumps(bus_event(record))),
    "an EventBridge event in a notification": lambda record: notification(json.dumps(bus_event(record))),
}

DeadLetterWrapping = Callable[[str, Attributes], Json]
#: Forms in which a user may have a message of a dead-letter queue or topic, made from its body and its attributes.
DEAD_LETTER_WRAPPINGS: dict[str, DeadLetterWrapping] = {
    "a record of an SQS event": sqs_record,
    "a received message": received_message,
    "a record of an SNS event": sns_record,
    "a notification": notification,
    "a notification in an SQS event": lambda body, attributes: sqs_record(json.dumps(notification(body, attributes))),
    "a notification in a received message": lambda body, attributes: received_message(
        json.dumps(notification(body, attributes))
    ),
}


def changed(record: Record, path: str, value: Json) -> Record:
    """A copy of a record with one member, named by its path, set to another value."""
    made = copy.deepcopy(record)
    *parents, name = path.split(".")
    at = made
    for parent in parents:
        at = at[parent]
    at[name] = value
    return made


def without(record: Record, path: str) -> Record:
    """A copy of a record without one member."""
    made = changed(record, path, None)
    *parents, name = path.split(".")
    at = made
    for parent in parents:
        at = at[parent]
    del at[name]
    return made
