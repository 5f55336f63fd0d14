"""Lists of the generated reference: each item is one, and says what it is about."""

from __future__ import annotations

import re

import pytest
from markdown import markdown

from tools.reference.pages import FOLDER, NAMES
from tools.reference.text import item, items, paragraphs


def test_an_item_after_one_with_paragraphs_is_an_item() -> None:
    html = markdown(items([item("a", "First.\n\nSecond."), item("b", "Third."), item("c", "")]))
    assert html.count("<li>") == 3


def test_a_number_at_the_beginning_of_a_wrapped_line_begins_no_list() -> None:
    assert "<ol>" not in markdown(item("a", "Stops the next. Default:\n16. The page says about."))
    assert "<ol>" in markdown(paragraphs("Steps:\n\n1. One.\n2. Two."))


@pytest.mark.parametrize("page", NAMES)
def test_every_item_of_a_page_says_something(page: str) -> None:
    """A bare name, with or without its type, leaves the reader to guess."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    assert re.findall(r"^- `\w+`(?: \(`[^`]+`\))?$", text, re.MULTILINE) == []


def test_an_attribute_is_described_where_it_is_defined_or_where_its_argument_is() -> None:
    text = (FOLDER / "constructs.md").read_text(encoding="utf-8")
    consumer = text.partition("## `SqsConsumer`")[2]
    assert "- `untried_alarm` (`AlarmOptions | None`): Overrides. Default: alarm at" in consumer
    assert "- `untried_alarm` (`cloudwatch.Alarm | None`): Fires when a message was not started" in consumer
    backoff = text.partition("## `Backoff`")[2].partition("\n## ")[0]
    assert "These arguments are attributes, too: `base`, `cap`, `factor`, `jitter`." in backoff
