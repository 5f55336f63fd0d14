"""Looks up a queue: its address, its counts, and the queues whose dead-letter queue it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from redrive_cli.aws import Aws, pages
from redrive_cli.errors import Exit, Problem, code_of
from redrive_cli.places.place import QueuePlace
from redrive_model.findings.kept import Source

# The second is the code of SQS's older protocol.
_NO_QUEUE = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
# A stand-in for AWS may not have an operation.
_NO_OPERATION = ("InvalidAction", "UnsupportedOperation", "UnknownOperationException", "NotImplemented")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """The approximate counts of a queue.

    Attributes:
        visible: Messages that can be received.
        in_flight: Messages that were received and are not visible.
        delayed: Messages that are not visible yet.
    """

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All messages."""
        return self.visible + self.in_flight + self.delayed


def queue_at(aws: Aws, arn: str) -> QueuePlace:
    """Return the queue with an ARN, with what SQS knows of its sources."""
    _, _, _, region, account, name = arn.split(":", 5)
    try:
        url = aws.client("sqs", region or None).get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
    except Exception as error:
        raise _not_found(error, name, account) from error
    return with_details(aws, QueuePlace(name=name, url=url["QueueUrl"], arn=arn))


def queue_named(aws: Aws, name: str) -> QueuePlace | None:
    """Return the queue with a name in the default account and Region; `None` if there is none."""
    try:
        url: str = aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    except Exception as error:
        if code_of(error).rpartition("#")[2] in _NO_QUEUE:
            return None
        raise
    return with_url(aws, url)


def queue_of(aws: Aws, text: str) -> QueuePlace | None:
    """Return the queue with an ARN, a URL or a name; `None` if no queue has the name."""
    if text.startswith("arn:"):
        return queue_at(aws, text)
    return with_url(aws, text) if "://" in text else queue_named(aws, text)


def with_url(aws: Aws, url: str) -> QueuePlace:
    """Return the queue with a URL."""
    attributes = attributes_of(aws, QueuePlace(name=url.rpartition("/")[2], url=url, arn=_arn_in(url)))
    arn = attributes["QueueArn"]
    return with_details(aws, QueuePlace(name=arn.rpartition(":")[2], url=url, arn=arn), attributes)


def with_details(aws: Aws, place: QueuePlace, attributes: Mapping[str, str] | None = None) -> QueuePlace:
    """Return a queue with its redrive policy, and with the queues that have it as dead-letter queue."""
    attributes = attributes or attributes_of(aws, place)
    found = list(place.sources)
    for arn in _sources(aws, place):
        source = Source(arn, "dead-letter queue")
        found += [] if source in found else [source]
    return replace(place, sources=tuple(found), has_policy=bool(attributes.get("RedrivePolicy")))


def counts_of(attributes: Mapping[str, str]) -> QueueCounts:
    """Return the counts in a queue's attributes."""
    return QueueCounts(
        visible=int(attributes.get("ApproximateNumberOfMessages", 0)),
        in_flight=int(attributes.get("ApproximateNumberOfMessagesNotVisible", 0)),
        delayed=int(attributes.get("ApproximateNumberOfMessagesDelayed", 0)),
    )


def attributes_of(aws: Aws, place: QueuePlace) -> Mapping[str, str]:
    """Return all attributes of a queue."""
    try:
        reply: Any = aws.client("sqs", place.region).get_queue_attributes(QueueUrl=place.url, AttributeNames=["All"])
    except Exception as error:
        raise _not_found(error, place.short, place.arn.split(":")[4]) from error
    return reply["Attributes"]


def _sources(aws: Aws, place: QueuePlace) -> list[str]:
    sqs = aws.client("sqs", place.region)
    try:
        urls = [
            url
            for page in pages(sqs.list_dead_letter_source_queues, "NextToken", QueueUrl=place.url, MaxResults=1000)
            for url in page.get("queueUrls", ())
        ]
    except Exception as error:
        if code_of(error) in _NO_OPERATION:
            return []
        raise
    # A dead-letter queue is in the account and Region of its sources.
    return [f"{place.arn.rpartition(':')[0]}:{url.rpartition('/')[2]}" for url in urls]


def _arn_in(url: str) -> str:
    """Return the ARN as far as a URL tells it: without a Region where the host names none."""
    host, _, path = url.partition("://")[2].partition("/")
    labels = host.split(".")
    region = labels[1] if labels[0] == "sqs" and len(labels) > 2 else ""
    account, _, name = path.rpartition("/")
    return f"arn:aws:sqs:{region}:{account.rpartition('/')[2]}:{name}"


def _not_found(error: Exception, name: str, account: str) -> Exception:
    if code_of(error).rpartition("#")[2] not in _NO_QUEUE:
        return error
    return Problem(
        f"there is no queue {name} in account {account or 'of these credentials'}, or these credentials may not see "
        "it: look at the name, --profile and --region",
        Exit.SERVICE,
    )
