"""SQS's stand-in refuses what SQS refuses, with its codes and names of errors, and then changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import Simulation
from tests.support.simulator.simulations import resource, template

STACK = template(
    Queue=resource("AWS::SQS::Queue", QueueName="queue"),
    Fifo=resource("AWS::SQS::Queue", QueueName="queue.fifo", FifoQueue=True),
)
URLS = {name: f"https://sqs.eu-west-1.amazonaws.com/111111111111/{name}" for name in ("queue", "queue.fifo")}
GROUP = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
INVALID = "InvalidParameterValue"


def attribute(name: str = "name", **value: Any) -> dict[str, Any]:
    return {"MessageAttributes": {name: {"DataType": "String", "StringValue": "x", **value}}}


def several(count: int) -> dict[str, Any]:
    value = {"DataType": "String", "StringValue": "x"}
    return {"MessageAttributes": {f"a{number}": value for number in range(count)}}


# Parameters of `SendMessage` that are refused, others like them that are not, and the code.
SENT: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "control character": ("queue", {"MessageBody": "a\0b"}, {"MessageBody": "a\t\r\nb"}, "InvalidMessageContents"),
    "no character": ("queue", {"MessageBody": "\uffff"}, {"MessageBody": "\ufffd\U0001f600"}, "InvalidMessageContents"),
    "half a pair": ("queue", {"MessageBody": "\ud83d"}, {"MessageBody": "\ue000"}, "InvalidMessageContents"),
    "empty": ("queue", {"MessageBody": ""}, {"MessageBody": " "}, "MissingParameter"),
    "delay": ("queue", {"DelaySeconds": 901}, {"DelaySeconds": 900}, INVALID),
    "negative delay": ("queue", {"DelaySeconds": -1}, {"DelaySeconds": 0}, INVALID),
    "type": ("queue", attribute(DataType="Text"), attribute(DataType="String.own"), INVALID),
    "type like another": (
        "queue",
        attribute(DataType="Stringent"),
        attribute(DataType="Number", StringValue="-1e3"),
        INVALID,
    ),
    "no number": ("queue", attribute(DataType="Number"), attribute(DataType="Number.int", StringValue="7"), INVALID),
    "long number": (
        "queue",
        attribute(DataType="Number", StringValue="1" * 39),
        attribute(DataType="Number", StringValue=f"-{'1' * 38}"),
        INVALID,
    ),
    "large number": (
        "queue",
        attribute(DataType="Number", StringValue="1.1e126"),
        attribute(DataType="Number", StringValue="1e126"),
        INVALID,
    ),
    "small number": (
        "queue",
        attribute(DataType="Number", StringValue="1e-129"),
        attribute(DataType="Number", StringValue="0.0"),
        INVALID,
    ),
    "empty value": ("queue", attribute(StringValue=""), attribute(StringValue=" "), INVALID),
    "value of another type": ("queue", attribute(DataType="Binary"), attribute(), INVALID),
    "control character in an attribute": ("queue", attribute(StringValue="\1"), attribute(StringValue="é"), INVALID),
    "reserved name": ("queue", attribute("AWS.x"), attribute("AWSx"), INVALID),
    "name with dots": ("queue", attribute("a..b"), attribute("a.b"), INVALID),
    "name with a space": ("queue", attribute("a b"), attribute("a-b_c"), INVALID),
    "long name": ("queue", attribute("x" * 257), attribute("x" * 256), INVALID),
    "attributes": ("queue", several(11), several(10), INVALID),
    "deduplication in a standard queue": ("queue", {"MessageDeduplicationId": "d"}, {"MessageGroupId": "g"}, INVALID),
    "group with a space": ("queue", {"MessageGroupId": "a b"}, {"MessageGroupId": "a~!"}, INVALID),
    "no group": ("queue.fifo", {"MessageDeduplicationId": "d"}, GROUP, "MissingParameter"),
    "no deduplication": ("queue.fifo", {"MessageGroupId": "g"}, GROUP, INVALID),
    "long group": (
        "queue.fifo",
        {**GROUP, "MessageGroupId": "x" * 129},
        {**GROUP, "MessageGroupId": "x" * 128},
        INVALID,
    ),
    "empty deduplication": ("queue.fifo", {**GROUP, "MessageDeduplicationId": ""}, GROUP, INVALID),
    "delay in a FIFO queue": ("queue.fifo", {**GROUP, "DelaySeconds": 1}, {**GROUP, "DelaySeconds": 0}, INVALID),
    "system attribute": (
        "queue",
        {"MessageSystemAttributes": {"Other": {"DataType": "String", "StringValue": "x"}}},
        {"MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-a-b"}}},
        INVALID,
    ),
}


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation.from_template(STACK)


@pytest.fixture
def sqs(simulation: Simulation) -> Any:
    return simulation.client("sqs")


def code_of(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    response: Any = caught.value.response
    return response["Error"]["Code"]


@pytest.mark.parametrize("name", SENT)
def test_a_message_is_refused(name: str, sqs: Any, simulation: Simulation) -> None:
    queue, refused, taken, code = SENT[name]
    given = {"QueueUrl": URLS[queue], "MessageBody": "x"}
    before = len(list(simulation.ended))
    assert code_of(sqs.send_message, **{**given, **refused}) == code
    entry = {"Id": "1", "MessageBody": "x"}
    if queue == "queue":  # each entry by itself; of a FIFO queue, some are refused as a whole
        reply = sqs.send_message_batch(QueueUrl=URLS[queue], Entries=[{**entry, **refused}])
        assert (reply["Successful"], [each["Code"] for each in reply["Failed"]]) == ([], [code])
    assert len(list(simulation.ended)) == before
    sqs.send_message(**{**given, **taken})


@pytest.mark.parametrize("missing", ["MessageGroupId", "MessageDeduplicationId"])
def test_a_batch_without_ids_is_refused_by_a_fifo_queue_as_a_whole(
    missing: str, sqs: Any, simulation: Simulation
) -> None:
    before = simulation.queue("Fifo").bodies
    entries: list[dict[str, Any]] = [{"Id": id, "MessageBody": id, **GROUP} for id in ("1", "2")]
    del entries[1][missing]
    assert code_of(sqs.send_message_batch, QueueUrl=URLS["queue.fifo"], Entries=entries) == INVALID
    assert simulation.queue("Fifo").bodies == before


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([str(number) for number in range(11)], "TooManyEntriesInBatchRequest"),
        (["a", "b", "a"], "BatchEntryIdsNotDistinct"),
        (["a b"], "InvalidBatchEntryId"),
        (["x" * 81], "InvalidBatchEntryId"),
    ],
    ids=["empty", "many", "same ids", "character", "long"],
)
def test_a_batch_is_refused(ids: list[str], code: str, sqs: Any) -> None:
    for method, more in (
        (sqs.send_message_batch, {"MessageBody": "x"}),
        (sqs.delete_message_batch, {"ReceiptHandle": "x"}),
        (sqs.change_message_visibility_batch, {"ReceiptHandle": "x"}),
    ):
        with pytest.raises(getattr(sqs.exceptions, code), match=f"AWS.SimpleQueueService.{code}"):
            method(QueueUrl=URLS["queue"], Entries=[{"Id": id, **more} for id in ids])


@pytest.mark.parametrize(
    ("refused", "taken"),
    [
        ({"MaxNumberOfMessages": 0}, {"MaxNumberOfMessages": 1}),
        ({"MaxNumberOfMessages": 11}, {"MaxNumberOfMessages": 10}),
        ({"WaitTimeSeconds": 21}, {"WaitTimeSeconds": 20}),
        ({"WaitTimeSeconds": -1}, {"WaitTimeSeconds": 0}),
        ({"VisibilityTimeout": 43_201}, {"VisibilityTimeout": 43_200}),
        ({"VisibilityTimeout": -1}, {"VisibilityTimeout": 0}),
        ({"AttributeNames": ["Other"]}, {"AttributeNames": ["All"]}),
    ],
    ids=["no messages", "many messages", "long wait", "negative wait", "hidden long", "hidden less", "attribute"],
)
def test_a_receive_is_refused(refused: dict[str, Any], taken: dict[str, Any], sqs: Any) -> None:
    code = "InvalidAttributeName" if "AttributeNames" in refused else INVALID
    assert code_of(sqs.receive_message, QueueUrl=URLS["queue"], **refused) == code
    sqs.receive_message(QueueUrl=URLS["queue"], **taken)


def test_receipt_handles_are_told_apart() -> None:
    """Texts that are no handles, handles of a FIFO queue past their time, and handles of deleted messages differ."""
    simulation = Simulation.from_template(STACK)
    sqs = simulation.client("sqs")
    simulation.send("Queue", "a")
    simulation.send("Fifo", "b", group_id="g", deduplication_id="d")
    for name in ("queue", "queue.fifo"):
        with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
            sqs.delete_message(QueueUrl=URLS[name], ReceiptHandle="none")
        with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
            sqs.change_message_visibility(QueueUrl=URLS[name], ReceiptHandle="a#1", VisibilityTimeout=1)
    handles = {name: sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"] for name, url in URLS.items()}
    given = {"QueueUrl": URLS["queue"], "ReceiptHandle": handles["queue"]}
    assert code_of(sqs.change_message_visibility, **given, VisibilityTimeout=43_201) == INVALID
    sqs.change_message_visibility(**given, VisibilityTimeout=43_200)
    sqs.delete_message(**given)
    sqs.delete_message(**given)  # deleting again succeeds
    assert code_of(sqs.change_message_visibility, **given, VisibilityTimeout=1) == INVALID
    simulation.run_until(31)
    assert code_of(sqs.delete_message, QueueUrl=URLS["queue.fifo"], ReceiptHandle=handles["queue.fifo"]) == INVALID
    assert simulation.queue("Fifo").bodies == ["b"]


def test_names_and_numbers_of_queues_are_checked(sqs: Any) -> None:
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="none")
    assert code_of(sqs.get_queue_attributes, QueueUrl=URLS["queue"], AttributeNames=["Other"]) == "InvalidAttributeName"
    arn = "arn:aws:sqs:eu-west-1:111111111111:queue"
    assert code_of(sqs.start_message_move_task, SourceArn=arn, MaxNumberOfMessagesPerSecond=501) == INVALID
    assert code_of(sqs.list_message_move_tasks, SourceArn=arn, MaxResults=11) == INVALID
    sqs.purge_queue(QueueUrl=URLS["queue"])
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress):
        sqs.purge_queue(QueueUrl=URLS["queue"])


def test_a_test_cannot_send_what_sqs_refuses() -> None:
    simulation = Simulation.from_template(STACK)
    with pytest.raises(ValueError, match="InvalidMessageContents"):
        simulation.send("Queue", "a\0b")
    assert simulation.queue("Queue").bodies == []
