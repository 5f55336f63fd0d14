"""`kill -9` at any step of a replay: none is lost, and none is sent twice unless a person asks for it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redrive_cli.replay import engine
from tests.support.cli.shop import moved, run, shop, used
from tests.support.cli.world import World
from tests.support.profiles import PROFILE, examples

# Steps of a replay by one thread: a receive, and writes and calls before and after each of them.
MESSAGES = 60 if PROFILE == "fast" else 1000
STEPS = MESSAGES // 10 * 14


class Killed(BaseException):
    """Ends the process at once."""


class Steps:
    """Counts the steps of a process, and ends it at one of them."""

    def __init__(self, last: int) -> None:
        self.left = last
        self.files: set[int] = set()

    def open(self, *arguments: Any) -> int:
        file = os.open(*arguments)
        self.files.add(file)
        return file

    def close(self, file: int) -> None:
        os.close(file)
        self.files.remove(file)

    def step(self, *_: Any) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Killed

    def write(self, file: int, text: bytes) -> int:
        if self.left == 1:
            os.write(file, text[: len(text) // 2])  # in the middle of a line
        self.step()
        written = os.write(file, text)
        self.step()
        return written

    def fsync(self, file: int) -> None:
        self.step()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


@contextmanager
def killed_at(world: World, last: int) -> Iterator[None]:
    steps = Steps(last)
    world.before = world.after = steps.step
    with patch("redrive_cli.replay.journal.os", steps):
        yield
    for file in steps.files:  # as the system does
        os.close(file)
    world.before = world.after = lambda *_: None


def kill_at(wanted: str) -> Callable[[str, str, Any], None]:
    def check(service: str, operation: str, request: Any) -> None:
        if operation == wanted:
            raise Killed

    return check


def numbers(world: World, queue: str) -> Counter[int]:
    return Counter(json.loads(body)["n"] for body in world.sqs.queues[queue].bodies)


@settings(max_examples=examples(12))
@given(
    last=st.integers(1, STEPS),
    threads=st.sampled_from([1, 16]),
    fifo=st.booleans(),
    options=st.sampled_from([(), ("--keep",)]),
    later=st.sampled_from([100, 1000]),
)
def test_killed_at_any_step(
    tmp_path_factory: pytest.TempPathFactory, last: int, threads: int, fifo: bool, options: tuple[str, ...], later: int
) -> None:
    world = shop()
    fifo = fifo and not options  # of a FIFO queue that keeps its messages, only the first ones can be seen
    source, dead = ("ledger.fifo", "ledger-dlq.fifo") if fifo else ("orders", "orders-dlq")
    wanted = set(range(MESSAGES))
    state = tmp_path_factory.mktemp("state")
    with used(world, state), patch.object(engine, "THREADS", threads):
        for number in range(MESSAGES):
            moved(world, {"n": number}, source, group=f"{number % 7}" if fifo else None)
            world.time += 0.001
        with killed_at(world, last):
            try:
                run("replay", dead, "--yes", *options)
            except Killed:
                world.time += later  # what was in flight is visible again
        if options and any('"end"' in path.read_text() for path in state.iterdir()):
            return  # complete: another run is another replay of what was kept
        result = run("replay", dead, "--yes", *options, "--output", "json")
        assert result.stdout, result.stderr
        found = json.loads(result.stdout)
        assert set(numbers(world, source)) | set(numbers(world, dead)) == wanted, "lost"
        assert max(numbers(world, source).values(), default=1) == 1, "sent twice"
        assert found["in_doubt"] <= 10 * threads, "only what was in flight"
        assert not (fifo and later < 240 and found["in_doubt"]), "a FIFO queue drops a second copy"
        assert result.exit_code == (2 if found["in_doubt"] else 0) or (found["not_sent"] and fifo), result.stderr
        run("replay", dead, "--yes", *options, "--in-doubt")
        assert run("replay", dead, "--yes", *options).exit_code == 0  # the rest of the groups that waited
        sent = numbers(world, source)
        of_group = [
            [json.loads(each.body)["n"] for each in world.sqs.queues[source].all if each.group == f"{group}"]
            for group in range(7)
        ]
    assert not fifo or [sorted(each) for each in of_group] == of_group
    assert set(sent) == wanted
    assert bool(world.sqs.queues[dead].all) == bool(options)
    if not options:
        assert sum(sent.values()) - MESSAGES <= found["in_doubt"], "only what a person asked for"


def test_what_is_in_doubt_is_listed_and_can_be_dropped(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = shop()
    folder = tmp_path_factory.mktemp("state")
    with used(world, folder):
        for number in range(3):
            moved(world, {"n": number})
        world.after = kill_at("SendMessageBatch")
        with pytest.raises(Killed):
            run("replay", "orders-dlq", "--yes", "--limit", "2")
        world.after = lambda *_: None
        world.time += 1000
        listed = run("failures", "orders-dlq", "--in-doubt", "--list", "--output", "jsonl")
        assert sorted(json.loads(line)["payload"]["n"] for line in listed.stdout.splitlines()) == [0, 1]
        preview = run("replay", "orders-dlq", "--dry-run", "--output", "json")
        assert len(json.loads(preview.stdout)["preview"]["in_doubt"]) == 2
        result = run("replay", "orders-dlq", "--yes")
        assert result.exit_code == 2
        assert "2 failures may have been sent before" in result.stderr
        assert numbers(world, "orders") == Counter({0: 1, 1: 1, 2: 1})
        archive = str(folder / "dropped.jsonl")
        assert run("drop", "orders-dlq", "--in-doubt", "--yes", "--archive", archive).exit_code == 0
        assert not world.sqs.queues["orders-dlq"].all
        assert run("replay", "orders-dlq", "--yes").exit_code == 0


def test_what_was_sent_and_is_not_visible_yet_is_deleted_by_the_run_after_the_next(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A run that sees only a part of the rest leaves the journal open, also for other places."""
    world = shop()
    with used(world, tmp_path_factory.mktemp("state")):
        moved(world, {"n": 1})
        world.before = kill_at("DeleteMessageBatch")
        with pytest.raises(Killed):
            run("replay", "orders-dlq", "ledger-dlq.fifo", "--yes")
        world.before = lambda *_: None
        for queue in world.sqs.queues.values():  # hidden for as long as another one has it
            for message in queue.flight.values():
                message.visible_at = world.time + 500
        run("replay", "orders-dlq", "--yes")
        run("replay", "ledger-dlq.fifo", "--yes")
        world.time += 1000
        assert run("replay", "orders-dlq", "--yes").exit_code == 0
    assert numbers(world, "orders") == {1: 1}
    assert not world.sqs.queues["orders-dlq"].all
