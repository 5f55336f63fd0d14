"""Simulates an SNS topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from redrive_model.filters import policies
from redrive_model.resources.topic import Subscription, TopicSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.messages import json_or_text
from redrive_simulator.services.records import iso_time
from redrive_simulator.services.representations import represented
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World
    from redrive_simulator.services.messages import Attributes


#: Reason of the outcome of a message that has subscribers.
HANDED_ON = "handed to the subscriptions of its topic"


class Notification(NamedTuple):
    """A message for one subscriber.

    Attributes:
        topic: Name of the topic.
        content: SNS's notification of the message.
        attributes: Attributes of the message.
        chain: Chain of requests that the message belongs to.
        group_id: Message group, which standard queues get.
        by_protocol: Texts by protocol; that of `default` is the one in `content`.
    """

    topic: str
    content: dict[str, Any]
    attributes: Attributes | None
    chain: Chain
    group_id: str | None = None
    by_protocol: Mapping[str, str] = {}

    def content_for(self, protocol: str) -> dict[str, Any]:
        """Return the notification for the subscribers of a protocol."""
        text = self.by_protocol.get(protocol)
        return self.content if text is None else {**self.content, "Message": text}


class Notify(Protocol):
    """Hands a message on to subscribers."""

    def __call__(self, subscriptions: list[Subscription], notification: Notification) -> None:
        """Hand a message on to these subscriptions."""
        ...


class Topic:
    """An SNS topic, which delivers messages to its subscriptions at once.

    Args:
        notify: Hands a message on to subscribers.

    Attributes:
        name: Name in the history.
        messages: All published messages: parsed if they are JSON, else text.
        published: All published messages as text.
    """

    __slots__ = ("_notify", "_subscriptions", "published", "spec", "world")

    def __init__(self, spec: TopicSpec, world: World, notify: Notify) -> None:
        self._notify = notify
        self.spec = spec
        self.world = world
        self.published: list[str] = []
        self._subscriptions = [
            (each, None if each.filter_policy is None else policies.read(each.filter_policy, each.filter_scope))
            for each in spec.subscriptions
        ]

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    @property
    def messages(self) -> list[Any]:
        """All published messages: parsed if they are JSON, else text."""
        return [json_or_text(text) for text in self.published]

    def __repr__(self) -> str:
        return represented("Topic", self.name, len(self.published), "message", map(json_or_text, self.published))

    def publish(
        self,
        message: str,
        *,
        attributes: Attributes | None = None,
        subject: str | None = None,
        chain: Chain = None,
        group_id: str | None = None,
        by_protocol: Mapping[str, str] | None = None,
    ) -> str:
        """Publish a message, deliver it to the subscriptions, and return its id.

        Args:
            message: Text.
            attributes: Message attributes in Lambda's format.
            subject: Subject.
            chain: Chain of requests that the message belongs to.
            group_id: Message group, which standard queues get.
            by_protocol: Texts for subscribers of other protocols than what `message` is for. Subscribers get no
                attributes then: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html.
        """
        world = self.world
        id = world.new_id()
        self.published.append(message)
        world.add_event(id, self.name, message)
        world.add_entry(Kind.SENT, self.name, events=(id,))
        world.set_outcome(id, self.name, Outcome.KEPT, self.name)
        passing: list[Subscription] = []
        for subscription, policy in self._subscriptions:
            scope = subscription.filter_scope
            text = message if by_protocol is None else by_protocol.get(subscription.protocol, message)
            if policy is not None and not policies.passes(policy, text, attributes or {}, scope):
                world.add_entry(Kind.FILTERED, self.name, events=(id,), place=subscription.endpoint)
                continue
            passing.append(subscription)
        if passing:
            world.set_outcome(id, self.name, Outcome.PROCESSED, reason=HANDED_ON)
            sent = None if by_protocol else attributes
            content = _notification(self.spec.arn, id, message, sent, subject, world.time)
            self._notify(passing, Notification(self.name, content, sent, chain, group_id, by_protocol or {}))
        elif self._subscriptions:
            world.set_outcome(id, self.name, Outcome.FILTERED, reason="no filter policy matches it")
        return id


def _notification(
    arn: str, id: str, message: str, attributes: Attributes | None, subject: str | None, time: float
) -> dict[str, Any]:
    """Make the notification of a message.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    """
    made: dict[str, Any] = {"Type": "Notification", "MessageId": id, "TopicArn": arn}
    if subject is not None:
        made["Subject"] = subject
    made |= {
        "Message": message,
        "Timestamp": iso_time(time),
        "SignatureVersion": "1",
        "Signature": "simulated",
        "SigningCertURL": "https://sns.amazonaws.com/simulated.pem",
        "UnsubscribeURL": "https://sns.amazonaws.com/?Action=Unsubscribe",
    }
    if attributes:
        made["MessageAttributes"] = {
            name: {"Type": value["dataType"], "Value": value.get("stringValue", value.get("binaryValue"))}
            for name, value in attributes.items()
        }
    return made


def lambda_event(notification: dict[str, Any], subscription: str) -> dict[str, Any]:
    """Make the Lambda event of a notification: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html."""
    sns: dict[str, Any] = {"Subject": None, "MessageAttributes": {}, **notification}
    sns["SigningCertUrl"] = sns.pop("SigningCertURL")
    sns["UnsubscribeUrl"] = sns.pop("UnsubscribeURL")
    record = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns", "Sns": sns}
    return {"Records": [record]}
