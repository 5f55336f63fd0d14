"""The examples of docs/alarms.md, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import assertions

from redrive_cdk.monitoring.places import PLACES, Place
from tests.support.constructs.monitoring.places import CONSTRUCTS
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
    """The alarms by their logical ids, without the hash."""
    return {
        name[:-8]: each["Properties"]
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }


def topics(found: list[dict[str, str]]) -> list[str]:
    return [re.sub(r"[0-9A-F]{8}$", "", each["Ref"]) for each in found]


def test_all_alarms_notify_the_topic_and_one_has_a_threshold_of_its_own() -> None:
    alarms = alarms_of(template_of(STACK))
    assert {tuple(topics(each["AlarmActions"])) for each in alarms.values()} == {("OnCall",)}
    age = alarms["OrdersAgeAlarm"]
    assert (age["Threshold"], age["EvaluationPeriods"]) == (120, 3)


def test_the_dashboard_watches_the_consumer() -> None:
    (body,) = bodies(template_of(STACK)).values()
    assert problems(body) == []
    assert "alarm at 2 min" in str(body)


def test_actions_and_names_are_chosen_for_each_alarm() -> None:
    alarms = alarms_of(template_of(STACK, STRATEGIES))
    age, dead = alarms["OrdersAgeAlarm"], alarms["OrdersDeadLetterAlarm"]
    assert (topics(age["AlarmActions"]), topics(dead["AlarmActions"])) == (["OnCall", "Mail"], ["OnCall", "Pager"])
    assert topics(dead["OKActions"]) == ["Mail"]
    assert (age["AlarmName"], dead["AlarmName"]) == ("Shop-Orders-AgeAlarm", "Shop-Orders-DeadLetterAlarm")


def test_a_construct_of_ones_own_is_watched() -> None:
    template = template_of(STACK, OUTBOX)
    unsent = alarms_of(template)["OutboxUnsentAlarm"]
    assert (unsent["Threshold"], topics(unsent["AlarmActions"])) == (50, ["OnCall"])
    both = bodies(template)
    assert len(both) == 2
    (body,) = [each for name, each in both.items() if name.startswith("Mail")]
    assert "100 * m1 / 50" in str(body)
    assert "alarm at 50" in str(body)
    assert problems(body) == []


def row_of(place: Place) -> str:
    exists = f" (with `{place.exists}`)" if "=" in place.exists else ""
    metrics = ", ".join(f"`{name}`" for name in place.metrics)
    return f"| {place.what}{exists} | `{place.alarm}` | {place.means} | {metrics} | "


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_the_page_has_every_place_of_a_construct_with_its_alarm_or_the_reason(name: str) -> None:
    (section,) = [part for part in re.split(r"^### ", PAGE, flags=re.MULTILINE) if f"`{name}`" in part.split("\n")[0]]
    places = [place for place in PLACES if name in place.constructs]
    rows = {row_of(place) for place in places if place.alarm is not None}
    if name.endswith(("KinesisConsumer", "DynamoDBStreamConsumer")):
        rows -= {row_of(place) for place in PLACES if "SqsConsumer" in place.constructs and place.alarm is not None}
    assert {row for row in rows if row not in section} == set()
    said = " ".join(section.split())
    for place in places:
        if place.alarm is None:
            assert f"- {place.what} {place.reason}" in said


def test_the_page_has_no_other_alarm_and_a_remedy_for_each() -> None:
    rows = re.findall(r"^\| .*? \| `\w+_alarm` \| .* \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == len([place for place in PLACES if place.alarm is not None])
    assert all(remedy.endswith(".") for remedy in rows)
