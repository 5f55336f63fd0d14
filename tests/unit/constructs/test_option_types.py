"""Options in classes of ours refuse values of a wrong type themselves, by their name and with the remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

import redrive_cdk
from redrive_cdk import (
    AlarmDefaults,
    AlarmOptions,
    AttemptCounting,
    Graph,
    Limit,
    Line,
    ProvisionedPollers,
    Section,
)
from tests.support.constructs.cdk import new_stack

METRIC = cloudwatch.Metric(namespace="Shop", metric_name="Failures")
#: The arguments that each class needs at least.
NEEDED: dict[Callable[..., Any], dict[str, Any]] = {
    AlarmOptions: {},
    ProvisionedPollers: {},
    AttemptCounting: {"kind": "s3"},
    Line: {"metric": METRIC},
    Limit: {"value": 1, "label": "most"},
    Graph: {"answers": "lost", "title": "Lost", "lines": []},
    Section: {"subject": "mail", "advice": "Look.", "graphs": [], "links": []},
}
WRONG: list[tuple[Callable[..., Any], str, Any, str]] = [
    (AlarmOptions, "threshold", "5", "threshold '5': give a number: 5 without quotes"),
    (AlarmOptions, "evaluation_periods", "3", "evaluation_periods '3': give a whole number: 3 without quotes"),
    (AlarmOptions, "evaluation_periods", 1.5, "evaluation_periods 1.5: give a whole number"),
    (AlarmOptions, "enabled", "no", "enabled 'no': give True or False"),
    (AlarmOptions, "actions", METRIC, "give a list, also of one: […]"),
    (ProvisionedPollers, "minimum", "5", "minimum '5': give a whole number: 5 without quotes"),
    (ProvisionedPollers, "maximum", None, "maximum None: give a whole number"),
    (AttemptCounting, "table", "attempts", "table 'attempts': give a table"),
    (AttemptCounting, "bucket", "attempts", "bucket 'attempts': give a bucket"),
    (AttemptCounting, "prefix", 7, "prefix 7: give a text"),
    (Line, "right", "yes", "right 'yes': give True or False"),
    (Limit, "value", "7", "value '7': give a number: 7 without quotes"),
    (Graph, "lines", Line(metric=METRIC), "give a list, also of one: […]"),
    (Section, "graphs", Graph(answers="lost", title="Lost", lines=[]), "give a list, also of one: […]"),
    (Section, "bridges", "60", "bridges '60': give a number: 60 without quotes"),
]


@pytest.mark.parametrize(
    ("kind", "name", "value", "says"), WRONG, ids=[f"{number} {each[1]}" for number, each in enumerate(WRONG)]
)
def test_a_wrong_type_is_named_with_what_to_give(kind: Any, name: str, value: Any, says: str) -> None:
    with pytest.raises(TypeError) as raised:
        kind(**{**NEEDED[kind], name: value})
    assert str(raised.value).startswith(f"{kind.__name__}: {name} ")
    assert says in str(raised.value)


def test_every_public_class_of_options_is_walked() -> None:
    public: list[Any] = [getattr(redrive_cdk, name) for name in redrive_cdk.__all__]
    # `Backoff` belongs to the runtime, whose tests walk it.
    assert {each for each in public if is_dataclass(each)} == set(NEEDED)
    for kind, name, _, _ in WRONG:
        assert name in {each.name for each in fields(kind)}  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("periods", [0, -1])
def test_an_alarm_looks_at_a_period_or_more(periods: int) -> None:
    with pytest.raises(ValueError, match=rf"evaluation_periods {periods}: .*; give 1 or more"):
        AlarmOptions(evaluation_periods=periods)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"actions": METRIC}, "give a list of actions, or a function that chooses them, also of one"),
        ({"ok_actions": METRIC}, "give a list of actions, or a function that chooses them, also of one"),
        ({"naming": "failures"}, "naming 'failures': give a function that names an alarm"),
    ],
    ids=["actions", "ok_actions", "naming"],
)
def test_defaults_of_alarms_refuse_them_too(options: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        AlarmDefaults.of(new_stack()).add(**options)
