"""`redrive watch`: live counts, without a receive."""

from __future__ import annotations

import json

import pytest

from redrive.core.system import sleeper
from tests.support.cli.shop import moved, run
from tests.support.cli.world import World


def test_counts_are_shown_again_and_again(world: World) -> None:
    moved(world)

    def sleep(seconds: float) -> None:
        assert seconds == 7
        moved(world)

    with sleeper.replaced(sleep):
        result = run("watch", "Shop", "--every", "7", "--times", "3", "--output", "jsonl")
    looks = [json.loads(line) for line in result.stdout.splitlines()]
    assert [[each["count"] for each in look["places"] if each["place"] == "OrdersDead"] for look in looks] == [
        [1],
        [2],
        [3],
    ]
    assert not world.made("ReceiveMessage")
    with sleeper.replaced(sleep):
        assert "+1" in run("watch", "Shop", "--every", "7", "--times", "2").stdout


def test_ctrl_c_ends_it(world: World) -> None:
    def sleep(seconds: float) -> None:
        raise KeyboardInterrupt

    with sleeper.replaced(sleep):
        assert run("watch", "orders-dlq").exit_code == 130


@pytest.mark.parametrize("every", ["0", "0.5"])
def test_it_does_not_hurry(world: World, every: str) -> None:
    assert run("watch", "orders-dlq", "--every", every).exit_code == 252
