"""Templates: the names and addresses of their resources."""

from __future__ import annotations

import pytest

from redrive_model.template.arns import kind_of, service_of, without_qualifier
from redrive_model.template.errors import UnknownNameError
from redrive_model.template.names import Named, without_hash
from redrive_model.template.template import Place, read_template
from tests.support.simulator.simulations import arn, resource, template


@pytest.mark.parametrize(
    ("region", "queue", "url"),
    [
        ("eu-west-3", "arn:aws:sqs:eu-west-3:1:Queue", "https://sqs.eu-west-3.amazonaws.com/1/Queue"),
        ("cn-north-1", "arn:aws-cn:sqs:cn-north-1:1:Queue", "https://sqs.cn-north-1.amazonaws.com.cn/1/Queue"),
        (
            "us-gov-west-1",
            "arn:aws-us-gov:sqs:us-gov-west-1:1:Queue",
            "https://sqs.us-gov-west-1.amazonaws.com/1/Queue",
        ),
    ],
)
def test_addresses_are_those_of_the_place(region: str, queue: str, url: str) -> None:
    found = read_template(template(Queue=resource("AWS::SQS::Queue")), Place(region, "1"), {}).resources["Queue"]
    assert (found.arn, found.reference) == (queue, url)


def test_a_name_has_no_hash_unless_two_would_be_the_same() -> None:
    queues = ("OrdersC538DD4C", "TwiceC538DD4C", "TwiceA73944CE")
    source = template(**{name: resource("AWS::SQS::Queue") for name in queues})
    found = read_template(source, Place("eu-west-1", "1"), {})
    assert [each.name for each in found.resources.values()] == ["Orders", "TwiceC538DD4C", "TwiceA73944CE"]
    assert without_hash("OrdersC538DD4C") == "Orders"


def test_versions_are_numbered_and_aliases_are_named() -> None:
    source = template(
        Function=resource("AWS::Lambda::Function"),
        One=resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
        Two=resource("AWS::Lambda::Version", FunctionName=arn("Function")),
        Alias=resource("AWS::Lambda::Alias", FunctionName={"Ref": "Function"}, Name="live"),
    )
    found = read_template(source, Place("eu-west-1", "1"), {}).resources
    of_function = "arn:aws:lambda:eu-west-1:1:function:Function"
    assert [found[name].arn for name in ("One", "Two", "Alias")] == [
        f"{of_function}:{end}" for end in ("1", "2", "live")
    ]


@pytest.mark.parametrize(
    ("text", "service", "kind"),
    [
        ("arn:aws:sqs:eu-west-1:1:Queue", "sqs", "queue"),
        ("arn:aws:sns:eu-west-1:1:Topic", "sns", "topic"),
        ("arn:aws:lambda:eu-west-1:1:function:Function:live", "lambda", "function"),
        ("arn:aws:events:eu-west-1:1:event-bus/bus", "events", "event bus"),
        ("arn:aws:s3:::bucket", "s3", "bucket"),
        ("arn:aws:firehose:eu-west-1:1:deliverystream/x", "firehose", "firehose"),
        ("imported:Failures", "", "queue"),  # nothing is known against it
    ],
)
def test_the_kind_of_a_destination_is_read_off_its_arn(text: str, service: str, kind: str) -> None:
    assert (service_of(text), kind_of(text)) == (service, kind)


def test_no_destination_has_no_kind() -> None:
    assert kind_of(None) is None


def test_a_function_is_one_under_all_its_qualifiers() -> None:
    plain = "arn:aws:lambda:eu-west-1:1:function:Function"
    assert {without_qualifier(each) for each in (plain, f"{plain}:live", f"{plain}:$LATEST", f"{plain}:7")} == {plain}


def test_a_thing_is_found_by_any_of_its_names() -> None:
    things: Named[int] = Named("queue")
    things.add("OrdersQueueC538DD4C", 1, path="Shop/Orders/Queue", physical=("arn:1",))
    things.add("OrdersDeadLettersA73944CE", 2, path="Shop/Orders/DeadLetters")
    things.add("OtherDeadLetters", 3)
    for name in ("OrdersQueueC538DD4C", "OrdersQueue", "Shop/Orders/Queue", "Orders/Queue", "Queue", "arn:1"):
        assert things.find(name) == 1
    assert (things.get("arn:1"), things.get("Nothing"), len(things)) == (1, None, 3)
    with pytest.raises(UnknownNameError, match=r"may be any of these: .*; give more of the queue's name"):
        things.find("DeadLetters")
    with pytest.raises(UnknownNameError, match="no queue is called 'Topic'"):
        things.find("Topic")
