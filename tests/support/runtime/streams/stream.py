"""A stream as a helper sees it: events, the places for records set aside, and Lambda, which delivers a batch again."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from redrive.aws.clients import clients
from redrive.core.system import clock, randomness
from tests.support.runtime.sqs.queue import MIB, VirtualTime, _size, _wrong_message

STREAM = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders"
TABLE_STREAM = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-11-21T08:00:00.000"
SHARD = "shardId-000000000006"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders-set-aside"
BUCKET = "orders-set-aside"

Record = dict[str, Any]


def kinesis_record(
    number: int = 1,
    data: bytes = b"{}",
    *,
    key: str = "1",
    arn: str = STREAM,
    shard: str = SHARD,
    arrived_at: float = 1_700_000_000.5,
) -> Record:
    """One record of a Kinesis event, as Lambda delivers it; the number is its sequence number."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": key,
            "sequenceNumber": str(number),
            "data": b64encode(data).decode(),
            "approximateArrivalTimestamp": arrived_at,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::111122223333:role/orders",
        "awsRegion": "eu-west-1",
        "eventSourceARN": arn,
    }


def dynamodb_record(number: int = 1, *, key: str = "1", event_name: str = "INSERT", **images: Any) -> Record:
    """One record of a DynamoDB stream's event, as Lambda delivers it; the number is its sequence number."""
    return {
        "eventID": f"event-{number}",
        "eventName": event_name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_700_000_000,
            "Keys": {"id": {"S": key}},
            "SequenceNumber": str(number),
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **images,
        },
        "eventSourceARN": TABLE_STREAM,
    }


def event(*records: Record) -> dict[str, Any]:
    """An event with some records."""
    return {"Records": list(records)}


def batch(size: int, **options: Any) -> dict[str, Any]:
    """A Kinesis event with records 1, 2, …, whose data are their numbers."""
    return event(*(kinesis_record(number, str(number).encode(), **options) for number in range(1, size + 1)))


def keyed(*names: str) -> dict[str, Any]:
    """A Kinesis event with records 1, 2, …, whose data are the names, and partition keys the names' first letters."""
    return event(
        *(kinesis_record(number, name.encode(), key=name[0]) for number, name in enumerate(names, start=1)),
    )


def in_window(
    incoming: Mapping[str, Any], state: Mapping[str, Any] | None = None, *, final: bool = False, early: bool = False
) -> dict[str, Any]:
    """An event as one of a tumbling window."""
    return {
        **incoming,
        "window": {"start": "2020-12-09T07:04:00Z", "end": "2020-12-09T07:06:00Z"},
        "state": dict(state or {}),
        "shardId": SHARD,
        "eventSourceARN": STREAM,
        "isFinalInvokeForWindow": final,
        "isWindowTerminatedEarly": early,
    }


def checkpoint(response: Mapping[str, Any]) -> str | None:
    """The sequence number from which on an answer asks for records again."""
    assert set(response) <= {"batchItemFailures", "state"}
    failures = response["batchItemFailures"]
    assert len(failures) <= 1
    assert all(list(failure) == ["itemIdentifier"] for failure in failures)
    return failures[0]["itemIdentifier"] if failures else None


class Refused(Exception):
    """Error with which AWS refuses a wrong request."""


@dataclass
class FakeAws:
    """SQS and S3, which keep what they are sent.

    Attributes:
        before: Called before each request with the name of its method and its arguments; may raise.
        after: Called once a request is done; may raise, and then its answer is lost.
        messages: The messages that were sent.
        objects: The objects that were written, by bucket and key.
        requests: The name and the arguments of each request.
    """

    before: Callable[[str, dict[str, Any]], None] = lambda name, arguments: None
    after: Callable[[str, dict[str, Any]], None] = lambda name, arguments: None
    messages: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        self._begin("send_message", arguments)
        entry = {"Id": "0", **{name: value for name, value in arguments.items() if name != "QueueUrl"}}
        wrong = _wrong_message(entry, fifo=False)
        if wrong is not None or _size(entry) > MIB:
            raise Refused(wrong)
        self.messages.append(arguments)
        self.after("send_message", arguments)
        return {"MessageId": f"message-{len(self.messages)}"}

    def put_object(self, **arguments: Any) -> dict[str, Any]:
        self._begin("put_object", arguments)
        assert set(arguments) == {"Bucket", "Key", "Body", "ContentType"}
        self.objects[arguments["Bucket"], arguments["Key"]] = arguments["Body"]
        self.after("put_object", arguments)
        return {"ETag": '"d41d8cd98f00b204e9800998ecf8427e"'}

    def set_aside(self) -> list[Record]:
        """Bodies written for the records set aside, without their marks, in the order of writing, SQS first."""
        bodies = [json.loads(each["MessageBody"]) for each in self.messages]
        bodies += [json.loads(each) for each in self.objects.values()]
        return [{**body, "record": unmarked(body["record"])} for body in bodies]

    def _begin(self, name: str, arguments: dict[str, Any]) -> None:
        self.requests.append((name, arguments))
        self.before(name, arguments)


