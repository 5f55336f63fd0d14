"""An attempt that is made without Lambda, as a test does."""

from __future__ import annotations

import pytest

from redrive import Attempt


@pytest.mark.parametrize(("request_id", "delivery"), [("", None), ("r-1", "r-1")])
def test_an_attempt_is_the_first_of_its_own_event_unless_it_says_so(request_id: str, delivery: str | None) -> None:
    attempt = Attempt(request_id=request_id)
    assert (attempt.number, attempt.is_last, attempt.is_counted) == (0, None, True)
    assert (attempt.original_request_id, attempt.delivery) == (request_id, delivery)
    assert Attempt(1, True, request_id="new", original_request_id="old").original_request_id == "old"
