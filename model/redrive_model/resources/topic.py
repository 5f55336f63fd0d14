"""Reads topics and their subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from redrive_model.resources import values
from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a topic.

    Attributes:
        endpoint: ARN of a queue or function, or another address.
        protocol: `sqs`, `lambda`, or another.
        raw: Whether a queue gets the message as it was published.
        dead_letter_arn: Dead-letter queue of the subscription.
        resource: The template's resource, if the subscription has one of its own.
    """

    endpoint: str
    protocol: str
    raw: bool = False
    dead_letter_arn: str | None = None
    resource: Resource | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        arn: ARN.
        subscriptions: Its subscriptions.
    """

    name: str
    arn: str
    subscriptions: tuple[Subscription, ...] = ()


def read_topic(resource: Resource, subscriptions: Iterable[Resource]) -> TopicSpec:
    """Read an `AWS::SNS::Topic` and those of the template's `AWS::SNS::Subscription`s that belong to it."""
    own = [
        _read_subscription(each.properties, each)
        for each in subscriptions
        if str(each.properties["TopicArn"]) == resource.arn
    ]
    own += [_read_subscription(each, None) for each in resource.properties.get("Subscription") or ()]
    return TopicSpec(resource.name, resource.arn, tuple(own))


def _read_subscription(given: Mapping[str, Any], resource: Resource | None) -> Subscription:
    policy = values.fields(given.get("RedrivePolicy"))
    return Subscription(
        str(given.get("Endpoint", "")),
        str(given.get("Protocol", "")),
        values.flag(given.get("RawMessageDelivery")),
        policy.get("deadLetterTargetArn"),
        resource,
    )
