"""Every fact about AWS has its source and its test, and the page of facts says the same."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from redrive_simulator import Parameters
from tests.support.simulator.delivery.fact import Fact
from tests.support.simulator.facts import FACTS
from tools.facts_page import PAGE, page

HERE = Path(__file__).parent
ALL = [fact for facts in FACTS.values() for fact in facts]


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize("fact", ALL, ids=[re.sub(r"\W+", " ", each.text)[:60].strip() for each in ALL])
def test_a_fact_has_a_source_and_a_test(fact: Fact) -> None:
    file, _, test = fact.test.partition("::")
    assert test in names_in(file)
    assert re.fullmatch(r"https://(docs\.aws\.amazon\.com|github\.com)/\S+", fact.source)
    assert fact.text.endswith(".")
    assert (fact.mark == "assumed") is bool(fact.parameter)
    assert not fact.parameter or hasattr(Parameters(), fact.parameter)


def test_each_fact_is_there_once() -> None:
    assert [text for text, count in Counter(each.text for each in ALL).items() if count > 1] == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run `python -m tools.facts_page`"
