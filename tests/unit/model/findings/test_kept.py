"""The places of a stack that keep failed events, and the physical names of a deployed one."""

from __future__ import annotations

import json
from typing import Any

from redrive_model.findings.kept import KeptPlace, places_of
from redrive_model.findings.known import Known
from redrive_model.resources.stack import stack_of
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place
from tests.support.simulator.simulations import Template, arn, function, resource, template

PLACE = Place("eu-west-1", "111111111111")
QUEUES = "arn:aws:sqs:eu-west-1:111111111111:"


def known(source: Template, physical: dict[str, str] | None = None) -> Known:
    stack = StackTemplate(stack="Shop", template=source, place=PLACE, physical=physical)
    return Known(stack_of(merged(read_templates([stack]))))


def sources(source: Template) -> dict[str, set[tuple[str, str]]]:
    """The sources of each place, by the last part of the ARNs."""
    return {
        each.arn.rpartition(":")[2] + each.prefix: {(one.arn.rpartition(":")[2], one.feed) for one in each.sources}
        for each in places_of(known(source))
    }


def on_failure(target: Any) -> dict[str, Any]:
    return resource(
        "AWS::Lambda::EventInvokeConfig",
        FunctionName={"Ref": "Work"},
        Qualifier="$LATEST",
        DestinationConfig={"OnFailure": {"Destination": target}},
    )


def test_a_dead_letter_queue_has_the_queues_that_share_it() -> None:
    policy = {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5}
    source = template(
        Dead=resource("AWS::SQS::Queue"),
        One=resource("AWS::SQS::Queue", RedrivePolicy=policy),
        Two=resource("AWS::SQS::Queue", RedrivePolicy=policy),
    )
    assert sources(source) == {"Shop-Dead": {("Shop-One", "dead-letter queue"), ("Shop-Two", "dead-letter queue")}}


def test_functions_have_dead_letter_queues_and_destinations() -> None:
    source = template(
        Dead=resource("AWS::SQS::Queue"),
        Failed=resource("AWS::S3::Bucket"),
        Work=function(DeadLetterConfig={"TargetArn": arn("Dead")}),
        Settings=on_failure(arn("Failed")),
    )
    assert sources(source) == {
        "Shop-Dead": {("Shop-Work", "dead-letter queue")},
        "shop-failedaws/lambda/": {("Shop-Work", "destination on failure")},
    }


def test_a_queue_behind_a_topic_and_a_bus_is_a_place() -> None:
    for behind in (
        {
            "Hub": resource("AWS::SNS::Topic"),
            "Link": resource("AWS::SNS::Subscription", TopicArn={"Ref": "Hub"}, Protocol="sqs", Endpoint=arn("Behind")),
        },
        {
            "Hub": resource("AWS::Events::EventBus", Name="hub"),
            "Link": resource(
                "AWS::Events::Rule",
                EventBusName={"Ref": "Hub"},
                EventPattern={"source": ["lambda"]},
                Targets=[{"Id": "1", "Arn": arn("Behind")}],
            ),
        },
    ):
        source = template(
            Behind=resource("AWS::SQS::Queue"), Work=function(), Settings=on_failure(arn("Hub")), **behind
        )
        assert sources(source) == {"Shop-Behind": {("Shop-Work", "destination on failure")}}


def test_what_helpers_set_aside_is_found_by_their_settings() -> None:
    settings = json.dumps({"set_aside_bucket": "kept", "set_aside_prefix": "aside/"})
    source = template(Work=function(Environment={"Variables": {"REDRIVE_STREAM_1": settings}}))
    assert sources(source) == {"keptaside/": {("Shop-Work", "set aside")}}


def test_a_queue_without_failures_is_no_place() -> None:
    assert sources(template(Work=function(), Queue=resource("AWS::SQS::Queue"))) == {}


PHYSICAL = {
    "Dead": "https://sqs.eu-west-1.amazonaws.com/111111111111/Shop-Dead-X1",
    "Queue": "https://sqs.eu-west-1.amazonaws.com/111111111111/Shop-Queue-X2",
    "Work": "Shop-Work-X3",
    "Mapping": "91eaeb7e-c976-1234-9451-8709db01f137",
    "Topic": "arn:aws:sns:eu-west-1:111111111111:Shop-Topic-X4",
}
DEPLOYED = template(
    Dead=resource("AWS::SQS::Queue"),
    Queue=resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5}),
    Work=function(DeadLetterConfig={"TargetArn": {"Ref": "Topic"}}),
    Topic=resource("AWS::SNS::Topic"),
    Mapping=resource("AWS::Lambda::EventSourceMapping", EventSourceArn=arn("Queue"), FunctionName={"Ref": "Work"}),
    Absent=resource("AWS::SQS::Queue"),
)


def test_a_deployed_stack_has_the_names_of_its_deployment() -> None:
    found = known(DEPLOYED, PHYSICAL)
    (place,) = places_of(found)
    assert isinstance(place, KeptPlace)
    assert place.arn == f"{QUEUES}Shop-Dead-X1"
    assert [each.arn for each in place.sources] == [f"{QUEUES}Shop-Queue-X2"]
    assert found.queues[place.arn].url == PHYSICAL["Dead"]
    (spec,) = found.functions.values()
    assert (spec.function_name, spec.dead_letter_arn) == ("Shop-Work-X3", PHYSICAL["Topic"])
    assert spec.arn.endswith(":function:Shop-Work-X3")
    assert [each.uuid for each in found.stack.sqs_mappings] == [PHYSICAL["Mapping"]]


def test_what_cloudformation_does_not_list_is_left_out() -> None:
    assert not any(arn.endswith("Absent") for arn in known(DEPLOYED, PHYSICAL).queues)


def test_an_import_of_another_stack_is_asked_for() -> None:
    source = template(
        Queue=resource(
            "AWS::SQS::Queue",
            RedrivePolicy={"deadLetterTargetArn": {"Fn::ImportValue": "Dead"}, "maxReceiveCount": 5},
        )
    )
    stack = StackTemplate(stack="Shop", template=source, place=PLACE)
    read = read_templates([stack], {"Dead": f"{QUEUES}other"}.get)
    assert [each.arn for each in places_of(Known(stack_of(merged(read))))] == [f"{QUEUES}other"]
