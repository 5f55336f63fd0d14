"""A replay that ends at any of its calls continues: nothing is lost, and nothing is sent twice unless a person asks."""

from __future__ import annotations

import _thread
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redrive.core.system import sleeper
from redrive_cli.replay.journal import Header, Journal, pending
from tests.support.cli.shop import moved, run, shop, used
from tests.support.cli.world import World, refused
from tests.support.profiles import examples


def numbers(world: World, queue: str = "orders") -> Counter[int]:
    return Counter(json.loads(body)["n"] for body in world.sqs.queues[queue].bodies)


def test_ctrl_c_ends_with_the_batch_in_hand_and_prints_the_state(world: World) -> None:
    for number in range(300):
        moved(world, {"n": number})
    interrupted = False

    def press(service: str, operation: str, request: Any) -> None:
        nonlocal interrupted
        with world.lock:
            if operation == "DeleteMessageBatch" and not interrupted:
                interrupted = True
                _thread.interrupt_main()

    world.before = press
    result = run("replay", "orders-dlq", "--yes")
    assert result.exit_code == 130
    assert "replayed" in result.stdout
    assert "run the same command to continue" in result.stderr
    world.before = lambda *_: None
    world.time += 1000
    result = run("replay", "orders-dlq", "--yes")
    assert result.exit_code == 0, result.output
    assert numbers(world) == Counter(range(300))


LOST = ReadTimeoutError(endpoint_url="https://sqs")
FAULTS = [
    EndpointConnectionError(endpoint_url="https://sqs"),
    LOST,
    refused("ServiceUnavailable"),
    refused("RequestThrottled"),
]


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_faults_at_any_call_lose_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Throttling, errors and lost replies, and entries that are refused: repeated until they succeed."""
    world = shop()
    fifo = data.draw(st.booleans())
    source = "ledger.fifo" if fifo else "orders"
    chosen = data.draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), st.booleans()), max_size=8))
    refusals = data.draw(st.sets(st.integers(0, 60), max_size=10))
    calls = entries = 0

    def fail(after: bool) -> Any:
        def check(service: str, operation: str, request: Any) -> None:
            nonlocal calls
            calls += 0 if after else 1
            for at, which, late in chosen:
                if (at, late) == (calls, after) and operation.endswith("Batch"):
                    raise LOST if late else FAULTS[which]

        return check

    def refuse(operation: str, entry: Any) -> str | None:
        nonlocal entries
        entries += 1
        return "InternalError" if entries in refusals else None

    with (
        used(world, tmp_path_factory.mktemp("state")),
        sleeper.replaced(lambda seconds: None),
        patch("redrive_cli.replay.engine.THREADS", 1),  # so that the same faults hit the same calls
    ):
        for number in range(40):
            moved(world, {"n": number}, source, group="ab"[number % 2] if fifo else None)
            world.time += 0.001
        world.before, world.after, world.sqs.refuses = fail(False), fail(True), refuse
        run("replay", f"{source.replace('.fifo', '')}-dlq{'.fifo' if fifo else ''}", "--yes")
        world.before = world.after = lambda *_: None
        world.sqs.refuses = lambda operation, entry: None
        world.time += 1000
        dead = f"{source.replace('.fifo', '')}-dlq{'.fifo' if fifo else ''}"
        run("replay", dead, "--yes")
        assert max(numbers(world, source).values(), default=1) == 1
        result = run("replay", dead, "--yes", "--in-doubt")
        if fifo:
            result = run("replay", dead, "--yes")  # what was held behind them
    assert result.exit_code == 0, result.output
    assert set(numbers(world, source)) == set(range(40))
    if fifo:
        for group in "ab":
            sent = [json.loads(each.body)["n"] for each in world.sqs.queues[source].all if each.group == group]
            firsts = list(dict.fromkeys(sent))
            assert firsts == sorted(firsts)


def test_a_fifo_send_whose_reply_was_lost_makes_one_message(world: World) -> None:
    moved(world, {"n": 1}, "ledger.fifo", group="a")
    lost = [LOST]

    def lose(service: str, operation: str, request: Any) -> None:
        if operation == "SendMessageBatch" and lost:
            raise lost.pop()

    world.after = lose
    with sleeper.replaced(lambda seconds: None):
        assert run("replay", "ledger-dlq.fifo", "--yes").exit_code == 0
    assert numbers(world, "ledger.fifo") == {1: 1}


HEADER = Header(run="one", places=("a",))


def test_a_journal_says_what_is_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "one.jsonl", HEADER)
    journal.intend(["1", "2", "3", "4"], 5.0)
    journal.note("sent", ["1", "2"])
    journal.note("not_sent", ["3"])
    journal.note("deleted", ["1"])
    journal.close()
    (left,) = pending(Header(run="two", places=("a", "b")), tmp_path)
    assert (left.sent, left.in_doubt) == ({"2"}, {"4": 5.0})


@pytest.mark.parametrize(
    "other",
    [
        Header(run="two", places=("b",)),
        Header(run="two", places=("a",), to="queue:other"),
        Header(run="two", places=("a",), keep=True),
    ],
    ids=["another place", "another destination", "kept"],
)
def test_another_replay_does_not_continue_it(tmp_path: Path, other: Header) -> None:
    Journal(tmp_path / "one.jsonl", HEADER).close()
    assert pending(other, tmp_path) == []


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    journal = Journal(path, HEADER)
    journal.intend(["1"], 5.0)
    journal.close()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"sent": ["1')
    (left,) = pending(HEADER, tmp_path)
    assert left.in_doubt == {"1": 5.0}


def test_a_journal_that_has_ended_leaves_nothing_and_is_forgotten_after_a_month(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    journal = Journal(path, HEADER)
    journal.note("sent", [f"id-{number}" for number in range(1000)])
    journal.end("complete")
    assert pending(HEADER, tmp_path) == []
    assert path.exists()
    os.utime(path, (0, 0))
    assert pending(HEADER, tmp_path) == []
    assert not path.exists()


def test_a_journal_without_an_end_is_never_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    Journal(path, HEADER).close()
    os.utime(path, (0, 0))
    assert len(pending(HEADER, tmp_path)) == 1


def test_two_replays_of_one_place_do_not_run_at_once(tmp_path: Path) -> None:
    from redrive_cli.errors import Problem

    journal = Journal(tmp_path / "one.jsonl", HEADER)
    with pytest.raises(Problem, match="is running"):
        pending(Header(run="two", places=("a",)), tmp_path)
    journal.end("complete")
    assert pending(HEADER, tmp_path) == []
