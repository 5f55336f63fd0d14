"""The tables and pictures of docs/concepts/ are those that `redrive explain` makes today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import concepts

NAMES = [
    "invocation.md",
    "bridging.md",
    "bridging.svg",
    *(f"invocation-{name}.svg" for name in ("invoices", "orders", "rates", "readings")),
]


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[Path, str]]:
    return {file.name: (file, text) for file, text in concepts.made().items()}


def test_all_pages_and_pictures_are_known(made: dict[str, tuple[Path, str]]) -> None:
    assert set(made) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_or_picture_is_as_the_code_says(name: str, made: dict[str, tuple[Path, str]]) -> None:
    file, text = made[name]
    assert file.read_text(encoding="utf-8") == text, "run: make format"


def test_a_table_is_written_between_its_comments() -> None:
    page = "a\n<!-- table: one way -->\nold\n<!-- end -->\nb\n"
    filled = concepts.filled(page, {"one way": "| new |"})
    assert filled == "a\n<!-- table: one way -->\n\n| new |\n\n<!-- end -->\nb\n"
    assert concepts.filled(filled, {"one way": "| new |"}) == filled
    with pytest.raises(KeyError):
        concepts.filled(page, {})
