"""Delivers records to destinations and dead-letter queues, and notifications to the subscribers of topics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_EVENT, LARGEST_MESSAGE, LARGEST_NOTIFICATION
from redrive_model.resources.topic import Subscription
from redrive_model.template.arns import service_of, with_qualifier
from redrive_simulator.engine.delivery import Delivery, Parcel
from redrive_simulator.engine.world import World
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.resources import Resources
from redrive_simulator.services.messages import string_attributes
from redrive_simulator.services.records import object_key
from redrive_simulator.services.topics import lambda_event

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.services.messages import Attributes

_PAYLOADS = frozenset({"requestPayload", "responsePayload"})


class Destinations:
    """Finds the destinations and subscribers of one simulation, and delivers to them."""

    __slots__ = ("_resources", "_world")

    def __init__(self, world: World, resources: Resources) -> None:
        self._world = world
        self._resources = resources

    def deliver(self, parcel: Parcel) -> Delivery:
        """Deliver content to a destination."""
        world, resources = self._world, self._resources
        arn, content, chain = parcel.to, parcel.content, parcel.chain
        before, world.cause = world.cause, parcel.cause
        try:
            match service_of(arn):
                case "sqs" if (queue := resources.queues.get(arn)) is not None:
                    if queue.spec.fifo:
                        return Delivery(queue.name, "a FIFO queue cannot be a destination")
                    text, refusal = _fitting(content, LARGEST_MESSAGE, "SQS takes")
                    if refusal is None:
                        queue.send(text, attributes=_in_lambda_format(parcel.attributes), chain=chain)
                    return Delivery(queue.name, refusal)
                case "sns" if (topic := resources.topics.get(arn)) is not None:
                    text, refusal = _fitting(content, LARGEST_NOTIFICATION, "SNS takes")
                    if refusal is not None and world.parameters.large_sns_records == "without payloads":
                        rest = {name: value for name, value in content.items() if name not in _PAYLOADS}
                        text, refusal = _fitting(rest, LARGEST_NOTIFICATION, "SNS takes")
                    if refusal is None:
                        topic.publish(text, attributes=_in_lambda_format(parcel.attributes), chain=chain)
                    return Delivery(topic.name, refusal)
                case "lambda" if (function := resources.functions.get(arn)) is not None:
                    _, refusal = _fitting(content, LARGEST_EVENT, "an event may have")
                    if refusal is None:
                        invoke_later(function, content, arn, chain=chain)
                    return Delivery(function.name, refusal)
                case "events" if (bus := resources.buses.get(arn)) is not None:
                    outcome = "Success" if parcel.succeeded else "Failure"
                    about = [arn, with_qualifier(parcel.from_arn)]
                    bus.put("lambda", f"Lambda Function Invocation Result - {outcome}", content, about)
                    return Delivery(bus.name)
                case "s3" if (bucket := resources.buckets.get(arn)) is not None:
                    body = content if parcel.for_object is None else parcel.for_object
                    bucket.put(object_key(parcel.folder, world.time, world.new_id()), json.dumps(body).encode())
                    return Delivery(bucket.name)
                case _:  # in another stack or account: cannot be seen from here, but is not lost
                    return Delivery(arn)
        finally:
            world.cause = before

    def notify(
        self, subscription: Subscription, notification: dict[str, Any], attributes: Attributes | None, chain: Chain
    ) -> str:
        """Hand a notification on to a subscriber, and return the subscriber's place; see `Notify`."""
        protocol, endpoint = subscription.protocol, subscription.endpoint
        if protocol == "sqs" and (queue := self._resources.queues.get(endpoint)) is not None:
            if subscription.raw:
                queue.send(notification["Message"], attributes=attributes, chain=chain)
            else:
                queue.send(json.dumps(notification), chain=chain)
            return queue.name
        if protocol == "lambda" and (function := self._resources.functions.get(endpoint)) is not None:
            invoke_later(function, lambda_event(notification, endpoint), endpoint, chain=chain)
            return function.name
        return f"{protocol}: {endpoint}"


def _fitting(content: Any, most: int, taken: str) -> tuple[str, str | None]:
    """Return content as JSON text, and a refusal if it has more bytes than the target takes."""
    text = json.dumps(content)
    size = len(text.encode())
    return text, f"{size:,} bytes are more than {taken}" if size > most else None


def _in_lambda_format(attributes: Mapping[str, tuple[str, str]] | None) -> Attributes | None:
    return None if attributes is None else string_attributes(attributes)
