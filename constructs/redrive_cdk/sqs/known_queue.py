"""`KnownQueue`: a queue, and what is known about it at synthesis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from aws_cdk import Duration, Token
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core import known
from redrive_cdk.core.destinations import arn_of
from redrive_cdk.core.encrypted import key_of
from redrive_cdk.core.tree import path_of, resource_of
from redrive_model import limits


class KnownQueue:
    """A queue with the properties of its resource, which are read once, when the first of them is needed.

    Create another object to read them again. Values that only the deployment knows are `None`.

    Attributes:
        queue: The queue.
    """

    def __init__(self, queue: sqs.IQueue, created_with: Mapping[str, Any] | None = None) -> None:
        """Take a queue.

        Args:
            queue: The queue.
            created_with: Properties of a queue that was created this moment, with camel-case names; nothing is read
                then.
        """
        self.queue = queue
        self._created_with = created_with

    @cached_property
    def resource(self) -> sqs.CfnQueue | None:
        """The queue's resource; `None` if the queue is imported."""
        resource = resource_of(self.queue)
        return resource if isinstance(resource, sqs.CfnQueue) else None

    @property
    def is_new(self) -> bool:
        """True if a construct has just created the queue, with known properties."""
        return self._created_with is not None

    @property
    def is_made(self) -> bool:
        """True if the queue belongs to this app, False if it is imported."""
        return self.is_new or self.resource is not None

    @cached_property
    def properties(self) -> dict[str, Any]:
        """The resource's properties, with camel-case names; empty if the queue is imported."""
        if self._created_with is not None:
            return dict(self._created_with)
        return {} if self.resource is None else known.properties_of(self.resource)

    @property
    def path(self) -> str:
        """The queue's path."""
        return path_of(self.queue)

    @cached_property
    def arn(self) -> str:
        """The queue's ARN."""
        return arn_of(self.queue)

    @cached_property
    def url(self) -> str:
        """The queue's URL."""
        return self.queue.queue_url

    @cached_property
    def key(self) -> kms.IKey | None:
        """The queue's own KMS key."""
        return key_of(self.queue, "encryption_master_key")

    @cached_property
    def fifo(self) -> bool | None:
        """Return True if the queue is FIFO according to its resource or name, `None` if that is unknown."""
        if self.is_made:
            return self.properties.get("fifoQueue") is True
        if self.queue.fifo or not Token.is_unresolved(self.arn):
            return self.queue.fifo
        return None

    @property
    def name(self) -> str | None:
        """The queue's name, if this app gives it one."""
        return known.text(self.properties.get("queueName"))

    @property
    def retention(self) -> float | None:
        """The retention period in seconds."""
        return self._number("messageRetentionPeriod", limits.DEFAULT_RETENTION)

    @property
    def delivery_delay(self) -> float:
        """The delivery delay in seconds, or 0 if it is unknown."""
        return self._number("delaySeconds", 0) or 0

    @property
    def redrive_policy(self) -> object:
        """The redrive policy, or `None` if there is none."""
        return self.properties.get("redrivePolicy")

    @property
    def redrive_allow_policy(self) -> Mapping[str, Any]:
        """The redrive-allow policy, empty if there is none."""
        return known.fields(self.properties.get("redriveAllowPolicy"))

    def max_receive_count(self, given: int | None) -> float | None:
        """Return the maximum receive count of a source queue that has its redrive policy, or `None` if it is unknown.

        For an imported queue, `given` is the only source; for another queue, raise ValueError if `given` differs.
        """
        if not self.is_made:
            return known.number(given)
        actual = known.number(known.fields(self.redrive_policy).get("maxReceiveCount"))
        return self._agreed("max_receive_count", known.number(given), actual)

    def visibility_timeout(self, given: Duration | None) -> float | None:
        """Return the visibility timeout in seconds, in the same way as `max_receive_count`."""
        if not self.is_made:
            return known.seconds(given)
        actual = known.number(self.properties.get("visibilityTimeout"))
        return self._agreed("visibility_timeout", known.seconds(given), actual)

    def is_same(self, other: KnownQueue | None) -> bool:
        """Return whether both are the same queue."""
        return other is not None and (self.queue is other.queue or self.arn == other.arn)

    def set_redrive_policy(self, policy: Mapping[str, Any]) -> None:
        """Set the redrive policy of a queue that this app creates."""
        assert self.resource is not None
        self.resource.redrive_policy = self.properties["redrivePolicy"] = policy

    def set_visibility_timeout(self, seconds: float) -> None:
        """Set the visibility timeout of a queue that this app creates."""
        assert self.resource is not None
        self.resource.visibility_timeout = self.properties["visibilityTimeout"] = seconds

    def set_redrive_allow_policy(self, policy: Mapping[str, Any] | None) -> None:
        """Set or remove the redrive-allow policy of a queue that this app creates."""
        assert self.resource is not None
        self.resource.redrive_allow_policy = self.properties["redriveAllowPolicy"] = policy

    def _number(self, name: str, default: float) -> float | None:
        return known.number(self.properties.get(name), default) if self.is_made else None

    def _agreed(self, name: str, given: float | None, actual: float | None) -> float | None:
        if given is not None and actual is not None and given != actual:
            raise ValueError(
                f"{self.path} has {name} {actual:,}, and {given:,} was given: set it on the queue, or leave {name} "
                "unset here"
            )
        return actual
