"""Properties that the rules of every kind of thing have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from redrive_model.rules.rule import Rules


def pattern(length: int) -> str:
    """A filter pattern of a length."""
    return f'{{"body":{{"a":["{"x" * (length - 19)}"]}}}}'


WILDCARD = '{"body": {"a": [{"wildcard": "a*"}]}}'
NUMBER = '{"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1]}]}}}}'
NO_PATTERN = '{"body": {"a": 1}}'
PATTERNS: list[tuple[str, ...]] = [
    (),
    (pattern(20), pattern(4_096)),
    (pattern(4_097),),
    (pattern(20), WILDCARD),
    (pattern(20), NUMBER),
    (pattern(20), NO_PATTERN),
]


def assert_says_no_more(rules: Iterable[Callable[[Any], str | None]], facts: Any, forgettable: Iterable[str]) -> None:
    """Checks that a silent rule stays silent, whatever fact is missing: it never guesses an unknown value."""
    names = tuple(forgettable)
    for rule in rules:
        if rule(facts) is None:
            for name in names:
                assert rule(replace(facts, **{name: None})) is None, (rule.__name__, name)


def assert_complaints_read_well(rules: Rules[Any], facts: Any, *verbs: str) -> None:
    """Each complaint is one sentence, whose end begins with one of the verbs and names a remedy."""
    for complaint in [*rules.refused(facts), *(text for _, text in rules.warned(facts))]:
        assert ": " in complaint
        remedy = complaint.rpartition("; ")[2] if ";" in complaint else complaint.rpartition(": ")[2]
        assert remedy.split()[0] in verbs, complaint
        assert not complaint.endswith(".")
        assert "e+" not in complaint  # 1,209,600, not 1.2096e+06
        assert "None" not in complaint
        assert " inf" not in complaint.replace("infinite", "")
