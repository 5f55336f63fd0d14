"""SNS's stand-in refuses what SNS refuses, with its codes and messages, and gives what SNS gives.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/sns/test_sns.snapshot.json, which
was recorded on AWS; API for https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.refused import error
from tests.support.simulator.topic_stack import TOPIC_ARN, TOPICS

INVALID = "InvalidParameter"
MAX = 262_144
INVALID_ID = "can only include alphanumeric and punctuation characters. 1 to 128 in length."


@pytest.fixture
def events() -> list[Any]:
    return []


@pytest.fixture
def simulation(events: list[Any]) -> Simulation:
    return Simulation.from_template(
        TOPICS, handlers={"Function": lambda event, context: events.append(event)}, strict=False
    )


@pytest.fixture(scope="module")
def shared() -> Simulation:
    """For what is refused."""
    return Simulation.from_template(TOPICS, handlers={"Function": lambda event, context: None}, strict=False)


# What is published to, and the error; `None`: it is taken.
TARGETS: dict[str, tuple[dict[str, str], tuple[str, str] | None]] = {
    "topic": ({"TopicArn": TOPIC_ARN.format("topic")}, None),
    "topic as a target": ({"TargetArn": TOPIC_ARN.format("topic")}, None),
    "unknown": ({"TopicArn": TOPIC_ARN.format("none")}, ("NotFound", "Topic does not exist")),
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
        {"TopicArn": TOPIC_ARN.format("topic.fifo")},
        (INVALID, "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"),
    ),
    "FIFO topic without deduplication": (
        {"TopicArn": TOPIC_ARN.format("topic.fifo"), "MessageGroupId": "g"},
        (
            INVALID,
            (
                "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            ),
        ),
    ),
    "long deduplication id": (
        {"TopicArn": TOPIC_ARN.format("topic.fifo"), "MessageGroupId": "g", "MessageDeduplicationId": "x" * 129},
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
        ({"TopicArn": TOPIC_ARN.format("topic"), "TargetArn": TOPIC_ARN.format("topic")}, r"TopicArn=…, TargetArn=…"),
        (
            {"TopicArn": TOPIC_ARN.format("topic.fifo"), "MessageGroupId": "g", "MessageDeduplicationId": "d"},
            "the FIFO topic Fifo",
        ),
        ({"TopicArn": TOPIC_ARN.format("other.fifo"), "MessageGroupId": "g"}, "the FIFO topic Deduplicating"),
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
    sns, topic = shared.client("sns"), TOPIC_ARN.format("topic")
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
    given = {
        "TopicArn": TOPIC_ARN.format("topic"),
        "PublishBatchRequestEntries": [{"Id": id, "Message": "x"} for id in ids],
    }
    found = error(sns.publish_batch, **given)
    assert (found[0], found[1].endswith(message)) == (code, True)
    with pytest.raises(getattr(sns.exceptions, f"{code}Exception")):
        sns.publish_batch(**given)
    good = [{"Id": id, "Message": "x"} for id in ("a" * 80, "valid-message_123")]
    assert (
        len(sns.publish_batch(TopicArn=TOPIC_ARN.format("topic"), PublishBatchRequestEntries=good)["Successful"]) == 2
    )


def test_each_protocol_gets_its_text(simulation: Simulation, events: list[Any]) -> None:
    """SNAP test_message_structure_json_to_sqs"""
    message = {"default": "default field", "sqs": '{"field": "value"}', "email": "x"}
    simulation.client("sns").publish(
        TopicArn=TOPIC_ARN.format("topic"),
        Message=json.dumps(message),
        MessageStructure="json",
        MessageAttributes=NUMBER,
    )
    simulation.run()
    (notified,) = simulation.queue("Queue").bodies
    assert (notified["Message"], "MessageAttributes" in notified) == ('{"field": "value"}', False)
    (raw,) = simulation.queue("Raw").messages
    assert (raw.body, raw.attributes) == ('{"field": "value"}', {})
    assert [each["Records"][0]["Sns"]["Message"] for each in events] == ["default field"]


def test_queues_get_the_group_of_a_message(simulation: Simulation) -> None:
    """SNAP test_publish_message_group_id"""
    simulation.client("sns").publish(TopicArn=TOPIC_ARN.format("topic"), Message="x", MessageGroupId="my-group-id-1")
    simulation.run()
    for name in ("Queue", "Raw"):
        assert [each.group_id for each in simulation.queue(name).messages] == ["my-group-id-1"]


def test_topics_and_subscriptions_are_listed_in_pages(monkeypatch: pytest.MonkeyPatch, shared: Simulation) -> None:
    """API_ListTopics.html, API_ListSubscriptions.html"""
    from redrive_simulator.handlers.clients import sns as stand_in

    sns = shared.client("sns")
    assert [each["TopicArn"] for each in sns.list_topics()["Topics"]] == [
        TOPIC_ARN.format(name) for name in ("other.fifo", "topic", "topic.fifo")
    ]
    monkeypatch.setattr(stand_in, "_PAGE", 2)
    assert [len(page["Topics"]) for page in sns.get_paginator("list_topics").paginate()] == [2, 1]
    for pages in (
        sns.get_paginator("list_subscriptions").paginate(),
        sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=TOPIC_ARN.format("topic")),
    ):
        listed = [each for page in pages for each in page["Subscriptions"]]
        assert [each["Protocol"] for each in listed] == ["sqs", "sqs", "lambda"]
        assert len({each["SubscriptionArn"] for each in listed}) == 3
    assert error(sns.list_topics, NextToken="none") == (INVALID, "Invalid parameter: NextToken")
    assert error(sns.list_subscriptions_by_topic, TopicArn=TOPIC_ARN.format("none"))[0] == "NotFound"


@pytest.mark.parametrize("operation", ["subscribe", "unsubscribe", "create_topic", "get_topic_attributes"])
def test_other_operations_are_errors_by_name(operation: str, shared: Simulation) -> None:
    given = {
        "subscribe": {"TopicArn": TOPIC_ARN.format("topic"), "Protocol": "sqs"},
        "unsubscribe": {"SubscriptionArn": TOPIC_ARN.format("topic:1")},
        "create_topic": {"Name": "x"},
        "get_topic_attributes": {"TopicArn": TOPIC_ARN.format("topic")},
    }[operation]
    with pytest.raises(NotSimulatedError, match=r"sns\."):
        getattr(shared.client("sns"), operation)(**given)
