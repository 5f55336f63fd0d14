"""The examples of docs/alarms.md, as they stand there."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import assertions

import redrive_cdk
from tools.dashboard_body import bodies, problems

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8")
STACK, STRATEGIES, OUTBOX = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples name the functions' folders."""
    monkeypatch.chdir(ROOT)


def template_of(*code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec("".join(code), names)
    return dict(assertions.Template.from_stack(names["stack"]).to_json())


def alarms_of(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        each["Properties"]["MetricName"]: each["Properties"]
        for each in template["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }


def topics(found: list[dict[str, str]]) -> list[str]:
    return [re.sub(r"[0-9A-F]{8}$", "", each["Ref"]) for each in found]


def test_all_alarms_notify_the_topic_and_one_has_a_threshold_of_its_own() -> None:
    alarms = alarms_of(template_of(STACK))
    assert [topics(each["AlarmActions"]) for each in alarms.values()] == [["OnCall"], ["OnCall"]]
    age = alarms["ApproximateAgeOfOldestMessage"]
    assert (age["Threshold"], age["EvaluationPeriods"]) == (120, 3)


def test_the_dashboard_watches_the_consumer() -> None:
    (body,) = bodies(template_of(STACK)).values()
    assert problems(body) == []
    assert "alarm at 2 min" in str(body)


def test_actions_and_names_are_chosen_for_each_alarm() -> None:
    alarms = alarms_of(template_of(STACK, STRATEGIES))
    age, dead = alarms["ApproximateAgeOfOldestMessage"], alarms["ApproximateNumberOfMessagesVisible"]
    assert (topics(age["AlarmActions"]), topics(dead["AlarmActions"])) == (["OnCall", "Mail"], ["OnCall", "Pager"])
    assert topics(dead["OKActions"]) == ["Mail"]
    assert (age["AlarmName"], dead["AlarmName"]) == ("Shop-Orders-AgeAlarm", "Shop-Orders-DeadLetterAlarm")


def test_a_construct_of_ones_own_is_watched() -> None:
    template = template_of(STACK, OUTBOX)
    unsent = alarms_of(template)["Unsent"]
    assert (unsent["Threshold"], topics(unsent["AlarmActions"])) == (50, ["OnCall"])
    both = bodies(template)
    assert len(both) == 2
    (body,) = [each for name, each in both.items() if name.startswith("Mail")]
    assert "100 * m1 / 50" in str(body)
    assert "alarm at 50" in str(body)
    assert problems(body) == []


def test_the_table_names_all_alarms_that_the_constructs_take() -> None:
    named = set(re.findall(r"`(\w+_alarm)`", PAGE)) - {"make_alarm"}
    constructs = [
        redrive_cdk.SqsConsumer,
        redrive_cdk.AsyncInvocation,
        redrive_cdk.SyncInvocation,
        redrive_cdk.IdempotencyTable,
        redrive_cdk.KinesisConsumer,
        redrive_cdk.CircuitBreaker,
    ]
    steps = {name for each in constructs for name in dir(each) if re.fullmatch(r"_create_\w+_alarm", name)}
    # A consumer hands on what all consumers of streams take.
    makers = {base.__init__ for each in constructs for base in each.__mro__ if "__init__" in vars(base)}
    arguments = {name for maker in makers for name in signature(maker).parameters}
    taken = {name for name in arguments if name.endswith("_alarm")}
    assert named == taken
    assert {step.removeprefix("_create_") for step in steps} <= taken
