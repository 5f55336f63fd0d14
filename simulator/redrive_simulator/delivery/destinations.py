"""Delivers records to destinations and dead-letter queues, and notifications to the subscribers of topics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_EVENT, LARGEST_MESSAGE, LARGEST_NOTIFICATION
from redrive_model.resources.topic import Subscription
from redrive_model.schedules.deliveries import sns_wait
from redrive_model.template.arns import service_of, with_qualifier, without_qualifier
from redrive_simulator.delivery.journeys import Failed, Journey, Way
from redrive_simulator.delivery.sizes import too_large
from redrive_simulator.engine.delivery import Delivery, Parcel
from redrive_simulator.engine.world import World
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.outcomes import Outcome
from redrive_simulator.resources import Resources
from redrive_simulator.services.messages import string_attributes
from redrive_simulator.services.records import object_key
from redrive_simulator.services.topics import HANDED_ON, Notification, lambda_event
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.services.messages import Attributes
    from redrive_simulator.services.queues import Queue

_PAYLOADS = frozenset({"requestPayload", "responsePayload"})
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
_SERVICES = frozenset({"events", "lambda", "s3", "sns", "sqs"})


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
        fault = world.fault_of(place := resources.name_of(arn))
        if fault is not None:  # AWS documents no retries of such a delivery
            return Delivery(place, fault.reason)
        before, world.cause = world.cause, parcel.cause
        try:
            match service_of(arn):
                case "sqs" if (queue := resources.queues.get(arn)) is not None:
                    if queue.spec.fifo:
                        return Delivery(queue.name, "a FIFO queue cannot be a destination")
                    text, refusal = _fitting(content, LARGEST_MESSAGE, "SQS takes")
                    if refusal is None:
                        trace = parcel.trace if chain is None else None
                        queue.send(text, attributes=_in_lambda_format(parcel.attributes), chain=chain, trace=trace)
                    return Delivery(queue.name, refusal)
                case "sns" if (topic := resources.topics.get(arn)) is not None:
                    if arn.endswith(".fifo"):
                        return Delivery(topic.name, "a FIFO topic cannot be a destination")
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
                case "lambda" if (function := resources.functions.get(without_qualifier(arn))) is not None:
                    return Delivery(function.name, f"it has no version or alias {arn.rpartition(':')[2]}")
                case "events" if (bus := resources.buses.get(arn)) is not None:
                    _, refusal = _fitting(content, LARGEST_EVENT, "an event may have")
                    if refusal is None:
                        outcome = "Success" if parcel.succeeded else "Failure"
                        about = [arn, with_qualifier(parcel.from_arn)]
                        bus.put("lambda", f"Lambda Function Invocation Result - {outcome}", content, about)
                    return Delivery(bus.name, refusal)
                case "s3" if (bucket := resources.buckets.get(arn)) is not None:
                    body = content if parcel.for_object is None else parcel.for_object
                    bucket.put(object_key(parcel.folder, world.time, world.new_id()), json.dumps(body).encode())
                    return Delivery(bucket.name)
                case service if service and service not in _SERVICES:
                    return Delivery(arn, f"Lambda delivers to no resource of {service}")
                case _:  # in another stack or account: cannot be seen from here, but is not lost
                    return Delivery(arn)
        finally:
            world.cause = before

    def notify(self, subscriptions: list[Subscription], notification: Notification) -> None:
        """Hand a message on to the subscriptions of its topic."""
        topic = notification.topic
        way = Way(self._world, notification.content["MessageId"], topic, Outcome.PROCESSED, reason=HANDED_ON)
        for each in subscriptions:
            Journey(
                way,
                self._resources.name_of(each.endpoint),
                partial(self._hand_on, each, notification),
                _sns_policy,
                partial(self._give_up, each, notification, way),
            ).start()

    def _hand_on(self, subscription: Subscription, notification: Notification) -> Delivery:
        protocol, endpoint = subscription.protocol, subscription.endpoint
        if protocol == "sqs" and (queue := self._resources.queues.get(endpoint)) is not None:
            return Delivery(queue.name, _send_to_queue(queue, subscription, notification))
        if protocol == "lambda" and (function := self._resources.functions.get(endpoint)) is not None:
            event = lambda_event(notification.content_for(protocol), endpoint)
            invoke_later(function, event, endpoint, chain=notification.chain)
            return Delivery(function.name)
        return Delivery(f"{protocol}: {endpoint}")

    def _give_up(self, subscription: Subscription, notification: Notification, way: Way, failed: Failed) -> None:
        """Send a message to the dead-letter queue of its subscription.

        https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
        """
        reason = failed.condition or failed.delivery.refused or ""
        queue = self._resources.queues.get(subscription.dead_letter_arn or "")
        if queue is None:
            way.end(Outcome.UNDELIVERED, failed.delivery.place, reason)
            return
        refusal = _send_to_queue(queue, subscription, notification)
        if refusal is not None:
            way.end(Outcome.UNDELIVERED, queue.name, refusal)
            return
        self._world.add_entry(
            *(Kind.DEAD_LETTERED, way.source),
            events=(way.event,),
            parent=failed.number,
            place=queue.name,
            reason=reason,
        )
        way.end(Outcome.DEAD_LETTERED, queue.name, reason)


def _sns_policy(retries: int, age: float) -> float | str:
    wait = sns_wait(retries)
    return "all retries have failed" if wait is None else wait


def _send_to_queue(queue: Queue, subscription: Subscription, notification: Notification) -> str | None:
    """Send a message to a queue, and return why SQS refuses it, such as for more than 10 attributes of a raw message.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
    """
    content = notification.content_for(subscription.protocol)
    text: str = content["Message"] if subscription.raw else json.dumps(content)
    attributes = notification.attributes if subscription.raw else None
    try:
        queue.send(text, attributes=attributes, chain=notification.chain, group_id=notification.group_id)
    except ValueError as error:
        return str(error)
    return None


def _fitting(content: Any, most: int, taken: str) -> tuple[str, str | None]:
    """Return content as JSON text, and a refusal if it has more bytes than the target takes."""
    text = json.dumps(content)
    return text, too_large(text, most, taken)


def _in_lambda_format(attributes: Mapping[str, tuple[str, str]] | None) -> Attributes | None:
    return None if attributes is None else string_attributes(attributes)
