"""Draws marks of entries, and their labels. Marks that would touch are drawn as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from redrive_simulator.timeline.entries import Kind
from redrive_simulator.timeline.looks import LOOKS, SCALES, heaviest, name_of
from redrive_simulator.timeline.sizes import FAR, MANY, NEAR
from redrive_simulator.timeline.svg_frame import Frame
from redrive_simulator.timeline.threads import Slot
from redrive_simulator.timeline.words import LOSSES


class Cluster(NamedTuple):
    """Marks that are drawn as one.

    Attributes:
        positions: Positions of the entries.
        kind: Kind that is shown.
    """

    x: float
    y: float
    slot: Slot
    positions: list[int]
    kind: Kind


def marks(frame: Frame, counted: set[int]) -> Iterator[str]:
    """Draw a mark for each entry, except those at the positions in `counted`."""
    clusters = sorted(_clusters(frame, counted), key=lambda cluster: (cluster.y, cluster.x))
    for y, in_line in groupby(clusters, key=lambda cluster: cluster.y):
        line = list(in_line)
        taken = frame.left
        for index, cluster in enumerate(line):
            after = line[index + 1].x if index + 1 < len(line) else frame.width + 20
            label, taken = _label(frame, cluster, cluster.x - taken, after - cluster.x)
            yield _mark(frame, cluster, y, label)
    for arrival in frame.layout.arrivals:
        x, y = frame.x(arrival.x), frame.y(arrival.row, 0, Slot.STRIP)
        title = frame.title([arrival.position])
        ring = f'<circle class="hollow" cx="{x:g}" cy="{y:g}" r="4.5" stroke-width="1.8"/>'
        yield f'<g class="kept">{title}{ring}</g>'


def _clusters(frame: Frame, counted: set[int]) -> list[Cluster]:
    places: dict[tuple[int, int, Slot], list[int]] = {}
    for position, spot in enumerate(frame.layout.spots):
        if position not in counted:
            places.setdefault((spot.row, spot.track, spot.slot), []).append(position)
    clusters: list[Cluster] = []
    for (row, track, slot), positions in places.items():
        positions.sort(key=lambda position: (frame.layout.spots[position].x, position))
        xs = [frame.layout.spots[position].x for position in positions]
        groups = list(_near(positions, xs, NEAR))
        if sum(len(group) > 1 for group in groups) > MANY:
            groups = list(_near(positions, xs, FAR))
        right = -NEAR
        for near in groups:
            kind = heaviest(frame.layout.entries[position].kind for position in near)
            shown = next(position for position in near if frame.layout.entries[position].kind is kind)
            x = max(frame.layout.spots[shown].x, right + NEAR)
            right = x + (6 if kind in LOSSES else 0)  # the mark of a loss is larger
            clusters.append(Cluster(frame.x(x), frame.y(row, track, slot), slot, near, kind))
    return clusters


def _mark(frame: Frame, cluster: Cluster, y: float, label: str) -> str:
    look, scale = LOOKS[cluster.kind], SCALES[cluster.kind]
    scaled = f" scale({scale:g})" if scale != 1 else ""
    use = f'<use href="#{name_of(cluster.kind)}" transform="translate({cluster.x:g} {y:g}){scaled}"/>'
    return f'<g class="{look.tone}" data-n="{len(cluster.positions)}">{frame.title(cluster.positions)}{use}{label}</g>'


def _label(frame: Frame, cluster: Cluster, before: float, after: float) -> tuple[str, float]:
    """Write the label beside a mark, if there is room, and return the place up to which it takes the line."""
    entries = [frame.layout.entries[position] for position in cluster.positions]
    same = [entry for entry in entries if entry.kind is cluster.kind]
    x, y = cluster.x, cluster.y
    if cluster.kind in LOSSES:
        label = cluster.kind.value if len(same) == 1 else f"{len(same):,}× {cluster.kind.value}"
        wide = 7.2 * len(label) + 26
        if after >= wide and x + wide <= frame.width:
            return f'<text class="alarm halo" x="{x + 12:g}" y="{y + 4:g}">{label}</text>', x + wide - 8
        if before >= wide:
            return f'<text class="alarm halo" x="{x - 12:g}" y="{y + 4:g}" text-anchor="end">{label}</text>', x + 10
        return "", x + 10
    label = f"×{len(entries):,}" if len(entries) > 1 else ""
    if len(same) < len(entries):
        label = f"{len(same):,}/{len(entries):,}"
    if not label and entries[0].is_attempt and len(entries[0].events) > 1:
        label = f"{len(entries[0].events):,}"
    if cluster.slot is Slot.BELOW and len(same) < 2:
        label = ""
    end = x + 6 * len(label) + 8
    if not label or after < 6 * len(label) + 10 or end > frame.width:
        return "", x + 8
    up = -4 if cluster.slot is Slot.STRIP else 5  # above the line that continues there
    return f'<text class="halo near" x="{x + 7:g}" y="{y - up:g}">{label}</text>', end


def _near(positions: Sequence[int], xs: Iterable[float], distance: float) -> Iterator[list[int]]:
    """Group positions whose marks would touch."""
    near: list[int] = []
    first = 0.0
    for position, x in zip(positions, xs, strict=True):
        if near and x - first >= distance:
            yield near
            near = []
        if not near:
            first = x
        near.append(position)
    if near:
        yield near
