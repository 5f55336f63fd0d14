"""Delivers records to destinations, and events to a function's dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_model.limits import LARGEST_EVENT, LARGEST_MESSAGE, LARGEST_NOTIFICATION
from redrive_model.template.arns import service_of
from redrive_simulator.services.messages import string_attributes
from redrive_simulator.services.records import object_key

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World
    from redrive_simulator.services.messages import Attributes


class Delivery(NamedTuple):
    """The result of a delivery.

    Attributes:
        place: Target of the delivery.
        refused: Reason why the target refused it; `None`: delivered.
    """

    place: str
    refused: str | None = None


def deliver(
    world: World,
    arn: str,
    content: Any,
    *,
    cause: str,
    from_arn: str,
    folder: str,
    succeeded: bool = False,
    attributes: Mapping[str, tuple[str, str]] | None = None,
    for_object: Any = None,
    chain: Chain = None,
) -> Delivery:
    """Deliver content to a destination; an ARN outside the template counts as delivered.

    Args:
        world: The simulation.
        arn: ARN of the destination.
        content: A JSON value.
        cause: Id of the event that the content is about.
        from_arn: ARN of the function, with its qualifier.
        folder: Prefix of an S3 object key.
        succeeded: Whether the content reports a success.
        attributes: Message attributes: type and text by name.
        for_object: Content for S3, if it differs.
        chain: Chain of requests that the delivery belongs to.
    """
    before, world.cause = world.cause, cause
    try:
        given = None if attributes is None else string_attributes(attributes)
        return _deliver(world, arn, content, from_arn, folder, succeeded, given, for_object, chain)
    finally:
        world.cause = before


def _deliver(
    world: World,
    arn: str,
    content: Any,
    from_arn: str,
    folder: str,
    succeeded: bool,
    given: Attributes | None,
    for_object: Any,
    chain: Chain,
) -> Delivery:
    service = service_of(arn)
    text = json.dumps(content)
    size = len(text.encode())
    if service == "sqs" and (queue := world.queues.get(arn)) is not None:
        if queue.spec.fifo:
            return Delivery(queue.name, "a FIFO queue cannot be a destination")
        if size > LARGEST_MESSAGE:
            return Delivery(queue.name, f"{size:,} bytes are more than SQS takes")
        queue.send(text, attributes=given, chain=chain)
        return Delivery(queue.name)
    if service == "sns" and (topic := world.topics.get(arn)) is not None:
        if size > LARGEST_NOTIFICATION:
            return Delivery(topic.name, f"{size:,} bytes are more than SNS takes")
        topic.publish(text, attributes=given, chain=chain)
        return Delivery(topic.name)
    if service == "lambda" and (function := world.functions.get(arn)) is not None:
        from redrive_simulator.invocation.asynchronous import invoke_later

        if size > LARGEST_EVENT:
            return Delivery(function.name, f"{size:,} bytes are more than an event may have")
        invoke_later(function, content, arn, chain=chain)
        return Delivery(function.name)
    if service == "events" and (bus := world.buses.get(arn)) is not None:
        outcome = "Success" if succeeded else "Failure"
        resources = [arn, from_arn if from_arn.count(":") > 6 else f"{from_arn}:$LATEST"]
        bus.put("lambda", f"Lambda Function Invocation Result - {outcome}", content, resources)
        return Delivery(bus.name)
    if service == "s3" and (bucket := world.buckets.get(arn)) is not None:
        body = content if for_object is None else for_object
        bucket.put(object_key(folder, world.time, world.new_id()), json.dumps(body).encode())
        return Delivery(bucket.name)
    return Delivery(arn)  # in another stack or account: cannot be seen from here, but is not lost
