"""The reader of a queue: each message once, and all that is not deleted is given back."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redrive.core.system import clock, sleeper
from redrive_cli.aws import Account, Aws, factories
from redrive_cli.failures.opening import each_in
from redrive_cli.failures.queue import QueueReader
from redrive_cli.places.queue import queue_named
from tests.support.cli.shop import moved, shop
from tests.support.cli.world import World


def reader(world: World, expected: int | None = None) -> QueueReader:
    aws = Aws(Account())
    place = queue_named(aws, "orders-dlq")
    assert place is not None
    return QueueReader(aws, place, expected)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_message_is_read_twice_and_none_is_kept(data: st.DataObject) -> None:
    """Time passes between receives, so that visibility timeouts end; some messages are deleted."""
    world = shop()
    with factories.replaced(world.factory), clock.replaced(world.now), sleeper.replaced(lambda seconds: None):
        ids = {moved(world, {"n": number}) for number in range(data.draw(st.integers(0, 60)))}
        read: list[str] = []
        deleted: set[str] = set()
        opened = reader(world, data.draw(st.none() | st.integers(0, 100)))
        for each in each_in(opened):
            read.append(each.key)
            action = data.draw(st.sampled_from(["hold", "delete"]))
            world.time += data.draw(st.sampled_from([0, 0, 0, 10, 31]))
            if action == "delete":
                opened.delete([each])
                deleted.add(each.key)
        opened.close()
        world.time += 1
        assert len(read) == len(set(read))
        assert set(read) <= ids
        queue = world.sqs.queues["orders-dlq"]
        assert {each.id for each in queue.all} == ids - deleted
        world.sqs.get_queue_attributes(queue.url, ["All"])
        assert not queue.flight


def test_a_deletion_that_fails_for_some_entries_is_repeated_for_these() -> None:
    world = shop()
    with factories.replaced(world.factory), clock.replaced(world.now), sleeper.replaced(lambda seconds: None):
        for _ in range(10):
            moved(world)
        failures = [True] * 3

        def refuse(operation: str, entry: Any) -> str | None:
            return "InternalError" if operation == "DeleteMessageBatch" and failures and failures.pop() else None

        world.sqs.refuses = refuse
        opened = reader(world)
        assert opened.delete(opened.take()) == {}
        assert not world.sqs.queues["orders-dlq"].all
        sizes = [len(each["Entries"]) for each in world.made("DeleteMessageBatch")]
        assert sizes == [10, 3]


def test_an_entry_that_sqs_refuses_for_good_is_an_error() -> None:
    world = shop()
    with factories.replaced(world.factory), clock.replaced(world.now):
        id = moved(world)
        world.sqs.refuses = lambda operation, entry: "ReceiptHandleIsInvalid"
        opened = reader(world)
        assert list(opened.delete(opened.take())) == [id]


def test_the_visibility_timeout_is_short_and_grows_with_what_is_read() -> None:
    world = shop()
    with factories.replaced(world.factory), clock.replaced(world.now):
        for _ in range(2000):
            moved(world)
        reader(world, 10).take()
        reader(world).take()
        short, long = (each["VisibilityTimeout"] for each in world.made("ReceiveMessage"))
        assert short == 30
        assert 30 < long <= 60
