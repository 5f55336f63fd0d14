"""Writes an explanation as one page of HTML, without any other file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from string import Template
from zlib import crc32

from redrive_cli.explain.bisected import MOST_RECORDS, MOST_RETRIES, bisected
from redrive_cli.explain.pictures import picture
from redrive_cli.explain.table import as_html
from redrive_cli.explain.text import ending_of, failure_of, place_of, times_of, title
from redrive_model.explanation.paths import as_text as path_text
from redrive_model.explanation.way import Explanation, Way
from redrive_model.explanation.words import count, duration
from redrive_model.findings import Finding
from redrive_model.schedules.course import Course

_PAGE = Path(__file__).with_name("page.html")


def as_page(explained: Explanation, what: str, outage: float | None) -> str:
    """Return the page.

    Args:
        explained: The explanation.
        what: What was explained, for the title.
        outage: Length of the outage, if one was asked for.
    """
    parts: list[str] = []
    if explained.ways:
        parts.append(f"<section><h2>Comparison</h2><div class=wide>{as_html(explained.ways)}</div></section>")
    parts += [_section(way, outage) for way in explained.ways]
    for heading, texts in (
        ("Nothing in the stack invokes", explained.not_reached),
        ("Not modelled", explained.not_modelled),
    ):
        if texts:
            parts.append(f"<section><h2>{heading}</h2>{_list(map(escape, texts))}</section>")
    if explained.findings:
        parts.append(f"<section><h2>Other findings</h2>{_list(map(_finding, explained.findings))}</section>")
    page = Template(_PAGE.read_text(encoding="utf-8"))
    return page.substitute(title=escape(f"Failures of {what}"), body="\n".join(parts))


def _section(way: Way, outage: float | None) -> str:
    facts = [(name, text) for name, text in _facts(way) if text]
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts)
    courses = "".join(_course(each, outage) for each in way.courses)
    drawn = ""
    if way.courses or way.kind == "synchronous":
        drawn = f"<div class=wide>{_inline(picture(way, head='What becomes of one event'), way)}</div>"
    if way.halved is not None and way.courses:
        halves = _inline(_halves(way, way.halved), way, "halves")
        drawn += f"<h3>a batch with one bad record</h3><div class=wide>{halves}</div>"
    said = _list([*map(_finding, way.findings), *(f"<span class=faint>{escape(each)}</span>" for each in way.notes)])
    return f"<section><h2>{escape(title(way))}</h2><dl>{listed}</dl>{courses}{drawn}{said}</section>"


def _facts(way: Way) -> Iterator[tuple[str, str]]:
    yield "comes by", "<br>".join(escape(path_text(path)) for path in way.before)
    yield "meanwhile", escape(way.meanwhile)
    yield "blocks", escape(way.blocks)
    place = escape(place_of(way))
    yield "failures", place if way.places or way.kind == "synchronous" else f"<span class=lost>{place}</span>"
    yield "then", "<br>".join(escape(path_text(path)) for path in way.after)
    yield "bridges", "" if way.bridges is None else f"{duration(way.bridges)} in which the function fails"
    throttled = way.bridges_throttling
    yield "", "" if throttled is None else f"{duration(throttled)} in which it is throttled"


def _course(course: Course, outage: float | None) -> str:
    head = f"{failure_of(course, outage)}: {count(*course.count)}{'' if course.runs else ' without a run'}"
    endings = "; or ".join(
        f'<span class="{each.end.replace(" ", "-")}">{escape(ending_of(each))}</span>' for each in course.endings
    )
    times = f"<br><span class=faint>at {escape(times_of(course))}</span>" if course.attempts else ""
    return f"<h3>{escape(head)}</h3>{endings}{times}"


def _halves(way: Way, size: int) -> str:
    retries = int(min(way.courses[0].count[1] - 1, MOST_RETRIES))
    return bisected(min(size, MOST_RECORDS), retries, kept=bool(way.places))


def _inline(svg: str, way: Way, which: str = "") -> str:
    """Return a drawing whose ids are its own, as a page has several."""
    number = crc32(f"{way.function} {way.kind} {way.source}{which}".encode())
    made = svg
    for id in ("names", "arrow", "t", "d"):
        made = made.replace(f'id="{id}"', f'id="{id}{number}"').replace(f"url(#{id})", f"url(#{id}{number})")
    return made.replace('aria-labelledby="t d"', f'aria-labelledby="t{number} d{number}"')


def _finding(finding: Finding) -> str:
    level = "warning" if finding.severity == "warning" else "error"
    return f"<span class={level}>{level}</span> {escape(finding.rule)}: {escape(finding.sentence)}"


def _list(items: Iterable[str]) -> str:
    found = "".join(f"<li>{each}</li>" for each in items)
    return f"<ul>{found}</ul>" if found else ""
