"""Draws the dashboards of a synthesized template with made-up data, to look at their layout.

    python -m tools.render_dashboard cdk.out/RedriveShop.template.json dashboard.html

The page is as wide as a screen of 1,440 pixels. The figures are made up: quiet, and an incident in the second half.
What a reader would trip over (widgets that overlap, titles that are cut off) is printed, and ends the program with 1.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from tools.dashboard_body import COLUMN, bodies, name_of, problems

_ROW, _GAP = 50, 6
_POINTS = 120
# What else is on an axis is counted, and has no halves.
_SMOOTH = ("seconds", "minutes", "hours", "%")
_ERRORS = ("TimeoutError", "KeyError", "Other")
_COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#bcbd22", "#7f7f7f")
_STYLE = """
body { margin: 0; background: #f2f3f3; font: 13px/1.35 Helvetica, Arial, sans-serif; color: #16191f; }
.widget { position: absolute; box-sizing: border-box; background: #fff; border: 1px solid #d5dbdb; overflow: hidden; }
.bare { background: none; border: none; }
.text { padding: 0 10px; }
.text h1 { font-size: 20px; margin: 10px 0 4px; }
.text h2 { font-size: 17px; margin: 14px 0 4px; }
.text p { margin: 0 0 3px; }
.title { font-weight: bold; font-size: 13px; padding: 6px 10px 0; white-space: nowrap; }
.legend { position: absolute; bottom: 4px; left: 10px; right: 6px; font-size: 11px; line-height: 15px; }
.legend span { margin-right: 10px; white-space: nowrap; }
.alarm { float: left; width: 23.6%; margin: 4px 0 0 1%; height: 40px; box-sizing: border-box; padding: 4px 8px;
  border-left: 5px solid #1d8102; background: #f5fbf4; font-size: 12px; overflow: hidden; }
.number { padding: 8px 10px; } .number b { font-size: 34px; font-weight: normal; }
.text code { font-size: 12px; background: #e9ebed; padding: 1px 4px; }
.on { border-color: #d13212; background: #fdf3f1; }
"""


class Series(NamedTuple):
    """A line with made-up values."""

    label: str
    color: str
    values: list[float]
    right: bool


def main(template: str, page: str) -> int:
    """Draws the dashboards of a template.

    Args:
        template: The template's file.
        page: The page's file.

    Returns:
        The exit code.
    """
    found = bodies(json.loads(Path(template).read_text(encoding="utf-8")))
    if not found:
        print(f"{template} has no dashboard")
        return 1
    wrong = [f"{name}: {problem}" for name, body in found.items() for problem in problems(body)]
    Path(page).write_text(draw(list(found.values())), encoding="utf-8")
    print(*wrong, f"{page}: {len(found)} dashboard(s), {sum(len(body['widgets']) for body in found.values())} widgets")
    return 1 if wrong else 0


def draw(found: Sequence[dict[str, Any]]) -> str:
    """A page with dashboards, one below the other.

    Args:
        found: Their bodies.

    Returns:
        HTML.
    """
    parts: list[str] = []
    top = 0
    for body in found:
        widgets: list[dict[str, Any]] = body["widgets"]
        parts += [_widget(widget, top) for widget in widgets]
        top += _ROW * (1 + max(widget["y"] + widget["height"] for widget in widgets))
    head = f'<!doctype html><meta charset="utf-8"><title>Dashboards</title><style>{_STYLE}</style>'
    return f'{head}<div style="position: relative; height: {top}px">{"".join(parts)}</div>\n'


def _widget(widget: dict[str, Any], top: int) -> str:
    width, height = COLUMN * widget["width"] - _GAP, _ROW * widget["height"] - _GAP
    place = f"left: {COLUMN * widget['x'] + 3}px; top: {top + _ROW * widget['y'] + 3}px; "
    size = f"width: {width}px; height: {height}px"
    properties = widget["properties"]
    kind = "number" if properties.get("view") == "singleValue" else widget["type"]
    drawn = {"text": _text, "alarm": _alarms, "metric": _graph, "number": _number}[kind](properties, width, height)
    bare = " bare" if properties.get("background") == "transparent" else ""
    return f'<div class="widget{bare}" style="{place}{size}">{drawn}</div>'


def _text(properties: dict[str, Any], width: int, height: int) -> str:
    lines: list[str] = []
    for line in properties["markdown"].splitlines():
        level = len(line) - len(line.lstrip("#"))
        tag = f"h{level}" if level else "p"
        linked = re.sub(r"\[(.+?)\]\((.+?)\)", r'<a href="\2">\1</a>', escape(line.lstrip("# ")))
        linked = re.sub(r"`(.+?)`", r"<code>\1</code>", linked)
        lines.append(f"<{tag}>{linked}</{tag}>")
    return f'<div class="text">{"".join(lines)}</div>'


def _alarms(properties: dict[str, Any], width: int, height: int) -> str:
    names = [arn.rpartition(":")[2] for arn in properties["alarms"]]
    on = set(names[:2])
    tiles = (f'<div class="alarm{" on" if name in on else ""}">{escape(name)}</div>' for name in names)
    return f'<div class="title">{escape(name_of({"properties": properties}))}</div>{"".join(tiles)}'


def _number(properties: dict[str, Any], width: int, height: int) -> str:
    shown: list[str] = []
    for row in properties["metrics"]:
        options = row[-1]
        if options.get("visible") is not False:
            value = random.Random(properties["title"]).uniform(2, 40)
            text = f"{value:.1f}" if options["label"] in _SMOOTH else f"{value:.0f}"
            shown.append(f'<div class="number"><b>{text}</b> {escape(options["label"])}</div>')
    return f'<div class="title">{escape(properties["title"])}</div>{"".join(shown)}'


def _graph(properties: dict[str, Any], width: int, height: int) -> str:
    annotations = properties.get("annotations", {}).get("horizontal", [])
    lines = list(_series(properties, annotations))
    legend = " ".join(f'<span><b style="color: {line.color}">■</b> {escape(line.label)}</span>' for line in lines)
    rows = _rows_of_legend([line.label for line in lines], width - 16)
    bottom, left, right = height - 52 - 15 * rows, 44, width - 44  # the title above, the hours below
    drawn = [_frame(properties, left, right, bottom)]
    for side in (False, True):
        mine = [line for line in lines if line.right is side]
        marks = [each for each in annotations if (each.get("yAxis") == "right") is side]
        highest = max([1, *(max(line.values) for line in mine), *(each["value"] for each in marks)]) * 1.15
        if mine:
            drawn.append(_scale(highest, right + 4 if side else left - 4, bottom, anchor="start" if side else "end"))
        for line in mine:
            points = " ".join(
                f"{left + (right - left) * number / (_POINTS - 1):.1f},{_height(value, highest, bottom):.1f}"
                for number, value in enumerate(line.values)
            )
            drawn.append(f'<polyline points="{points}" fill="none" stroke="{line.color}" stroke-width="1.5"/>')
        drawn += [_mark(each, _height(each["value"], highest, bottom), left, right) for each in marks]
    svg = f'<svg width="{width}" height="{bottom + 16}" style="display: block">{"".join(drawn)}</svg>'
    return f'<div class="title">{escape(properties["title"])}</div>{svg}<div class="legend">{legend}</div>'


def _rows_of_legend(labels: Sequence[str], width: float) -> int:
    rows, used = 1, 0.0
    for label in labels:
        needed = 28 + 5.8 * len(label)
        if used + needed > width:
            rows, used = rows + 1, 0.0
        used += needed
    return rows


def _height(value: float, highest: float, bottom: float) -> float:
    return bottom - (bottom - 22) * value / highest


def _frame(properties: dict[str, Any], left: float, right: float, bottom: float) -> str:
    axes = properties.get("yAxis", {})
    names = "".join(
        f'<text x="{x}" y="12" font-size="10" fill="#687078" text-anchor="{anchor}">{axes[side]["label"]}</text>'
        for side, x, anchor in (("left", 6, "start"), ("right", right + 38, "end"))
        if side in axes
    )
    times = "".join(
        f'<text x="{left + (right - left) * part:.0f}" y="{bottom + 13}" font-size="10" fill="#687078" '
        f'text-anchor="middle">{text}</text>'
        for part, text in ((0, "20:00"), (0.25, "23:00"), (0.5, "02:00"), (0.75, "05:00"), (1, "08:00"))
    )
    return f'{names}{times}<path d="M{left},{bottom}H{right}" stroke="#aab7b8"/>'


def _scale(highest: float, x: float, bottom: float, *, anchor: str) -> str:
    return "".join(
        f'<text x="{x}" y="{_height(part * highest, highest, bottom) + 3:.1f}" font-size="10" fill="#687078" '
        f'text-anchor="{anchor}">{_short(part * highest)}</text>'
        for part in (0, 0.5, 0.95)
    )


def _short(value: float) -> str:
    for size, name in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{name}"
    return f"{value:.3g}"


def _mark(annotation: dict[str, Any], y: float, left: float, right: float) -> str:
    color = annotation.get("color", "#d62728")
    is_right = annotation.get("yAxis") == "right"
    x, anchor = (right - 3, "end") if is_right else (left + 3, "start")
    label = escape(annotation.get("label", ""))
    return (
        f'<path d="M{left},{y:.1f}H{right}" stroke="{color}" stroke-dasharray="4 3"/>'
        f'<text x="{x}" y="{y - 4:.1f}" font-size="10" fill="{color}" text-anchor="{anchor}">{label}</text>'
    )


def _series(properties: dict[str, Any], annotations: Sequence[dict[str, Any]]) -> Iterator[Series]:
    colors = iter(_COLORS * 60)
    for row in properties.get("metrics", []):
        options: dict[str, Any] = row[-1] if isinstance(row[-1], dict) else {}
        if options.get("visible") is False:
            continue
        label, side = str(options.get("label", row[1] if len(row) > 1 else "")), options.get("yAxis", "left")
        limits = [each["value"] for each in annotations if each.get("yAxis", "left") == side]
        found = label.count("${PROP(")
        for error in _ERRORS if found else ("",):
            name = re.sub(r"\$\{PROP\(.+?\)\}", error, label)
            axis = str(properties["yAxis"].get(side, {}).get("label"))
            seed = name + json.dumps(row[:4]) + axis
            values = _made_up(seed, limits, whole=axis not in _SMOOTH)
            name = name.replace("${MAX}", _short(max(values)))
            yield Series(name, next(colors), values, side == "right")


def _made_up(seed: str, limits: Sequence[float], *, whole: bool) -> list[float]:
    chance = random.Random(seed)
    highest = (
        max([1 if whole else 8, *limits]) * chance.uniform(0.15, 1.4) * (6 if whole and max([0, *limits]) < 2 else 1)
    )
    start, end = chance.uniform(0.5, 0.65) * _POINTS, chance.uniform(0.72, 0.95) * _POINTS
    quiet, values = chance.uniform(0, 0.1), list[float]()
    for number in range(_POINTS):
        part = max(0.0, min(1.0, (number - start) / 8, (end - number) / 8))
        value = highest * (quiet * chance.random() + part * chance.uniform(0.85, 1))
        values.append(round(value) if whole else value)
    return values


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
