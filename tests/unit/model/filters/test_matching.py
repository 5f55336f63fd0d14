"""Patterns against events beyond what was recorded: cases of AWS's open-source matcher, numbers, addresses."""

import json
from decimal import Decimal
from typing import Any

import pytest

from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import read

THERE, ABSENT = [{"exists": True}], [{"exists": False}]
AB = {"d": {"a": THERE, "b": THERE}}
#: github.com/aws/event-ruler, src/test/resources/correctness-cases.json; the results are from its README, "JSON Array
#: Matching": all values must come from the same elements of arrays.
ARRAYS: list[tuple[dict[str, Any], Any, bool]] = [
    (AB, {"d": {"a": 1, "b": 2}}, True),
    (AB, {"d": {"a": 1}}, False),
    (AB, {"d": [{"a": 1, "b": 2}]}, True),
    (AB, {"d": [{"a": 1}, {"b": 2}]}, False),
    (AB, {"d": [{"a": 1}, {"b": 2}, {"a": 3, "b": 4}]}, True),
    (AB, {"d": []}, False),
    (AB, {}, False),
    ({"d": {"a": ["al"], "b": ["on"]}}, {"d": [{"a": "al"}, {"b": "on"}]}, False),
    ({"d": {"a": ["al"], "b": ["on"]}}, {"d": [{"a": "x"}, {"a": "al", "b": "on"}, {"b": "y"}]}, True),
    ({"tags": ["admin"]}, {"tags": ["user", "admin"]}, True),
    ({"tags": ["root"]}, {"tags": ["user", "admin"]}, False),
    ({"u": {"t": {"k": ["colour"], "v": ["blue"]}}}, {"u": [{"t": [{"k": "colour", "v": "blue"}]}]}, True),
    ({"u": {"t": {"k": ["colour"], "v": ["blue"]}}}, {"u": [{"t": [{"k": "colour"}, {"v": "blue"}]}]}, False),
    ({"d": {"n": THERE, "i": {"x": ["1"]}}}, {"d": [{"n": "al"}, {"i": {"x": "1"}}]}, False),
    ({"d": {"n": THERE, "i": {"x": ["1"]}}}, {"d": [{"n": "al", "i": {"x": "1"}}]}, True),
    ({"users": {"n": THERE}, "v": ["1"]}, {"users": [{"n": "al"}], "v": "1"}, True),
    ({"d": {"a": THERE, "b": ABSENT}}, {"d": [{"a": 1}]}, True),
    ({"d": {"a": THERE, "b": ABSENT}}, {"d": [{"a": 1, "b": 2}]}, False),
    (
        {"i": {"n": THERE, "p": [{"numeric": [">", 0, "<", 100]}]}},
        {"i": [{"n": "w", "p": 50}, {"n": "g", "p": 0}]},
        True,
    ),
    ({"u": {"n": THERE, "s": [{"anything-but": "off"}]}}, {"u": [{"n": "a", "s": "off"}, {"n": "b", "s": "on"}]}, True),
    ({"d": {"tags": THERE, "type": THERE}}, {"d": {"tags": ["a", "b", "c"], "type": "G"}}, True),
    ({"d": {"tags": THERE, "type": THERE}}, {"d": {"tags": [], "type": "G"}}, False),
    ({"tags": [{"anything-but": "banned"}]}, {"tags": ["banned", "ok"]}, True),
    ({"tags": [{"anything-but": "banned"}]}, {"tags": ["banned"]}, False),
    # The absence is of the elements that the fields before have chosen, in the order of the fields' names.
    ({"d": {"a": THERE, "b": ABSENT}}, {"d": [{"a": 1}, {"b": 2}]}, True),
    ({"d": {"a": ABSENT, "b": THERE}}, {"d": [{"b": 1}, {"a": 2}]}, False),
]
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html: numbers are 64-bit
#: floating-point numbers; others are compared as they are written.
NUMBERS: list[tuple[str, str, bool]] = [
    ('[{"numeric": ["=", 9007199254740992]}]', "9007199254740992", True),
    ('[{"numeric": [">", 0]}]', "9007199254740993", False),
    ('[{"numeric": [">", 0]}]', "1e400", False),
    ('[{"numeric": [">", 0]}]', "true", False),
    ('[{"numeric": [">", 0]}]', "0.12345678901234567890123", False),
    ("[9007199254740993]", "9007199254740993", True),
    ("[9007199254740993]", "9007199254740992", False),
    ("[1]", "true", False),
    ("[true]", "1", False),
    ("[1]", '"1"', False),
    ("[3.0e2]", "300", True),
    ("[301.8]", "3.018e2", True),
    ('[{"anything-but": 300}]', "300.0", False),
    ('[{"anything-but": 300}]', '"300"', True),
    ('[{"anything-but": ["300"]}]', "300", True),
]
#: github.com/aws/event-ruler, `CIDR`: a value that is an IP address matches it in any notation.
ADDRESSES: list[tuple[list[Any], Any, bool]] = [
    (["::1"], "0:0:0:0:0:0:0:1", True),
    (["::1"], "::2", False),
    (["10.0.0.1"], "10.0.0.1", True),
    (["10.0.0.1"], "010.0.0.1", True),
    (["12:30"], "12:30", True),  # no address
    ([{"cidr": "10.0.0.0/8"}], "::1", False),
    ([{"cidr": "10.1.2.3/8"}], "10.200.0.1", True),
    ([{"cidr": "0.0.0.0/0"}], "255.255.255.255", True),
    ([{"cidr": "0.0.0.0/0"}], "host.example.com", False),
]
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html, "wildcards".
WILDCARDS: list[tuple[str, str, bool]] = [
    ("dir/*.png", "dir/a.png", True),
    ("dir/*.png", "dir/.png", True),
    ("dir/*.png", "dir/.pn", False),
    ("a*a", "a", False),
    ("*", "", True),
    ("*a*b*", "xaxbx", True),
    ("*a*b*", "xbxa", False),
    ("*ab*ab", "abab", True),
    ("*ab*ab", "ab", False),
    (r"\*", "*", True),
    (r"\*", "a", False),
    (r"a\\*", "a\\b", True),
    (r"*\**", "a*b", True),
    ("a*\nb", "a\n\nb", True),
]


