"""Reads queues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redrive_model import limits
from redrive_model.resources import values
from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue, with SQS's defaults.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        arn: ARN.
        url: URL.
        fifo: Whether it is a FIFO queue.
        visibility_timeout: Visibility timeout.
        delay: `DelaySeconds`.
        retention: `MessageRetentionPeriod`.
        dead_letter_arn: ARN of the dead-letter queue.
        max_receive_count: `maxReceiveCount` of the redrive policy.
        content_based_deduplication: Whether a hash of the body replaces the deduplication id.
        deduplication_by_group: Whether deduplication ids apply per message group.
        wait: `ReceiveMessageWaitTimeSeconds`.
        largest_message: `MaximumMessageSize`.
        redrive_allow: Redrive-allow policy; empty if there is none.
    """

    name: str
    arn: str
    url: str
    fifo: bool = False
    visibility_timeout: float = float(limits.DEFAULT_VISIBILITY_TIMEOUT)
    delay: float = 0.0
    retention: float = float(limits.DEFAULT_RETENTION)
    dead_letter_arn: str | None = None
    max_receive_count: int | None = None
    content_based_deduplication: bool = False
    deduplication_by_group: bool = False
    wait: float = 0.0
    largest_message: int = limits.LARGEST_MESSAGE
    redrive_allow: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def queue_name(self) -> str:
        """Name at AWS."""
        return self.arn.rpartition(":")[2]


def read_queue(resource: Resource) -> QueueSpec:
    """Read an `AWS::SQS::Queue`."""
    given = resource.properties
    policy = values.fields(given.get("RedrivePolicy"))
    return QueueSpec(
        resource.name,
        resource.arn,
        resource.reference,
        fifo=values.flag(given.get("FifoQueue")),
        visibility_timeout=values.seconds(given.get("VisibilityTimeout"), limits.DEFAULT_VISIBILITY_TIMEOUT),
        delay=values.seconds(given.get("DelaySeconds"), 0),
        retention=values.seconds(given.get("MessageRetentionPeriod"), limits.DEFAULT_RETENTION),
        dead_letter_arn=policy.get("deadLetterTargetArn"),
        max_receive_count=int(policy.get("maxReceiveCount", limits.DEFAULT_MAX_RECEIVE_COUNT)) if policy else None,
        content_based_deduplication=values.flag(given.get("ContentBasedDeduplication")),
        deduplication_by_group=given.get("DeduplicationScope") == "messageGroup",
        wait=values.seconds(given.get("ReceiveMessageWaitTimeSeconds"), 0),
        largest_message=int(given.get("MaximumMessageSize", limits.LARGEST_MESSAGE)),
        redrive_allow=values.fields(given.get("RedriveAllowPolicy")),
    )
