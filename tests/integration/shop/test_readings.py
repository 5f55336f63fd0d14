"""The stream of app.py: its records are taken in order, and those that fail are set aside."""

from __future__ import annotations

import pytest

from tests.integration.conftest import wait_until
from tests.integration.shop.conftest import Sent
from tools.demo_readings import Readings
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def put(aws: LocalAws, sent: Sent) -> Readings:
    put = sent.readings
    wait_until(lambda: not put.progress(aws)[0], seconds=120, what="all readings taken, or set aside")
    return put


def test_every_reading_of_app_py_is_taken_or_in_the_bucket(aws: LocalAws, put: Readings) -> None:
    ends = put.ends(aws)
    assert [problem for end in ends.values() for problem in end.problems] == []
    assert set(ends["permanently wrong: too cold"].reasons) == {"colder than anything can be"}


def test_the_readings_of_a_sensor_are_taken_in_order(aws: LocalAws, put: Readings) -> None:
    assert put.disorder(aws) == []
