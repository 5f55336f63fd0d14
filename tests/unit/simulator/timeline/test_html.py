"""A timeline as a page: nothing missing, nothing let in, and nothing asked of a network."""

from __future__ import annotations

import json
import os
import re
import subprocess
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from redrive_simulator.timeline.entries import NEVER, Entry, Event, Kind
from redrive_simulator.timeline.html import html_of
from redrive_simulator.timeline.timeline import Timeline
from redrive_simulator.timeline.words import clock, span
from tests.support.simulator.timeline import timelines

VOID = frozenset({"meta", "input"})


class Page(HTMLParser):
    """A page, whose tags have to be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def data_of(text: str) -> dict[str, Any]:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


def script_of(text: str) -> str:
    (found,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    return found


def picture_in(text: str) -> str:
    (found,) = re.findall(r"<noscript>.*?(<svg.*</svg>)\s*</noscript>", text, re.DOTALL)
    return found


def number_of_entries(data: dict[str, Any]) -> int:
    return len(data["entries"]) + sum(part[-1] for part in data["counted"])


@pytest.mark.parametrize("name", timelines.ALL)
def test_a_page_has_every_entry(name: str) -> None:
    timeline = timelines.ALL[name]()
    data = data_of(html_of(timeline))
    assert sorted(entry[0] for entry in data["entries"]) == sorted(entry.number for entry in timeline.entries)
    assert data["counted"] == []


@pytest.mark.parametrize("name", timelines.ALL)
def test_a_page_is_well_formed_and_always_the_same(name: str) -> None:
    text = html_of(timelines.ALL[name]())
    page = Page(text)
    assert len(page.all("script")) == 2
    assert text == html_of(timelines.ALL[name]())


@pytest.mark.parametrize("most", [0, 50, 700, 1999])
def test_entries_that_are_too_many_are_counted_and_the_page_says_so(most: int) -> None:
    timeline = timelines.huge(2000, 10)
    text = html_of(timeline, most=most)
    data = data_of(text)
    assert len(data["entries"]) <= most
    assert number_of_entries(data) == len(timeline)
    assert f"{len(timeline):,} entries are too many to draw one by one" in text
    assert f"{len(data['entries']):,} are: losses and failures first" in text
    assert sum(entry[-1] for entry in data["entries"]) == min(most, 1)  # the loss
    assert "10 events LOST" in text


def test_more_entries_than_are_drawn_make_a_page_of_a_bounded_size() -> None:
    """100,000 make one of 8.6 MB, which is drawn in a second or two; less is enough to see where it ends."""
    timeline = timelines.huge(40_000)
    text = html_of(timeline)
    data = data_of(text)
    assert number_of_entries(data) == len(timeline)
    assert len(data["entries"]) <= 20_000
    assert len(text) < 5_000_000


def test_what_was_lost_stands_at_the_top() -> None:
    assert '<p class="alarm" role="alert">1 event LOST: 1 dropped</p>' in html_of(timelines.asynchronous())
    assert 'class="alarm"' not in html_of(timelines.small()).split("<noscript>")[0].split("<body>")[1]


def test_text_from_outside_cannot_end_a_script_nor_begin_one() -> None:
    text = html_of(timelines.hostile())
    page = Page(text)
    assert [attributes.get("type") for attributes in page.all("script")] == ["application/json", None]
    assert page.texts["title"][0] == "</title><script>alert('title')</script>"
    data = data_of(text)
    nasty = "</script><script>alert(1)</script><!--"
    assert all(nasty in data["events"][0][column] for column in (2, 3))  # payload and group
    assert nasty in data["ids"][0]
    between = text.split('id="data">')[1].split("</script>")[0]
    assert not re.search("[<>&\x00-\x1f\x7f-\uffff]", between)
    assert not re.search(r"\\u0000|\\u001b|\\u202e|\\ud8|\\uffff|\\u2028", between)
    assert text.encode()


def test_only_the_pages_own_script_and_styles_are_allowed() -> None:
    text = html_of(timelines.hostile())
    policy = Page(text).all("meta")[1]["content"] or ""
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy

    def digest(code: str) -> str:
        return f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'"

    script = script_of(text)
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert f"script-src {digest(script)};" in policy
    assert f"style-src {' '.join(map(digest, styles))}" in policy
    names = {name for _, attributes in (*Page(text).tags, *Page(picture_in(text)).tags) for name in attributes}
    assert not [name for name in names if name == "style" or name.startswith("on")]  # which the policy would not allow


def test_a_page_asks_nothing_of_a_network() -> None:
    text = html_of(timelines.shards())
    assert set(re.findall(r"https?://[^\"' ;]*", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\((?!#)|\bsrc=|<link|fetch\(|XMLHttpRequest|WebSocket", text)


def test_the_script_puts_nothing_on_the_page_as_markup() -> None:
    script = script_of(html_of(timelines.small()))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|DOMParser", script)


def test_without_a_script_there_is_a_picture() -> None:
    drawing = ElementTree.fromstring(picture_in(html_of(timelines.receives())))
    assert sum(int(element.get("data-n", "0")) for element in drawing.iter()) == len(timelines.receives())


def test_controls_have_names_and_the_chart_says_how_to_use_it() -> None:
    page = Page(html_of(timelines.receives()))
    assert page.all("html")[0]["lang"] == "en"
    (chart,) = [attributes for attributes in page.all("div") if attributes.get("id") == "chart"]
    assert (chart["role"], chart["tabindex"]) == ("application", "0")
    assert "Arrow keys" in (chart["aria-label"] or "")
    assert {attributes.get("role") for _, attributes in page.tags} >= {"toolbar", "group", "status", "tooltip"}
    for button in page.all("button"):
        assert button["type"] == "button"
        assert button.get("aria-label") or button.get("title")


def test_what_is_known_of_an_entry_is_on_the_page() -> None:
    data = data_of(html_of(timelines.small()))
    strings = data["strings"]
    failed = data["entries"][1]
    number, time, kind, row, track, slot, _, _, function, events, attempt, duration, until, parent, _, reason, lost = (
        failed
    )
    assert (number, time, row, track, slot, events, attempt, duration) == (1, 0.0, 0, 0, 1, [0, 1], 1, 0.2)
    assert (until, parent, lost) == (None, -1, 0)
    assert (strings[function], strings[reason]) == ("OrdersFunction", "ValueError: boom")
    assert data["kinds"][kind][0] == "failed"
    assert data["entries"][2][12] == 60.0
    assert data["events"] == [[strings.index("OrdersQueue"), 0.0, '{"id": 7}', None, -1]]
    assert data["reasons"] == [["OrdersFunction", "failed", "ValueError: boom", 1]]


def test_a_batch_is_written_as_runs() -> None:
    ids = [f"m-{number}" for number in range(50)]
    entries = [
        Entry(0, 0.0, Kind.FAILED, "Q", events=tuple(ids), attempt=1),
        Entry(1, 1.0, Kind.SUCCEEDED, "Q", events=("m-3", "m-4", "m-9"), attempt=2),
    ]
    data = data_of(html_of(Timeline(entries)))
    assert [entry[9] for entry in data["entries"]] == [[0, 50], [3, 2, 9, 1]]
    assert data["events"] == [None] * 50  # nothing is known of them, and the page copes


def test_the_cause_of_an_event_is_known_though_it_is_in_no_entry() -> None:
    events = {"a": Event("a", "Fn", 0.0, "cause"), "b": Event("b", "Q", 1.0, "effect", cause="a")}
    data = data_of(html_of(Timeline([Entry(0, 1.0, Kind.SENT, "Q", events=("b",))], events)))
    assert data["ids"] == ["b", "a"]
    assert data["events"][0][4] == 1
    assert data["events"][1][2] == "cause"


def test_payloads_in_trouble_have_room_when_there_is_not_enough_for_all() -> None:
    history = timelines.HistoryWriter()
    for number in range(3000):
        history.send(0.0, "Q", f"m-{number}", "x" * 5000)
    history.add(1.0, Kind.FAILED, "Q", "m-2999", attempt=1)
    data = data_of(html_of(history.timeline))
    payload = {id: event[2] for id, event in zip(data["ids"], data["events"], strict=True)}
    assert len(payload["m-2999"]) == 4000
    assert len(payload["m-0"]) < 1000
    assert sum(len(text or "") for text in payload.values()) < 2_100_000


def test_a_time_that_never_comes_is_no_number() -> None:
    timeline = Timeline([Entry(0, 0.0, Kind.RETRY, "Q", events=("m",), until=NEVER)])
    assert data_of(html_of(timeline))["entries"][0][12] is None


def test_a_page_is_written_to_a_file(tmp_path: Path) -> None:
    timeline = timelines.hostile()
    path = timeline.write_html(tmp_path / "timeline.html")
    assert path.read_text(encoding="utf-8") == timeline.html()


def test_less_than_no_entries_is_an_error() -> None:
    with pytest.raises(ValueError, match="most=-1"):
        html_of(timelines.small(), most=-1)


def test_the_page_writes_times_as_the_text_does() -> None:
    """Both write them by themselves; the page's functions run in Node.js here."""
    functions = files("redrive_simulator").joinpath("timeline/page_words.js").read_text(encoding="utf-8")
    values = [
        0,
        0.0001,
        0.0009,
        0.25,
        0.9996,
        1,
        59.8,
        59.94,
        59.96,
        60,
        63.25,
        3599.9,
        43_080,
        86_399.9996,
        90_000.5,
        1e6,
    ]
    code = f"{functions}console.log(JSON.stringify({values}.map(s=>[clock(s),clock(s,true),span(s)])))"
    run = subprocess.run([os.environ["JSII_NODE"], "-e", code], capture_output=True, text=True, check=True)
    expected = [[clock(value), clock(value, whole=True), span(value)] for value in values]
    assert json.loads(run.stdout) == expected


def test_every_part_of_the_script_is_on_the_page() -> None:
    script = script_of(html_of(timelines.small()))
    parts = [path for path in files("redrive_simulator.timeline").iterdir() if re.fullmatch(r"page_\w+\.js", path.name)]
    assert parts
    for part in parts:
        assert script.count(part.read_text(encoding="utf-8")) == 1, part.name


def test_the_script_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "script.js"
    path.write_text(script_of(html_of(timelines.small())), encoding="utf-8")
    run = subprocess.run([os.environ["JSII_NODE"], "--check", str(path)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
