"""The documentation site, as `make docs` builds it: every page is in its navigation, and its links lead somewhere."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from os.path import normpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tools import site, stubs

# Elements without an end.
VOID = ("br", "hr", "img", "input", "link", "meta", "wbr")


class Page(HTMLParser):
    """The anchors, links and pictures of a page, and its elements that are not closed."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.pictures: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.not_closed: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        self.anchors.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "img":
            self.pictures.append((found["src"], found.get("alt", "")))
        for name in {"script": ("src",), "link": ("href",), "iframe": ("src",), "img": ("src",)}.get(tag, ()):
            self.loaded.append(found.get(name, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag:
            self.not_closed.append(f"{self.open.pop()} before line {self.getpos()[0]}")
        if self.open:
            self.open.pop()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "docs"
    site.build(folder)
    return folder / "site"


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, Page]:
    # Its links begin at the root of a server.
    return {file: Page(file) for file in built.rglob("*.html") if file.name != "404.html"}


def leaves(part: Any) -> list[str]:
    """The pages of a part of the navigation."""
    if isinstance(part, str):
        return [part]
    return [leaf for each in (part.values() if isinstance(part, dict) else part) for leaf in leaves(each)]


def test_every_page_is_in_the_navigation_once() -> None:
    text = re.sub(r"!!python\S*", "", (site.ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = [place for place in site.places().values() if place.endswith(".md")]
    # The list of rules is the navigation of their pages.
    of_rules = {place for place in pages if place.startswith("reference/rules/")}
    assert sorted(leaves(yaml.safe_load(text)["nav"])) == sorted({*pages} - of_rules)
    listed = (site.ROOT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
    assert {f"reference/{name}" for name in re.findall(r"\((rules/[a-z0-9-]+\.md)\)", listed)} == of_rules


@cache
def target_of(folder: Path, path: str) -> Path | None:
    """The file to which a path leads from a folder; each page has the links of the navigation."""
    target = Path(normpath(folder / unquote(path)))
    if target.is_dir():
        target /= "index.html"
    return target if target.is_file() else None


def test_every_link_leads_to_a_page_and_its_anchor(pages: dict[Path, Page]) -> None:
    broken: list[str] = []
    for file, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = target_of(file.parent, parts.path) if parts.path else file
            if target is None or (parts.fragment and parts.fragment not in pages[target].anchors):
                broken.append(f"{file.name}: {link}")
    assert broken == []


def test_each_element_is_closed(pages: dict[Path, Page]) -> None:
    """Otherwise the rest of the page would look like the element, or stand beside its place."""
    assert [(file.name, page.not_closed) for file, page in pages.items() if page.not_closed] == []


def test_an_element_that_is_not_closed_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p><img src=a><span><code>a</span></p><svg><path/></svg>", encoding="utf-8")
    assert Page(page).not_closed == ["code before line 1"]


def test_nothing_is_fetched_from_elsewhere(pages: dict[Path, Page]) -> None:
    assert {link for page in pages.values() for link in page.loaded if urlsplit(link).netloc} == set()


def test_search_finds_each_public_name(built: Path) -> None:
    items = json.loads((built / "search.json").read_text(encoding="utf-8"))["items"]
    titles = {re.sub(r"<[^>]+>", "", item["title"]) for item in items if item["location"].startswith("reference/")}
    names = [
        name
        for package in stubs.PACKAGES
        for several in stubs.names_of(site.ROOT / package / "__init__.py").values()
        for name in several
    ]
    assert len(names) > 100
    assert [name for name in names if name not in titles] == []


def test_pictures_are_described(pages: dict[Path, Page]) -> None:
    pictures = [picture for page in pages.values() for picture in page.pictures]
    assert pictures
    assert [source for source, text in pictures if len(text) < 10] == []


def test_links_that_show_a_path_show_the_title_of_the_page() -> None:
    """The site has neither the files nor their folders."""
    text = "[streams.md](streams.md), [decisions](decisions/), [CONTRIBUTING.md](../CONTRIBUTING.md), [SQS](sqs.md)"
    shown = (
        "[Records of Kinesis and DynamoDB streams](streams.md), [Decisions](decisions/index.md), "
        "[Contributing](contributing.md), [SQS](sqs.md)"
    )
    assert site.rewritten(text, site.ROOT / "docs" / "guarantees.md", site.places()) == shown


def test_no_link_of_the_site_shows_a_path(built: Path) -> None:
    found = [
        (file.name, text)
        for file in built.rglob("*.html")
        for text in re.findall(r"<a [^>]*>([^<]*\.md)</a>", file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_code_in_a_table_shows_a_pipe_without_its_backslash() -> None:
    text = "| `--by a\\|b` | text \\| text |\n\nAlone: `a\\|b`\n"
    shown = site.rewritten(text, site.ROOT / "docs" / "sqs.md", site.places())
    assert shown == "| `--by a|b` | text \\| text |\n\nAlone: `a\\|b`\n"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("SqsConsumer", ["SqsConsumer"]),
        ("DynamoDBStreamConsumer", ["Dynamo", "DBStream", "Consumer"]),
        ("redrive.sqs.no_dead_letter_queue", ["redrive.", "sqs.", "no_", "dead_", "letter_", "queue"]),
        ("Backoff(base=30, cap=900)", ["Backoff(", "base=30, cap=900)"]),
        ("_create_access_policy", ["_create_", "access_", "policy"]),
        ("s3://bucket/REDRIVE_SQS_1", ["s3://bucket/", "REDRIVE_", "SQS_1"]),
    ],
)
def test_long_names_break_between_their_words(name: str, parts: list[str]) -> None:
    block = f"<pre><code>{name}\n</code></pre>"
    page = site.breakable(f"<h2><code>{name}</code></h2>{block}")
    (inside,) = re.findall(r"<h2><code>(.*?)</code>", page)
    assert re.split(r"<wbr[^>]*>", inside) == parts
    assert ('class="small"' in inside) == (len(parts) > 1 and len(name) <= 28)
    assert page.endswith(block)


def test_the_address_of_a_page_breaks_between_its_parts() -> None:
    page = site.breakable('<a href="https://docs.aws.amazon.com/lambda">https://docs.aws.amazon.com/lambda</a>')
    assert page == (
        '<a href="https://docs.aws.amazon.com/lambda">https://docs.<wbr>aws.<wbr>amazon.<wbr>com/<wbr>lambda</a>'
    )


def test_an_option_of_a_command_stays_in_one_piece() -> None:
    assert site.breakable("<code>redrive check --fail-on never</code>, <code>a--b</code>") == (
        '<code>redrive check <span class="option">--fail-on</span> never</code>, <code>a--b</code>'
    )


def test_links_to_files_that_are_no_pages_become_names() -> None:
    found = site.places()
    page = site.ROOT / "docs" / "sqs.md"
    text = "[a](../README.md#b) [c](../app.py) [`d`](../Makefile) [app.py](../app.py)\n```\n[e](../README.md)\n```\n"
    assert (
        site.rewritten(text, page, found) == "[a](index.md#b) c (`app.py`) `d` `app.py`\n```\n[e](../README.md)\n```\n"
    )


@pytest.mark.parametrize("link", ["nowhere.md", "index.md"])
def test_a_warning_ends_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str) -> None:
    settings = (site.ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(f"{settings}\nnav: [index.md]\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("# Small\n", encoding="utf-8")
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "OUTSIDE", {"README.md": "index.md"})
    monkeypatch.setattr(site, "rewritten", lambda text, file, found: f"{text}\n[somewhere]({link})\n")
    if link == "index.md":
        site.build(tmp_path / "built")
    else:
        with pytest.raises(SystemExit, match=r"nowhere\.md"):
            site.build(tmp_path / "built")
