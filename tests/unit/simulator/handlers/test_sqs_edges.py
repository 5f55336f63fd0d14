"""SQS's stand-in at its edges: receipt handles, attributes of a receive, limits of a queue, lists and move tasks.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/sqs/test_sqs.snapshot.json and the
tests beside it, which ran on AWS, API for https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from redrive_simulator import NotSimulatedError, Simulation
from redrive_simulator.handlers.clients import sqs as stand_in
from redrive_simulator.services import queue_contents
from tests.support.simulator.refused import error
from tests.support.simulator.simulations import arn, resource, template

DEAD = {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 1}
STACK = template(
    Orders=resource("AWS::SQS::Queue", QueueName="orders", RedrivePolicy=DEAD, MaximumMessageSize=1_024),
    Bills=resource("AWS::SQS::Queue", QueueName="bills", RedrivePolicy=DEAD, ReceiveMessageWaitTimeSeconds=5),
    Dead=resource(
        "AWS::SQS::Queue",
        QueueName="dead",
        RedriveAllowPolicy={
            "redrivePermission": "byQueue",
            "sourceQueueArns": [f"arn:aws:sqs:eu-west-1:111111111111:{name}" for name in ("orders", "bills")],
        },
    ),
    Fifo=resource("AWS::SQS::Queue", QueueName="fifo.fifo", FifoQueue=True, ContentBasedDeduplication=True),
    Other=resource("AWS::SQS::Queue", QueueName="other"),
)
ARN = "arn:aws:sqs:eu-west-1:111111111111:{}"
URL = "https://sqs.eu-west-1.amazonaws.com/111111111111/{}"


@pytest.fixture
def simulation() -> Simulation:
    return Simulation.from_template(STACK)


@pytest.fixture
def sqs(simulation: Simulation) -> Any:
    return simulation.client("sqs")


def received(sqs: Any, queue: str, **given: Any) -> dict[str, Any]:
    return sqs.receive_message(QueueUrl=URL.format(queue), **given)["Messages"][0]


@pytest.mark.parametrize("change", [True, False], ids=["change", "delete"])
def test_a_handle_of_another_queue_is_refused(change: bool, sqs: Any) -> None:
    """https://github.com/aws/aws-sdk-java-v2/issues/3101"""
    for name in ("orders", "bills"):
        sqs.send_message(QueueUrl=URL.format(name), MessageBody="x")
    handle = received(sqs, "orders")["ReceiptHandle"]
    given = {"QueueUrl": URL.format("bills"), "ReceiptHandle": handle, **({"VisibilityTimeout": 1} if change else {})}
    call = sqs.change_message_visibility if change else sqs.delete_message
    assert error(call, **given) == (
        "ReceiptHandleIsInvalid",
        f'The receipt handle "{handle}" is not valid for this queue.',
    )


def test_the_handle_of_a_source_queue_is_not_one_of_its_dead_letter_queue(sqs: Any, simulation: Simulation) -> None:
    sqs.send_message(QueueUrl=URL.format("orders"), MessageBody="x")
    handle = received(sqs, "orders", VisibilityTimeout=0)["ReceiptHandle"]
    assert "Messages" not in sqs.receive_message(QueueUrl=URL.format("orders"))  # moves it
    received(sqs, "dead")
    assert error(sqs.delete_message, QueueUrl=URL.format("dead"), ReceiptHandle=handle)[0] == "ReceiptHandleIsInvalid"
    sqs.delete_message(QueueUrl=URL.format("orders"), ReceiptHandle=handle)  # succeeds, without effect
    assert simulation.queue("Dead").bodies == ["x"]


def test_the_visibility_of_a_deleted_message_cannot_be_changed(sqs: Any) -> None:
    """SNAP test_change_visibility_on_deleted_message_raises_invalid_parameter_value"""
    sqs.send_message(QueueUrl=URL.format("other"), MessageBody="x")
    handle = received(sqs, "other")["ReceiptHandle"]
    given = {"QueueUrl": URL.format("other"), "ReceiptHandle": handle}
    sqs.delete_message(**given)
    reason = "Message does not exist or is not available for visibility timeout change."
    assert error(sqs.change_message_visibility, **given, VisibilityTimeout=42) == (
        "InvalidParameterValue",
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {reason}",
    )


