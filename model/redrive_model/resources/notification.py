"""Reads the notifications of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, cast

from redrive_model.resources import values

# Of a bucket in CloudFormation, and of the CDK's custom resource.
_TARGETS = ("Function", "LambdaFunctionArn", "Queue", "QueueArn", "Topic", "TopicArn")


@dataclass(frozen=True, slots=True)
class NotificationSpec:
    """A notification of a bucket.

    Attributes:
        bucket: Name of the bucket.
        target: ARN of the queue, topic or function; `None`: EventBridge.
        events: Events, such as `s3:ObjectCreated:*`.
        prefix: Start of the keys.
        suffix: End of the keys.
        id: Id of the configuration.
        doubled: `prefix` or `suffix` if it has several rules for it.
    """

    bucket: str
    target: str | None = None
    events: tuple[str, ...] = ()
    prefix: str = ""
    suffix: str = ""
    id: str = ""
    doubled: str = ""

    def wants(self, event: str, key: str) -> bool:
        """Decide if it is about an event, such as `ObjectCreated:Put`, of an object."""
        name = f"s3:{event}"
        is_wanted = any(each == name or (each.endswith("*") and name.startswith(each[:-1])) for each in self.events)
        return is_wanted and key.startswith(self.prefix) and key.endswith(self.suffix)


def read_notifications(bucket: str, configuration: Mapping[str, Any]) -> Iterator[NotificationSpec]:
    """Read the `NotificationConfiguration` of a bucket, or of the CDK's custom resource for one."""
    for name, entries in configuration.items():
        if name == "EventBridgeConfiguration":
            if not isinstance(entries, Mapping) or values.flag(
                cast("Mapping[str, Any]", entries).get("EventBridgeEnabled", True)
            ):
                yield NotificationSpec(bucket)
            continue
        for number, entry in enumerate(cast("list[Mapping[str, Any]]", entries or [])):
            target = next((str(entry[each]) for each in _TARGETS if each in entry), "")
            events = entry.get("Events") or [entry.get("Event")]
            found = values.fields(entry.get("Filter"))
            keys = values.fields(found.get("S3Key") or found.get("Key"))
            rules: list[Mapping[str, Any]] = keys.get("Rules") or keys.get("FilterRules") or []
            names = [str(rule.get("Name", "")).lower() for rule in rules]
            ends = dict(zip(names, (str(rule.get("Value", "")) for rule in rules), strict=True))
            yield NotificationSpec(
                bucket,
                target,
                tuple(map(str, events)),
                ends.get("prefix", ""),
                ends.get("suffix", ""),
                str(entry.get("Id") or f"{name}-{number}"),
                doubled=next((each for each in names if names.count(each) > 1), ""),
            )


def refused(specs: Sequence[NotificationSpec]) -> str | None:
    """Return why S3 refuses the notifications of a bucket; `None` if it takes them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    for each in specs:
        if each.doubled:
            return f"a notification has several rules for the {each.doubled} of keys: S3 takes one; leave out the rest"
    for one, other in combinations([each for each in specs if each.target is not None], 2):
        event = next((a for a in one.events for b in other.events if _overlap(a, b)), None)
        if event is not None and _meet(one.prefix, other.prefix) and _meet(one.suffix[::-1], other.suffix[::-1]):
            return (
                f"the notifications {one.id} and {other.id} are both about {event} of the same keys: S3 refuses "
                "notifications that overlap; give them prefixes or suffixes of which none begins or ends with another, "
                "or one target, such as a topic"
            )
    return None


def _overlap(one: str, other: str) -> bool:
    """Decide if two names of events, which may end with `*`, have an event in common."""
    starts = [name[:-1] if name.endswith("*") else f"{name}." for name in (one, other)]
    return _meet(*starts)


def _meet(one: str, other: str) -> bool:
    """Decide if a text can begin with both."""
    return one.startswith(other) or other.startswith(one)
