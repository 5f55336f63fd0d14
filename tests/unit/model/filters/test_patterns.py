"""Refusals of AWS beyond the recorded ones: operators' arguments, `$or`, limits."""

from typing import Any

import pytest

from redrive_model import limits
from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import check, read
from redrive_model.filters.wildcards import beginnings

#: Pattern, and what the complaint says: value, rule, remedy. Sources: github.com/aws/event-ruler, `JsonRuleCompiler`,
#: and https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
REFUSED: list[tuple[Any, str]] = [
    ({}, "the pattern is {}: an object of a pattern names fields; give one, or leave it out"),
    ({"a": {"b": {}}}, '"a.b" is {}: an object of a pattern names fields; give one, or leave it out'),
    ({"a": {"b": []}}, '"a.b" is []: a list of a pattern has values; give one, or leave the field out'),
    ({"a": "open"}, '"a" is "open": a field takes a list of values, or an object of fields; write ["open"]'),
    ('{"a": [NaN]}', 'the pattern {"a": [NaN]} is no JSON (NaN is no value of JSON); give an object of fields'),
    ({"a": [{"starts": "x"}]}, '{"starts": "x"} for "a" is no operator; use one of anything-but, cidr, '),
    ({"a": [{}]}, '{} for "a" has 0 members: an operator stands alone; write an object for each'),
    ({"a": [{"numeric": ["=", 2**60]}]}, "is no 64-bit floating-point number; give one with fewer digits"),
    ({"a": [{"anything-but": 2**60}]}, "is no 64-bit floating-point number; give one with fewer digits"),
    ({"a": [{"numeric": [">", 1, "<", 1]}]}, 'a range goes up; write [">", 0, "<=", 5]'),
    ({"a": [{"anything-but": []}]}, "anything-but excludes texts or numbers, not both; give one, or a list of them"),
    ({"a": [{"anything-but": [1, "a"]}]}, "anything-but excludes texts or numbers, not both"),
    ({"a": [{"anything-but": True}]}, "anything-but excludes texts or numbers, not both"),
    (
        {"a": [{"anything-but": {"prefix": "a", "suffix": "b"}}]},
        "use one of equals-ignore-case, prefix, suffix",
    ),
    ({"a": [{"prefix": {"suffix": "a"}}]}, 'prefix takes one text, or ignores case; write {"prefix": {"equals-ignore-'),
    ({"a": [{"cidr": "10.0.0.1/32"}]}, "is no range of IP addresses; write 10.0.0.0/24 or 2001:db8::/32"),
    ({"a": [{"cidr": "::/128"}]}, "is no range of IP addresses"),
    ({"a": [{"wildcard": r"a\b"}]}, "has a backslash"),
    ({"a": [{"wildcard": "a\\"}]}, "has a backslash"),
    ({"$or": [{"a": ["b"]}]}, "$or takes two or more objects of fields"),
    ({"$or": [{"a": ["b"]}, "c"]}, "$or takes two or more objects of fields"),
    ({"$or": [{"numeric": 123}, {"prefix": "abc"}]}, "$or takes two or more objects of fields"),
    ({"$or": [{"a": {"prefix": ["b"]}}, {"c": ["d"]}]}, "$or takes two or more objects of fields"),
    ({"$or": [{}, {"a": ["b"]}]}, "the pattern is {}"),
    ({"$or": "a"}, '"$or" is "a"'),
    ("[" * 100_000, "is nested too deeply; leave out levels"),
]


@pytest.mark.parametrize(("pattern", "says"), REFUSED)
def test_a_refusal_names_value_rule_and_remedy(pattern: Any, says: str) -> None:
    complaint = check(pattern)
    assert complaint is not None
    assert says in complaint


def test_without_two_objects_of_fields_or_is_a_field() -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/and-or-logic.html: "treated as a regular attribute name"."""
    pattern = read({"$or": [{"prefix": "a"}, {"suffix": "b"}]})
    assert matches(pattern, {"$or": "ab"})
    assert not matches(pattern, {"a": "b"})


def test_a_field_behind_or_replaces_those_of_its_alternatives() -> None:
    """Each alternative makes a pattern of its own, in which the last condition for a field counts."""
    before, behind = (
        read('{"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}'),
        read('{"$or": [{"a": [2]}, {"b": [3]}], "a": [1]}'),
    )
    assert matches(before, {"a": 2})
    assert not matches(behind, {"a": 2})
    assert matches(before, {"a": 1, "b": 3})
    assert matches(behind, {"a": 1, "b": 3})


def test_objects_of_the_same_name_are_merged() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html, "Filtering with Boolean expressions"."""
    pattern = read('{"dynamodb": {"NewImage": {"S": ["a"]}}, "dynamodb": {"OldImage": {"S": ["b"]}}}')
    assert matches(pattern, {"dynamodb": {"NewImage": {"S": "a"}, "OldImage": {"S": "b"}}})
    assert not matches(pattern, {"dynamodb": {"OldImage": {"S": "b"}}})


def alternatives(*counts: int) -> dict[str, Any]:
    """A pattern with one `$or` for each count."""
    return {f"f{at}": {"$or": [{f"x{n}": [1]} for n in range(count)]} for at, count in enumerate(counts)}


def test_or_makes_at_most_1000_combinations() -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html, "$or matching"."""
    assert check(alternatives(10, 10, 10)) is None
    assert "make 1,001 combinations: AWS takes 1,000" in str(check(alternatives(7, 11, 13)))
    assert check(alternatives(*[50] * 50)) is not None  # at once, not after 50 ** 50 combinations


def test_the_pattern_of_a_rule_has_a_quota() -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"""
    longest = limits.LONGEST_RULE_PATTERN
    fitting = f'{{"a":["{"x" * (longest - 10)}"]}}'
    assert check(fitting, longest=longest) is None
    assert check(f" {fitting}", longest=longest) == (
        "the pattern has 2,049 characters: EventBridge takes 2,048; shorten it, or raise the quota"
    )
    assert check(f" {fitting}") is None


@pytest.mark.parametrize(
    ("wildcard", "expected"),
    [
        ("*", 2),
        ("abc", 1),
        ("*ab", 2),
        ("*aa", 3),
        ("a*bbb", 4),
        ("a*b*bb", 5),
        ("*:*:*:*:*:event-bus/*", 11),
        ("/Users/*/dir/dir/dir/dir/dir/doc.txt", 7),
    ],
)
def test_complexity_counts_beginnings_that_match_at_once(wildcard: str, expected: int) -> None:
    """github.com/aws/event-ruler, `MachineComplexityEvaluatorTest`; with the quotes around a text."""
    assert beginnings(wildcard.split("*")) == expected


def test_a_long_wildcard_is_measured_in_time() -> None:
    assert check({"a": [{"wildcard": "*" + "ab" * 1_000}]}) is not None
    assert check({"a": [{"wildcard": "".join(map(chr, range(200, 2_000))) + "*"}]}) is None
