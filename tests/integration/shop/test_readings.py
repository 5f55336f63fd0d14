"""The stream of app.py: its records are taken in order, and those that fail are set aside."""

from __future__ import annotations

import pytest

from tools.demo_readings import Readings
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration


def test_every_reading_of_app_py_is_taken_or_in_the_bucket(aws: LocalAws, put: Readings) -> None:
    ends = put.ends(aws)
    assert [problem for end in ends.values() for problem in end.problems] == []
    assert set(ends["permanently wrong: too cold"].reasons) == {"colder than anything can be"}


def test_the_readings_of_a_sensor_are_taken_in_order(aws: LocalAws, put: Readings) -> None:
    assert put.disorder(aws) == []
