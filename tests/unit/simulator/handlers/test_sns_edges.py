"""SNS's stand-in refuses what SNS refuses, with its codes and messages, and gives what SNS gives.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/sns/test_sns.snapshot.json, which
was recorded on AWS; API for https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.simulations import arn, function, resource, template


def subscription(topic: str, protocol: str, endpoint: str, **properties: Any) -> dict[str, Any]:
    return resource(
        "AWS::SNS::Subscription", TopicArn={"Ref": topic}, Protocol=protocol, Endpoint=arn(endpoint), **properties
    )


STACK = template(
    Topic=resource("AWS::SNS::Topic", TopicName="topic"),
    Fifo=resource("AWS::SNS::Topic", TopicName="topic.fifo", FifoTopic=True),
    Deduplicating=resource("AWS::SNS::Topic", TopicName="other.fifo", FifoTopic=True, ContentBasedDeduplication=True),
    Queue=resource("AWS::SQS::Queue"),
    Raw=resource("AWS::SQS::Queue"),
    Function=function(),
    ToQueue=subscription("Topic", "sqs", "Queue"),
    ToRaw=subscription("Topic", "sqs", "Raw", RawMessageDelivery=True),
    ToFunction=subscription("Topic", "lambda", "Function"),
)
ARN = "arn:aws:sns:eu-west-1:111111111111:{}"
INVALID, VALUE = "InvalidParameter", "ParameterValueInvalid"
MAX = 262_144


@pytest.fixture
def events() -> list[Any]:
    return []


@pytest.fixture
def simulation(events: list[Any]) -> Simulation:
    return Simulation.from_template(
        STACK, handlers={"Function": lambda event, context: events.append(event)}, strict=False
    )


@pytest.fixture(scope="module")
def shared() -> Simulation:
    """For what is refused."""
    return Simulation.from_template(STACK, handlers={"Function": lambda event, context: None}, strict=False)


def error(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**given)
    found: Any = caught.value.response
    return found["Error"]["Code"], found["Error"]["Message"]


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
    assert error(sns.publish, TopicArn=ARN.format("topic"), **{"Message": "x", **refused}) == (code, message)
    entries: list[dict[str, Any]] = [{"Id": "0", "Message": "x"}, {"Id": "1", "Message": "x", **refused}]
    given = {"TopicArn": ARN.format("topic"), "PublishBatchRequestEntries": entries}
    assert error(sns.publish_batch, **given) == (code, message)
    assert shared.topic("Topic").published == before
    sns.publish(TopicArn=ARN.format("topic"), **{"Message": "x", **taken})
    entries[1] = {"Id": "1", "Message": "x", **taken}
    assert [each["Id"] for each in sns.publish_batch(**given)["Successful"]] == ["0", "1"]


# What is published to, and the error; `None`: it is taken.
TARGETS: dict[str, tuple[dict[str, str], tuple[str, str] | None]] = {
    "topic": ({"TopicArn": ARN.format("topic")}, None),
    "topic as a target": ({"TargetArn": ARN.format("topic")}, None),
    "unknown": ({"TopicArn": ARN.format("none")}, ("NotFound", "Topic does not exist")),
    "no ARN": (
        {"TopicArn": "randomstring"},
        (INVALID, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
    ),
    "two elements": (
        {"TopicArn": "randomstring:1"},
        (INVALID, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 2"),
    ),
    "empty": (
        {"TopicArn": ""},
        (INVALID, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
    ),
    "logical id": (
        {"TopicArn": "Topic"},
        (INVALID, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
    ),
    "other Region": (
        {"TopicArn": "arn:aws:sns:us-east-1:111111111111:topic"},
        (INVALID, "Invalid parameter: TopicArn"),
    ),
    "endpoint": (
        {"TargetArn": "arn:aws:sns:eu-west-1:111111111111:endpoint/APNS/abcdef/0f7d5971"},
        (INVALID, "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"),
    ),
    "phone number": (
        {"PhoneNumber": "+1a234"},
        (INVALID, "Invalid parameter: PhoneNumber Reason: +1a234 is not valid to publish to"),
    ),
    "nothing": ({}, (INVALID, "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter")),
    "FIFO topic without a group": (
        {"TopicArn": ARN.format("topic.fifo")},
        (INVALID, "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"),
    ),
    "FIFO topic without deduplication": (
        {"TopicArn": ARN.format("topic.fifo"), "MessageGroupId": "g"},
        (
            INVALID,
            (
                "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            ),
        ),
    ),
    "long deduplication id": (
        {"TopicArn": ARN.format("topic.fifo"), "MessageGroupId": "g", "MessageDeduplicationId": "x" * 129},
        (INVALID, f"Invalid parameter: MessageDeduplicationId Reason: MessageDeduplicationId {INVALID_ID}"),
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_refused(name: str, shared: Simulation) -> None:
    """SNAP test_publish_wrong_arn_format, …_another_region, …_non_existent_target, test_validations_for_fifo"""
    given, refused = TARGETS[name]
    publish = shared.client("sns").publish
    if refused is None:
        assert publish(Message="x", **given)["MessageId"]
    else:
        assert error(publish, Message="x", **given) == refused


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"PhoneNumber": "+15551234567"}, r"sns\.Publish\(PhoneNumber=…\)"),
        ({"TopicArn": "arn:aws:sns:eu-west-1:222222222222:topic"}, "topic .* of another account"),
        ({"TopicArn": ARN.format("topic"), "TargetArn": ARN.format("topic")}, r"TopicArn=…, TargetArn=…"),
        (
            {"TopicArn": ARN.format("topic.fifo"), "MessageGroupId": "g", "MessageDeduplicationId": "d"},
            "the FIFO topic Fifo",
        ),
        ({"TopicArn": ARN.format("other.fifo"), "MessageGroupId": "g"}, "the FIFO topic Deduplicating"),
    ],
    ids=["phone number", "account", "two targets", "fifo", "deduplicating"],
)
def test_what_is_not_simulated_is_an_error_by_name(given: dict[str, str], named: str, shared: Simulation) -> None:
    with pytest.raises(NotSimulatedError, match=named):
        shared.client("sns").publish(Message="x", **given)


NUMBER = {"attr1": {"DataType": "Number", "StringValue": "1"}}
SIZE_OF_NUMBER = len("attr1Number1")


def test_sizes_count_attributes(shared: Simulation) -> None:
    """SNAP test_publish_too_long_message, test_publish_batch_too_long_message"""
    sns, topic = shared.client("sns"), ARN.format("topic")
    too_long = (INVALID, "Invalid parameter: Message too long")
    assert error(sns.publish, TopicArn=topic, Message="a" * (MAX + 1)) == too_long
    fits = "a" * (MAX - SIZE_OF_NUMBER)
    assert error(sns.publish, TopicArn=topic, Message=f"{fits}a", MessageAttributes=NUMBER) == too_long
    sns.publish(TopicArn=topic, Message=fits, MessageAttributes=NUMBER)
    together = "The length of all the messages put together is more than the limit."
    for messages in (("a" * (MAX // 2), "b" * (1 + MAX // 2)), ("a" * (MAX + 1),)):
        entries = [{"Id": str(number), "Message": each} for number, each in enumerate(messages)]
        given = {"TopicArn": topic, "PublishBatchRequestEntries": entries}
        assert error(sns.publish_batch, **given) == ("BatchRequestTooLong", together)
    entries = [{"Id": "1", "Message": "a" * (MAX // 2)}, {"Id": "2", "Message": "b" * (MAX // 2)}]
    assert not sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Failed"]


@pytest.mark.parametrize(
    ("ids", "code", "message"),
    [
        ([], "EmptyBatchRequest", ""),
        (
            [f"Id_{number}" for number in range(11)],
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        ),
        (["1", "1"], "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."),
        (
            ["message.id"],
            "InvalidBatchEntryId",
            "The Id of a batch entry in the batch request contains an impermissible character: message.id",
        ),
        (
            ["a" * 81],
            "InvalidBatchEntryId",
            f"The Id of a batch entry in the batch request is too long: {'a' * 81}",
        ),
    ],
    ids=["empty", "many", "same", "character", "long"],
)
def test_a_batch_is_refused(ids: list[str], code: str, message: str, shared: Simulation) -> None:
    """SNAP test_publish_batch_exceptions, test_publish_batch_invalid_entry_id; API_PublishBatch.html"""
    sns = shared.client("sns")
    given = {"TopicArn": ARN.format("topic"), "PublishBatchRequestEntries": [{"Id": id, "Message": "x"} for id in ids]}
    found = error(sns.publish_batch, **given)
    assert (found[0], found[1].endswith(message)) == (code, True)
    with pytest.raises(getattr(sns.exceptions, f"{code}Exception")):
        sns.publish_batch(**given)
    good = [{"Id": id, "Message": "x"} for id in ("a" * 80, "valid-message_123")]
    assert len(sns.publish_batch(TopicArn=ARN.format("topic"), PublishBatchRequestEntries=good)["Successful"]) == 2


def test_each_protocol_gets_its_text(simulation: Simulation, events: list[Any]) -> None:
    """SNAP test_message_structure_json_to_sqs"""
    message = {"default": "default field", "sqs": '{"field": "value"}', "email": "x"}
    simulation.client("sns").publish(
        TopicArn=ARN.format("topic"), Message=json.dumps(message), MessageStructure="json", MessageAttributes=NUMBER
    )
    simulation.run()
    (notified,) = simulation.queue("Queue").bodies
    assert (notified["Message"], "MessageAttributes" in notified) == ('{"field": "value"}', False)
    (raw,) = simulation.queue("Raw").messages
    assert (raw.body, raw.attributes) == ('{"field": "value"}', {})
    assert [each["Records"][0]["Sns"]["Message"] for each in events] == ["default field"]


def test_queues_get_the_group_of_a_message(simulation: Simulation) -> None:
    """SNAP test_publish_message_group_id"""
    simulation.client("sns").publish(TopicArn=ARN.format("topic"), Message="x", MessageGroupId="my-group-id-1")
    simulation.run()
    for name in ("Queue", "Raw"):
        assert [each.group_id for each in simulation.queue(name).messages] == ["my-group-id-1"]


def test_topics_and_subscriptions_are_listed_in_pages(monkeypatch: pytest.MonkeyPatch, shared: Simulation) -> None:
    """API_ListTopics.html, API_ListSubscriptions.html"""
    from redrive_simulator.handlers.clients import sns as stand_in

    sns = shared.client("sns")
    assert [each["TopicArn"] for each in sns.list_topics()["Topics"]] == [
        ARN.format(name) for name in ("other.fifo", "topic", "topic.fifo")
    ]
    monkeypatch.setattr(stand_in, "_PAGE", 2)
    assert [len(page["Topics"]) for page in sns.get_paginator("list_topics").paginate()] == [2, 1]
    for pages in (
        sns.get_paginator("list_subscriptions").paginate(),
        sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=ARN.format("topic")),
    ):
        listed = [each for page in pages for each in page["Subscriptions"]]
        assert [each["Protocol"] for each in listed] == ["sqs", "sqs", "lambda"]
        assert len({each["SubscriptionArn"] for each in listed}) == 3
    assert error(sns.list_topics, NextToken="none") == (INVALID, "Invalid parameter: NextToken")
    assert error(sns.list_subscriptions_by_topic, TopicArn=ARN.format("none"))[0] == "NotFound"


@pytest.mark.parametrize("operation", ["subscribe", "unsubscribe", "create_topic", "get_topic_attributes"])
def test_other_operations_are_errors_by_name(operation: str, shared: Simulation) -> None:
    given = {
        "subscribe": {"TopicArn": ARN.format("topic"), "Protocol": "sqs"},
        "unsubscribe": {"SubscriptionArn": ARN.format("topic:1")},
        "create_topic": {"Name": "x"},
        "get_topic_attributes": {"TopicArn": ARN.format("topic")},
    }[operation]
    with pytest.raises(NotSimulatedError, match=r"sns\."):
        getattr(shared.client("sns"), operation)(**given)
