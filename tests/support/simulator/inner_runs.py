"""Runs pytest inside of a test, in a tenth of the time that a process of its own would take."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import pytest
from moto.core import botocore_stubber

from redrive import sqs_handler
from redrive_simulator import Simulation
from tests.support.simulator.simulations import sqs_stack

#: Libraries that inner runs use. pytester would forget them, although others keep parts of them.
LOADED = (boto3, botocore_stubber)


def run_pytest(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the tests in pytester's folder."""
    _import_what_they_need()
    return pytester.runpytest_inprocess(*arguments)


@cache
def _import_what_they_need() -> None:
    """pytester forgets a module that an inner run imports first; the next one would import another one in its place."""

    @sqs_handler
    def helps(message: Any) -> None:
        raise LookupError

    simulation = Simulation.from_template(sqs_stack(), {"Function": helps}, echo=False)
    simulation.send("Queue", "an order")
    simulation.run_until(5)
    simulation.timeline.text()
