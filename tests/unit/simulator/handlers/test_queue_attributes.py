"""SQS's stand-in changes the attributes of queues, and refuses what SQS refuses of them.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/sqs/test_sqs.snapshot.json and the
tests beside it, which ran on AWS; API for
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html.
"""

from __future__ import annotations

import json

import pytest

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.refused import error
from tests.support.simulator.simulations import resource, template

STACK = template(
    Queue=resource("AWS::SQS::Queue", QueueName="queue"),
    Dead=resource("AWS::SQS::Queue", QueueName="dead"),
    Closed=resource("AWS::SQS::Queue", QueueName="closed", RedriveAllowPolicy={"redrivePermission": "denyAll"}),
    Fifo=resource("AWS::SQS::Queue", QueueName="queue.fifo", FifoQueue=True),
)
URL = "https://sqs.eu-west-1.amazonaws.com/111111111111/{}"
VALUE, NAME, PARAMETER = "InvalidAttributeValue", "InvalidAttributeName", "InvalidParameterValue"


def policy(target: str | None = "dead", count: object = 3) -> str:
    given = {
        "deadLetterTargetArn": None if target is None else f"arn:aws:sqs:eu-west-1:111111111111:{target}",
        "maxReceiveCount": count,
    }
    return json.dumps({name: value for name, value in given.items() if value is not None})


def allow(permission: str, *sources: str) -> str:
    more = {"sourceQueueArns": list(sources)} if sources else {}
    return json.dumps({"redrivePermission": permission, **more})


# The queue, an attribute, a value that is refused, one that is not (`None`: none is taken), the code, and a part of the
# message.
REFUSED: dict[str, tuple[str, str, str, str | None, str, str]] = {
    "visibility": ("queue", "VisibilityTimeout", "43201", "43200", VALUE, "parameter VisibilityTimeout."),
    "no number": ("queue", "VisibilityTimeout", "-1", "0", VALUE, "parameter VisibilityTimeout."),
    "delay": ("queue", "DelaySeconds", "901", "900", VALUE, "parameter DelaySeconds."),
    "size": ("queue", "MaximumMessageSize", "1023", "1024", VALUE, "parameter MaximumMessageSize."),
    "wait": ("queue", "ReceiveMessageWaitTimeSeconds", "21", "20", VALUE, "ReceiveMessageWaitTimeSeconds."),
    "unknown": ("queue", "Other", "1", None, NAME, "Unknown Attribute Other."),
    "read-only": ("queue", "QueueArn", "x", None, NAME, "Unknown Attribute QueueArn."),
    "kind of a standard queue": ("queue", "FifoQueue", "true", None, NAME, "Unknown Attribute FifoQueue."),
    "kind": (
        "queue.fifo",
        "FifoQueue",
        "false",
        "true",
        VALUE,
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
    ),
    "deduplication": (
        "queue",
        "ContentBasedDeduplication",
        "true",
        None,
        NAME,
        "Unknown Attribute ContentBasedDeduplication.",
    ),
    "flag": ("queue.fifo", "ContentBasedDeduplication", "yes", "true", VALUE, "ContentBasedDeduplication."),
    "no count": (
        "queue",
        "RedrivePolicy",
        policy(count=None),
        policy(),
        PARAMETER,
        "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
    ),
    "no target": ("queue", "RedrivePolicy", policy(None), policy(count="42"), PARAMETER, "deadLetterTargetArn."),
    "count": ("queue", "RedrivePolicy", policy(count="invalid"), "", PARAMETER, "valid values are from 1 to 1000"),
    "large count": ("queue", "RedrivePolicy", policy(count=1_001), policy(count=1_000), PARAMETER, "1 to 1000"),
    "unknown target": ("queue", "RedrivePolicy", policy("none"), policy(), PARAMETER, "target does not exist."),
    "target of another kind": ("queue", "RedrivePolicy", policy("queue.fifo"), policy(), PARAMETER, "same type"),
    "target that does not allow it": ("queue", "RedrivePolicy", policy("closed"), policy(), PARAMETER, "not allow"),
    "no JSON": ("queue", "RedrivePolicy", "{", policy(), PARAMETER, "RedrivePolicy is no JSON"),
    "permission": ("queue", "RedriveAllowPolicy", allow("none"), allow("denyAll"), PARAMETER, "redrivePermission"),
    "no sources": ("queue", "RedriveAllowPolicy", allow("byQueue"), "", PARAMETER, "SQS takes 1 to 10"),
    "sources": (
        "queue",
        "RedriveAllowPolicy",
        allow("byQueue", *map(str, range(11))),
        allow("byQueue", *map(str, range(10))),
        PARAMETER,
        "SQS takes 1 to 10",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_attribute_is_refused(name: str) -> None:
    """SNAP test_set_unsupported_attribute_fifo, …_standard, test_redrive_policy_attribute_validity; API"""
    queue, attribute, refused, taken, code, message = REFUSED[name]
    simulation = Simulation.from_template(STACK)
    sqs, url = simulation.client("sqs"), URL.format(queue)
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    found = error(sqs.set_queue_attributes, QueueUrl=url, Attributes={attribute: refused})
    assert (found[0], message in found[1]) == (code, True)
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] == before
    if taken is None:
        return
    sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: taken})
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"].get(attribute, "")
    if taken.startswith("{"):
        shown, taken = json.loads(shown), json.loads(taken)
        shown = {each: str(value) for each, value in shown.items()}
        taken = {each: str(value) for each, value in taken.items()}
    assert shown == taken


def test_new_attributes_count_at_once() -> None:
    simulation = Simulation.from_template(STACK)
    sqs, url = simulation.client("sqs"), URL.format("queue")
    given = {"VisibilityTimeout": "0", "RedrivePolicy": policy(count=1), "MaximumMessageSize": "1024"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=given)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert error(sqs.send_message, QueueUrl=url, MessageBody="x" * 1_025)[0] == PARAMETER
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert simulation.queue("Dead").bodies == ["x"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=URL.format("dead"))["queueUrls"] == [url]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert sqs.list_dead_letter_source_queues(QueueUrl=URL.format("dead"))["queueUrls"] == []


@pytest.mark.parametrize(
    ("queue", "attributes"),
    [("queue", {"MessageRetentionPeriod": "60"}), ("queue", {"Policy": ""}), ("queue.fifo", {"DelaySeconds": "1"})],
    ids=["retention", "policy", "delay of a FIFO queue"],
)
def test_what_a_simulation_cannot_change_is_an_error_by_name(queue: str, attributes: dict[str, str]) -> None:
    sqs = Simulation.from_template(STACK).client("sqs")
    with pytest.raises(NotSimulatedError, match=rf"sqs\.SetQueueAttributes\({next(iter(attributes))}"):
        sqs.set_queue_attributes(QueueUrl=URL.format(queue), Attributes=attributes)
