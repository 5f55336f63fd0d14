"""Rules for resources by themselves guess nothing of what only the deployment knows, and do not stumble over it."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place
from tests.support.model.pairs.by_themselves import dead_letters, notified, queue, rule, schedule, subscribed
from tests.support.simulator.simulations import Template, function, template

PLACE = Place("eu-west-1", "111111111111")
GIVEN = {"Ref": "Given"}
KINDS = ("redrive:queue-", "redrive:notification-", "redrive:start-", "redrive:subscription-")
TEMPLATES: dict[str, Template] = {
    "name": queue(QueueName=GIVEN, FifoQueue=True),
    "part of a name": queue(QueueName={"Fn::Sub": "${Given}-orders"}, FifoQueue=True),
    "kind": queue(QueueName="orders", FifoQueue=GIVEN),
    "redrive-allow policy": queue(RedriveAllowPolicy=GIVEN),
    "permission": queue(RedriveAllowPolicy={"redrivePermission": GIVEN}),
    "sources": dead_letters(redrivePermission="byQueue", sourceQueueArns=GIVEN),
    "a source": dead_letters(redrivePermission="byQueue", sourceQueueArns=[GIVEN]),
    "event": notified((GIVEN, [])),  # pyright: ignore[reportArgumentType]
    "prefix": notified(("s3:ObjectCreated:*", [("prefix", GIVEN)]), ("s3:ObjectCreated:*", [("prefix", "a")])),  # pyright: ignore[reportArgumentType]
    "pattern": rule(EventPattern=GIVEN),
    "values of a pattern": rule(EventPattern={"source": GIVEN}),
    "expression": rule(ScheduleExpression=GIVEN),
    "bus": rule(ScheduleExpression="rate(1 hour)", EventBusName=GIVEN),
    "dates": schedule(StartDate=GIVEN, EndDate="2026-12-01T00:00:00Z"),
    "time zone": schedule(ScheduleExpressionTimezone=GIVEN),
    "policy": subscribed({"FilterPolicy": GIVEN}),
    "values of a policy": subscribed({"FilterPolicy": {"kind": GIVEN}}),
    "scope": subscribed({"FilterPolicy": {"kind": ["order"]}, "FilterPolicyScope": GIVEN}),
    "tags": template(Function=function(Tags=[GIVEN])),
    "settings": subscribed({"RawMessageDelivery": GIVEN}, {}),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_not_known_is_not_guessed(name: str) -> None:
    source: dict[str, Any] = {**TEMPLATES[name], "Parameters": {"Given": {"Type": "String"}}}
    several = [StackTemplate(stack="Stack", template=source, place=PLACE, values={})]
    found = {each.rule for each in findings_of(stack_of(merged(read_templates(several))))}
    assert {each for each in found if each.startswith(KINDS)} == set()
