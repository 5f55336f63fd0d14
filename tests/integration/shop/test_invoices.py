"""The asynchronous path of app.py: attempts are counted, another function is called, and failures are kept."""

from __future__ import annotations

import pytest

from tools.demo_invoices import Invocations
from tools.demo_table import Ends
from tools.local_aws import LocalAws
from tools.traffic import log_events

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def ends(aws: LocalAws, invoices: Invocations) -> dict[str, Ends]:
    return invoices.ends(aws)


def test_every_invoice_is_drawn_or_in_the_failure_queue(ends: dict[str, Ends]) -> None:
    assert [problem for end in ends.values() for problem in end.problems] == []
    assert sum(end.sent for end in ends.values()) == 32


@pytest.mark.parametrize(("kind", "attempt"), [("in order", 0), ("not with pictures", 1), ("not with fonts", 2)])
def test_an_invoice_is_drawn_at_the_attempt_that_is_plain_enough(
    ends: dict[str, Ends], kind: str, attempt: int
) -> None:
    assert set(ends[kind].tries) == {attempt}


def test_what_another_function_says_is_used_and_its_failure_is_the_reason(ends: dict[str, Ends]) -> None:
    assert ends["in another currency"].tries.total() == 4
    assert all(reason.startswith("no rate for shells") for reason in ends["in an unknown currency"].reasons)


def test_the_function_knows_its_last_attempt(aws: LocalAws, invoices: Invocations) -> None:
    attempts = {(line["attempt"], line["is_last"]) for _, line in log_events(aws, invoices.function, "drawn")}
    assert attempts == {(0, False), (1, False), (2, True)}
