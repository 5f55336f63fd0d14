"""Simulates the notifications of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from redrive_model.resources.notification import NotificationSpec
from redrive_model.schedules.deliveries import rule_wait
from redrive_simulator.delivery.journeys import Journey, Way, lose
from redrive_simulator.engine.delivery import Delivery
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.services.objects import NULL
from redrive_simulator.services.records import iso_time

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.world import World
    from redrive_simulator.parameters import Parameters
    from redrive_simulator.resources import Resources
    from redrive_simulator.services.buckets import Bucket
    from redrive_simulator.services.objects import StoredObject

_DETAIL_TYPES = {"ObjectCreated": "Object Created", "ObjectRemoved": "Object Deleted"}
_REASONS = {
    "Put": "PutObject",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
    "Delete": "DeleteObject",
    "DeleteMarkerCreated": "DeleteObject",
}


def notifier(
    bucket: Bucket, specs: list[NotificationSpec], world: World, resources: Resources
) -> Callable[[str, StoredObject], None]:
    """Return what tells the targets of a bucket's notifications about a change of an object."""

    def notify(event: str, stored: StoredObject) -> None:
        id, chain = bucket.id_of(stored.key), world.chain
        before, world.cause = world.cause, id
        ended = world.outcomes.of(id)
        way = Way(world, id, bucket.name, ended.outcome, ended.place, ended.reason)
        for spec in specs:
            if spec.target is None:
                _send_to_bus(bucket, event, stored, world, resources)
            elif spec.wants(event, stored.key):
                content = _notification(bucket, spec, event, stored, world)
                place = resources.name_of(spec.target)
                deliver = partial(_send, spec.target, content, chain, resources)
                Journey(way, place, deliver, partial(_next, world.parameters), lose(way)).start()
        world.cause = before

    return notify


def _next(parameters: Parameters, retries: int, age: float) -> float | str:
    """Return the wait before the next try, or the condition under which S3 gives up."""
    base, cap = parameters.rule_retry_base, parameters.rule_retry_cap
    return rule_wait(retries, age, math.inf, parameters.notification_age, base, cap)


def send_test(bucket: Bucket, spec: NotificationSpec, world: World, resources: Resources) -> None:
    """Send the event with which S3 tests a queue or a topic when a notification is set up.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    if spec.target is not None and resources.functions.get(spec.target) is None:
        test = {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": iso_time(world.time),
            "Bucket": bucket.spec.bucket_name,
            "RequestId": "simulated",
            "HostId": "simulated",
        }
        _send(spec.target, test, None, resources)


def _send(target: str, content: dict[str, Any], chain: Chain, resources: Resources) -> Delivery:
    """Send a notification to a queue, a topic or a function."""
    queue, topic, function = (
        resources.queues.get(target),
        resources.topics.get(target),
        resources.functions.get(target),
    )
    if queue is not None:
        queue.send(json.dumps(content), chain=chain)
        return Delivery(queue.name)
    if topic is not None:
        topic.publish(json.dumps(content), subject="Amazon S3 Notification", chain=chain)
        return Delivery(topic.name)
    if function is not None:
        invoke_later(function, content, target, chain=chain)
        return Delivery(function.name)
    return Delivery(target)


def _notification(
    bucket: Bucket, spec: NotificationSpec, event: str, stored: StoredObject, world: World
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "key": quote_plus(stored.key, safe="/"),
        "sequencer": _sequencer(world),
    }
    if event.startswith("ObjectCreated"):
        described |= {"size": len(stored.content), "eTag": stored.etag.strip('"')}
    elif event.endswith("DeleteMarkerCreated"):
        described["eTag"] = stored.etag.strip('"')
    if stored.version != NULL:
        described["versionId"] = stored.version
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": world.parameters.region,
        "eventTime": iso_time(world.time),
        "eventName": event,
        "userIdentity": {"principalId": "AWS:simulated"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "simulated", "x-amz-id-2": "simulated"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": spec.id,
            "bucket": {
                "name": bucket.spec.bucket_name,
                "ownerIdentity": {"principalId": "simulated"},
                "arn": bucket.spec.arn,
            },
            "object": described,
        },
    }
    return {"Records": [record]}


def _send_to_bus(bucket: Bucket, event: str, stored: StoredObject, world: World, resources: Resources) -> None:
    """Send an event of EventBridge: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html."""
    kind, _, operation = event.partition(":")
    bus = resources.buses.get("default")
    if bus is None:
        return
    described: dict[str, Any] = {"key": stored.key, "sequencer": _sequencer(world)}
    if kind == "ObjectCreated":
        described |= {"size": len(stored.content), "etag": stored.etag.strip('"')}
    elif operation == "DeleteMarkerCreated":
        described["etag"] = stored.etag.strip('"')
    if stored.version != NULL:
        described["version-id"] = stored.version
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.spec.bucket_name},
        "object": described,
        "request-id": "simulated",
        "requester": world.parameters.account,
        "reason": _REASONS[operation],
    }
    if kind == "ObjectRemoved":
        made_marker = operation == "DeleteMarkerCreated"
        detail["deletion-type"] = "Delete Marker Created" if made_marker else "Permanently Deleted"
    bus.put("aws.s3", _DETAIL_TYPES[kind], detail, [bucket.spec.arn])


def _sequencer(world: World) -> str:
    """Return a number that grows with time, by which events of one key can be ordered."""
    return f"{round(world.time * 1e6):018X}"
