"""Reads topics and their subscriptions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from redrive_model.resources import values
from redrive_model.template.template import Resource

#: `FilterPolicyScope` of a subscription.
Scope = Literal["MessageAttributes", "MessageBody"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a topic.

    Attributes:
        endpoint: ARN of a queue or function, or another address.
        protocol: `sqs`, `lambda`, or another.
        raw: Whether a queue gets the message as it was published.
        dead_letter_arn: Dead-letter queue of the subscription.
        filter_policy: Filter policy as JSON text, or `None`.
        filter_scope: Scope of the filter policy.
    """

    endpoint: str
    protocol: str
    raw: bool = False
    dead_letter_arn: str | None = None
    filter_policy: str | None = None
    filter_scope: Scope = "MessageAttributes"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        arn: ARN.
        subscriptions: Its subscriptions.
        fifo: Whether it is a FIFO topic.
        content_based_deduplication: Whether a hash of the message replaces the deduplication id.
    """

    name: str
    arn: str
    subscriptions: tuple[Subscription, ...] = ()
    fifo: bool = False
    content_based_deduplication: bool = False


def read_topic(resource: Resource, subscriptions: Iterable[Resource]) -> TopicSpec:
    """Read an `AWS::SNS::Topic` and those of the template's `AWS::SNS::Subscription`s that belong to it.

    A subscription that is there twice is one at AWS, as recorded in `test_subscribe_idempotency` of
    https://github.com/localstack/localstack/blob/main/tests/aws/services/sns/test_sns.snapshot.json.
    """
    own = [each.properties for each in subscriptions if str(each.properties["TopicArn"]) == resource.arn]
    own += resource.properties.get("Subscription") or []
    return TopicSpec(
        resource.name,
        resource.arn,
        tuple(dict.fromkeys(map(read_subscription, own))),
        fifo=values.flag(resource.properties.get("FifoTopic")),
        content_based_deduplication=values.flag(resource.properties.get("ContentBasedDeduplication")),
    )


def read_subscription(given: Mapping[str, Any]) -> Subscription:
    """Read the properties of an `AWS::SNS::Subscription`, or of a topic's own one."""
    policy = values.fields(given.get("RedrivePolicy"))
    return Subscription(
        str(given.get("Endpoint", "")),
        str(given.get("Protocol", "")),
        values.flag(given.get("RawMessageDelivery")),
        policy.get("deadLetterTargetArn"),
        _policy(given.get("FilterPolicy")),
        given.get("FilterPolicyScope", "MessageAttributes"),
    )


def _policy(given: Any) -> str | None:
    """Return a filter policy as JSON text; `None` if there is none."""
    text = given if isinstance(given, str) else json.dumps(given or {})
    return None if text in ("", "{}") else text
