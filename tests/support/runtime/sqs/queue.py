"""A queue as a helper sees it: events, Lambda's context, the time and an SQS client, all of them made up.

The client refuses what SQS refuses, so that a test which goes beyond a limit sees a failed call:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from redrive.aws.clients import clients
from redrive.core.system import clock, randomness

STANDARD = "arn:aws:sqs:eu-west-1:111122223333:orders"
FIFO = "arn:aws:sqs:eu-west-1:111122223333:ledger.fifo"
QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"
DEAD_LETTERS = "https://sqs.eu-west-1.amazonaws.com/111122223333/orders-dead-letters"
FIFO_DEAD_LETTERS = "https://sqs.eu-west-1.amazonaws.com/111122223333/ledger-dead-letters.fifo"

HOUR = 3600.0
MIB = 1_048_576

Entry = dict[str, Any]


@dataclass
class VirtualTime:
    """A clock that stands still until a test moves it."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Context:
    """Lambda's context object, for an invocation that may take some seconds of a clock."""

    time: Callable[[], float]
    seconds: float = 60.0
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    function_name: str = "orders-function"
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = self.time() + self.seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self._end - self.time()) * 1000))


def record(
    id: str = "1",
    body: str = "{}",
    *,
    arn: str = STANDARD,
    receive_count: int = 1,
    group: str | None = None,
    sent_at: float = 1_700_000_000.0,
    first_received_at: float = 1_700_000_000.0,
    message_attributes: Mapping[str, Any] | None = None,
    **attributes: str,
) -> dict[str, Any]:
    """One record of an event, as Lambda delivers it."""
    system = {
        "ApproximateReceiveCount": str(receive_count),
        "SentTimestamp": str(int(sent_at * 1000)),
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": str(int(first_received_at * 1000)),
    }
    if group is not None:
        system["MessageGroupId"] = group
    if arn.endswith(".fifo"):
        system |= {"SequenceNumber": "18849496460467696128", "MessageDeduplicationId": f"deduplication-{id}"}
    return {
        "messageId": id,
        "receiptHandle": f"handle-{id}",
        "body": body,
        "attributes": {**system, **attributes},
        "messageAttributes": dict(message_attributes or {}),
        "md5OfBody": "098f6bcd4621d373cade4e832627b4f6",
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "eu-west-1",
    }


def event(*records: dict[str, Any]) -> dict[str, Any]:
    """An event with some records."""
    return {"Records": list(records)}


def batch(size: int, **options: Any) -> dict[str, Any]:
    """An event with records `0`, `1`, …, whose bodies are their ids."""
    return event(*(record(str(number), str(number), **options) for number in range(size)))


def returned(response: Mapping[str, Any]) -> list[str]:
    """The ids of the messages that an answer asks to be received again."""
    assert list(response) == ["batchItemFailures"]
    assert all(list(failure) == ["itemIdentifier"] for failure in response["batchItemFailures"])
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


