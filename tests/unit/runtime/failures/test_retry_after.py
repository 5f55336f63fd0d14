"""`Retry(after=…)` takes what people have at hand for a time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from redrive import Retry, sqs_handler
from tests.support.runtime.sqs import queue
from tests.support.runtime.sqs.queue import Context, FakeSqs

WAITS = [
    (timedelta(minutes=2), 120),
    (timedelta(milliseconds=1500), 1.5),
    (timedelta(0), 0),
    (timedelta(days=30), 2_592_000),
    (90, 90),
    (Decimal("1.5"), 1.5),
    (Fraction(3, 2), 1.5),
    (None, None),
]


@pytest.mark.parametrize(("after", "seconds"), WAITS, ids=repr)
def test_the_wait_in_seconds(after: Any, seconds: float | None) -> None:
    assert Retry(after=after).after == seconds


def test_the_text_has_seconds() -> None:
    assert str(Retry(after=timedelta(minutes=2))) == "retry after 120 s"
    assert str(Retry(timedelta(minutes=2), "the bank is closed")) == "the bank is closed"


def test_a_message_waits_for_a_timedelta(sqs: FakeSqs, context: Context) -> None:
    @sqs_handler
    def handler(message: Any) -> None:
        raise Retry(after=timedelta(minutes=2))

    assert queue.returned(handler(queue.batch(1), context)) == ["0"]
    assert sqs.visibility == {"handle-0": 120}


@pytest.mark.parametrize("after", [timedelta(seconds=-1), Decimal("NaN"), Decimal("Infinity"), 10**400], ids=repr)
def test_a_time_that_is_no_wait_is_refused(after: Any) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Retry(after=after)


@pytest.mark.parametrize("after", ["later", "5", b"5", [], object()])
def test_what_is_no_time_is_refused(after: Any) -> None:
    with pytest.raises(TypeError, match=r"a timedelta or a number of seconds.*reason="):
        Retry(after=after)
