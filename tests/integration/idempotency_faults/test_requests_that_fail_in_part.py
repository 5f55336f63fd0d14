"""Batches of messages under idempotency, when AWS refuses some statements of a request or leaves some items unread."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.integration.idempotency_faults import ALL, ONCE, SIZE, Effects, Network, statuses
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration
PASSING = [
    ("ProvisionedThroughputExceeded", False),
    ("RequestLimitExceeded", False),
    ("ThrottlingError", False),
    ("TransactionConflict", False),
    ("InternalServerError", False),
    ("InternalServerError", True),
]


@pytest.mark.parametrize(("code", "takes_effect"), PASSING)
@pytest.mark.parametrize("what", ["claim", "complete"])
def test_statements_that_are_refused_for_a_while_leave_each_message_done_once(
    aws: LocalAws,
    table: str,
    consume: Any,
    effects: Effects,
    partly: Any,
    what: str,
    code: str,
    takes_effect: bool,
) -> None:
    failing = partly(what=what, code=code, takes_effect=takes_effect)
    assert consume() == []
    assert set(failing.refused.values()) == {2}
    assert 1 < len(failing.refused) < SIZE
    assert consume(2) == []
    assert effects.of == ONCE
    assert statuses(aws, table) == {"COMPLETED": SIZE}


@pytest.mark.parametrize(("code", "takes_effect"), PASSING)
def test_releases_that_are_refused_for_a_while_let_messages_run(
    consume: Any, effects: Effects, partly: Any, code: str, takes_effect: bool
) -> None:
    failing = partly(what="release", code=code, takes_effect=takes_effect)
    effects.failing = OSError("cannot")
    assert consume() == ALL
    assert set(failing.refused.values()) == {2}
    effects.failing = None
    assert consume(2) == []
    assert effects.of == ONCE


@pytest.mark.parametrize(("code", "takes_effect"), [*PASSING, ("AccessDenied", False), ("ValidationError", False)])
def test_statements_that_stay_refused_are_the_failures_of_their_messages_alone(
    aws: LocalAws,
    network: Network,
    table: str,
    consume: Any,
    effects: Effects,
    partly: Any,
    code: str,
    takes_effect: bool,
) -> None:
    failing = partly(what="claim", code=code, takes_effect=takes_effect, times=1000)
    left = consume()
    assert len(left) == len(failing.refused) > 1
    assert effects.of == dict.fromkeys(set(ALL) - set(left), 1)
    failing.times = 0
    assert statuses(aws, table) == {"COMPLETED": SIZE - len(left)}  # none is locked
    assert consume(2) == []
    assert effects.of == ONCE


@pytest.mark.parametrize(("code", "takes_effect"), PASSING)
def test_completions_that_stay_refused_are_the_failures_of_their_messages_alone(
    aws: LocalAws, table: str, consume: Any, effects: Effects, partly: Any, code: str, takes_effect: bool
) -> None:
    failing = partly(what="complete", code=code, takes_effect=takes_effect, times=1000)
    left = consume()
    assert len(left) == len(failing.refused) > 1
    assert statuses(aws, table)["COMPLETED"] == (SIZE if takes_effect else SIZE - len(left))
    failing.times = 0
    assert consume(2) == ([] if takes_effect else left)
    assert effects.of == ONCE


@pytest.mark.parametrize("receive_count", [1, 2])
def test_items_that_are_left_for_another_request_are_read_then(
    consume: Any, effects: Effects, partly: Any, receive_count: int
) -> None:
    assert consume() == []
    failing = partly(unprocessed=6)
    assert consume(receive_count) == []
    assert failing.unprocessed == 0
    assert effects.of == ONCE


def test_items_that_stay_unread_are_the_failures_of_their_messages_and_do_not_run(
    consume: Any, effects: Effects, partly: Any
) -> None:
    assert consume() == []
    failing = partly(unprocessed=1000)
    left = consume(2)
    assert 0 < len(left) < SIZE
    assert 1000 - failing.unprocessed < 20
    failing.unprocessed = 0
    assert consume(3) == []
    assert effects.of == ONCE
