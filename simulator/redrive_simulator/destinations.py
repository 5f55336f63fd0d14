"""Bringing a record to a destination, or an event to a function's dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_simulator.messages import string_attributes
from redrive_simulator.records import object_key

if TYPE_CHECKING:
    from redrive_simulator.messages import Attributes
    from redrive_simulator.world import Chain, World

# Bytes. SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-types.html; SQS and Lambda's events: 1 MiB.
_LARGEST_NOTIFICATION = 262_144
_LARGEST_MESSAGE = 1_048_576


class Delivery(NamedTuple):
    """What became of a record.

    Attributes:
        place: Where it is, or was to go.
        refused: Why it is not there; `None` where it is.
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
    """Bring something to where a template wants it, or to nowhere that is known here.

    Args:
        world: The simulation.
        arn: Of the destination.
        content: A JSON value.
        cause: The event that it is about.
        from_arn: The function's ARN, with its qualifier.
        folder: What the key of an object begins with.
        succeeded: Whether it tells of a success.
        attributes: Message attributes: types and texts.
        for_object: What S3 gets in place of the content.
        chain: The chain of requests that it belongs to.

    Returns:
        Whether it got there.
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
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    text = json.dumps(content)
    size = len(text.encode())
    if service == "sqs" and (queue := world.queues.get(arn)) is not None:
        if queue.spec.fifo:
            return Delivery(queue.name, "a FIFO queue cannot be a destination")
        if size > _LARGEST_MESSAGE:
            return Delivery(queue.name, f"{size:,} bytes are more than SQS takes")
        queue.send(text, attributes=given, chain=chain)
        return Delivery(queue.name)
    if service == "sns" and (topic := world.topics.get(arn)) is not None:
        if size > _LARGEST_NOTIFICATION:
            return Delivery(topic.name, f"{size:,} bytes are more than SNS takes")
        topic.publish(text, attributes=given, chain=chain)
        return Delivery(topic.name)
    if service == "lambda" and (function := world.functions.get(arn)) is not None:
        from redrive_simulator.asynchronous import invoke_later

        if size > _LARGEST_MESSAGE:
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
    return Delivery(arn)  # in another stack or account: it is out of sight there, and not lost
