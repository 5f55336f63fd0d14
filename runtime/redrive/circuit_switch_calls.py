"""The AWS calls of the switch: looking at a mapping, pausing and resuming it, and the timer."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from redrive.circuit_switch_decision import MappingState, SwitchStep
from redrive.clients import TimeLimits, client
from redrive.settings import PAUSED_BY

# Lambda's calls for mappings share 15 requests a second with many others of the account:
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


class Looked(NamedTuple):
    """A mapping that was looked at.

    That the switch has paused it is a tag on the mapping, and nothing in the table: so it is known also where the table
    cannot be read, and seen by whoever wonders why the mapping is disabled.
    https://docs.aws.amazon.com/lambda/latest/dg/tags-esm.html

    Attributes:
        uuid: Its id.
        arn: Its ARN.
        mapping: What it is.
    """

    uuid: str
    arn: str
    mapping: MappingState


def look(uuid: str) -> Looked:
    """Look at a mapping.

    Args:
        uuid: Its id.

    Returns:
        The mapping.

    Raises:
        botocore.exceptions.BotoCoreError: A call failed on its way.
        botocore.exceptions.ClientError: Lambda refused a call.
    """
    lambda_ = client("lambda", limits=_LIMITS)
    found = lambda_.get_event_source_mapping(UUID=uuid)
    arn = found["EventSourceMappingArn"]
    tags: dict[str, str] | None = lambda_.list_tags(Resource=arn).get("Tags")
    return Looked(uuid, arn, MappingState(found["State"], PAUSED_BY in (tags or ())))


def perform(step: SwitchStep, looked: Looked, circuit: str) -> None:
    """Take a step that changes a mapping. Each of its calls may be made again, with the same effect.

    Args:
        step: `"pause"`, `"resume"` or `"forget"`.
        looked: The mapping.
        circuit: The circuit's name.

    Raises:
        botocore.exceptions.BotoCoreError: A call failed on its way, and it is not known whether it had an effect.
        botocore.exceptions.ClientError: Lambda refused a call.
    """
    lambda_ = client("lambda", limits=_LIMITS)
    if step == "pause":
        # The note first: a mapping that is disabled without it would stay so.
        lambda_.tag_resource(Resource=looked.arn, Tags={PAUSED_BY: _tag_value(circuit)})
        lambda_.update_event_source_mapping(UUID=looked.uuid, Enabled=False)
    elif step == "resume":
        lambda_.update_event_source_mapping(UUID=looked.uuid, Enabled=True)
    elif step == "forget":
        lambda_.untag_resource(Resource=looked.arn, TagKeys=[PAUSED_BY])


def set_timer(queue_url: str, seconds: int, timers: int) -> None:
    """Have the switch run again.

    Args:
        queue_url: The queue that it takes its timers from.
        seconds: In how many seconds: at most 900.
        timers: How many timers have followed from each other, this one included.

    Raises:
        botocore.exceptions.BotoCoreError: The call failed on its way.
        botocore.exceptions.ClientError: SQS refused the call.
    """
    sqs = client("sqs", limits=_LIMITS)
    sqs.send_message(QueueUrl=queue_url, DelaySeconds=seconds, MessageBody=json.dumps({"timers": timers}))


def timers_of(record: dict[str, Any]) -> int:
    """How many timers have followed from each other, by a message from the queue.

    Args:
        record: The message, as Lambda brings it. One that a person has sent counts as the first.

    Returns:
        How many.
    """
    try:
        return int(json.loads(record["body"])["timers"])
    except (KeyError, TypeError, ValueError):
        return 1


def is_not_now(error: Exception) -> bool:
    """Whether a call was refused because Lambda is changing the mapping, or has too many requests."""
    return _code(error) in _NOT_NOW


def is_gone(error: Exception) -> bool:
    """Whether a call was refused because there is no such mapping: a deployment has replaced or removed it."""
    return _code(error) == _GONE


def _code(error: Exception) -> str:
    from botocore.exceptions import ClientError

    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def _tag_value(circuit: str) -> str:
    return _NO_TAG_VALUE.sub("-", circuit)[:_LONGEST_TAG_VALUE]
