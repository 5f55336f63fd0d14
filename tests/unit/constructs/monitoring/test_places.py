"""Every place where an event can wait or end has an alarm by default, or a reason for none."""

import re
from collections import Counter
from inspect import signature

import pytest

from redrive_cdk import AlarmOptions
from redrive_cdk.monitoring.places import PLACES, Place
from tests.support.constructs.monitoring.places import CONSTRUCTS, OFF, OPTIONS, alarms_of

COVERED = [
    pytest.param(name, place, id=f"{name}-{place.alarm}-{place.exists}")
    for place in PLACES
    if place.alarm is not None
    for name in place.constructs
]


def arguments_of(name: str) -> set[str]:
    """The alarms that a construct takes; a consumer of a stream hands on those of its base."""
    makers = {base.__init__ for base in CONSTRUCTS[name].__mro__ if "__init__" in vars(base)}
    every = {argument for maker in makers for argument in signature(maker).parameters}
    return {argument for argument in every if argument.endswith("_alarm")}


def thresholds_of(name: str, exists: str) -> dict[str, int]:
    """A threshold of its own for each alarm on a place that exists."""
    there = [place.alarm for place in PLACES if name in place.constructs and place.exists == exists]
    return {alarm: 7_777 + number for number, alarm in enumerate(there) if alarm is not None}


@pytest.mark.parametrize(("name", "place"), COVERED)
def test_an_alarm_covers_the_place_by_default_and_can_be_changed_and_disabled(name: str, place: Place) -> None:
    assert place.alarm is not None
    by_default = alarms_of(name, place.exists)
    without = alarms_of(name, place.exists, **{place.alarm: OFF})
    removed = list((Counter(by_default) - Counter(without)).elements())
    assert [(each.metrics, each.means) for each in removed] == [(place.metrics, place.means)]
    assert len(without) == len(by_default) - 1
    thresholds = thresholds_of(name, place.exists)
    changed = alarms_of(name, place.exists, **{each: AlarmOptions(threshold=thresholds[each]) for each in thresholds})
    assert [each.metrics for each in changed if each.threshold == thresholds[place.alarm]] == [place.metrics]


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_every_alarm_covers_a_place(name: str) -> None:
    named = {place.alarm for place in PLACES if name in place.constructs and place.alarm is not None}
    assert named == arguments_of(name)
    watched = {place.metrics for place in PLACES if name in place.constructs}
    for exists in {place.exists for place in PLACES if name in place.constructs}:
        assert {each.metrics for each in alarms_of(name, exists)} <= watched


@pytest.mark.parametrize("place", PLACES, ids=[place.what for place in PLACES])
def test_a_place_has_an_alarm_or_a_reason_that_names_what_exists(place: Place) -> None:
    assert (place.alarm is None) != (place.reason == "")
    assert (place.alarm is None) == (place.means is None) == (place.metrics == ())
    assert place.exists in OPTIONS
    for name in place.constructs:
        assert name in CONSTRUCTS
    named = set(re.findall(r"`(\w+_alarm)`", place.reason))
    assert named <= {alarm for name in CONSTRUCTS for alarm in arguments_of(name)}


@pytest.mark.parametrize(
    ("name", "exists"), sorted({(name, place.exists) for place in PLACES for name in place.constructs})
)
def test_a_description_says_whose_events_and_what_to_do(name: str, exists: str) -> None:
    """CloudWatch takes 1,024 characters.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    for alarm in alarms_of(name, exists):
        assert "Shop/" in alarm.description
        assert len(alarm.description) <= 1_024
        assert re.search(r"\b(Look|look|Give|give|Correct|Compare|Enable)\b", alarm.description), alarm.description
