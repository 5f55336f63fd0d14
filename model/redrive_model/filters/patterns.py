"""Reads and checks event patterns.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn, cast

from redrive_model import limits
from redrive_model.filters.errors import PatternError, refusal, shown
from redrive_model.filters.operators import RESERVED, Members, Rule, read_rule


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a field of the event.

    Attributes:
        path: Names from the outermost object to the field, joined by dots, as AWS joins them.
        level: Number of these names in the pattern.
        rules: Values and operators, of which one must hold.
    """

    path: str
    level: int
    rules: tuple[Rule, ...]

    def holds(self, value: Any) -> bool:
        """Decide if a value of the field meets the condition."""
        return any(rule.test is not None and rule.test(value) for rule in self.rules)

    @property
    def met_by_absence(self) -> bool:
        """True if an event without the field meets the condition."""
        return any(rule.test is None for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Pattern:
    """An event pattern that AWS takes.

    Attributes:
        branches: Conditions by path, sorted; an event must meet all of one branch. `$or` makes several branches.
        paths: The paths of all branches.
        steps: The paths, and those of the objects around them.
    """

    branches: tuple[tuple[Condition, ...], ...]
    paths: frozenset[str] = field(init=False)
    steps: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        paths = {each.path for branch in self.branches for each in branch}
        names = [path.split(".") for path in paths]
        object.__setattr__(self, "paths", frozenset(paths))
        object.__setattr__(
            self, "steps", frozenset(".".join(each[:end]) for each in names for end in range(1, len(each) + 1))
        )

    @property
    def operators(self) -> frozenset[str]:
        """Names of the operators that it uses; `equals` for values."""
        return frozenset(rule.operator for branch in self.branches for each in branch for rule in each.rules)


def check(pattern: str | Mapping[str, Any], *, longest: int | None = None) -> str | None:
    """Check an event pattern.

    Args:
        pattern: The pattern, as JSON text or as an object.
        longest: Characters that a pattern may have: `limits.LONGEST_RULE_PATTERN` for the rule of an event bus without
            a quota increase. `None`: no limit.

    Returns:
        `None` if AWS takes the pattern; otherwise a sentence with the value, the rule and the remedy.
    """
    length = len(_text(pattern))
    if longest is not None and length > longest:
        return f"the pattern has {length:,} characters: EventBridge takes {longest:,}; shorten it, or raise the quota"
    return refusal(lambda: read(pattern))


def _text(pattern: str | Mapping[str, Any]) -> str:
    return pattern if isinstance(pattern, str) else json.dumps(pattern)


def read(pattern: str | Mapping[str, Any]) -> Pattern:
    """Read an event pattern.

    Args:
        pattern: The pattern, as JSON text or as an object.

    Returns:
        The pattern in the form that `matching.matches` applies to events.

    Raises:
        PatternError: AWS refuses the pattern.
    """
    text = _text(pattern)
    try:
        members: object = json.loads(
            text, object_pairs_hook=Members, parse_float=Decimal, parse_constant=_refuse_constant
        )
    except RecursionError as error:
        raise PatternError(f"the pattern {shown(text)} is nested too deeply; leave out levels") from error
    except ValueError as error:
        raise PatternError(f"the pattern {shown(text)} is no JSON ({error}); give an object of fields") from error
    if not isinstance(members, Members):
        raise PatternError(f'the pattern {shown(text)} is no object; write {{"field": [values]}}')
    branches = _read_object(members, (), [{}])
    return Pattern(tuple(tuple(branch[path] for path in sorted(branch)) for branch in branches))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON")


#: Conditions by path.
_Branch = dict[str, Condition]


def _read_object(members: Members, steps: tuple[str, ...], branches: list[_Branch]) -> list[_Branch]:
    """Add the conditions of an object's fields to branches; the last condition for a path replaces those before."""
    if not members:
        raise PatternError(f"{_named(steps)} is {{}}: an object of a pattern names fields; give one, or leave it out")
    for name, value in members:
        inner = (*steps, name)
        if name == "$or" and _is_relation(value):
            alternatives = cast("list[Members]", value)
            branches = [
                branch for each in alternatives for branch in _read_object(each, steps, [dict(one) for one in branches])
            ]
            if len(branches) > limits.MOST_RULE_COMBINATIONS:
                raise PatternError(
                    f"the alternatives of $or make {len(branches):,} combinations: AWS takes "
                    f"{limits.MOST_RULE_COMBINATIONS:,}; give fewer alternatives, or several patterns"
                )
        elif isinstance(value, Members):
            branches = _read_object(value, inner, branches)
        elif isinstance(value, list):
            path, rules = ".".join(inner), _read_rules(cast("list[Any]", value), inner)
            for branch in branches:
                branch[path] = Condition(path, len(inner), rules)
        else:
            raise PatternError(
                f"{_named(inner)} is {_json(value)}: a field takes a list of values, or an object of fields; write "
                f"[{_json(value)}]"
            )
    return branches


def _is_relation(value: Any) -> bool:
    """Decide if `$or` is a relation; otherwise AWS takes it for the name of a field.

    https://docs.aws.amazon.com/sns/latest/dg/and-or-logic.html
    """
    if not isinstance(value, list) or isinstance(value, Members):
        return False
    alternatives = cast("list[Any]", value)
    return len(alternatives) >= 2 and all(
        isinstance(each, Members) and RESERVED.isdisjoint(_names(each)) for each in alternatives
    )


def _names(members: Members) -> Iterator[str]:
    """Yield the names of the fields of an object at any depth."""
    for name, value in members:
        yield name
        if isinstance(value, Members):
            yield from _names(value)


def _read_rules(values: Sequence[Any], steps: tuple[str, ...]) -> tuple[Rule, ...]:
    if not values:
        raise PatternError(f"{_named(steps)} is []: a list of a pattern has values; give one, or leave the field out")
    try:
        return tuple(read_rule(value, f"{_json(value)} for {_named(steps)}") for value in values)
    except PatternError as error:
        if steps[-1] != "$or":
            raise
        raise PatternError(
            f"$or takes two or more objects of fields, none named like an operator, and is a field here: {error}"
        ) from error


def _named(steps: tuple[str, ...]) -> str:
    return f'"{".".join(steps)}"' if steps else "the pattern"


def _json(value: Any) -> str:
    return shown(_written(value))


def _written(value: Any) -> str:
    """Write a value of a pattern as JSON."""
    if isinstance(value, Members):
        return f"{{{', '.join(f'{json.dumps(name)}: {_written(each)}' for name, each in value)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, cast('list[Any]', value)))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
