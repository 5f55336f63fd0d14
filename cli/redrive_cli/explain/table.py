"""Compares the ways into the functions of a stack in a table: one column each, as text, Markdown or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from redrive_cli.explain.text import place_of, title
from redrive_cli.output.terminal import WIDTH
from redrive_model.explanation.way import Way
from redrive_model.explanation.words import count, duration

#: Columns of text that fit beside each other.
_SIDE_BY_SIDE = 3
_NAMES = 18


def rows_of(ways: Sequence[Way]) -> list[tuple[str, list[str]]]:
    """Return the rows of the table: a name, and a value for each way."""
    return [
        ("automatic retries", [_retries(way) for way in ways]),
        ("who controls them", [way.controls for way in ways]),
        ("interval", [way.interval or "not known" for way in ways]),
        ("maximum", [way.maximum or "not known" for way in ways]),
        ("order", [way.order for way in ways]),
        ("partial failures", [way.partial for way in ways]),
        ("a failure blocks", [way.blocks for way in ways]),
        ("failures end", [place_of(way).removeprefix("end ") for way in ways]),
        ("bridges", ["–" if way.bridges is None else duration(way.bridges) for way in ways]),
    ]


def _retries(way: Way) -> str:
    if way.kind == "synchronous":
        return "no"
    if not way.courses:
        return "yes"
    return count(*way.courses[0].count)


def as_markdown(ways: Sequence[Way]) -> str:
    """Return the table in Markdown."""
    lines = [_markdown_row(["", *map(title, ways)]), _markdown_row(["---"] * (len(ways) + 1))]
    lines += [_markdown_row([name, *values]) for name, values in rows_of(ways)]
    return "\n".join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


def as_html(ways: Sequence[Way]) -> str:
    """Return the table as an HTML element."""
    head = "".join(f'<th scope="col">{escape(title(way))}</th>' for way in ways)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(each)}</td>" for each in values)}</tr>'
        for name, values in rows_of(ways)
    )
    return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"


def as_text(ways: Sequence[Way]) -> str:
    """Return the table as text, three ways beside each other."""
    parts = [ways[start : start + _SIDE_BY_SIDE] for start in range(0, len(ways), _SIDE_BY_SIDE)]
    return "\n\n".join(_text_part(part) for part in parts)


def _text_part(ways: Sequence[Way]) -> str:
    width = (WIDTH - _NAMES - 2 * len(ways)) // len(ways)
    rows = [("", [title(way) for way in ways]), *rows_of(ways)]
    lines: list[str] = []
    for name, values in rows:
        cells = [wrap(each, width) or [""] for each in values]
        for number in range(max(map(len, cells))):
            shown = [(each[number] if number < len(each) else "").ljust(width) for each in cells]
            lines.append("  ".join([(name if number == 0 else "").ljust(_NAMES), *shown]).rstrip())
        if not name:
            lines.append("─" * WIDTH)
    return "\n".join(lines)
