"""The package's page on PyPI: links that lead somewhere without the repository."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tools.package_page import page, urls

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def links(text: str) -> list[str]:
    """The targets of links and pictures."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def test_the_readme_has_relative_links_that_the_page_has_not() -> None:
    assert any(not link.startswith(("https:", "#")) for link in links(README))
    for repository in ("", "https://example.org/redrive"):
        assert [link for link in links(page(README, repository)) if not link.startswith(("https:", "#"))] == []


@pytest.mark.parametrize(
    ("written", "without", "within"),
    [
        ("[a](docs/a.md)", "a", "[a](https://x.y/o/r/blob/HEAD/docs/a.md)"),
        ("[a](docs/a.md#b)", "a", "[a](https://x.y/o/r/blob/HEAD/docs/a.md#b)"),
        ("![a](docs/a.svg)", "*a*", "![a](https://x.y/o/r/raw/HEAD/docs/a.svg)"),
        ("[a](#b)", "[a](#b)", "[a](#b)"),
        ("[a](https://z)", "[a](https://z)", "[a](https://z)"),
    ],
)
def test_a_link_becomes_absolute_or_its_text(written: str, without: str, within: str) -> None:
    assert page(written, "") == without
    assert page(written, "https://x.y/o/r") == within


def test_project_links_need_a_repository() -> None:
    assert urls("") == {}
    assert urls("https://x.y/o/r")["Issues"] == "https://x.y/o/r/issues"


def test_the_classifiers_name_each_python_that_is_supported() -> None:
    named = [each.rpartition(" ")[2] for each in PROJECT["project"]["classifiers"] if ":: 3." in each]
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["project"]["requires-python"] == f">={named[0]}"


def brought(requirement: str) -> list[str]:
    """The extras, or the package, that a requirement of an extra brings."""
    extras = re.match(r"redrive\[([\w,]+)\]", requirement)
    return extras[1].split(",") if extras else re.findall(r"^[\w-]+", requirement)


def test_the_page_about_installing_has_each_extra_with_what_it_brings() -> None:
    page = (ROOT / "docs/start/install.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", page, re.MULTILINE)
    assert {extra: sorted(re.findall(r"`([\w-]+)`", cell)) for extra, cell in rows} == {
        extra: sorted(name for each in requirements for name in brought(each))
        for extra, requirements in PROJECT["project"]["optional-dependencies"].items()
    }


def test_the_release_notes_begin_with_this_version() -> None:
    notes = (ROOT / "docs/project/release-notes.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", notes, re.MULTILINE)[0] == PROJECT["project"]["version"]
