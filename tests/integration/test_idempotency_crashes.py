"""Batches on the local AWS whose process is killed (SIGKILL) at each step, and delivered again.

Once before the claims of the dead have expired; once after that, and killed again; and once more, to the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.integration.tables import make_table
from tests.support.runtime.idempotency.workers import Effects, outcomes
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration

SIZE = 60
TABLE = "crashes"
MESSAGES = {str(number) for number in range(SIZE)}
#: The invocations may take so long, and their claims hold so long, and for a second more, as clocks differ.
LEASE = 20.0
NOWHERE: dict[str, Any] = {}
SLOW = "after-a-slow-effect"
#: At the first delivery.
POINTS: dict[str, dict[str, Any]] = {
    "before-claiming": {"at": "sent", "what": "claim"},
    "while-claiming": {"at": "replied", "what": "claim"},
    "after-claiming": {"at": "started"},
    "before-an-effect": {"at": "started", "number": 32, "writes": 2},
    "after-an-effect": {"at": "done", "number": 32, "writes": 2},
    "after-an-effect-in-a-thread": {"at": "done", "number": 32, "writes": 2, "concurrency": 3},
    SLOW: {"at": "done", "number": 25, "takes": 0.06},
    "before-completing": {"at": "sent", "what": "complete", "number": 3},
    "while-completing": {"at": "replied", "what": "complete", "number": 3},
    "after-the-last-effect": {"at": "done", "number": SIZE},
    "after-completing": {"at": "answered"},
}
#: At the third.
POINTS_AGAIN: dict[str, dict[str, Any]] = {
    "while-claiming": {"at": "sent", "what": "claim"},
    "after-claiming": {"at": "replied", "what": "claim", "number": 2},
    "before-an-effect": {"at": "done", "number": 1},
    "after-an-effect": {"at": "started", "number": 1},
    "before-completing": {"at": "replied", "what": "complete"},
}


@dataclass
class Delivery:
    """Outcome of one delivery of a batch.

    Attributes:
        killed: Whether its process was killed.
        left: The messages that it has returned, if it was not.
        lines: What was recorded, in order.
        stored: The state of each record of the table afterwards.
    """

    killed: bool
    left: set[str] | None
    lines: list[list[str]]
    stored: Counter[str]

    @property
    def writes(self) -> int:
        """Number of writes of completions that were begun."""
        requests = Counter(line[0] for line in self.lines)
        return len(self.ends) + (requests["sent"] > requests["replied"])

    @property
    def ends(self) -> list[float]:
        """When each write was over, that is, when all its requests were replied to."""
        under_way = 0
        ends: list[float] = []
        for what, when, *_ in self.lines:
            under_way += {"sent": 1, "replied": -1}.get(what, 0)
            if what == "replied" and not under_way:
                ends.append(float(when))
        return ends

    def messages(self, what: str) -> dict[str, float]:
        """The messages, and when."""
        found = [(line[2], float(line[1])) for line in self.lines if line[0] == what]
        assert len(dict(found)) == len(found)
        return dict(found)

    @property
    def done(self) -> set[str]:
        return set(self.messages("done"))

    @property
    def confirmed(self) -> set[str]:
        return set(self.messages("confirmed"))

    @property
    def in_doubt(self) -> set[str]:
        return self.done - self.confirmed


History = list[Delivery]


@pytest.fixture(scope="module")
def histories(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, History]:
    """The deliveries of each batch. All batches run side by side, but for the one that is about time."""
    make_table(aws, TABLE)
    folder = tmp_path_factory.mktemp("crashes")

    def deliver(
        number: int, points: dict[str, dict[str, Any]], later: float, names: Iterable[str] = POINTS
    ) -> dict[str, Delivery]:
        files = {name: str(folder / f"{name}-{number}") for name in names}
        *answers, ends = outcomes(
            aws,
            "deliver",
            table=TABLE,
            effects=files,
            points={name: points.get(name, NOWHERE) for name in names},
            size=SIZE,
            receive_count=number,
            later=later,
            lease=LEASE,
        )
        statuses = dict(zip(names, ends["statuses"], strict=True))
        assert set(statuses.values()) <= {0, -9}
        left = {answer["name"]: set(answer["left"]) for answer in answers}
        states = stored(aws)
        return {
            name: Delivery(statuses[name] == -9, left.get(name), Effects(file).lines(), states[name])
            for name, file in files.items()
        }

    deliveries = [
        deliver(1, POINTS, 0, [SLOW]) | deliver(1, POINTS, 0, POINTS.keys() - {SLOW}),
        deliver(2, {}, 0),
        deliver(3, POINTS_AGAIN, LEASE + 2),
        deliver(4, {}, 2 * LEASE + 4),
    ]
    return {name: [delivery[name] for delivery in deliveries] for name in POINTS}


def stored(aws: LocalAws) -> dict[str, Counter[str]]:
    """The states of each batch's records."""
    found = {name: Counter[str]() for name in POINTS}
    for page in aws.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE):
        for item in page["Items"]:
            found[item["id"]["S"].partition("/")[0]][item["status"]["S"]] += 1
    return found