def test_an_earlier_handle_ends_the_visibility_timeout_of_a_later_receive(sqs: Any) -> None:
    """SNAP test_terminate_visibility_timeout_after_receive"""
    sqs.send_message(QueueUrl=URL.format("other"), MessageBody="x")
    handle = received(sqs, "other", VisibilityTimeout=0)["ReceiptHandle"]
    received(sqs, "other", VisibilityTimeout=3)
    assert "Messages" not in sqs.receive_message(QueueUrl=URL.format("other"))
    sqs.change_message_visibility(QueueUrl=URL.format("other"), ReceiptHandle=handle, VisibilityTimeout=0)
    assert received(sqs, "other")["Body"] == "x"


def test_the_visibility_is_changed_after_its_time_without_an_effect(sqs: Any, simulation: Simulation) -> None:
    """SNAP test_change_message_visibility_after_visibility_timeout_expiration"""
    sqs.send_message(QueueUrl=URL.format("other"), MessageBody="x")
    handle = received(sqs, "other", VisibilityTimeout=1)["ReceiptHandle"]
    simulation.run_until(2)
    sqs.change_message_visibility(QueueUrl=URL.format("other"), ReceiptHandle=handle, VisibilityTimeout=2)
    assert received(sqs, "other")["Body"] == "x"


def test_the_visibility_in_a_fifo_queue_is_not_changed_after_its_time(sqs: Any, simulation: Simulation) -> None:
    """https://github.com/aws/aws-sdk-java/issues/1628"""
    sqs.send_message(QueueUrl=URL.format("fifo.fifo"), MessageBody="x", MessageGroupId="g")
    handle = received(sqs, "fifo.fifo", VisibilityTimeout=1)["ReceiptHandle"]
    simulation.run_until(2)
    given = {"QueueUrl": URL.format("fifo.fifo"), "ReceiptHandle": handle, "VisibilityTimeout": 2}
    assert error(sqs.change_message_visibility, **given) == (
        "InvalidParameterValue",
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
    )


# Names that a receive asks for, the attributes that it gets, and their hash, as recorded.
NAMES: list[tuple[list[str], list[str], str | None]] = [
    ([], [], None),
    (["All"], ["General", "Hello", "Help.Me"], "4c360f3fdafd970e05fae2f149d997f5"),
    (["*"], ["General", "Hello", "Help.Me"], "4c360f3fdafd970e05fae2f149d997f5"),
    ([".*"], ["General", "Hello", "Help.Me"], "4c360f3fdafd970e05fae2f149d997f5"),
    (["Foo", "Help"], [], None),
    (["Foo", "Hello"], ["Hello"], "a311262e065454b75da111d535b8dacd"),
    (["Hel.*"], ["Hello", "Help.Me"], "83fee93c1bcd8b9a5a923ffacdc636c7"),
    (["AWS."], [], None),
    (["..foo"], [], None),
]


@pytest.mark.parametrize(("names", "wanted", "md5"), NAMES, ids=[" ".join(each[0]) for each in NAMES])
def test_a_receive_gets_the_attributes_that_it_asks_for(
    names: list[str], wanted: list[str], md5: str | None, sqs: Any
) -> None:
    """SNAP test_receive_message_message_attribute_names_filters"""
    values = {"Help.Me": "Me", "Hello": "There", "General": "Kenobi"}
    given = {name: {"DataType": "String", "StringValue": text} for name, text in values.items()}
    sqs.send_message(QueueUrl=URL.format("other"), MessageBody="msg", MessageAttributes=given)
    message = received(sqs, "other", MessageAttributeNames=names)
    assert sorted(message.get("MessageAttributes", ())) == wanted
    assert message.get("MD5OfMessageAttributes") == md5


