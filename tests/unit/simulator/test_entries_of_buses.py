"""`PutEvents` refuses entries; events and targets name time and rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.heard import Heard, rule, simulated
from tests.support.simulator.simulations import function, resource, template

ENTRY = {"Source": "shop", "DetailType": "sold", "Detail": "{}"}
SOLD = {"EventPattern": {"source": ["shop"]}}
WITH_ARN = {"InputTransformer": {"InputTemplate": '{"arn": "<aws.events.rule-arn>", "name": "<aws.events.rule-name>"}'}}
ARN = "arn:aws:events:eu-west-1:111111111111:rule/"


@pytest.mark.parametrize(
    ("more", "named"),
    [({}, "Rule"), ({"Name": "sales"}, "sales"), ({"EventBusName": {"Ref": "Bus"}}, "bus/Rule")],
    ids=["logical id", "name", "bus"],
)
def test_a_target_learns_the_arn_of_its_rule(more: dict[str, Any], named: str) -> None:
    heard = Heard()
    bus = resource("AWS::Events::EventBus", Name="bus")
    simulation = simulated(heard, template(Function=function(), Bus=bus, Rule=rule(WITH_ARN, **SOLD, **more)))
    for name in ("bus", "default"):
        simulation.client("events").put_events(Entries=[{**ENTRY, "EventBusName": name}])
    simulation.run()
    assert heard.events == [{"arn": ARN + named, "name": named.rpartition("/")[2]}]


def test_a_schedule_is_in_a_group() -> None:
    more = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    target = {"Arn": {"Fn::GetAtt": ["Function", "Arn"]}, "RoleArn": "arn:aws:iam::111111111111:role/Scheduler"}
    schedule = resource("AWS::Scheduler::Schedule", Name="hourly", Target=target, **more)
    heard = Heard()
    simulated(heard, template(Function=function(), Schedule=schedule)).run_until(3600)
    assert heard.events[0]["resources"] == ["arn:aws:scheduler:eu-west-1:111111111111:schedule/default/hourly"]


def test_an_event_has_the_time_of_its_entry_in_whole_seconds() -> None:
    heard = Heard()
    simulation = simulated(heard, template(Function=function(), Rule=rule(**SOLD)))
    given = {"Time": datetime(2025, 12, 31, 23, 59, 59, 500_000, UTC)}
    simulation.client("events").put_events(Entries=[ENTRY, {**ENTRY, **given}])
    simulation.run()
    assert [event["time"] for event in heard.events] == ["2026-01-01T12:00:00Z", "2025-12-31T23:59:59Z"]


def test_all_entries_together_have_1_mib() -> None:
    client = Simulation.from_template(template()).client("events")
    half = {**ENTRY, "Detail": json.dumps({"text": "x" * 524_200})}
    assert client.put_events(Entries=[half, half])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match=r"ValidationException.*over the limit"):
        client.put_events(Entries=[half, half, {**ENTRY, "Resources": ["x" * 200]}])


def test_a_field_of_an_entry_that_is_not_simulated_is_an_error() -> None:
    with pytest.raises(NotSimulatedError, match=r"events\.PutEvents\(TraceHeader\)"):
        Simulation.from_template(template()).client("events").put_events(Entries=[{**ENTRY, "TraceHeader": "Root=1"}])