@pytest.fixture(params=POINTS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def history(histories: dict[str, History], name: str) -> History:
    return histories[name]


def test_each_process_was_killed_where_it_was_to_be(history: History, name: str) -> None:
    assert [delivery.killed for delivery in history] == [True, False, name in POINTS_AGAIN, False]


def test_in_the_end_every_message_is_done_and_is_recorded_as_done(history: History) -> None:
    assert history[-1].left == set()
    assert set().union(*(delivery.done for delivery in history)) == MESSAGES
    assert history[-1].stored == {"COMPLETED": SIZE}


def test_a_message_runs_again_only_where_its_completion_was_in_doubt(history: History) -> None:
    runs = Counter(message for delivery in history for message in delivery.done)
    doubts = Counter(message for delivery in history for message in delivery.in_doubt)
    assert {message: count for message, count in runs.items() if count > 1 + doubts[message]} == {}
    assert sum(runs.values()) - SIZE <= sum(doubts.values())
    confirmed: set[str] = set()
    for delivery in history:
        assert delivery.done.isdisjoint(confirmed)
        confirmed |= delivery.confirmed
    assert history[-1].in_doubt == set()


def test_in_doubt_is_only_what_was_done_during_the_last_two_writes(history: History) -> None:
    for delivery in history:
        if delivery.writes < 3:
            continue
        done = delivery.messages("done")
        before = delivery.ends[delivery.writes - 3]
        assert {message for message in delivery.in_doubt if done[message] < before} == set()


def test_in_doubt_is_only_what_was_done_just_now(histories: dict[str, History]) -> None:
    """However many are still to come: a group waits for the write before it, but not until it is full."""
    crashed = histories[SLOW][0]
    done = crashed.messages("done")
    assert len(done) == 25
    assert {message for message in crashed.in_doubt if done[message] < max(done.values()) - 0.6} == set()


def test_before_the_claims_of_the_dead_expire_nothing_of_theirs_runs(history: History) -> None:
    first, second = history[:2]
    claimed = first.stored.total()
    assert second.left is not None
    assert len(second.left) == first.stored["INPROGRESS"]
    assert len(second.done) == SIZE - claimed
    assert second.done.isdisjoint(second.left | first.done)


def test_the_points_are_what_they_are_called(histories: dict[str, History]) -> None:
    first = {name: history[0] for name, history in histories.items()}
    assert first["before-claiming"].stored == {}
    assert 0 < first["while-claiming"].stored["INPROGRESS"] <= SIZE
    assert first["after-claiming"].stored == {"INPROGRESS": SIZE}
    assert first["while-claiming"].done == first["after-claiming"].done == set()
    assert len(first["before-an-effect"].done) >= 31
    assert len(first["after-an-effect"].done) >= 32
    for name in ("before-an-effect", "after-an-effect", "after-an-effect-in-a-thread"):
        assert 0 < first[name].stored["COMPLETED"] < SIZE
    # Sent, and carried out or not; in either case the helper does not know.
    before, during = first["before-completing"], first["while-completing"]
    assert before.stored["COMPLETED"] == len(before.confirmed)
    assert during.stored["COMPLETED"] > len(during.confirmed) > 0
    assert len(first["after-the-last-effect"].done) == SIZE
    assert first["after-completing"].stored == {"COMPLETED": SIZE}
    assert first[SLOW].writes >= 3