@pytest.mark.parametrize(("pattern", "event", "expected"), ARRAYS)
def test_conditions_are_met_within_the_same_elements(pattern: dict[str, Any], event: Any, expected: bool) -> None:
    assert matches(read(pattern), event) is expected


@pytest.mark.parametrize(("values", "value", "expected"), NUMBERS)
def test_numbers_are_compared_as_numbers(values: str, value: str, expected: bool) -> None:
    event = json.loads(value, parse_float=Decimal)
    assert matches(read(f'{{"x": {values}}}'), {"x": event}) is expected


@pytest.mark.parametrize(("values", "value", "expected"), ADDRESSES)
def test_addresses_match_in_any_notation(values: list[Any], value: Any, expected: bool) -> None:
    assert matches(read({"x": values}), {"x": value}) is expected


@pytest.mark.parametrize(("wildcard", "value", "expected"), WILDCARDS)
def test_wildcards_stand_for_any_characters(wildcard: str, value: str, expected: bool) -> None:
    assert matches(read({"x": [{"wildcard": wildcard}]}), {"x": value}) is expected


@pytest.mark.parametrize("event", [None, "text", 1, [{"x": "a"}]])
def test_only_objects_match(event: object) -> None:
    assert not matches(read({"x": [{"exists": False}]}), event)


def test_many_values_in_many_arrays_take_no_time() -> None:
    """Values of arrays are in the same place, so that their combinations are not tried one by one."""
    names = "abcdefgh"
    event = {name: list(range(100)) for name in names}
    assert not matches(read({**dict.fromkeys(names, THERE), "z": THERE}), event)