def test_a_queue_takes_messages_up_to_its_own_size(sqs: Any) -> None:
    """SNAP test_send_message_with_updated_maximum_message_size and test_send_batch_message_size"""
    sqs.send_message(QueueUrl=URL.format("orders"), MessageBody="x" * 1_024)
    shorter = "Message must be shorter than 1024 bytes."
    assert error(sqs.send_message, QueueUrl=URL.format("orders"), MessageBody="x" * 1_025) == (
        "InvalidParameterValue",
        f"One or more parameters are invalid. Reason: {shorter}",
    )
    entries = [{"Id": str(size), "MessageBody": "x" * size} for size in (1_024, 1_025)]
    reply = sqs.send_message_batch(QueueUrl=URL.format("orders"), Entries=entries)
    assert [each["Id"] for each in reply["Successful"]] == ["1024"]
    assert [(each["Id"], each["Code"], each["Message"], each["SenderFault"]) for each in reply["Failed"]] == [
        ("1025", "InvalidParameterValue", f"One or more parameters cannot be validated. Reason: {shorter}", True)
    ]


def test_a_receive_waits_as_the_queue_says() -> None:
    """API API_ReceiveMessage.html: without WaitTimeSeconds, ReceiveMessageWaitTimeSeconds of the queue counts."""
    waits: list[float] = []

    def handler(event: Any, context: Any) -> None:
        for given in ({}, {"WaitTimeSeconds": 0}):
            before = simulation.now
            simulation.client("sqs").receive_message(QueueUrl=URL.format("bills"), **given)
            waits.append(round(simulation.now - before, 3))

    function = resource(
        "AWS::Lambda::Function", Timeout=60, Code={"ZipFile": "-"}, Role="arn:aws:iam::111111111111:role/r"
    )
    stack = template(**STACK["Resources"], Function=function)
    simulation = Simulation.from_template(stack, handlers={"Function": handler})
    simulation.invoke("Function", {})
    assert waits == [5, 0]


@pytest.mark.parametrize(
    ("queue", "given", "code"),
    [("other", {}, "OverLimit"), ("other", {"WaitTimeSeconds": 1}, None), ("fifo.fifo", {}, None)],
    ids=["short poll", "long poll", "fifo"],
)
def test_no_more_messages_are_in_flight_than_sqs_allows(
    queue: str, given: dict[str, Any], code: str | None, sqs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""
    for module in (stand_in, queue_contents):
        monkeypatch.setattr(module, "MOST_IN_FLIGHT", 2)
    for number in range(3):
        more = {"MessageGroupId": str(number)} if queue.endswith(".fifo") else {}
        sqs.send_message(QueueUrl=URL.format(queue), MessageBody=str(number), **more)
    first, _ = (received(sqs, queue) for _ in range(2))
    if code is None:
        assert "Messages" not in sqs.receive_message(QueueUrl=URL.format(queue), **given)
    else:
        assert error(sqs.receive_message, QueueUrl=URL.format(queue), **given)[0] == code
    sqs.delete_message(QueueUrl=URL.format(queue), ReceiptHandle=first["ReceiptHandle"])
    assert received(sqs, queue)["Body"] == "2"


def test_queues_are_listed_in_pages(sqs: Any) -> None:
    """SNAP test_list_queues_pagination, API API_ListDeadLetterSourceQueues.html"""
    every = [URL.format(name) for name in ("bills", "dead", "fifo.fifo", "orders", "other")]
    assert sqs.list_queues()["QueueUrls"] == every
    first = sqs.list_queues(MaxResults=2)
    assert first["QueueUrls"] == every[:2]
    last = sqs.list_queues(MaxResults=3, NextToken=first["NextToken"])
    assert (last["QueueUrls"], last.get("NextToken")) == (every[2:], None)
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="o", PaginationConfig={"PageSize": 1})
    assert [each["QueueUrls"] for each in pages] == [[URL.format("orders")], [URL.format("other")]]
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="none")
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=URL.format("dead"), PaginationConfig={"PageSize": 1}
    )
    assert [each["queueUrls"] for each in pages] == [[URL.format("bills")], [URL.format("orders")]]
    for given in ({"MaxResults": 0}, {"MaxResults": 1_001}, {"NextToken": "none"}):
        assert error(sqs.list_queues, **given)[0] == "InvalidParameterValue"


