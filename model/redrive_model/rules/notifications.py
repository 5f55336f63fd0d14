"""Rules for the notifications of a bucket together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from redrive_model.resources.notification import NotificationSpec
from redrive_model.rules.rule import Rules

#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
EVENTS = frozenset(
    f"s3:{each}"
    for each in (
        "IntelligentTiering",
        *(f"LifecycleExpiration:{kind}" for kind in ("*", "Delete", "DeleteMarkerCreated")),
        "LifecycleTransition",
        "ObjectAcl:Put",
        *(f"ObjectAnnotation:{kind}" for kind in ("*", "Delete", "Put")),
        *(f"ObjectCreated:{kind}" for kind in ("*", "CompleteMultipartUpload", "Copy", "Post", "Put")),
        *(f"ObjectRemoved:{kind}" for kind in ("*", "Delete", "DeleteMarkerCreated")),
        *(f"ObjectRestore:{kind}" for kind in ("*", "Completed", "Delete", "Post")),
        "ObjectRetention:Put",
        *(f"ObjectTagging:{kind}" for kind in ("*", "Delete", "Put")),
        "ReducedRedundancyLostObject",
        "Replication:*",
        *(f"Replication:Operation{kind}" for kind in ("FailedReplication", "MissedThreshold", "NotTracked")),
        "Replication:OperationReplicatedAfterThreshold",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFacts:
    """Facts about the notifications of a bucket.

    Attributes:
        specs: The known ones to queues, topics and functions.
    """

    specs: tuple[NotificationSpec, ...] = ()


def events_exist(facts: NotificationFacts) -> str | None:
    """S3 refuses a notification about an event that it does not know; names are case-sensitive.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
    """
    unknown = next((event for each in facts.specs for event in each.events if event not in EVENTS), None)
    if unknown is None:
        return None
    return (
        f"a notification is about {unknown!r}: S3 has no such event; give one of its event types, such as "
        "s3:ObjectCreated:* or s3:ObjectRemoved:Delete"
    )


def ends_of_keys_have_one_rule(facts: NotificationFacts) -> str | None:
    """S3 takes one rule for the prefix and one for the suffix of a notification.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    doubled = next((each.doubled for each in facts.specs if each.doubled), None)
    if doubled is None:
        return None
    return f"a notification has several rules for the {doubled} of keys: S3 takes one; leave out the rest"


def events_do_not_overlap(facts: NotificationFacts) -> str | None:
    """S3 refuses two notifications about the same event of the same keys.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    for one, other in combinations(facts.specs, 2):
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


NOTIFICATION_RULES: Rules[NotificationFacts] = Rules(
    "notification", undeployable=(events_exist, ends_of_keys_have_one_rule, events_do_not_overlap)
)
