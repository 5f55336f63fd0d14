"""Messages are due in the order of their times and numbers, also those that were added late."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from redrive_simulator import Parameters
from redrive_simulator.engine.world import World
from redrive_simulator.services.messages import Message
from redrive_simulator.services.timetable import Timetable

TIMES = st.lists(st.integers(0, 20), max_size=30)


@given(TIMES, st.sets(st.integers(0, 29)), st.integers(0, 21))
def test_what_is_due_comes_in_its_order_without_what_has_left(times: list[int], left: set[int], now: int) -> None:
    world = World(Parameters(), 0)
    messages: dict[str, Message] = {}
    table = Timetable(world, messages, lambda: None)
    for number, time in enumerate(times):
        message = messages[str(number)] = Message(str(number), "", 0)
        message.number = number
        table.add(time, message)
    expected = sorted((time, number) for number, time in enumerate(times))
    for number in sorted(left & {*range(len(times))}):
        message = messages.pop(str(number))
        message.deleted = True
        was_first = expected[0] == (times[number], number)
        assert table.forget(message) == was_first
        expected.remove((times[number], number))
        table.plan(background=True)
    world.scheduler.now = now
    assert [message.number for message in table.due()] == [number for time, number in expected if time <= now]
