"""A reader of the glossary finds a word by its place in the alphabet."""

from __future__ import annotations

import re

import pytest

from tools.site import ROOT

PARTS = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split("\n## ")


@pytest.mark.parametrize("title", ["AWS's terms", "Our terms"])
def test_the_terms_are_in_alphabetical_order(title: str) -> None:
    (part,) = (part for part in PARTS if part.startswith(title))
    terms = re.findall(r"^\| ([^|]+) \|", part, re.MULTILINE)[2:]
    assert len(terms) > 10
    assert terms == sorted(terms, key=str.casefold)
