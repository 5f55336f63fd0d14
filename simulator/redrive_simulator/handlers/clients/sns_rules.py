"""Refuses what SNS refuses of a message, with the codes and messages of SNS.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/sns/test_sns.snapshot.json, which
was recorded on AWS. The rest is from https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from redrive_model.limits import LARGEST_NOTIFICATION
from redrive_simulator.services.message_rules import BATCH_ID, FIFO_ID, is_number
from redrive_simulator.services.messages import lambda_attributes, size_of
from redrive_simulator.services.refusals import Refused

_MOST = 10
_LONGEST_ID = 80
_LONGEST_NAME = 256
_LONGEST_SUBJECT = 100
_PARTS_OF_ARN = 6
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_.-]")
_PHONE_NUMBER = re.compile(r"\+?[0-9]{4,15}")


def invalid(what: str) -> Refused:
    """Return SNS's usual error."""
    return Refused("InvalidParameter", f"Invalid parameter: {what}")


def check_message(given: Mapping[str, Any]) -> None:
    """Refuse a message by itself: its text, its subject, its attributes, its ids."""
    subject = given.get("Subject")
    if subject is not None and (not subject or len(subject) > _LONGEST_SUBJECT or _CONTROL.search(subject)):
        raise invalid("Subject")
    if not given["Message"]:
        raise invalid("Empty message")
    attributes: Mapping[str, Any] = given.get("MessageAttributes") or {}
    for name, value in attributes.items():
        _check_name(name)
        _check_value(name, value)
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        id = given.get(name)
        if id is not None and FIFO_ID.fullmatch(id) is None:
            only = f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
            raise invalid(f"{name} Reason: {only}")
    if given.get("MessageStructure") == "json":
        texts_by_protocol(given["Message"])


def check_size(given: Mapping[str, Any]) -> None:
    """Refuse a message that is too large: SNAP `test_publish_too_long_message`."""
    if size_in_sns(given) > LARGEST_NOTIFICATION:
        raise invalid("Message too long")


def size_in_sns(given: Mapping[str, Any]) -> int:
    """Return the size of a message with the names, types and values of its attributes."""
    return size_of(given["Message"], lambda_attributes(given.get("MessageAttributes")))


def texts_by_protocol(message: str) -> dict[str, str]:
    """Read a message with a text for each protocol, and ignore other values: SNAP `test_message_structure_json_exc`."""
    try:
        read: Any = json.loads(message)
    except ValueError:
        raise invalid("Message Structure - JSON message body failed to parse") from None
    members = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    texts = {name: text for name, text in members.items() if isinstance(text, str)}
    if "default" not in texts:
        raise invalid("Message Structure - No default entry in JSON message body")
    return texts


def _check_name(name: str) -> None:
    """Refuse the name of an attribute: SNAP `test_empty_or_wrong_message_attributes`."""
    problem = None
    wrong = next((each for each in name if _NAME.fullmatch(each) is None), None)
    if len(name) > _LONGEST_NAME:
        problem = f"Length of message attribute name must be less than {_LONGEST_NAME} bytes."
    elif name.startswith("."):
        problem = "Invalid message attribute name starting with character '.' was found."
    elif name.endswith("."):
        problem = "Invalid message attribute name ending with character '.' was found."
    elif wrong is not None:
        only = "Can only include alphanumeric characters, hyphens, underscores, or dots."
        problem = (
            f"Invalid non-alphanumeric character '#x{ord(wrong):X}' was found in the message attribute name. {only}"
        )
    elif ".." in name:
        problem = "Message attribute name can not have successive '.' character."
    if problem is not None:
        raise Refused("ParameterValueInvalid", problem)


def _check_value(name: str, value: Mapping[str, Any]) -> None:
    """Refuse the value of an attribute: SNAP `test_empty_or_wrong_message_attributes`, `…_prefixes`."""
    kind: str = value["DataType"]
    if _TYPE.fullmatch(kind) is None:
        supported = "the set of supported type prefixes is Binary, Number, and String."
        problem = f"The message attribute '{name}' has an invalid message attribute type, {supported}"
        raise Refused("ParameterValueInvalid", problem)
    base = kind.partition(".")[0]
    field = "Binary" if base == "Binary" else "String"
    if not value.get(f"{field}Value"):
        if any(each.endswith("Value") and each != f"{field}Value" for each in value):
            problem = f"The message attribute '{name}' with type '{kind}' must use field '{field}'."
        else:
            rest = f"for message attribute type '{kind}'."
            problem = f"The message attribute '{name}' must contain non-empty message attribute value {rest}"
        raise Refused("ParameterValueInvalid", problem)
    if base == "Number" and not is_number(value["StringValue"]):
        raise Refused("ParameterValueInvalid", f"Could not cast message attribute '{name}' value to number.")


def check_topic(arn: str, parameter: str, region: str) -> None:
    """Refuse what is no ARN (SNAP `test_publish_wrong_arn_format`), or one of another Region."""
    parts = arn.split(":")
    if len(parts) < _PARTS_OF_ARN:
        raise invalid(f"{parameter} Reason: An ARN must have at least {_PARTS_OF_ARN} elements, not {len(parts)}")
    if ":endpoint/" in arn:  # SNAP `test_publish_non_existent_target`
        raise invalid(f"{parameter} Reason: No endpoint found for the target arn specified")
    if parts[3] != region:  # SNAP `test_topic_publish_another_region`
        raise invalid(parameter)


def check_phone_number(number: str) -> None:
    """Refuse what is no phone number: SNAP `test_publish_wrong_phone_format`."""
    if _PHONE_NUMBER.fullmatch(number) is None:
        raise invalid(f"PhoneNumber Reason: {number} is not valid to publish to")


def check_fifo(fifo: bool, deduplicates: bool, given: Mapping[str, Any]) -> None:
    """Refuse ids that a topic does not take, or lacks: SNAP `test_validations_for_fifo`."""
    if not fifo:
        if given.get("MessageDeduplicationId") is None:
            return
        what = "The request includes MessageDeduplicationId parameter that is not valid for this topic type"
        raise invalid(f"MessageDeduplicationId Reason: {what}")
    if given.get("MessageGroupId") is None:
        raise invalid("The MessageGroupId parameter is required for FIFO topics")
    if given.get("MessageDeduplicationId") is None and not deduplicates:
        either = "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided"
        raise invalid(f"{either} explicitly")


def check_entries(entries: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a batch by its number of entries and their ids: SNAP `test_publish_batch_exceptions`, `…_entry_id`."""
    if not entries:
        raise Refused("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _MOST:
        raise Refused("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
    ids = [str(entry["Id"]) for entry in entries]
    if len(set(ids)) < len(ids):
        raise Refused("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
    for id in ids:
        if len(id) > _LONGEST_ID:
            raise Refused("InvalidBatchEntryId", f"The Id of a batch entry in the batch request is too long: {id}")
        if BATCH_ID.fullmatch(id) is None:
            what = "The Id of a batch entry in the batch request contains an impermissible character"
            raise Refused("InvalidBatchEntryId", f"{what}: {id}")
