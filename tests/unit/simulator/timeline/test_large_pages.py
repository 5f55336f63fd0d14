"""Pages of long histories: what is only counted, and the picture for browsers without scripts."""

from __future__ import annotations

import re
from itertools import pairwise

from redrive_simulator.timeline.entries import Kind
from redrive_simulator.timeline.html import html_of
from redrive_simulator.timeline.selection import counted, most_important
from tests.support.simulator.timeline import timelines


def test_what_is_counted_in_one_lane_and_slice_of_time_has_one_place() -> None:
    """Bars of several kinds would lie on each other, if each began with the first entry of its kind."""
    timeline = timelines.huge(4_000)
    parts = counted(timeline, most_important(timeline, 100))
    places = {(part.source, part.lane, part.start, part.end) for part in parts}
    assert {part.kind for part in parts} >= {Kind.SENT, Kind.SUCCEEDED, Kind.CHECKPOINT}
    assert len(places) < len(parts)
    for source, lane in {(part.source, part.lane) for part in parts}:
        bounds = sorted((start, end) for *of, start, end in places if of == [source, lane])
        assert all(end < start for (_, end), (start, _) in pairwise(bounds))


def test_the_picture_of_a_page_has_the_entries_that_are_drawn_one_by_one() -> None:
    timeline = timelines.huge(4_000)
    shown = most_important(timeline, 100)
    (picture,) = re.findall(r"<noscript>.*?(<svg.*</svg>)\s*</noscript>", html_of(timeline, most=100), re.DOTALL)
    assert sum(map(int, re.findall(r'data-n="(\d+)"', picture))) == len(shown) <= 100
