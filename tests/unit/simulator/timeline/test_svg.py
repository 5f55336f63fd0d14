"""A timeline as a drawing: where things are, and that nothing is missing."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_simulator.timeline.axis import Axis
from redrive_simulator.timeline.entries import NOTHING, Entry, Event, Kind
from redrive_simulator.timeline.layout import Layout
from redrive_simulator.timeline.looks import GROUND, LOOKS, TONES, name_of
from redrive_simulator.timeline.svg import svg_of
from redrive_simulator.timeline.threads import Slot
from redrive_simulator.timeline.timeline import Timeline
from tests.support.simulator.timeline import timelines

SVG = "{http://www.w3.org/2000/svg}"


def parsed(timeline: Timeline, **options: int) -> ElementTree.Element:
    return ElementTree.fromstring(svg_of(timeline, **options))


def entries_in(drawing: ElementTree.Element) -> int:
    return sum(int(element.get("data-n", "0")) for element in drawing.iter())


def words_of(drawing: ElementTree.Element) -> str:
    return "\n".join(drawing.itertext())


def of_kind(layout: Layout, *kinds: Kind) -> list[int]:
    return [position for position, entry in enumerate(layout.entries) if entry.kind in kinds]


# Elements that are drawn.


@pytest.mark.parametrize("name", timelines.ALL)
def test_every_entry_is_drawn_or_counted(name: str) -> None:
    timeline = timelines.ALL[name]()
    assert entries_in(parsed(timeline)) == len(timeline)


@pytest.mark.parametrize("name", timelines.ALL)
def test_the_same_timeline_gives_the_same_drawing(name: str) -> None:
    assert svg_of(timelines.ALL[name]()) == svg_of(timelines.ALL[name]())


def test_a_large_history_is_a_drawing_of_a_bounded_size() -> None:
    timeline = timelines.huge(20_000)
    drawing = parsed(timeline)
    assert entries_in(drawing) == len(timeline)
    assert len(list(drawing.iter())) < 5000


def test_lanes_that_do_not_fit_are_counted() -> None:
    timeline = timelines.shards(10, 2, 3)
    drawing = parsed(timeline, most_lanes=5)
    assert entries_in(drawing) == len(timeline)
    assert "Not drawn: 25 more lanes with" in words_of(drawing)
    assert "none of them a loss" in words_of(drawing)


def test_every_lane_and_every_place_has_a_name() -> None:
    words = words_of(parsed(timelines.shop()))
    for name in ("OrdersQueue", "OrdersDeadLetters", "Draw", "FailedInvoices", "shardId-000000000000", "ReadingsAside"):
        assert name in words


def test_kinds_differ_by_shape_alone() -> None:
    assert set(LOOKS) == set(Kind)
    assert len({look.shape for look in LOOKS.values()}) == len(Kind)


def test_each_kind_is_drawn_with_its_shape_and_explained() -> None:
    drawing = parsed(timelines.every_kind())
    used = [element.get("href") for element in drawing.iter(f"{SVG}use")]
    words = words_of(drawing)
    for kind, look in LOOKS.items():
        assert used.count(f"#{name_of(kind)}") == (1 if kind is Kind.RETRY else 2)  # a mark, and the legend
        assert look.words in words


def test_colours_have_enough_contrast_on_both_grounds() -> None:
    def luminance(color: str) -> float:
        shares = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
        red, green, blue = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for name in (*TONES, "ink", "faint"):
        for theme in (0, 1):
            lights = sorted(luminance((TONES | GROUND)[which][theme]) for which in (name, "ground"))
            assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5, (name, theme)


def test_the_drawing_has_a_title_and_says_what_was_lost() -> None:
    drawing = parsed(timelines.asynchronous())
    assert drawing.findtext(f"{SVG}title") == "Invoices"
    description = drawing.findtext(f"{SVG}desc")
    assert description == "17 entries in 2 lanes, from 0:00:00.000 to 0:03:00.900. 1 event LOST (dropped)."
    assert "t d" in drawing.get("aria-labelledby", "")
    assert [text.text for text in drawing.iter(f"{SVG}text") if "alarm" in text.get("class", "")] == ["dropped"]
    assert len([path for path in drawing.iter(f"{SVG}path") if path.get("class") == "lossline"]) == 1


def test_nothing_lost_is_said_too() -> None:
    assert "Nothing was lost" in (parsed(timelines.small()).findtext(f"{SVG}desc") or "")


def test_text_from_outside_stays_text() -> None:
    text = svg_of(timelines.hostile())
    drawing = ElementTree.fromstring(text)
    assert {element.tag.removeprefix(SVG) for element in drawing.iter()} <= {
        "svg", "title", "desc", "style", "clipPath", "defs", "marker", "g", "use",
        "rect", "path", "circle", "text", "tspan",
    }  # fmt: skip
    assert "</script><script>alert(1)</script>" in words_of(drawing)
    assert text.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ufffe\uffff]", text)


def test_it_needs_nothing_else_and_adapts_to_the_ground() -> None:
    text = svg_of(timelines.shards())
    assert re.findall(r"https?://[^\"' ]*", text) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in text
    assert "prefers-color-scheme:dark" in text


def test_a_drawing_that_is_too_narrow_is_an_error() -> None:
    with pytest.raises(ValueError, match="width=479"):
        svg_of(timelines.small(), width=479)


@pytest.mark.parametrize("name", timelines.ALL)
@pytest.mark.parametrize("width", [480, 800, 2400])
def test_nothing_is_drawn_outside(name: str, width: int) -> None:
    for text in parsed(timelines.ALL[name](), width=width).iter(f"{SVG}text"):
        x, half = float(text.get("x", 0)), len("".join(text.itertext())) * 2.4
        centre = {"middle": x, "end": x - half}.get(text.get("text-anchor", ""), x + half)
        assert 0 <= centre <= width


# Positions.


def test_a_message_and_its_retries_are_on_one_track_and_the_waits_between_them() -> None:
    layout = Layout(timelines.small())
    first, second = of_kind(layout, Kind.FAILED, Kind.SUCCEEDED)
    (line,) = [line for line in layout.lines if layout.entries[line.position].kind is Kind.RETRY]
    assert layout.spots[first].track == layout.spots[second].track == line.track
    assert (line.start[0], line.end[0]) == (layout.spots[first].x, layout.spots[second].left)
    assert line.due == pytest.approx(layout.spots[second].left)


def test_things_at_the_same_time_are_on_tracks_of_their_own() -> None:
    layout = Layout(timelines.asynchronous())
    tracks = {
        id: {layout.spots[position].track for position in of_kind(layout, Kind.FAILED, Kind.CRASHED)
             if layout.entries[position].events == (id,)}
        for id in ("req-1", "req-2")
    }  # fmt: skip
    assert tracks == {"req-1": {0}, "req-2": {1}}


def test_a_changed_visibility_takes_the_place_of_the_wait_before() -> None:
    timeline = Timeline(
        [
            Entry(0, 0.0, Kind.RETRY, "Q", events=("m",), until=100.0),
            Entry(1, 10.0, Kind.VISIBILITY, "Q", events=("m",), until=30.0),
            Entry(2, 30.0, Kind.SUCCEEDED, "Q", events=("m",), attempt=2),
        ]
    )
    layout = Layout(timeline, width=300.0)
    assert [(line.position, line.start[0], line.end[0]) for line in layout.lines] == [
        (0, 0.0, 100.0),
        (1, 100.0, 300.0),
    ]


def test_a_wait_that_nothing_ends_goes_on_to_the_edge() -> None:
    timeline = Timeline(
        [Entry(0, 0.0, Kind.RETRY, "Q", events=("m",), until=100.0), Entry(1, 9.0, Kind.SENT, "Q", events=("n",))]
    )
    (line,) = Layout(timeline, width=90.0).lines
    assert (line.end[0], line.is_open) == (90.0, True)


def test_what_is_ready_and_not_yet_taken_differs_from_waiting() -> None:
    timeline = Timeline(
        [
            Entry(0, 0.0, Kind.RETRY, "Q", events=("m",), until=40.0),
            Entry(1, 100.0, Kind.SUCCEEDED, "Q", events=("m",), attempt=2),
        ]
    )
    (line,) = Layout(timeline, width=100.0).lines
    assert (line.due, line.end[0]) == (40.0, 100.0)


def test_halves_are_below_the_batch_that_was_cut() -> None:
    layout = Layout(timelines.bisect(100, (62,)))
    attempts = [position for position in range(len(layout.entries)) if layout.entries[position].is_attempt]
    sizes = {(len(layout.entries[position].events), layout.spots[position].track) for position in attempts}
    assert sizes == {(100, 0), (50, 1), (25, 2), (12, 3), (13, 3), (6, 4), (7, 4), (3, 5), (1, 6), (2, 6)}
    for position in attempts:
        parent = layout.positions.get(layout.entries[position].parent, NOTHING)
        if parent != NOTHING:
            assert layout.spots[position].track == layout.spots[parent].track + 1
            assert layout.spots[position].left > layout.spots[parent].x


def test_attempts_at_one_instant_are_side_by_side_in_their_order() -> None:
    layout = Layout(timelines.bisect(100, (62,), duration=0.0))
    attempts = [position for position in range(len(layout.entries)) if layout.entries[position].is_attempt]
    assert all(layout.spots[after].x - layout.spots[before].x > 5 for before, after in pairwise(attempts))
    (first, _) = layout.axis.instants
    assert first.start == first.end == 1.0


def test_the_rest_behind_a_checkpoint_goes_on_on_the_same_track() -> None:
    layout = Layout(timelines.shards())
    (partly,) = of_kind(layout, Kind.PARTLY_FAILED)
    (rest,) = [position for position, entry in enumerate(layout.entries)
               if entry.is_attempt and entry.parent == layout.entries[partly].number]  # fmt: skip
    assert layout.spots[rest].track == layout.spots[partly].track


def test_what_follows_at_once_is_below_the_attempt() -> None:
    layout = Layout(timelines.small())
    (deleted,), (done,) = of_kind(layout, Kind.DELETED), of_kind(layout, Kind.SUCCEEDED)
    assert layout.spots[deleted][:2] == layout.spots[done][:2]
    assert layout.spots[deleted].slot is Slot.BELOW
    assert layout.spots[deleted].x == layout.spots[done].x


def test_a_move_to_the_dead_letter_queue_arrives_there() -> None:
    layout = Layout(timelines.receives())
    place = next(number for number, row in enumerate(layout.rows) if row.source == "OrdersDeadLetters")
    moves = of_kind(layout, Kind.DEAD_LETTERED)
    assert [(arrival.position, arrival.row) for arrival in layout.arrivals] == [(move, place) for move in moves]
    assert [link.cause for link in layout.links] == moves


def test_a_record_is_linked_with_the_invocation_it_is_about() -> None:
    layout = Layout(timelines.asynchronous())
    (link,) = layout.links
    assert layout.entries[link.cause].kind is Kind.DESTINATION
    assert layout.entries[link.effect].events == ("record-1",)


def test_a_message_that_a_handler_sends_is_linked_with_the_attempt() -> None:
    events = {id: Event(id, "Q", 0.0, "", cause=cause) for id, cause in (("a", None), ("b", "a"))}
    entries = [
        Entry(0, 0.0, Kind.SENT, "Q", events=("a",)),
        Entry(1, 1.5, Kind.SENT, "R", events=("b",)),
        Entry(2, 1.0, Kind.SUCCEEDED, "Q", events=("a",), attempt=1, duration=1.0),
    ]
    layout = Layout(Timeline(entries, events))
    (link,) = layout.links
    assert (layout.entries[link.cause].number, layout.entries[link.effect].number) == (2, 1)


def test_lanes_of_a_source_are_side_by_side_and_counted_like_a_person_would() -> None:
    entries = [
        Entry(number, float(number), Kind.SENT, source, lane, events=(str(number),))
        for number, (source, lane) in enumerate((("S", "shard/10"), ("Q", ""), ("S", "shard/9")))
    ]
    assert [(row.source, row.lane) for row in Layout(Timeline(entries)).rows] == [
        ("S", "shard/9"),
        ("S", "shard/10"),
        ("Q", ""),
    ]


def test_more_at_a_time_than_there_are_tracks_share_them() -> None:
    entries = [
        Entry(number, 0.0, Kind.FAILED, "Q", events=(str(number),), attempt=1, duration=10.0) for number in range(30)
    ]
    layout = Layout(Timeline(entries), most_tracks=12)
    assert layout.rows[0].tracks == 12
    assert len(layout.spots) == 30


# The axis.


def test_retries_after_one_and_two_minutes_are_drawn_in_proportion() -> None:
    axis = Layout(timelines.asynchronous(0.0)).axis
    assert axis.breaks == []
    assert axis.at(180) - axis.at(60) == pytest.approx(2 * (axis.at(60) - axis.at(0)))


def test_hours_in_which_nothing_happens_are_cut_short() -> None:
    axis = Axis([0.0, 30.0, 60.0, 90.0, 120.0, 43_200.0])
    assert [(part.start, part.end) for part in axis.breaks] == [(120.0, 43_200.0)]
    assert axis.at(30.0) > 150
    assert axis.ticks()[-1].label == "12:00:00"


times = st.lists(st.floats(0, 2_000_000).map(lambda time: round(time, 6)), min_size=1, max_size=60)


@given(times, st.data())
def test_places_on_the_axis_are_in_the_order_of_time(known: list[float], data: st.DataObject) -> None:
    steps = data.draw(st.dictionaries(st.sampled_from(known), st.integers(1, 40), max_size=8))
    axis = Axis(known, steps, width=900.0)
    last = -1.0
    for time in sorted(set(known)):
        for step in range(steps.get(time, 0) + 1):
            x = axis.at(time, step)
            assert last <= x + 1e-6 <= 900.001
            last = x
    assert axis.segments[0].left == 0
    assert all(before.right == after.left for before, after in pairwise(axis.segments))


@given(times)
def test_labels_of_the_axis_do_not_touch(known: list[float]) -> None:
    ticks = [tick for tick in Axis(known, width=900.0).ticks() if tick.label]
    for before, after in pairwise(ticks):
        assert before.x + 3 * len(before.label) <= after.x - 3 * len(after.label)


# The picture in the documentation.


def test_the_picture_in_the_documentation_shows_what_is_drawn_today() -> None:
    picture = Path(__file__).parents[4] / "docs" / "pictures" / "timeline.svg"
    assert picture.read_text(encoding="utf-8") == timelines.shop().svg(width=900), (
        "make it anew: python -m tests.support.simulator.timeline.timelines"
    )
