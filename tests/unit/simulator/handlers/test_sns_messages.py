"""SNS's stand-in refuses messages that SNS refuses, with its codes and messages, and so batches that have one.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/sns/test_sns.snapshot.json, which
was recorded on AWS; the rest is from https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
"""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.refused import error
from tests.support.simulator.topic_stack import TOPIC_ARN, TOPICS

INVALID, VALUE = "InvalidParameter", "ParameterValueInvalid"


@pytest.fixture(scope="module")
def shared() -> Simulation:
    return Simulation.from_template(TOPICS, handlers={"Function": lambda event, context: None}, strict=False)


def attribute(name: str = "attr1", **value: Any) -> dict[str, Any]:
    return {"MessageAttributes": {name: value}}


def text(name: str) -> dict[str, Any]:
    return attribute(name, DataType="String", StringValue="x")


TYPES = "the set of supported type prefixes is Binary, Number, and String."
EMPTY = "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type"
OTHER = "The message attribute 'attr1' with type '{}' must use field '{}'."
KIND = f"The message attribute 'attr1' has an invalid message attribute type, {TYPES}"
INVALID_ID = "can only include alphanumeric and punctuation characters. 1 to 128 in length."
# Parameters that are refused, others like them that are not, the code and the message.
MESSAGES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "empty": ({"Message": ""}, {"Message": " "}, INVALID, "Invalid parameter: Empty message"),
    "empty subject": ({"Subject": ""}, {"Subject": "x"}, INVALID, "Invalid parameter: Subject"),
    "long subject": ({"Subject": "x" * 101}, {"Subject": "é" * 99}, INVALID, "Invalid parameter: Subject"),
    "two lines": ({"Subject": "a\nb"}, {"Subject": "a b"}, INVALID, "Invalid parameter: Subject"),
    "control character": ({"Subject": "a\x7f"}, {"Subject": "a~"}, INVALID, "Invalid parameter: Subject"),
    "no default": (
        {"MessageStructure": "json", "Message": '{"sqs": "x"}'},
        {"MessageStructure": "json", "Message": '{"default": "a", "default": "b"}'},
        INVALID,
        "Invalid parameter: Message Structure - No default entry in JSON message body",
    ),
    "default of another type": (
        {"MessageStructure": "json", "Message": '{"default": {"object": "test"}}'},
        {"MessageStructure": "json", "Message": '{"default": "x", "sqs": 1}'},
        INVALID,
        "Invalid parameter: Message Structure - No default entry in JSON message body",
    ),
    "no JSON": (
        {"MessageStructure": "json", "Message": '{"default": "x"} }'},
        {"MessageStructure": "json", "Message": '{"default": ""}'},
        INVALID,
        "Invalid parameter: Message Structure - JSON message body failed to parse",
    ),
    "empty value": (
        attribute(DataType="String", StringValue=""),
        attribute(DataType="String", StringValue=" "),
        VALUE,
        f"{EMPTY} 'String'.",
    ),
    "no value": (attribute(DataType="String"), text("attr1"), VALUE, f"{EMPTY} 'String'."),
    "empty bytes": (
        attribute(DataType="Binary", BinaryValue=b""),
        attribute(DataType="Binary", BinaryValue=b"x"),
        VALUE,
        f"{EMPTY} 'Binary'.",
    ),
    "bytes for text": (
        attribute(DataType="String", BinaryValue=b"123"),
        text("attr1"),
        VALUE,
        OTHER.format("String", "String"),
    ),
    "bytes for a number": (
        attribute(DataType="Number", BinaryValue=b"123"),
        attribute(DataType="Number", StringValue="-1e3"),
        VALUE,
        OTHER.format("Number", "String"),
    ),
    "text for bytes": (
        attribute(DataType="Binary", StringValue="123"),
        attribute(DataType="Binary.png", BinaryValue=b"123"),
        VALUE,
        OTHER.format("Binary", "Binary"),
    ),
    "type": (attribute(DataType="InvalidType", StringValue="123"), text("attr1"), VALUE, KIND),
    "type with a dot": (
        attribute(DataType="String.", StringValue="x"),
        attribute(DataType="String.  prefixed.", StringValue="x"),
        VALUE,
        KIND,
    ),
    "type like another": (
        attribute(DataType="Stringprefixed", StringValue="x"),
        attribute(DataType="String.prefixed", StringValue="x"),
        VALUE,
        KIND,
    ),
    "no number": (
        attribute(DataType="Number", StringValue="seven"),
        attribute(DataType="Number", StringValue="7.5"),
        VALUE,
        "Could not cast message attribute 'attr1' value to number.",
    ),
    "long name": (
        text("a" * 257),
        text("a" * 256),
        VALUE,
        "Length of message attribute name must be less than 256 bytes.",
    ),
    "name": (
        text("a^*?"),
        text("a-_.b"),
        VALUE,
        (
            "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include "
            "alphanumeric characters, hyphens, underscores, or dots."
        ),
    ),
    "first dot": (
        text(".abc"),
        text("a.bc"),
        VALUE,
        "Invalid message attribute name starting with character '.' was found.",
    ),
    "last dot": (
        text("abc."),
        text("ab.c"),
        VALUE,
        "Invalid message attribute name ending with character '.' was found.",
    ),
    "two dots": (
        text("a..bc"),
        text("a.b.c"),
        VALUE,
        "Message attribute name can not have successive '.' character.",
    ),
    "group": (
        {"MessageGroupId": "a b"},
        {"MessageGroupId": "a~!"},
        INVALID,
        f"Invalid parameter: MessageGroupId Reason: MessageGroupId {INVALID_ID}",
    ),
    "deduplication of a standard topic": (
        {"MessageDeduplicationId": "a"},
        {"MessageGroupId": "a"},
        INVALID,
        (
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
            "that is not valid for this topic type"
        ),
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_refused_and_so_is_a_batch_with_it(name: str, shared: Simulation) -> None:
    """SNAP test_empty_sns_message, …_empty_subject, …_structure_json_exc, …_wrong_message_attributes, …_prefixes"""
    refused, taken, code, message = MESSAGES[name]
    sns = shared.client("sns")
    before = shared.topic("Topic").published.copy()
    assert error(sns.publish, TopicArn=TOPIC_ARN.format("topic"), **{"Message": "x", **refused}) == (code, message)
    entries: list[dict[str, Any]] = [{"Id": "0", "Message": "x"}, {"Id": "1", "Message": "x", **refused}]
    given = {"TopicArn": TOPIC_ARN.format("topic"), "PublishBatchRequestEntries": entries}
    assert error(sns.publish_batch, **given) == (code, message)
    assert shared.topic("Topic").published == before
    sns.publish(TopicArn=TOPIC_ARN.format("topic"), **{"Message": "x", **taken})
    entries[1] = {"Id": "1", "Message": "x", **taken}
    assert [each["Id"] for each in sns.publish_batch(**given)["Successful"]] == ["0", "1"]
