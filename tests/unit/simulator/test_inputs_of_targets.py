"""Targets of rules and schedules get what EventBridge makes of an event, and refuse what it refuses.

Recorded: LocalStack's `tests/aws/services/events/test_events_inputs.snapshot.json`, validated on AWS.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_model.template.errors import TemplateError
from redrive_simulator import NotSimulatedError, Outcome, Simulation, hours
from tests.support.simulator.simulations import arn, resource, template

_DETAIL = {
    "command": "update-account",
    "payload": {"acc_id": "0a787ecb-4015", "sf_id": "baz"},
    "listsingle": ["HIGH"],
    "listmulti": ["ACTIVE", "INACTIVE"],
    "valid": True,
    "lines": [{"id": 1}, {"name": "b"}, {"id": 3}],
    "a/b": 3,
}
_PATHS = {
    "type": "$.detail-type",
    "userId": "$.detail.payload.acc_id",
    "payload": "$.detail.payload",
    "missing": "$.detail.awsAccountId",
    "listsingle": "$.detail.listsingle",
    "listmulti": "$.detail.listmulti",
    "valid": "$.detail.valid",
    "ids": "$.detail.lines[*].id",
    "all": "$.detail.payload.*",
    "slash": "$.detail.a/b",
    "none": "$.detail.command[0]",
}


def _rule(**target: Any) -> dict[str, Any]:
    targets = [{"Id": "1", "Arn": arn("Queue"), **target}]
    return resource("AWS::Events::Rule", EventPattern={"source": ["shop"]}, Targets=targets)


def _put(simulation: Simulation, detail: Any = _DETAIL, bus: str = "default") -> Simulation:
    entry = {"EventBusName": bus, "Source": "shop", "DetailType": "sold", "Detail": json.dumps(detail)}
    simulation.client("events").put_events(Entries=[entry])
    simulation.run()
    return simulation


def _sent(**target: Any) -> Simulation:
    return _put(Simulation.from_template(template(Queue=resource("AWS::SQS::Queue"), Rule=_rule(**target))))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ('"Event of <type> type, at <missing>!"', '"Event of sold type, at !"'),
        ('"{[/Check with special characters of <type>"', '"{[/Check with special characters of sold"'),
        ('{"type": <type>, "command": <missing>}', '{"type": "sold", "command": ""}'),
        ('"Payload of <payload>, <userId>"', '"Payload of {acc_id:0a787ecb-4015,sf_id:baz}, 0a787ecb-4015"'),
        (
            '"<listsingle> single"\n"<listmulti> several"\n"<missing> id"',
            '"[HIGH] single"\n"[ACTIVE,INACTIVE] several"\n" id"',
        ),
        ('{"list": <listsingle>, "body": [<userId>, 5]}', '{"list": ["HIGH"], "body": ["0a787ecb-4015", 5]}'),
        ('{"many": "users/<userId>/second/<userId>"}', '{"many": "users/0a787ecb-4015/second/0a787ecb-4015"}'),
        ('"Command is <valid>!"', '"Command is true!"'),
        ('{"ids": <ids>, "all": <all>}', '{"ids": [1, 3], "all": ["0a787ecb-4015", "baz"]}'),
        ('{"slash": <slash>, "none": <none>}', '{"slash": 3, "none": ""}'),
    ],
)
def test_a_template_is_filled_as_recorded(text: str, made: str) -> None:
    simulation = _sent(InputTransformer={"InputPathsMap": _PATHS, "InputTemplate": text})
    assert [message.body for message in simulation.queue("Queue").messages] == [made]


def test_the_variable_of_the_event_names_the_type_as_recorded() -> None:
    simulation = _sent(InputTransformer={"InputTemplate": '{"event": <aws.events.event>}'})
    (body,) = simulation.queue("Queue").bodies
    assert body["event"]["detailType"] == "sold"
    assert not {"detail", "detail-type"} & set(body["event"])


@pytest.mark.parametrize("name", ["payload", "listsingle"])
def test_objects_and_lists_within_quotes_of_an_object_are_not_delivered(name: str) -> None:
    simulation = _sent(InputTransformer={"InputPathsMap": _PATHS, "InputTemplate": f'{{"a": "<{name}>"}}'})
    (ended,) = simulation.lost
    assert ended.outcome is Outcome.UNDELIVERED
    assert "is no JSON" in ended.reason


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"InputPath": "$.detail..id"}, r"\.\.id, which EventBridge does not support"),
        ({"InputPath": "$.detail.lines[-1]"}, r"\[-1\], which EventBridge does not support"),
        ({"InputPath": "detail"}, r"begins without \$"),
        ({"InputTransformer": {"InputPathsMap": {"a": "$.id"}, "InputTemplate": '"<a> <b>"'}}, "<b>, which is no"),
    ],
    ids=["deep scan", "negative position", "no root", "unknown variable"],
)
def test_what_eventbridge_refuses_is_refused(target: dict[str, Any], message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        _sent(**target)


def test_what_a_bus_gets_is_a_whole_event() -> None:
    stack = template(
        Bus=resource("AWS::Events::EventBus", Name="two"), Rule=_rule(Arn=arn("Bus"), InputPath="$.detail.command")
    )
    (ended,) = _put(Simulation.from_template(stack)).lost
    assert "takes whole events" in ended.reason


def test_buses_that_send_events_around_are_an_error_that_names_the_rule() -> None:
    back = resource(
        "AWS::Events::Rule",
        EventBusName={"Ref": "Bus"},
        EventPattern={"source": ["shop"]},
        Targets=[{"Id": "1", "Arn": "arn:aws:events:eu-west-1:111111111111:event-bus/default"}],
    )
    stack = template(Bus=resource("AWS::Events::EventBus", Name="two"), Rule=_rule(Arn=arn("Bus")), Back=back)
    with pytest.raises(NotSimulatedError, match="rule Rule gets back the events"):
        _put(Simulation.from_template(stack))


def test_the_default_bus_is_known_by_its_arn() -> None:
    rule = _rule()
    rule["Properties"]["EventBusName"] = "arn:aws:events:eu-west-1:111111111111:event-bus/default"
    simulation = _put(Simulation.from_template(template(Queue=resource("AWS::SQS::Queue"), Rule=rule)))
    assert len(simulation.queue("Queue")) == 1


def test_a_topic_refuses_what_is_too_large_for_it() -> None:
    stack = template(
        Topic=resource("AWS::SNS::Topic"),
        Queue=resource("AWS::SQS::Queue"),
        Rule=_rule(Arn={"Ref": "Topic"}, DeadLetterConfig={"Arn": arn("Queue")}),
    )
    simulation = _put(Simulation.from_template(stack), {"text": "x" * 270_000})
    assert simulation.topic("Topic").messages == []
    assert len(simulation.queue("Queue")) == 1


def test_a_schedule_fills_in_its_context() -> None:
    text = json.dumps(
        {name: f"<aws.scheduler.{name}>" for name in ("schedule-arn", "scheduled-time", "attempt-number")}
    )
    target = {"Arn": arn("Queue"), "RoleArn": "arn:aws:iam::111111111111:role/r", "Input": text}
    schedule = resource(
        "AWS::Scheduler::Schedule",
        ScheduleExpression="rate(6 hours)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    simulation = Simulation.from_template(template(Queue=resource("AWS::SQS::Queue"), Schedule=schedule))
    simulation.unreachable("Queue", start=hours(6), end=hours(6) + 2)
    simulation.run_until(hours(7))
    assert [(body["scheduled-time"], body["attempt-number"]) for body in simulation.queue("Queue").bodies] == [
        ("2026-01-01T12:00:00Z", "1"),
        ("2026-01-01T18:00:00Z", "3"),
    ]
