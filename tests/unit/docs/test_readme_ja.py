"""README.ja.md says the same as README.md: the same code, links, headings, figures and names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ENGLISH, JAPANESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))
_FENCED = re.compile(r"^```\w+\n.*?^```$", re.DOTALL | re.MULTILINE)
REMEDY = "change README.ja.md as README.md was changed"


def prose(text: str) -> str:
    return _FENCED.sub("", text)


def links(text: str) -> list[str]:
    """The targets of links and pictures, without those from one language to the other."""
    return sorted(each for each in re.findall(r"\]\(([^)\s]+)\)", prose(text)) if not each.startswith("README"))


def rows(text: str) -> list[list[str]]:
    """Of each row of a table, the code and the figures."""
    return [re.findall(r"`[^`]+`|\d+(?:[.,]\d+)*", row) for row in prose(text).splitlines() if row.startswith("| ")]


def headings(text: str) -> list[str]:
    return re.findall(r"^#+", prose(text), re.MULTILINE)


def test_the_code_is_the_same() -> None:
    assert _FENCED.findall(JAPANESE) == _FENCED.findall(ENGLISH), REMEDY


def test_it_has_the_same_headings_and_links() -> None:
    assert headings(JAPANESE) == headings(ENGLISH), REMEDY
    assert links(JAPANESE) == links(ENGLISH), REMEDY


def test_its_tables_have_the_same_figures_and_names() -> None:
    assert [sorted(row) for row in rows(JAPANESE)] == [sorted(row) for row in rows(ENGLISH)], REMEDY


def test_each_leads_to_the_other() -> None:
    assert "](README.ja.md)" in ENGLISH
    assert "](README.md)" in JAPANESE


def test_it_is_japanese() -> None:
    """No sentence was left in English."""
    text = re.sub(r"`[^`]*`|\[[^\]]*\]\([^)]*\)", "", prose(JAPANESE))
    assert re.findall(r"\b(?:the|and|with|for)\b", text) == []
    assert len(re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]", text)) > 2_000


@pytest.mark.parametrize("change", ["python app.py", "](docs/sqs.md)", " 409 "])
def test_a_difference_is_found(change: str) -> None:
    changed = JAPANESE.replace(change, "other", 1)
    found = [_FENCED.findall(changed), links(changed), [sorted(row) for row in rows(changed)]]
    expected = [_FENCED.findall(JAPANESE), links(JAPANESE), [sorted(row) for row in rows(JAPANESE)]]
    assert any(one != other for one, other in zip(found, expected, strict=True))
