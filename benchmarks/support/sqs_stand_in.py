"""A stand-in for SQS under boto3's own client: each request is answered in this process, after a while."""

from __future__ import annotations

import json
import time
from hashlib import md5
from threading import Lock
from typing import Any, Self

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

BODY = json.dumps({"id": 7, "lines": ["chair"], "note": "x" * 500})
_DIGEST = md5(BODY.encode()).hexdigest()


class _Raw:
    """The body of a response, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Any:
        yield self._content


class StandIn:
    """A dead-letter queue with messages that SQS moved, and a queue that takes them.

    Args:
        number: How many messages.
        latency: Seconds for each request.
    """

    def __init__(self, number: int, latency: float) -> None:
        self._left = number
        self._next = 0
        self._latency = latency
        self._lock = Lock()
        self.sent = 0
        self.deleted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def client(self) -> Any:
        """A boto3 client whose requests come here."""
        client: Any = boto3.client(
            "sqs",
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(max_pool_connections=32, retries={"mode": "standard"}),
        )
        client.meta.events.register("before-send.sqs", self._answer)
        return client

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        time.sleep(self._latency)
        operation = request.headers["X-Amz-Target"]
        operation = (operation.decode() if isinstance(operation, bytes) else operation).rpartition(".")[2]
        given = json.loads(request.body)
        content = json.dumps(getattr(self, operation)(given)).encode()
        headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "r"}
        return AWSResponse(request.url, 200, headers, _Raw(content))  # pyright: ignore[reportArgumentType]

    def ReceiveMessage(self, request: Any) -> Any:  # noqa: N802
        with self._lock:
            number = min(request.get("MaxNumberOfMessages", 1), self._left)
            first, self._next, self._left = self._next, self._next + number, self._left - number
        return {"Messages": [self._message(first + at) for at in range(number)]}

    def SendMessageBatch(self, request: Any) -> Any:  # noqa: N802
        with self._lock:
            self.sent += len(request["Entries"])
        done = [{"Id": each["Id"], "MessageId": "new", "MD5OfMessageBody": _DIGEST} for each in request["Entries"]]
        return {"Successful": done, "Failed": []}

    def SendMessage(self, request: Any) -> Any:  # noqa: N802
        with self._lock:
            self.sent += 1
        return {"MessageId": "new", "MD5OfMessageBody": _DIGEST}

    def DeleteMessageBatch(self, request: Any) -> Any:  # noqa: N802
        with self._lock:
            self.deleted += len(request["Entries"])
        return {"Successful": [{"Id": each["Id"]} for each in request["Entries"]], "Failed": []}

    def DeleteMessage(self, request: Any) -> Any:  # noqa: N802
        with self._lock:
            self.deleted += 1
        return {}

    def GetQueueAttributes(self, request: Any) -> Any:  # noqa: N802
        arn = f"arn:aws:sqs:eu-west-1:111111111111:{request['QueueUrl'].rpartition('/')[2]}"
        return {"Attributes": {"QueueArn": arn, "ApproximateNumberOfMessages": str(self._left)}}

    def ListDeadLetterSourceQueues(self, request: Any) -> Any:  # noqa: N802
        return {"queueUrls": []}

    def _message(self, number: int) -> Any:
        return {
            "MessageId": f"{number:032x}",
            "ReceiptHandle": "h" * 200 + str(number),
            "Body": BODY,
            "MD5OfBody": _DIGEST,
            "Attributes": {
                "ApproximateReceiveCount": "4",
                "SentTimestamp": "1795680000000",
                "DeadLetterQueueSourceArn": "arn:aws:sqs:eu-west-1:111111111111:orders",
            },
        }
