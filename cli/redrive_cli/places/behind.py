"""Finds the places to which a queue or function gives what fails in it."""

from __future__ import annotations

import json
from typing import Any

from redrive.settings.base import every_settings
from redrive.settings.streams import StreamSettings
from redrive_cli.aws import Aws
from redrive_cli.errors import code_of
from redrive_cli.places.functions import function_state, mappings_of, on_failure_of
from redrive_cli.places.place import BucketPlace, Place, QueuePlace
from redrive_cli.places.queue import attributes_of, queue_at, with_url


def behind_queue(aws: Aws, queue: QueuePlace) -> list[Place]:
    """Return the dead-letter queue of a queue; nothing if it has none."""
    policy = attributes_of(aws, queue).get("RedrivePolicy")
    return [queue_at(aws, json.loads(policy)["deadLetterTargetArn"])] if policy else []


def behind_function(aws: Aws, name: str) -> list[Place]:
    """Return the queues and buckets of a function: its destination on failure, its dead-letter queue, its set-asides.

    Args:
        aws: The account.
        name: Name or ARN, with a qualifier if it has one.
    """
    state = function_state(aws, name)
    configured = (_on_failure(aws, name), None if state is None else state.dead_letters)
    places = [_at(aws, arn) for arn in configured if arn is not None]
    for settings in every_settings(StreamSettings, {} if state is None else state.environment):
        if settings.set_aside_queue_url is not None:
            places.append(with_url(aws, settings.set_aside_queue_url))
        if settings.set_aside_bucket is not None:
            places.append(_bucket(settings.set_aside_bucket, settings.set_aside_prefix or ""))
    return [place for place in places if place is not None]


def behind_stream(aws: Aws, name: str) -> list[Place]:
    """Return the queues and buckets of the event source mappings of a stream, and of their functions."""
    places: list[Place] = []
    arn = name
    if not name.startswith("arn:"):
        described: Any = aws.client("kinesis").describe_stream_summary(StreamName=name)
        arn = described["StreamDescriptionSummary"]["StreamARN"]
    for mapping in mappings_of(aws, source=arn):
        found = None if mapping.on_failure is None else _at(aws, mapping.on_failure)
        places += [*([] if found is None else [found]), *behind_function(aws, mapping.function)]
    return places


def _on_failure(aws: Aws, name: str) -> str | None:
    lambda_ = aws.client("lambda", name.split(":")[3] if name.startswith("arn:") else None)
    try:
        found: Any = lambda_.get_function_event_invoke_config(FunctionName=name)
    except Exception as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise
    return on_failure_of(found)


def _at(aws: Aws, arn: str) -> Place | None:
    """Return the queue or bucket with an ARN; nothing for a topic, a bus or a function, which keep nothing."""
    service = arn.split(":")[2]
    if service == "s3":
        return _bucket(arn.rpartition(":")[2])
    return queue_at(aws, arn) if service == "sqs" else None


def _bucket(name: str, prefix: str = "") -> BucketPlace:
    return BucketPlace(name=f"s3://{name}/{prefix}".removesuffix("/"), bucket=name, prefix=prefix)
