"""Makes the AWS calls of the switch: reads, pauses and resumes mappings, and sets timers."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from redrive.aws.clients import TimeLimits, client
from redrive.aws.errors import error_code
from redrive.circuit.switch.decision import MappingState, SwitchStep
from redrive.settings.circuit import PAUSED_BY

# Calls for mappings share 15 requests per second with many other calls of the account:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests
_LIMITS = TimeLimits(connect=1.0, read=4.0, attempts=4)
# https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html#API_UpdateEventSourceMapping_Errors
_NOT_NOW = (
    "ResourceConflictException",
    "ResourceInUseException",
    "ThrottlingException",
    "TooManyRequestsException",
)
_GONE = "ResourceNotFoundException"
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_NO_TAG_VALUE = re.compile(r"[^\w .:/=+@-]", re.ASCII)
_LONGEST_TAG_VALUE = 256


# A tag on the mapping, not the table, records that the switch has paused it. So this is known even if the table cannot
# be read, and visible to people who look for the reason why the mapping is disabled.
# https://docs.aws.amazon.com/lambda/latest/dg/tags-esm.html
class EventSourceMapping(NamedTuple):
    """An event source mapping as it was read."""

    uuid: str
    arn: str
    state: MappingState


def lookup(uuid: str) -> EventSourceMapping:
    """Read a mapping and its tags."""
    lambda_ = client("lambda", limits=_LIMITS)
    found = lambda_.get_event_source_mapping(UUID=uuid)
    arn = found["EventSourceMappingArn"]
    tags: dict[str, str] | None = lambda_.list_tags(Resource=arn).get("Tags")
    return EventSourceMapping(uuid, arn, MappingState(found["State"], PAUSED_BY in (tags or ())))


def perform(step: SwitchStep, mapping: EventSourceMapping, circuit: str) -> None:
    """Perform a step that changes a mapping; each of its calls may be repeated with the same effect."""
    lambda_ = client("lambda", limits=_LIMITS)
    if step == "pause":
        # The tag first: a mapping that is disabled without it would stay disabled.
        lambda_.tag_resource(Resource=mapping.arn, Tags={PAUSED_BY: _tag_value(circuit)})
        lambda_.update_event_source_mapping(UUID=mapping.uuid, Enabled=False)
    elif step == "resume":
        lambda_.update_event_source_mapping(UUID=mapping.uuid, Enabled=True)
    elif step == "forget":
        lambda_.untag_resource(Resource=mapping.arn, TagKeys=[PAUSED_BY])


def set_timer(queue_url: str, seconds: int, timers: int) -> None:
    """Make the switch run again in at most 900 seconds, as the last of `timers` that followed from each other."""
    sqs = client("sqs", limits=_LIMITS)
    sqs.send_message(QueueUrl=queue_url, DelaySeconds=seconds, MessageBody=json.dumps({"timers": timers}))


def timers_of(record: dict[str, Any]) -> int:
    """Return the number of timers that followed from each other, from a message of the queue of timers."""
    try:
        return int(json.loads(record["body"])["timers"])
    except (KeyError, TypeError, ValueError, RecursionError):  # a message that a person has sent
        return 1


def is_not_now(error: Exception) -> bool:
    """Return True if Lambda refused a call because it is changing the mapping, or because of throttling."""
    return error_code(error) in _NOT_NOW


def is_gone(error: Exception) -> bool:
    """Return True if the mapping does not exist: a deployment has replaced or removed it."""
    return error_code(error) == _GONE


def _tag_value(circuit: str) -> str:
    return _NO_TAG_VALUE.sub("-", circuit)[:_LONGEST_TAG_VALUE]
