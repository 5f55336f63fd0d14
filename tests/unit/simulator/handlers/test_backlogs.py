"""A backlog that a function can work off costs no message its only chance, however little time each invocation has."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redrive import SqsMessage, sqs_handler
from redrive_simulator import Simulation
from tests.support.profiles import examples
from tests.support.simulator.simulations import sqs_stack


@dataclass
class Backlog:
    """Messages that were sent at once, and how they are processed.

    Attributes:
        batch: Messages in a batch.
        seconds: Time for a message.
        sent: Number of messages.
        receives: Maximum receive count.
        timeout: Timeout of the function.
        concurrency: Maximum concurrency of the mapping; `None`: Lambda's own.
        groups: Message groups of a FIFO queue; 0: a standard queue.
    """

    batch: int
    seconds: float
    sent: int
    receives: int
    timeout: int
    concurrency: int | None = None
    groups: int = 0
    seed: int = 0

    @property
    def retention(self) -> int:
        return 1_209_600


@dataclass
class Account:
    """Outcome of a backlog."""

    simulation: Simulation
    ran: list[str]
    counts: Counter[str]

    @property
    def dead_letters(self) -> dict[str, str]:
        """The reasons of the messages in the dead-letter queue, by body; empty if SQS has moved it."""
        return {
            message.body: (message.attributes or {}).get("RedriveReason", {}).get("stringValue", "")
            for message in self.simulation.queue("DeadLetters").messages
        }

    @property
    def untried(self) -> dict[str, str]:
        return {body: reason for body, reason in self.dead_letters.items() if body not in self.ran}


def work_off(backlog: Backlog) -> Account:
    ran: list[str] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        time.sleep(backlog.seconds)
        ran.append(message.body)

    options: dict[str, Any] = {"BatchSize": backlog.batch}
    window = 1 if backlog.batch > 10 else 0
    if window:
        options["MaximumBatchingWindowInSeconds"] = window
    if backlog.concurrency is not None:
        options["ScalingConfig"] = {"MaximumConcurrency": backlog.concurrency}
    queue = {"VisibilityTimeout": 6 * backlog.timeout + window, "MessageRetentionPeriod": backlog.retention}
    stack = sqs_stack(receives=backlog.receives, fifo=backlog.groups > 0, queue=queue, **options)
    known = {"max_receive_count": backlog.receives, "retention_period": backlog.retention}
    url = {"Fn::Join": ["", ['{"dead_letter_queue_url": "', {"Ref": "DeadLetters"}, '", ', json.dumps(known)[1:]]]}
    stack["Resources"]["Function"]["Properties"] |= {
        "Timeout": backlog.timeout,
        "Environment": {"Variables": {"REDRIVE_SQS_1": url}},
    }
    simulation = Simulation.from_template(stack, {"Function": handler}, seed=backlog.seed, echo=False)
    for number in range(backlog.sent):
        group: dict[str, Any] = {}
        if backlog.groups:
            group = {"group_id": str(number % backlog.groups), "deduplication_id": str(number)}
        simulation.send("Queue", str(number), **group)
    simulation.run()
    counts: Counter[str] = Counter()
    for _, line in simulation.function("Function").log:
        if line.startswith('{"_aws"'):
            counts.update({name: value for name, value in json.loads(line).items() if name in COUNTED})
    return Account(simulation, ran, counts)


COUNTED = ("SentBack", "Untried", "DeadLettered", "Deferred")


def all_ran_once(backlog: Backlog) -> Account:
    account = work_off(backlog)
    assert account.dead_letters == {}
    assert sorted(account.ran, key=int) == [str(number) for number in range(backlog.sent)]
    assert account.counts["Untried"] == account.counts["DeadLettered"] == 0
    return account


def test_400_messages_of_2_seconds_in_batches_of_50() -> None:
    """83 of them reached the dead-letter queue without having been tried."""
    account = all_ran_once(Backlog(batch=50, seconds=2, sent=400, receives=5, timeout=30, concurrency=2))
    assert account.counts["SentBack"] > 0
    assert account.simulation.now < 2 * 400  # half as much is needed


@pytest.mark.parametrize(
    "backlog",
    [
        Backlog(batch=50, seconds=24, sent=300, receives=5, timeout=30, concurrency=5),
        Backlog(batch=1000, seconds=0.5, sent=300, receives=1, timeout=3),
        Backlog(batch=10, seconds=8, sent=200, receives=1, timeout=10, concurrency=2),
        Backlog(batch=200, seconds=700, sent=100, receives=2, timeout=900, concurrency=2),
    ],
    ids=["one at a time", "all in one batch", "a single receive", "slow"],
)
def test_backlogs_in_which_an_invocation_starts_few_messages(backlog: Backlog) -> None:
    all_ran_once(backlog)


@st.composite
def backlogs(draw: st.DrawFn) -> Backlog:
    timeout = draw(st.sampled_from([3, 10, 30, 60, 300, 900]))
    share = draw(st.floats(0.01, 0.8))
    return Backlog(
        batch=draw(st.sampled_from([1, 2, 5, 10, 20, 50, 200, 1000])),
        seconds=round(share * timeout, 2),
        sent=draw(st.integers(1, 150)),
        receives=draw(st.integers(1, 10)),
        timeout=timeout,
        concurrency=draw(st.none() | st.integers(2, 10)),
        seed=draw(st.integers(0, 1000)),
    )


@settings(max_examples=examples(15))
@given(backlogs())
def test_no_message_ends_untried_in_the_dead_letter_queue(backlog: Backlog) -> None:
    all_ran_once(backlog)


@st.composite
def fifo_backlogs(draw: st.DrawFn) -> Backlog:
    backlog = draw(backlogs())
    backlog.batch = min(10, backlog.batch)
    backlog.groups = draw(st.sampled_from([1, 2, 5, 30, 150]))
    return backlog


@settings(max_examples=examples(15))
@given(fifo_backlogs())
def test_what_ends_untried_in_a_fifo_dead_letter_queue_has_a_reason(backlog: Backlog) -> None:
    """A FIFO message keeps its place, so it can be received too often; no order is broken, and each is counted."""
    account = work_off(backlog)
    ran, untried = account.ran, account.untried
    assert sorted([*ran, *untried], key=int) == [str(number) for number in range(backlog.sent)]
    assert all("no time left" in reason for reason in untried.values())
    assert account.counts["DeadLettered"] == len(untried)
    assert account.counts["Untried"] == account.counts["SentBack"] == 0
    for group in range(backlog.groups):
        in_group = [int(body) for body in ran if int(body) % backlog.groups == group]
        assert in_group == sorted(in_group)
    # The batches of one group come in order, so that each receive takes a message further to their front.
    in_an_invocation = max(1, math.floor(0.8 * backlog.timeout / backlog.seconds))
    if backlog.groups == 1 and in_an_invocation * backlog.receives >= backlog.batch:
        assert untried == {}
