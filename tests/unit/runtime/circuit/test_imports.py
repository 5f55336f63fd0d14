"""Cost of a circuit breaker at a cold start."""

from __future__ import annotations

import sys

import pytest

from tests.unit.runtime.test_imports import HEAVY, loaded_by

IMPORT = "from redrive import CircuitBreaker, CircuitOpen, CircuitPolicy, CircuitSettings"
CALLING = """
from redrive import CircuitBreaker

payments = CircuitBreaker("Payments")

@payments
def charge(order):
    return order

assert charge(7) == 7
with payments.guard():
    pass
"""


@pytest.mark.parametrize("code", [IMPORT, CALLING], ids=["importing", "calling"])
def test_nothing_heavy_is_loaded(code: str) -> None:
    assert loaded_by(code).isdisjoint(HEAVY)


def test_what_loads_only_when_something_fails_needs_no_boto3_without_a_table() -> None:
    failing = CALLING + "\ntry: payments.call(lambda: 1 / 0)\nexcept ZeroDivisionError: pass\n"
    foreign = {name.partition(".")[0] for name in loaded_by(failing)} - sys.stdlib_module_names
    assert foreign == {"redrive"}
