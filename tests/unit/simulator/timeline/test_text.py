"""A timeline as text, and the words that its other forms share with it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_simulator.timeline.entries import Entry, Event, Kind
from redrive_simulator.timeline.selection import counted, main_lanes, most_important
from redrive_simulator.timeline.text import text_of
from redrive_simulator.timeline.timeline import Timeline
from redrive_simulator.timeline.words import Ids, clean, clock, losses_of, one_line, span
from tests.support.simulator.timeline import timelines

SMALL = """\
Simulation: 5 entries, 1 event, 0:00:00.000 to 0:01:00.050
       time  where        try  what       events  why
0:00:00.000  OrdersQueue       sent       m-1     {"id": 7}
0:00:00.000  OrdersQueue   #1  FAILED     m-1     OrdersFunction; 200 ms; ValueError: boom
0:00:00.200  OrdersQueue   #1  retry      m-1     in 59.8 s, at 0:01:00.000
0:01:00.000  OrdersQueue   #2  succeeded  m-1     OrdersFunction; 50 ms
0:01:00.050  OrdersQueue       deleted    m-1"""

LOST = """\
Invoices: 17 entries, 3 events, 0:00:00.000 to 0:03:00.900; 1 event LOST
             time  where           try  what         events    why
"""


def entry_lines(text: str) -> list[str]:
    return re.findall(r"^(?:LOST)? *(?:\d+d )?\d+:\d\d:\d\d\.\d{3}  .*$", text, re.MULTILINE)


def test_a_small_history_reads_like_this() -> None:
    assert timelines.small().text() == SMALL


@pytest.mark.parametrize("name", timelines.ALL)
def test_each_entry_has_a_line(name: str) -> None:
    timeline = timelines.ALL[name]()
    assert len(entry_lines(timeline.text(most=None, width=None))) == len(timeline)


@pytest.mark.parametrize("name", timelines.ALL)
def test_the_same_timeline_gives_the_same_text(name: str) -> None:
    assert timelines.ALL[name]().text() == timelines.ALL[name]().text()


def test_an_attempt_stands_where_it_began() -> None:
    """It is entered when it ends: other things may have happened meanwhile."""
    long = Entry(2, 0.0, Kind.SUCCEEDED, "Queue", events=("a",), attempt=1, duration=5.0)
    timeline = Timeline([Entry(0, 0.0, Kind.SENT, "Queue", events=("a",)), Entry(1, 2.0, Kind.SENT, "Queue"), long])
    lines = entry_lines(timeline.text())
    assert "succeeded" in lines[1]
    assert lines[2].startswith("0:00:02.000")


def test_what_was_lost_is_marked_and_named_at_the_end() -> None:
    text = timelines.asynchronous().text()
    assert text.startswith(LOST)
    assert [line for line in text.splitlines() if line.startswith("LOST")] == [
        "LOST  0:03:00.900  Draw             #3  DROPPED      req-2     RetriesExhausted",
        "LOST at 0:03:00.900: req-2 (dropped, RetriesExhausted)",
    ]


def test_what_reached_the_dead_letter_queue_though_not_the_destination_is_not_lost() -> None:
    failed = Entry(0, 1.0, Kind.DESTINATION_FAILED, "Fn", events=("a", "b"), place="Topic")
    kept = [
        Entry(number, 1.0, Kind.DEAD_LETTERED, "Fn", events=(id,), place="Dead") for number, id in ((1, "a"), (2, "b"))
    ]
    assert losses_of([failed, *kept]) == []
    assert losses_of([failed, kept[0]]) == [failed]


def test_parts_of_a_batch_are_indented_below_it() -> None:
    text = timelines.bisect(4, (2,)).text()
    assert [" ".join(what) for what in re.findall(r"#\d  ( *└ |)(FAILED|succeeded|split) +(\S+)", text)] == [
        " FAILED 4:",
        " split 4:",
        "└  succeeded …000:0000,",
        "└  FAILED …000:0002,",
        "└  split …000:0002,",
        "  └  FAILED …000:0002",
        "  └  FAILED …000:0002",
        "  └  succeeded …000:0003",
    ]


def test_a_part_without_its_parent_is_no_deeper_than_it_has_to_be() -> None:
    timeline = timelines.bisect(4, (2,))
    part = timeline.where(lambda entry: entry.is_attempt and len(entry.events) == 1)
    assert "└" not in part.text()


def test_text_from_outside_cannot_move_the_cursor_nor_begin_a_line() -> None:
    timeline = timelines.hostile()
    text = timeline.text(width=None)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert len(text.splitlines()) == 2 + len(timeline)
    assert "␛[31m" in text


@pytest.mark.parametrize("most", [1, 2, 17, 300, 2999])
def test_of_many_entries_the_most_important_are_written(most: int) -> None:
    timeline = timelines.huge(3000, 10)
    text = timeline.text(most=most)
    left_out = [int(number.replace(",", "")) for number in re.findall(r"… ([\d,]+) entr", text)]
    lines = entry_lines(text)
    assert len(lines) <= most
    assert len(lines) + sum(left_out) == len(timeline)
    assert sum(line.startswith("LOST") for line in lines) == min(most, 2)
    assert text.count("LOST at") == 2


def test_lines_are_cut_at_the_width() -> None:
    text = timelines.receives().text(width=70)
    assert max(map(len, text.splitlines())) == 70
    assert "…" in text


@pytest.mark.parametrize(("option", "value"), [("most", 0), ("width", 59)])
def test_what_leaves_nothing_to_read_is_an_error(option: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{option}={value}"):
        text_of(timelines.small(), **{option: value})


def test_the_group_and_the_cause_of_an_event_are_written() -> None:
    events = {"b": Event("b", "Q.fifo", 1.0, "hello", "g-1", "a")}
    text = Timeline([Entry(0, 1.0, Kind.SENT, "Q.fifo", events=("b",))], events).text()
    assert text.splitlines()[-1].endswith("hello; group g-1; from a")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00:00.000"), (63.25, "0:01:03.250"), (59.9996, "0:01:00.000"), (90_000.5, "1d 01:00:00.500"),
     (-1, "-0:00:01.000")],
)  # fmt: skip
def test_a_time_reads_like_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.0001, "<1 ms"), (0.25, "250 ms"), (0.9996, "1 s"), (59.8, "59.8 s"), (59.96, "1 min"),
     (43_080, "11 h 58 min"), (3599.9, "1 h"), (86_400, "1 d"), (273_600, "3 d 4 h")],
)  # fmt: skip
def test_a_span_has_the_one_or_two_units_that_matter(seconds: float, text: str) -> None:
    assert span(seconds) == text


@given(st.text())
def test_cleaned_text_is_harmless(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert len(cleaned) == len(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", cleaned)
    assert len(one_line(text, 10)) <= 10


@given(st.sets(st.text("0123456789abcdef-", min_size=1, max_size=40), max_size=20))
def test_short_ids_are_still_unique(ids: set[str]) -> None:
    names = Ids(ids)
    assert len({names.short(id) for id in ids}) == len(ids)


def test_a_part_of_a_large_timeline_keeps_its_losses_and_counts_the_rest() -> None:
    timeline = timelines.huge(2000, 10)
    shown = most_important(timeline, 60)
    assert losses_of(shown.entries) == losses_of(timeline.entries)
    assert len(shown) <= 60
    assert sum(each.number for each in counted(timeline, shown)) == len(timeline) - len(shown)


def test_routine_is_kept_as_a_whole_or_not_at_all() -> None:
    """A kind of which only the first were drawn would look as if it had ended there."""
    timeline = timelines.huge(2000, 10)
    shown = most_important(timeline, 800)
    failed = {id for each in timeline.entries if each.kind is Kind.FAILED for id in each.events}
    for kind in (Kind.SUCCEEDED, Kind.CHECKPOINT, Kind.SENT):
        untroubled = [
            {entry.number for entry in part.entries if entry.kind is kind and failed.isdisjoint(entry.events)}
            for part in (timeline, shown)
        ]
        assert untroubled[1] in (set(), untroubled[0])


def test_lanes_with_losses_are_left_out_last() -> None:
    timeline = timelines.shards(12, 2, 6)
    part, cut = main_lanes(timeline, 4)
    assert ("Clicks", "shardId-000000000002/1") in part.lanes  # the one whose records expired
    assert (cut.lanes, cut.losses) == (len(timeline.lanes) - 4, 0)
    assert len(part) + cut.entries == len(timeline)
