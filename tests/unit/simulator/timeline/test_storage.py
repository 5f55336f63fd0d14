"""A long history is kept in little memory, and reads as lists and dictionaries of entries and events would."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_simulator import Ended, Entry, Event, Kind, Outcome, Parameters, Simulation
from redrive_simulator.engine.outcomes import Outcomes
from redrive_simulator.engine.scheduler import Scheduler
from redrive_simulator.timeline.storage import Events, Log, Texts
from tests.support.simulator.simulations import sqs_stack

NAMES = st.sampled_from(["", "Queue", "Function", "because"])
IDS = st.sampled_from(["a", "b", "c", "d"])
TIMES = st.floats(0, 1e6) | st.just(float("inf"))
ENTRIES = st.builds(
    Entry,
    number=st.just(0),
    time=st.floats(0, 1e6),
    kind=st.sampled_from(Kind),
    source=NAMES,
    lane=NAMES,
    function=NAMES,
    events=st.lists(IDS, max_size=3).map(tuple),
    attempt=st.integers(0, 100_000),
    duration=st.floats(0, 1e6),
    until=TIMES,
    parent=st.integers(-1, 5),
    place=NAMES,
    reason=NAMES,
)
EVENTS = st.builds(Event, IDS, NAMES.filter(bool), st.floats(0, 1e6), st.integers(), st.none() | IDS, st.none() | IDS)
ENDED = st.builds(Ended, IDS, NAMES, st.sampled_from(Outcome), st.floats(0, 1e6), NAMES, NAMES, NAMES)


@given(st.lists(ENTRIES, max_size=8))
def test_entries_come_back_as_they_were_added(entries: list[Entry]) -> None:
    log = Log(Texts(), Texts(""), Scheduler())
    expected: list[Entry] = []
    for number, each in enumerate(entries):
        expected.append(each._replace(number=number))
        fields = each._asdict()
        del fields["number"]
        assert log.add(**fields) == number
    assert (log == expected, len(log), list(log)) == (True, len(expected), expected)
    assert (log[1:], log[::-2]) == (expected[1:], expected[::-2])
    if expected:
        assert (log[-1], log[0]) == (expected[-1], expected[0])
    with pytest.raises(IndexError):
        log[len(expected)]


@given(st.lists(EVENTS, max_size=8))
def test_events_come_back_as_they_were_added(events: list[Event]) -> None:
    ids = Texts()
    kept = Events(ids, Texts(""))
    expected: dict[str, Event] = {}
    for each in events:
        expected[each.id] = each
        kept.add(*each)
    ids.number("of an outcome only")
    assert kept == expected
    assert len(kept) == len(expected)
    assert kept.get("of an outcome only") is None
    assert "never" not in kept


@given(st.lists(st.tuples(ENDED, st.sampled_from(["", "one", "two"])), max_size=8))
def test_outcomes_come_back_as_they_were_set(ended: list[tuple[Ended, str]]) -> None:
    clock = Scheduler()
    outcomes = Outcomes(Texts(), clock)
    expected: dict[tuple[str, str], Ended] = {}
    for each, consumer in ended:
        expected[each.event, consumer] = each
        clock.now = each.time
        outcomes.set(each.event, each.source, each.outcome, each.place, each.function, each.reason, consumer)
    assert sorted(outcomes) == sorted(expected.values())
    assert len(outcomes) == len(expected)
    assert sorted(outcomes.lost()) == sorted(each for each in expected.values() if each.is_lost)
    for id in "abcd":
        if (id, "") in expected:
            assert outcomes.of(id) == expected[id, ""]
        else:
            with pytest.raises(KeyError):
                outcomes.of(id)


@pytest.mark.parametrize(("keep_history", "most"), [(True, 560), (False, 240)])
def test_a_message_that_is_done_takes_little_memory(most: int, *, keep_history: bool) -> None:
    """600 MB for a million messages, 250 MB without history: the rest is room for what is being done."""
    parameters = Parameters(keep_history=keep_history)
    stack = sqs_stack(BatchSize=1)
    simulation = Simulation.from_template(stack, {"Function": lambda event, context: None}, parameters=parameters)
    simulation.send("Queue", "first")
    simulation.run()
    tracemalloc.start(1)
    try:
        for number in range(1_000):
            simulation.send("Queue", str(number))
            if number % 100 == 99:
                simulation.run()
        now, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert now / 1_000 < most


def test_a_history_can_be_read_while_it_grows() -> None:
    simulation = Simulation.from_template(sqs_stack(), {"Function": lambda event, context: None})
    simulation.send("Queue", "first")
    entries = iter(simulation.timeline)
    assert next(entries).kind is Kind.SENT
    simulation.send("Queue", "second")
    assert [entry.number for entry in entries] == [1]