def test_attributes_of_a_queue(sqs: Any) -> None:
    """SNAP test_set_queue_attributes_default_values; what is not modelled is an error if it is asked for by name."""
    given = sqs.get_queue_attributes(QueueUrl=URL.format("orders"), AttributeNames=["All"])["Attributes"]
    assert given["MaximumMessageSize"] == "1024"
    assert given["ReceiveMessageWaitTimeSeconds"] == "0"
    assert given["CreatedTimestamp"] == given["LastModifiedTimestamp"]
    dead = sqs.get_queue_attributes(QueueUrl=URL.format("dead"), AttributeNames=["RedriveAllowPolicy"])["Attributes"]
    assert json.loads(dead["RedriveAllowPolicy"])["redrivePermission"] == "byQueue"
    with pytest.raises(NotSimulatedError, match=r"sqs\.GetQueueAttributes\(Policy\)"):
        sqs.get_queue_attributes(QueueUrl=URL.format("dead"), AttributeNames=["Policy"])


@pytest.mark.parametrize("url", [ARN.format("orders"), "Orders", "https://none"], ids=["arn", "logical id", "url"])
def test_what_is_no_url_of_a_queue_is_refused(url: str, sqs: Any) -> None:
    """SNAP test_non_existent_queue; a queue's name is taken: https://github.com/getmoto/moto/pull/5073"""
    assert error(sqs.send_message, QueueUrl=url, MessageBody="x") == (
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
    )
    sqs.send_message(QueueUrl="orders", MessageBody="x")


def test_one_queue_is_purged_once_a_minute_by_whatever_name(sqs: Any, simulation: Simulation) -> None:
    sqs.purge_queue(QueueUrl=URL.format("orders"))
    assert error(sqs.purge_queue, QueueUrl="orders")[0] == "AWS.SimpleQueueService.PurgeQueueInProgress"
    simulation.run_until(60)
    sqs.purge_queue(QueueUrl=URL.format("orders"))


def _handle(task: str, source: str) -> str:
    return b64encode(json.dumps({"taskId": task, "sourceArn": source}).encode()).decode()


@pytest.mark.parametrize(
    ("handle", "code", "message"),
    [
        ("foobared", "InvalidParameterValue", "Value for parameter TaskHandle is invalid."),
        (_handle("1", ARN.format("none")), "ResourceNotFoundException", "for the SourceArn parameter doesn't exist."),
        (_handle("1", ARN.format("dead")), "ResourceNotFoundException", "Task does not exist."),
    ],
    ids=["no handle", "queue", "task"],
)
def test_a_task_that_is_not_there_is_not_cancelled(handle: str, code: str, message: str, sqs: Any) -> None:
    """https://github.com/localstack/localstack/blob/main/tests/aws/services/sqs/test_sqs_move_task.snapshot.json"""
    found = error(sqs.cancel_message_move_task, TaskHandle=handle)
    assert found[0] == code
    assert found[1].endswith(message)


def test_an_arn_of_another_form_is_refused(sqs: Any) -> None:
    code, message = error(sqs.list_message_move_tasks, SourceArn="dead")
    assert (code, "You must use this format to specify the SourceArn" in message) == ("InvalidParameterValue", True)


def test_a_task_is_started_listed_and_cancelled_by_its_handle(sqs: Any) -> None:
    for body in "abc":
        sqs.send_message(QueueUrl=URL.format("dead"), MessageBody=body)
    given = {"SourceArn": ARN.format("dead"), "DestinationArn": ARN.format("other")}
    handle = sqs.start_message_move_task(**given, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    assert error(sqs.start_message_move_task, **given)[1].startswith("There is already a task running.")
    assert sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 0
    assert error(sqs.cancel_message_move_task, TaskHandle=handle)[0] == "ResourceNotFoundException"
    (task,) = sqs.list_message_move_tasks(SourceArn=ARN.format("dead"))["Results"]
    assert (task["Status"], "TaskHandle" in task) == ("CANCELLED", False)


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("receive_message", {"QueueUrl": URL.format("fifo.fifo"), "ReceiveRequestAttemptId": "a"}),
        ("create_queue", {"QueueName": "new"}),
        ("tag_queue", {"QueueUrl": URL.format("orders"), "Tags": {"a": "b"}}),
    ],
    ids=["attempt", "create", "tag"],
)
def test_what_is_not_simulated_is_an_error_by_name(operation: str, given: dict[str, Any], sqs: Any) -> None:
    with pytest.raises(NotSimulatedError, match=r"sqs\."):
        getattr(sqs, operation)(**given)
