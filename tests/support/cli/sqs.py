"""SQS as LAMBDA_FACTS §3 and §10 describe it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

_HOST = "https://sqs.eu-west-1.amazonaws.com/111111111111/"
_ARN = "arn:aws:sqs:eu-west-1:111111111111:"
_DEDUPLICATION = 300
_IN_FLIGHT = 120_000


@dataclass
class Message:
    id: str
    body: str
    attributes: dict[str, Any]
    sent_at: float
    group: str | None = None
    deduplication: str | None = None
    trace: str | None = None
    receives: int = 0
    visible_at: float = 0.0
    handle: str = ""
    first_received: float | None = None
    moved_from: str | None = None
    number: int = field(default_factory=count().__next__)


@dataclass
class Queue:
    name: str
    policy: dict[str, Any] | None = None
    ready: deque[Message] = field(default_factory=deque)
    flight: dict[str, Message] = field(default_factory=dict)
    sent: dict[str, tuple[float, str]] = field(default_factory=dict)

    @property
    def fifo(self) -> bool:
        return self.name.endswith(".fifo")

    @property
    def url(self) -> str:
        return _HOST + self.name

    @property
    def arn(self) -> str:
        return _ARN + self.name

    @property
    def all(self) -> list[Message]:
        return [*self.ready, *self.flight.values()]

    @property
    def bodies(self) -> list[str]:
        return [each.body for each in self.all]


class FakeSqs:
    """Queues by name.

    Attributes:
        refuses: Says of an entry of a batch whether it is refused, and how (an error's code).
    """

    def __init__(self, world: Any) -> None:
        self._world = world
        self.queues: dict[str, Queue] = {}
        self.refuses: Callable[[str, dict[str, Any]], str | None] = lambda operation, entry: None
        self.most_in_flight = _IN_FLIGHT
        self.tasks: list[dict[str, Any]] = []
        self._handles = 0

    def create(self, name: str, dead_letters: str | None = None, most: int = 3) -> Queue:
        policy = None
        if dead_letters is not None:
            policy = {"deadLetterTargetArn": _ARN + dead_letters, "maxReceiveCount": most}
        self.queues[name] = Queue(name, policy)
        return self.queues[name]

    def put(self, name: str, body: str, attributes: dict[str, Any] | None = None, **more: Any) -> Message:
        """Put a message into a queue, by hand or as SQS would have moved it (`moved_from`)."""
        queue = self.queues[name]
        source = more.pop("moved_from", None)
        message = Message(str(uuid4()), body, attributes or {}, self._world.now(), **more)
        message.moved_from = None if source is None else _ARN + source
        if queue.fifo and message.deduplication is None:
            message.deduplication = message.id
        queue.ready.append(message)
        return message

    def get_queue_url(self, QueueName: str, QueueOwnerAWSAccountId: str = "") -> dict[str, Any]:
        return {"QueueUrl": self._queue(_HOST + QueueName).url}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        queue = self._queue(QueueUrl)
        self._return(queue)
        found = {
            "QueueArn": queue.arn,
            "ApproximateNumberOfMessages": str(len(queue.ready)),
            "ApproximateNumberOfMessagesNotVisible": str(len(queue.flight)),
            "ApproximateNumberOfMessagesDelayed": "0",
            "VisibilityTimeout": "30",
            "MessageRetentionPeriod": "345600",
            "DelaySeconds": "0",
            **({"FifoQueue": "true"} if queue.fifo else {}),
        }
        if queue.policy is not None:
            found["RedrivePolicy"] = json.dumps(queue.policy)
        return {"Attributes": found}

    def list_dead_letter_source_queues(self, QueueUrl: str, MaxResults: int) -> dict[str, Any]:
        arn = self._queue(QueueUrl).arn
        urls = [each.url for each in self.queues.values() if (each.policy or {}).get("deadLetterTargetArn") == arn]
        return {"queueUrls": urls}

    def receive_message(self, QueueUrl: str, MaxNumberOfMessages: int, **options: Any) -> dict[str, Any]:
        queue, now = self._queue(QueueUrl), self._world.now()
        self._return(queue)
        if len(queue.flight) >= self.most_in_flight:
            raise ClientError({"Error": {"Code": "OverLimit", "Message": "too many"}}, "ReceiveMessage")
        blocked = {each.group for each in queue.flight.values()} if queue.fifo else set()
        taken: list[Message] = []
        passed: list[Message] = []
        while queue.ready and len(taken) < MaxNumberOfMessages:
            message = queue.ready.popleft()
            if queue.fifo and message.group in blocked:
                passed.append(message)
                continue
            if queue.policy is not None and message.receives >= queue.policy["maxReceiveCount"]:
                self._move(message, queue)
                continue
            taken.append(message)
        queue.ready.extendleft(reversed(passed))
        for message in taken:
            self._handles += 1
            message.receives += 1
            message.handle = f"{message.id}:{self._handles}"
            message.visible_at = now + options.get("VisibilityTimeout", 30)
            message.first_received = message.first_received or now
            queue.flight[message.id] = message
        return {"Messages": [self._shown(each, queue) for each in taken]} if taken else {}

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        queue = self._queue(QueueUrl)
        assert len(Entries) <= 10
        return self._each("SendMessageBatch", Entries, lambda entry: self._send(queue, entry))

    def delete_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        queue = self._queue(QueueUrl)

        def delete(entry: dict[str, Any]) -> dict[str, Any]:
            id = entry["ReceiptHandle"].rpartition(":")[0]
            queue.flight.pop(id, None)
            for message in list(queue.ready):
                if message.id == id:
                    queue.ready.remove(message)
            return {}

        return self._each("DeleteMessageBatch", Entries, delete)

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        queue, now = self._queue(QueueUrl), self._world.now()

        def change(entry: dict[str, Any]) -> dict[str, Any]:
            message = queue.flight.get(entry["ReceiptHandle"].rpartition(":")[0])
            if message is None:
                raise ClientError({"Error": {"Code": "MessageNotInflight"}}, "ChangeMessageVisibilityBatch")
            message.visible_at = now + entry["VisibilityTimeout"]
            return {}

        return self._each("ChangeMessageVisibilityBatch", Entries, change)

    def start_message_move_task(self, SourceArn: str, **options: Any) -> dict[str, Any]:
        source = self.queues[SourceArn.rpartition(":")[2]]
        task = {"TaskHandle": "task-1", "Status": "COMPLETED", "SourceArn": SourceArn, **options}
        task |= {"ApproximateNumberOfMessagesMoved": 0, "ApproximateNumberOfMessagesToMove": len(source.ready)}
        self.tasks.insert(0, task)
        while source.ready:
            message = source.ready[0]
            target = options.get("DestinationArn") or message.moved_from
            if target is None:
                task |= {"Status": "FAILED", "FailureReason": "CouldNotDetermineMessageSource"}
                break
            source.ready.popleft()
            new = self.put(target.rpartition(":")[2], message.body, message.attributes)
            new.group, new.deduplication = message.group, message.deduplication
            task["ApproximateNumberOfMessagesMoved"] += 1
        return {"TaskHandle": "task-1"}

    def list_message_move_tasks(self, SourceArn: str, MaxResults: int = 1) -> dict[str, Any]:
        return {"Results": self.tasks[:MaxResults]}

    def cancel_message_move_task(self, TaskHandle: str) -> dict[str, Any]:
        self.tasks[0]["Status"] = "CANCELLED"
        return {"ApproximateNumberOfMessagesMoved": self.tasks[0]["ApproximateNumberOfMessagesMoved"]}

    def _send(self, queue: Queue, entry: dict[str, Any]) -> dict[str, Any]:
        now = self._world.now()
        deduplication = entry.get("MessageDeduplicationId")
        if queue.fifo:
            assert entry.get("MessageGroupId"), "a FIFO queue needs a group"
            assert deduplication, "a FIFO queue without content-based deduplication needs a deduplication id"
            seen = queue.sent.get(deduplication)
            if seen is not None and now - seen[0] < _DEDUPLICATION:
                return {"MessageId": seen[1]}  # accepted and dropped
        message = Message(str(uuid4()), entry["MessageBody"], entry.get("MessageAttributes") or {}, now)
        message.group, message.deduplication = entry.get("MessageGroupId"), deduplication
        trace = (entry.get("MessageSystemAttributes") or {}).get("AWSTraceHeader")
        message.trace = trace and trace["StringValue"]
        queue.ready.append(message)
        if queue.fifo:
            queue.sent[str(deduplication)] = (now, message.id)
        return {"MessageId": message.id}

    def _each(
        self, operation: str, entries: list[dict[str, Any]], act: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            code = self.refuses(operation, entry)
            if code is None:
                try:
                    done.append({"Id": entry["Id"], **act(entry)})
                    continue
                except ClientError as error:
                    code = error.response["Error"]["Code"]  # pyright: ignore
            ours = code in ("InternalError", "ServiceUnavailable")
            failed.append({"Id": entry["Id"], "Code": code, "Message": "refused", "SenderFault": not ours})
        return {"Successful": done, "Failed": failed}

    def _queue(self, url: str) -> Queue:
        queue = self.queues.get(url.rpartition("/")[2])
        if queue is None:
            raise ClientError(
                {"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": "no such queue"}}, "Call"
            )
        return queue

    def _return(self, queue: Queue) -> None:
        now = self._world.now()
        for id, message in list(queue.flight.items()) if len(queue.flight) < 5000 else ():
            if message.visible_at <= now:
                queue.ready.append(queue.flight.pop(id))
        if queue.fifo:
            order = sorted(queue.ready, key=lambda each: each.number)
            queue.ready = deque(order)

    def _move(self, message: Message, queue: Queue) -> None:
        assert queue.policy is not None
        message.moved_from, message.receives = queue.arn, message.receives
        if queue.fifo:
            message.deduplication, message.sent_at = message.id, self._world.now()
        self.queues[queue.policy["deadLetterTargetArn"].rpartition(":")[2]].ready.append(message)

    def _shown(self, message: Message, queue: Queue) -> dict[str, Any]:
        attributes = {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent_at * 1000)),
            "SenderId": "AIDA",
            "ApproximateFirstReceiveTimestamp": str(int((message.first_received or 0) * 1000)),
        }
        more = {
            "MessageGroupId": message.group,
            "MessageDeduplicationId": message.deduplication if queue.fifo else None,
            "DeadLetterQueueSourceArn": message.moved_from,
            "AWSTraceHeader": message.trace,
        }
        attributes |= {name: value for name, value in more.items() if value is not None}
        return {
            "MessageId": message.id,
            "ReceiptHandle": message.handle,
            "Body": message.body,
            "Attributes": attributes,
            "MessageAttributes": message.attributes,
        }
