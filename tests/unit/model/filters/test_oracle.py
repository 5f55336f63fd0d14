"""Patterns compared with a slow implementation that tries all ways to choose a value for each field."""

import json
import re
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import read

# A value of an event: its path, itself, and for each array around it the array's own path (with indexes) and the index.
Found = tuple[str, Any, dict[str, int]]


def found(value: Any, path: tuple[str, ...] = (), exact: str = "", inside: dict[str, int] | None = None) -> list[Found]:
    """All values of an event that are neither objects nor arrays."""
    inside = inside or {}
    if isinstance(value, dict):
        return [
            each for name, inner in value.items() for each in found(inner, (*path, name), f"{exact}.{name}", inside)
        ]
    if isinstance(value, list):
        return [
            each
            for index, inner in enumerate(value)
            for each in found(
                inner,
                path,
                f"{exact}[{index}]",
                {**inside, exact: index} if isinstance(inner, (dict, list)) else inside,
            )
        ]
    return [(".".join(path), value, inside)]


def agree(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(other.get(array, index) == index for array, index in one.items())


def alternatives(pattern: dict[str, Any], path: tuple[str, ...] = ()) -> list[dict[str, list[Any]]]:
    """The lists of values by path, one dictionary for each way to take one object of each `$or`."""
    every: list[list[dict[str, list[Any]]]] = []
    for name, value in pattern.items():
        if name == "$or":
            every.append([each for inner in value for each in alternatives(inner, path)])
        elif isinstance(value, dict):
            every.append(alternatives(value, (*path, name)))
        else:
            every.append([{".".join((*path, name)): value}])
    return [{path: values for part in parts for path, values in part.items()} for parts in product(*every)]


def holds(rule: Any, value: Any) -> bool:
    """One value or operator against one value of the event, each operator in its most obvious form."""
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not isinstance(rule, dict):
        if isinstance(rule, (int, float)) and not isinstance(rule, bool):
            return numeric and Fraction(rule) == Fraction(value)
        return type(rule) is type(value) and rule == value
    ((name, argument),) = rule.items()
    if name == "anything-but":
        if isinstance(argument, dict):
            ((inner, texts),) = argument.items()
            return not any(holds({inner: text}, value) for text in (texts if isinstance(texts, list) else [texts]))
        return not any(holds(each, value) for each in (argument if isinstance(argument, list) else [argument]))
    if name == "exists":
        return argument
    if name == "numeric":
        tests = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "=": "__eq__"}
        pairs = [(argument[at], argument[at + 1]) for at in range(0, len(argument), 2)]
        return numeric and all(getattr(Fraction(value), tests[sign])(Fraction(limit)) for sign, limit in pairs)
    if not isinstance(value, str):
        return False
    if isinstance(argument, dict):
        argument, value = argument["equals-ignore-case"].lower(), value.lower()
    if name == "wildcard":
        return re.fullmatch(".*".join(map(re.escape, argument.split("*"))), value, re.DOTALL) is not None
    if name == "equals-ignore-case":
        return value.lower() == argument.lower()
    return value[: len(argument)] == argument if name == "prefix" else value.endswith(argument)


def slowly_matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    values = found(event)
    return any(_any_choice(conditions, values) for conditions in alternatives(pattern))


def _any_choice(conditions: dict[str, list[Any]], values: list[Found]) -> bool:
    """Decide if there is a value, or the absence of all values, for each condition that fits the choices before it."""
    paths = sorted(conditions)
    choices: list[list[Found | None]] = [[each for each in values if each[0] == path] + [None] for path in paths]
    for choice in product(*choices):
        if all(_fits(conditions[path], path, choice, at, values) for at, path in enumerate(paths)):
            return True
    return False


def _fits(rules: list[Any], path: str, choice: tuple[Found | None, ...], at: int, values: list[Found]) -> bool:
    before = [each for each in choice[:at] if each is not None]
    chosen = choice[at]
    if chosen is not None:
        return all(agree(each[2], chosen[2]) for each in before) and any(
            holds(rule, chosen[1]) for rule in rules if rule != {"exists": False}
        )
    there = [each for each in values if each[0] == path and all(agree(one[2], each[2]) for one in before)]
    return {"exists": False} in rules and not there


NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.text("aAb*", max_size=3)
SCALARS = st.sampled_from([None, True, False, 0, 1, 1.0, 1.5, -2]) | TEXTS
EVENTS = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)
PLAIN = st.text("aAb", max_size=2)
WILDCARDS = st.lists(PLAIN, min_size=1, max_size=3).map("*".join).filter(lambda text: "**" not in text)
AFFIXES = PLAIN | PLAIN.map(lambda text: {"equals-ignore-case": text})
SOME = st.text("aAb", min_size=1, max_size=2)


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=2)


NUMERIC = [["<", 1], ["<=", 1], [">", 0], [">=", 1.5], ["=", 1], [">", -2, "<=", 1], [">=", 0, "<", 1.5]]
OPERATORS = st.one_of(
    st.booleans().map(lambda there: {"exists": there}),
    AFFIXES.map(lambda text: {"prefix": text}),
    AFFIXES.map(lambda text: {"suffix": text}),
    PLAIN.map(lambda text: {"equals-ignore-case": text}),
    WILDCARDS.map(lambda text: {"wildcard": text}),
    st.sampled_from(
        [["<", 1], ["<=", 1], [">", 0], [">=", 1.5], ["=", 1], [">", -2, "<=", 1], [">=", 0, "<", 1.5]]
    ).map(lambda argument: {"numeric": argument}),
    one_or_more(TEXTS).map(lambda texts: {"anything-but": texts}),
    one_or_more(st.sampled_from([0, 1, 1.5])).map(lambda numbers: {"anything-but": numbers}),
    st.tuples(st.sampled_from(["prefix", "suffix"]), one_or_more(SOME)).map(
        lambda pair: {"anything-but": dict([pair])}
    ),
    one_or_more(PLAIN).map(lambda texts: {"anything-but": {"equals-ignore-case": texts}}),
    one_or_more(WILDCARDS).map(lambda texts: {"anything-but": {"wildcard": texts}}),
)
RULES = st.lists(SCALARS | OPERATORS, min_size=1, max_size=3)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(NAMES, inner, min_size=1, max_size=2)
    relations = st.lists(fields, min_size=2, max_size=2).map(lambda either: {"$or": either})
    return fields | relations


PATTERNS = objects(st.recursive(RULES, objects, max_leaves=4))


@given(PATTERNS, EVENTS)
def test_it_matches_what_the_slow_one_matches(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert matches(read(json.dumps(pattern)), event) is slowly_matches(pattern, event)


ELEMENTS = st.dictionaries(NAMES, st.sampled_from([1, 2, [1, 2]]), max_size=3)
ARRAYS = st.fixed_dictionaries({"a": st.lists(ELEMENTS | st.lists(ELEMENTS, max_size=2), max_size=3)})
OF_ELEMENTS = st.dictionaries(
    NAMES, st.lists(st.sampled_from([1, 2, {"exists": True}, {"exists": False}]), min_size=1, max_size=1), min_size=2
).map(lambda fields: {"a": fields})


@given(OF_ELEMENTS, ARRAYS)
def test_it_matches_what_the_slow_one_matches_within_arrays(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert matches(read(json.dumps(pattern)), event) is slowly_matches(pattern, event)


@given(PATTERNS, EVENTS)
def test_what_a_pattern_does_not_name_makes_no_difference(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    compiled = read(pattern)
    more = {**event, "z": [{"a": 1}], "y": {"b": None}}
    assert matches(compiled, more) is matches(compiled, event)
