"""Changes the attributes of a queue, as `SetQueueAttributes` does.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from redrive_model.limits import DELIVERY_DELAY, MAX_RECEIVE_COUNT, MESSAGE_SIZE, RECEIVE_WAIT, VISIBILITY_TIMEOUT
from redrive_model.rules.queue_settings import QueueSettingsFacts, allows, redrive_allow_policy_is_valid
from redrive_simulator.services.message_rules import refused_value
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    from redrive_model.limits import Range
    from redrive_model.resources.queue import QueueSpec

# The field of a number, and its range. A new delay does not count for the messages of a standard queue.
_NUMBERS: Mapping[str, tuple[str, Range]] = {
    "DelaySeconds": ("delay", DELIVERY_DELAY),
    "MaximumMessageSize": ("largest_message", MESSAGE_SIZE),
    "ReceiveMessageWaitTimeSeconds": ("wait", RECEIVE_WAIT),
    "VisibilityTimeout": ("visibility_timeout", VISIBILITY_TIMEOUT),
}
_OF_FIFO = frozenset({"ContentBasedDeduplication"})
#: The attributes that a simulation can change.
CHANGED = frozenset({*_NUMBERS, *_OF_FIFO, "RedriveAllowPolicy", "RedrivePolicy"})


def check_settings(spec: QueueSpec, attributes: Mapping[str, str]) -> None:
    """Refuse attributes that a kind of queue does not have, or whose kind cannot be changed.

    As recorded on AWS: `test_set_unsupported_attribute_fifo` and `…_standard` of
    https://github.com/localstack/localstack/blob/main/tests/aws/services/sqs/test_sqs.snapshot.json.
    """
    for name, value in attributes.items():
        if not spec.fifo and name in {"FifoQueue", *_OF_FIFO}:
            raise Refused("InvalidAttributeName", f"Unknown Attribute {name}.")
        if name == "FifoQueue" and value != "true":
            raise _invalid(name, "Modifying queue type is not supported.")


def changed(spec: QueueSpec, attributes: Mapping[str, str], spec_of: Callable[[str], QueueSpec | None]) -> QueueSpec:
    """Return the settings of a queue with other attributes, or refuse a value.

    Args:
        spec: The settings of the queue.
        attributes: Values of `CHANGED` attributes, as texts.
        spec_of: Finds the settings of a queue by its ARN.
    """
    made: dict[str, Any] = {}
    for name, value in attributes.items():
        if name in _NUMBERS:
            field, allowed = _NUMBERS[name]
            if not value.isdecimal() or not allowed.allows(int(value)):
                raise _invalid(name)
            made[field] = int(value) if field == "largest_message" else float(value)
        elif name == "RedrivePolicy":
            made |= (
                {"dead_letter_arn": None, "max_receive_count": None} if not value else _redrive(spec, value, spec_of)
            )
        elif name == "RedriveAllowPolicy":
            made["redrive_allow"] = policy = _read(name, value) if value else {}
            wrong = redrive_allow_policy_is_valid(QueueSettingsFacts(redrive_allow=policy))
            if wrong is not None:
                raise refused_value(value, name, wrong)
        elif value in ("true", "false"):
            made["content_based_deduplication"] = value == "true"
        else:
            raise _invalid(name)
    return replace(spec, **made)


def _redrive(spec: QueueSpec, text: str, spec_of: Callable[[str], QueueSpec | None]) -> dict[str, Any]:
    """Read a redrive policy: https://github.com/ansible-collections/community.aws/issues/2321 has a message of SQS."""
    policy = _read("RedrivePolicy", text)
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {name}."
            raise refused_value(text, "RedrivePolicy", reason)
    count, least, most = str(policy["maxReceiveCount"]), MAX_RECEIVE_COUNT.least, MAX_RECEIVE_COUNT.most
    if not count.isdecimal() or not MAX_RECEIVE_COUNT.allows(int(count)):
        valid = f"valid values are from {least} to {most} both inclusive."
        raise refused_value(text, "RedrivePolicy", f"Invalid value for maxReceiveCount: {count}, {valid}")
    target = spec_of(str(policy["deadLetterTargetArn"]))
    if target is None:
        raise refused_value(text, "RedrivePolicy", "Dead letter target does not exist.")
    if target.fifo != spec.fifo:
        raise refused_value(text, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.")
    if not allows(target.redrive_allow, spec.arn):
        reason = "Dead letter target does not allow this queue, by its redrive-allow policy."
        raise refused_value(text, "RedrivePolicy", reason)
    return {"dead_letter_arn": target.arn, "max_receive_count": int(count)}


def _read(name: str, text: str) -> dict[str, Any]:
    try:
        read: Any = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise refused_value(text, name, f"{name} is no JSON object.")
    return cast("dict[str, Any]", read)


def _invalid(name: str, reason: str = "") -> Refused:
    message = f"Invalid value for the parameter {name}."
    return Refused("InvalidAttributeValue", f"{message} Reason: {reason}" if reason else message)