def unmarked(record: Mapping[str, Any]) -> Record:
    """A record without the mark that says that it is brought back, which it must have."""
    assert record["redriveReplay"]["id"]
    return {name: value for name, value in record.items() if name != "redriveReplay"}


@contextmanager
def outside(aws: FakeAws, time: VirtualTime) -> Iterator[None]:
    """Everything that the helpers take from outside, replaced."""
    with ExitStack() as stack:
        stack.enter_context(clients.replaced(lambda service, limits: aws))
        stack.enter_context(clock.replaced(time))
        stack.enter_context(randomness.replaced(lambda: 0.5))
        yield


@dataclass
class Store:
    """A store of succeeded records.

    Attributes:
        trouble: Called before each call with the name of its method; may raise.
        known: What was remembered.
        recalled: What was answered last, nothing where that failed.
        calls: The name and the identifiers of each call.
    """

    trouble: Callable[[str], None] = lambda name: None
    known: set[str] = field(default_factory=set)
    recalled: set[str] = field(default_factory=set)
    calls: list[tuple[str, list[str]]] = field(default_factory=list)

    def recall(self, identifiers: Sequence[str], /) -> set[str]:
        self.recalled = set()
        self._begin("recall", identifiers)
        self.recalled = self.known & set(identifiers)
        return self.recalled

    def remember(self, identifiers: Sequence[str], /) -> None:
        self._begin("remember", identifiers)
        self.known |= set(identifiers)

    def _begin(self, name: str, identifiers: Sequence[str]) -> None:
        self.calls.append((name, list(identifiers)))
        self.trouble(name)


@dataclass
class Delivery:
    """Lambda's part: a batch, delivered again from its checkpoint until it is done or given up.

    What is done with a batch that fails is from
    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html; that progress starts the
    count of attempts anew was observed.

    Attributes:
        handler: The Lambda handler.
        sequence_number: Makes the sequence number of a record.
        bisect: Whether a batch that has made no progress is split in two.
        attempts: How often a batch is tried without progress, `None` for as often as it takes.
        context: Makes the context of each invocation.
        answers: The records of each delivery, and the checkpoint that was answered.
        given_up: The records that went to the on-failure destination.
    """

    handler: Callable[[dict[str, Any], Any], Mapping[str, Any]]
    sequence_number: Callable[[Record], str] = lambda record: record["kinesis"]["sequenceNumber"]
    bisect: bool = False
    attempts: int | None = None
    context: Callable[[], Any] = lambda: None
    answers: list[tuple[list[Record], str | None]] = field(default_factory=list)
    given_up: list[Record] = field(default_factory=list)

    def deliver(self, records: Sequence[Record], attempt: int = 1) -> None:
        """Deliver records until nothing of them is left."""
        waiting = list(records)
        while waiting:
            assert len(self.answers) < 2_000, "no end in sight"
            answer = checkpoint(self.handler(event(*waiting), self.context()))
            self.answers.append((waiting, answer))
            if answer is None:
                return
            position = [self.sequence_number(record) for record in waiting].index(answer)
            if position > 0:
                waiting, attempt = waiting[position:], 1
                continue
            if self.bisect and len(waiting) > 1:
                half = len(waiting) // 2
                self.deliver(waiting[:half])
                waiting, attempt = waiting[half:], 1
                continue
            if self.attempts is not None and attempt >= self.attempts:
                self.given_up += waiting
                return
            attempt += 1
