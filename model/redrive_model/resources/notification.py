"""Reads the notifications of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
            target = next((values.text(entry[each]) for each in _TARGETS if each in entry), "")
            events = entry.get("Events") or [entry.get("Event")]
            found = values.fields(entry.get("Filter"))
            keys = values.fields(found.get("S3Key") or found.get("Key"))
            rules: list[Mapping[str, Any]] = keys.get("Rules") or keys.get("FilterRules") or []
            names = [str(rule.get("Name", "")).lower() for rule in rules]
            ends = dict(zip(names, (values.text(rule.get("Value", "")) for rule in rules), strict=True))
            yield NotificationSpec(
                bucket,
                target,
                tuple(map(values.text, events)),
                ends.get("prefix", ""),
                ends.get("suffix", ""),
                str(entry.get("Id") or f"{name}-{number}"),
                doubled=next((each for each in names if names.count(each) > 1), ""),
            )
