"""Maps times to places on a drawing: shortens long times without entries, and widens instants with several steps."""

# Retries are seconds apart and visibility timeouts hours, so one scale does not suit both. A handler may take no
# virtual time at all, so ten attempts can follow each other at one instant.

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from redrive_simulator.timeline.sizes import LABEL, TICK
from redrive_simulator.timeline.words import clock

BREAK = 58.0
"""Width of a shortened time."""
STEP = 24.0
"""Greatest width of a step within an instant."""
_CROWDED = 10.0
_MOST_BREAKS = 12
_PRICE = 0.6  # of a break; a thing too near to the next one costs 1
#: Distances between ticks, in seconds.
TICKS = (
    *(digit / 10**power for power in (3, 2, 1) for digit in (1, 2, 5)),
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600 * hours for hours in (1, 2, 3, 6, 12)),
    *(86_400 * days for days in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)


class Segment(NamedTuple):
    """A part of the axis with one scale, from a time to a time (the same for an instant).

    Attributes:
        broken: True for a shortened time.
    """

    start: float
    end: float
    left: float
    right: float
    broken: bool = False

    @property
    def is_instant(self) -> bool:
        """True for a single instant, which is drawn wide."""
        return self.start == self.end


class Tick(NamedTuple):
    """A tick of the axis. Its label is empty if there is no room."""

    x: float
    label: str


class Axis:
    """Axis of time, from 0 to `width`.

    Args:
        times: Times at which something happens.
        steps: Number of steps after the first one, for each instant that has several.
        apart: Times whose marks should not touch. Default: all.

    Attributes:
        segments: Parts from left to right, without gaps.
        step: Width of a step within an instant.
    """

    __slots__ = ("_instants", "_starts", "segments", "step", "width")

    def __init__(
        self,
        times: Iterable[float],
        steps: Mapping[float, int] | None = None,
        width: float = 1000.0,
        apart: Iterable[float] = (),
    ) -> None:
        steps = steps or {}
        known = sorted({*times, *steps}) or [0.0]
        total = sum(steps.values())
        self.width = width
        self.step = min(STEP, 0.6 * width / total) if total else 0.0
        if len(known) == 1 and total:
            self.step = min(STEP, width / total)
        gaps = [(after - before, before) for before, after in pairwise(known)]
        room = width - total * self.step
        apart = sorted(set(apart)) or known
        broken, scale = _breaks(gaps, [after - before for before, after in pairwise(apart)], room)
        self.segments: list[Segment] = []
        x = 0.0
        for index, time in enumerate(known):
            if steps.get(time):
                x = self._append(time, time, x, x + steps[time] * self.step)
            if index < len(gaps):
                is_broken = time in broken
                wide = (min(BREAK, room / len(broken)) if not scale else BREAK) if is_broken else gaps[index][0] * scale
                x = self._append(time, known[index + 1], x, x + wide, is_broken)
        if not self.segments:
            self.segments.append(Segment(known[0], known[0], 0.0, 0.0))
        self._starts = [segment.start for segment in self.segments]
        self._instants = {segment.start: segment for segment in self.segments if segment.is_instant}

    def _append(self, start: float, end: float, left: float, right: float, broken: bool = False) -> float:
        last = self.segments[-1] if self.segments else None
        if last and not broken and not last.broken and start != end and not last.is_instant:
            self.segments[-1] = last._replace(end=end, right=right)
        else:
            self.segments.append(Segment(start, end, left, right, broken))
        return right

    def at(self, time: float, step: int = 0) -> float:
        """Return the place of a time, or of a step within an instant."""
        instant = self._instants.get(time)
        if instant is not None:
            return min(instant.left + step * self.step, instant.right)
        index = bisect_right(self._starts, time) - 1
        segment = self.segments[max(index, 0)]
        if segment.is_instant:
            return segment.left if time < segment.start else segment.right
        share = (time - segment.start) / (segment.end - segment.start)
        return segment.left + min(max(share, 0.0), 1.0) * (segment.right - segment.left)

    @property
    def breaks(self) -> list[Segment]:
        """Shortened times."""
        return [segment for segment in self.segments if segment.broken]

    @property
    def instants(self) -> list[Segment]:
        """Instants that are drawn wide."""
        return [segment for segment in self.segments if segment.is_instant and segment.right > segment.left]

    def ticks(self) -> list[Tick]:
        """Place ticks at the start, after each break and at round times, with labels that do not touch."""
        scale = max(
            (
                (segment.right - segment.left) / (segment.end - segment.start)
                for segment in self.segments
                if not (segment.broken or segment.is_instant)
            ),
            default=0.0,
        )
        unit = next((unit for unit in TICKS if unit * scale >= TICK), TICKS[-1])
        first: list[float] = [self.segments[0].start]
        first += [segment.end for segment in self.segments if segment.broken]
        round_times: list[float] = []
        for segment in self.segments:
            if not (segment.broken or segment.is_instant):
                number = math.ceil(round(segment.start / unit, 9))
                while number * unit <= segment.end + 1e-9:
                    round_times.append(number * unit)
                    number += 1
        taken: list[tuple[float, float]] = []
        ticks: dict[float, str] = {}
        for time in (*first, *round_times):
            x, label = self.at(time), clock(time, whole=True)
            half = len(label) * LABEL / 2 + 4
            fits = all(x + half <= left or x - half >= right for left, right in taken)
            if fits:
                taken.append((x - half, x + half))
            if fits or x not in ticks:
                ticks[x] = label if fits else ticks.get(x, "")
        return [Tick(x, ticks[x]) for x in sorted(ticks)]


def _breaks(gaps: list[tuple[float, float]], apart: list[float], room: float) -> tuple[set[float], float]:
    """Choose the gaps to shorten, as few as keep most marks apart, and the width of a second in the others."""
    longest = sorted(gaps, key=lambda gap: (-gap[0], gap[1]))
    whole = rest = sum(gap for gap, _ in gaps)
    if not gaps or rest <= 0:
        return set(), 0.0
    apart = sorted(apart)
    best, found, found_scale = math.inf, 0, room / rest
    for number in range(min(len(gaps) - 1, _MOST_BREAKS) + 1):
        if number:
            longest_left = longest[number - 1][0]
            rest -= longest_left
            if rest <= 0 or longest_left * room / whole < 1.5 * BREAK:
                break
        left = room - number * BREAK
        if left < 0.5 * room:
            break
        scale = left / rest
        price = bisect_right(apart, _CROWDED / scale) + _PRICE * number
        if price < best - (0.05 * len(apart) if number else 0):
            best, found, found_scale = price, number, scale
    return {start for _, start in longest[:found]}, found_scale
