"""Simulates SNS topics and EventBridge event buses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from redrive_model.resources.bus import BusSpec
from redrive_model.resources.topic import Subscription, TopicSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.records import iso_time
from redrive_simulator.timeline.history import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World
    from redrive_simulator.services.messages import Attributes


class Topic:
    """An SNS topic, which delivers messages to its subscriptions at once.

    Attributes:
        name: Name in the history.
        messages: All published messages: parsed if they are JSON, else text.
        published: All published messages as text.
    """

    __slots__ = ("published", "spec", "world")

    def __init__(self, spec: TopicSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.published: list[str] = []

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    @property
    def messages(self) -> list[Any]:
        """All published messages: parsed if they are JSON, else text."""
        found: list[Any] = []
        for text in self.published:
            try:
                found.append(json.loads(text))
            except ValueError:
                found.append(text)
        return found

    def publish(
        self, message: str, *, attributes: Attributes | None = None, subject: str | None = None, chain: Chain = None
    ) -> str:
        """Publish a message, deliver it to the subscriptions, and return its id.

        Args:
            message: Text.
            attributes: Message attributes in Lambda's format.
            subject: Subject.
            chain: Chain of requests that the message belongs to.
        """
        world = self.world
        id = world.new_id()
        self.published.append(message)
        world.sent(id, self.name, message)
        world.note(Kind.SENT, self.name, events=(id,))
        world.end(id, self.name, Outcome.KEPT, self.name)
        before, world.cause = world.cause, id
        for subscription in self.spec.subscriptions:
            notification = _notification(self.spec.arn, id, message, attributes, subject, world.time)
            place = self._hand_on(subscription, notification, attributes, chain)
            world.note(Kind.NOTIFIED, self.name, events=(id,), place=place)
        world.cause = before
        return id

    def _hand_on(
        self, subscription: Subscription, notification: dict[str, Any], attributes: Attributes | None, chain: Chain
    ) -> str:
        world = self.world
        endpoint = subscription.endpoint
        queue = world.queues.get(endpoint) if subscription.protocol == "sqs" else None
        if queue is not None:
            if subscription.raw:
                queue.send(notification["Message"], attributes=attributes, chain=chain)
            else:
                queue.send(json.dumps(notification), chain=chain)
            return queue.name
        function = world.functions.get(endpoint) if subscription.protocol == "lambda" else None
        if function is not None:
            from redrive_simulator.invocation.asynchronous import invoke_later

            invoke_later(function, _sns_event(notification, subscription.endpoint), endpoint, chain=chain)
            return function.name
        return f"{subscription.protocol}: {endpoint}"


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


def _sns_event(notification: dict[str, Any], subscription: str) -> dict[str, Any]:
    """Make the Lambda event of a notification: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html."""
    sns: dict[str, Any] = {"Subject": None, "MessageAttributes": {}, **notification}
    sns["SigningCertUrl"] = sns.pop("SigningCertURL")
    sns["UnsubscribeUrl"] = sns.pop("UnsubscribeURL")
    record = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns", "Sns": sns}
    return {"Records": [record]}


class Bus:
    """An EventBridge event bus, which keeps events; its rules are not modelled.

    Attributes:
        name: Name in the history.
        events: Events on the bus, in EventBridge's format.
    """

    __slots__ = ("events", "spec", "world")

    def __init__(self, spec: BusSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.events: list[dict[str, Any]] = []

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    def put(self, source: str, detail_type: str, detail: Any, resources: list[str]) -> str:
        """Add an event to the bus, and return its id."""
        world = self.world
        id = world.new_id()
        self.events.append(
            {
                "version": "0",
                "id": id,
                "detail-type": detail_type,
                "source": source,
                "account": world.parameters.account,
                "time": iso_time(world.time),
                "region": world.parameters.region,
                "resources": resources,
                "detail": detail,
            }
        )
        world.sent(id, self.name, detail)
        world.note(Kind.SENT, self.name, events=(id,))
        world.end(id, self.name, Outcome.KEPT, self.name)
        return id
