"""The page of rules is what the model says now."""

from __future__ import annotations

from redrive_model.rules.catalogue import all_rules
from tools.rules_page import PAGE, anchor, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run `python -m tools.rules_page`"


def test_each_rule_has_its_heading() -> None:
    headings = [line for line in page().splitlines() if line.startswith("## ")]
    assert headings == [f"## {rule.id}" for rule in all_rules()]
    assert len({anchor(rule) for rule in all_rules()}) == len(headings)