class SqsError(Exception):
    """Error with which SQS refuses a request as a whole."""


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class FakeSqs:
    """An SQS client that keeps what it is sent.

    Attributes:
        refuse: Asked about each entry; a code refuses it, as SQS refuses single entries of a batch.
        before: Called before each request, with its name; may raise.
        after: Called once a request is done, with its name; may raise, and then its answer is lost.
        sent: The entries that were sent and confirmed.
        sent_to: The same entries, by queue URL.
        lost: The entries that were sent, and whose confirmation was lost.
        visibility: The visibility timeouts that were set, by receipt handle.
        requests: The name, the queue URL and the entries of each request.
    """

    refuse: Callable[[Entry], str | None] = lambda entry: None
    before: Callable[[str], None] = lambda name: None
    after: Callable[[str], None] = lambda name: None
    sent: list[Entry] = field(default_factory=list)
    sent_to: dict[str, list[Entry]] = field(default_factory=dict)
    lost: list[Entry] = field(default_factory=list)
    visibility: dict[str, int] = field(default_factory=dict)
    requests: list[tuple[str, str, list[Entry]]] = field(default_factory=list)

    def calls(self, name: str) -> list[list[Entry]]:
        """The entries of each request of one name."""
        return [entries for request, _, entries in self.requests if request == name]

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        def wrong(entry: Entry) -> str | None:
            return _wrong_message(entry, fifo=request["QueueUrl"].endswith(".fifo"))

        def keep(entries: list[Entry]) -> None:
            self.sent.extend(entries)
            self.sent_to.setdefault(request["QueueUrl"], []).extend(entries)

        if sum(map(_size, request["Entries"])) > MIB:
            raise SqsError("AWS.SimpleQueueService.BatchRequestTooLong")
        return self._request("SendMessageBatch", wrong, keep, **request)

    def change_message_visibility_batch(self, **request: Any) -> dict[str, Any]:
        def wrong(entry: Entry) -> str | None:
            seconds = entry["VisibilityTimeout"]
            return None if type(seconds) is int and 0 <= seconds <= 43_200 else "InvalidParameterValue"

        def keep(entries: list[Entry]) -> None:
            self.visibility |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in entries}

        return self._request("ChangeMessageVisibilityBatch", wrong, keep, **request)

    def _request(
        self,
        name: str,
        wrong: Callable[[Entry], str | None],
        keep: Callable[[list[Entry]], None],
        **request: Any,
    ) -> dict[str, Any]:
        entries: list[Entry] = request["Entries"]
        self.requests.append((name, request["QueueUrl"], entries))
        self.before(name)
        if not 1 <= len(entries) <= 10 or len({entry["Id"] for entry in entries}) < len(entries):
            raise SqsError("AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
        codes = {entry["Id"]: wrong(entry) or self.refuse(entry) for entry in entries}
        taken = [entry for entry in entries if codes[entry["Id"]] is None]
        try:
            self.after(name)
        except BaseException:
            self.lost += taken
            raise
        keep(taken)
        failed = [{"Id": id, "Code": code, "Message": "was said"} for id, code in codes.items() if code]
        return {"Successful": [{"Id": entry["Id"]} for entry in taken]} | ({"Failed": failed} if failed else {})


def _size(entry: Entry) -> int:
    attributes: dict[str, Entry] = entry.get("MessageAttributes", {})
    return len(entry["MessageBody"].encode()) + sum(
        len(name.encode()) + len(value["DataType"].encode()) + len(_value(value)) for name, value in attributes.items()
    )


def _value(attribute: Entry) -> bytes:
    if attribute["DataType"].startswith("Binary"):
        assert "StringValue" not in attribute
        return attribute["BinaryValue"]
    assert "BinaryValue" not in attribute
    return attribute["StringValue"].encode()


def _wrong_message(entry: Entry, *, fifo: bool) -> str | None:
    attributes: dict[str, Entry] = entry.get("MessageAttributes", {})
    texts = [entry["MessageBody"], *(each["StringValue"] for each in attributes.values() if "StringValue" in each)]
    known = {"Id", "MessageBody", "MessageAttributes", "MessageSystemAttributes"}
    known |= {"MessageGroupId", "MessageDeduplicationId"} if fifo else {"MessageGroupId", "DelaySeconds"}
    delay = entry.get("DelaySeconds", 0)
    if type(delay) is not int or not 0 <= delay <= 900:
        return "InvalidParameterValue"
    if not isinstance(entry.get("MessageGroupId", ""), str):
        return "InvalidParameterValue"
    if not set(entry) <= known or (fifo and not {"MessageGroupId", "MessageDeduplicationId"} <= set(entry)):
        return "InvalidParameterValue"
    if not entry["MessageBody"] or _size(entry) > MIB or len(attributes) > 10:
        return "InvalidParameterValue"
    if any(_NOT_XML.search(text) for text in texts):
        return "InvalidMessageContents"
    if not all(map(_value, attributes.values())):
        return "InvalidParameterValue"
    return None


@contextmanager
def outside(sqs: FakeSqs, time: VirtualTime, random: float = 0.5) -> Iterator[None]:
    """Everything that the helpers take from outside, replaced."""
    with ExitStack() as stack:
        stack.enter_context(clients.replaced(lambda service, limits: sqs))
        stack.enter_context(clock.replaced(time))
        stack.enter_context(randomness.replaced(lambda: random))
        yield
