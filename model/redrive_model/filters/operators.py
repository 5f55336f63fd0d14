"""Reads the values and operators of a field's list as decisions about a value of the event.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from redrive_model.filters.errors import PatternError
from redrive_model.filters.values import address, comparable, is_number, network
from redrive_model.filters.wildcards import read_wildcard

#: Decides if a value of the event matches.
Test = Callable[[Any], bool]


class Members(list[tuple[str, Any]]):
    """The members of a JSON object, in order and with repeated names."""


class Rule(NamedTuple):
    """A value or operator of a field's list.

    Attributes:
        operator: Its name; `equals` for a value.
        test: Decides if a value of the event matches; `None` if the field must be absent.
        stars: Wildcards of its text, or of the one with the most.
    """

    operator: str
    test: Test | None
    stars: int = 0


def read_rule(value: Any, where: str) -> Rule:
    """Read an element of a field's list.

    Args:
        value: The element.
        where: Names the element in messages.

    Raises:
        PatternError: AWS refuses it.
    """
    if not isinstance(value, Members):
        return Rule("equals", _equals(value, where))
    if len(value) != 1:
        raise PatternError(f"{where} has {len(value)} members: an operator stands alone; write an object for each")
    ((name, argument),) = value
    read = _OPERATORS.get(name)
    if read is None:
        raise PatternError(f"{where} is no operator; use one of {', '.join(sorted(_OPERATORS))}")
    return read(argument, where)


def _equals(value: Any, where: str) -> Test:
    if isinstance(value, list):
        raise PatternError(f"{where} is a list in a list: a field takes one list; write its values into the outer list")
    if is_number(value):
        number = comparable(value)
        if number is None:  # such a number is compared as it is written
            return lambda given: is_number(given) and given == value
        return lambda given: comparable(given) == number
    if not isinstance(value, str):
        return lambda given: given is value  # true, false, null
    ip = address(value)
    if ip is not None:  # ::1 and 0:0:0:0:0:0:0:1 are the same
        return lambda given: address(given) == ip
    return _is(value)


def _text(argument: Any, where: str, also: str = "") -> str:
    if not isinstance(argument, str):
        raise PatternError(f"{where}: the operator takes one text{also}; write it in quotes")
    return argument


def _starts(text: str) -> Test:
    return lambda given: isinstance(given, str) and given.startswith(text)


def _ends(text: str) -> Test:
    return lambda given: isinstance(given, str) and given.endswith(text)


def _is(text: str) -> Test:
    return lambda given: isinstance(given, str) and given == text


def _in_lower_case(test: Test) -> Test:
    return lambda given: isinstance(given, str) and test(given.lower())


def _affix(name: str, make: Callable[[str], Test]) -> Callable[[Any, str], Rule]:
    """Make the reader of `prefix` or `suffix`, which also ignore case: `{"prefix": {"equals-ignore-case": "a"}}`."""

    def read(argument: Any, where: str) -> Rule:
        if not isinstance(argument, Members):
            return Rule(name, make(_text(argument, where, " or an object with equals-ignore-case")))
        if [inner for inner, _ in argument] != ["equals-ignore-case"]:
            ignoring = f'{{"{name}": {{"equals-ignore-case": "a"}}}}'
            raise PatternError(f"{where}: {name} takes one text, or ignores case; write {ignoring}")
        return Rule(name, _in_lower_case(make(_text(argument[0][1], where).lower())))

    return read


def _ignoring_case(argument: Any, where: str) -> Rule:
    return Rule("equals-ignore-case", _in_lower_case(_is(_text(argument, where).lower())))


def _exactly(argument: Any, where: str) -> Rule:
    return Rule("exactly", _is(_text(argument, where)))


def _wildcard(argument: Any, where: str) -> Rule:
    wildcard = read_wildcard(_text(argument, where), where)

    def fits(given: Any) -> bool:
        return isinstance(given, str) and wildcard.matches(given)

    return Rule("wildcard", fits, wildcard.stars)


def _exists(argument: Any, where: str) -> Rule:
    if not isinstance(argument, bool):
        raise PatternError(f"{where}: exists takes true or false; write one of them")
    return Rule("exists", _anything if argument else None)


def _anything(given: Any) -> bool:
    return True


def _cidr(argument: Any, where: str) -> Rule:
    net = network(_text(argument, where))
    if net is None:
        raise PatternError(f"{where} is no range of IP addresses; write 10.0.0.0/24 or 2001:db8::/32")

    def is_within(given: Any) -> bool:
        ip = address(given)
        return ip is not None and ip in net

    return Rule("cidr", is_within)


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda given, limit: given == limit,
    "<": lambda given, limit: given < limit,
    "<=": lambda given, limit: given <= limit,
    ">": lambda given, limit: given > limit,
    ">=": lambda given, limit: given >= limit,
}


def _numeric(argument: Any, where: str) -> Rule:
    """Read one comparison, or a range: `>` or `>=` and then `<` or `<=`."""
    parts: Sequence[Any] = cast("list[Any]", argument) if isinstance(argument, list) else ()
    comparisons = list(zip(parts[::2], parts[1::2], strict=False))
    if len(parts) not in (2, 4) or any(
        not isinstance(name, str) or name not in _COMPARISONS for name, _ in comparisons
    ):
        raise PatternError(f'{where}: numeric compares with one number or two; write [">", 0] or [">", 0, "<=", 5]')
    limits = [_limit(value, where) for _, value in comparisons]
    names = [name for name, _ in comparisons]
    if len(parts) == 4 and not (names[0][0] == ">" and names[1][0] == "<" and limits[0] < limits[1]):
        raise PatternError(f'{where}: a range goes up; write [">", 0, "<=", 5]')
    tests = [(_COMPARISONS[name], limit) for name, limit in zip(names, limits, strict=True)]

    def compare(given: Any) -> bool:
        number = comparable(given)
        return number is not None and all(test(number, limit) for test, limit in tests)

    return Rule("numeric", compare)


def _limit(value: Any, where: str) -> float:
    if not is_number(value):
        raise PatternError(f"{where}: numbers are compared with numbers; write {value!r} without quotes")
    number = comparable(value)
    if number is None:
        raise PatternError(f"{where}: {value} is no 64-bit floating-point number; give one with fewer digits")
    return number


def _anything_but(argument: Any, where: str) -> Rule:
    read = _excluded_texts if isinstance(argument, Members) else _excluded_values
    excluded = read(argument, where)
    tests = [cast("Test", rule.test) for rule in excluded]

    def is_other(given: Any) -> bool:
        return not any(test(given) for test in tests)

    return Rule("anything-but", is_other, max((rule.stars for rule in excluded), default=0))


def _excluded_values(argument: Any, where: str) -> list[Rule]:
    values: list[Any] = cast("list[Any]", argument) if isinstance(argument, list) else [argument]
    if values and all(isinstance(value, str) for value in values):
        return [_exactly(value, where) for value in values]
    if values and all(is_number(value) for value in values):
        return [Rule("equals", _equals(_limit(value, where), where)) for value in values]
    raise PatternError(f"{where}: anything-but excludes texts or numbers, not both; give one, or a list of them")


def _excluded_texts(argument: Members, where: str) -> list[Rule]:
    name, given = argument[0] if len(argument) == 1 else ("", None)
    if name not in _WITHIN_ANYTHING_BUT:
        names = ", ".join(sorted(_WITHIN_ANYTHING_BUT))
        raise PatternError(f"{where}: anything-but knows other operators than that; use one of {names}")
    texts = [_text(text, where) for text in (cast("list[Any]", given) if isinstance(given, list) else [given])]
    if name in ("prefix", "suffix") and "" in texts:
        raise PatternError(f'{where}: every text has the {name} "", and nothing would match; give a longer one')
    return [_OPERATORS[name](text, where) for text in texts]


_WITHIN_ANYTHING_BUT = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard"})
_OPERATORS: dict[str, Callable[[Any, str], Rule]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    "equals-ignore-case": _ignoring_case,
    "exactly": _exactly,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _affix("prefix", _starts),
    "suffix": _affix("suffix", _ends),
    "wildcard": _wildcard,
}
#: Names that no field has inside of a `$or`: https://github.com/aws/event-ruler, `Constants`.
RESERVED = frozenset(
    {
        *_OPERATORS,
        *_COMPARISONS,
        *("regex", "not-wildcard", "not-equals-ignore-case"),
        *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
        *("ip-address-in-range", "ip-address-not-in-range"),
    }
)
