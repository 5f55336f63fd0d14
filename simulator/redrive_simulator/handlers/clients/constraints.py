"""Refuses parameters outside of the lengths, ranges, patterns and enumerations of a service's own model.

botocore validates types, required members and some minimums before it sends a request. The services that are listed
here validate the rest themselves, by the same model, before they look at anything else; SQS, SNS and S3 have rules of
their own. The form of the message, with the paths of its members, is what these services answer:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html list the error codes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, cast

from redrive_simulator.services.refusals import Refused

#: Code of the error by service.
_CODES = {
    "dynamodb": "ValidationException",
    "events": "ValidationException",
    "kinesis": "ValidationException",
    "lambda": "ValidationException",
    "logs": "InvalidParameterException",
}
# Java's classes of characters, which `re` does not know, within the brackets of the models' patterns.
_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": r"\s"}

#: Takes a value and its path; gives a sentence for each violated constraint.
_Check = Callable[[Any, str], Iterator[str]]


def check_constraints(service: str, model: Any, given: Mapping[str, Any]) -> None:
    """Refuse the parameters of a call that violate constraints of the service's model.

    Args:
        service: boto3's name of the service.
        model: botocore's model of the operation.
        given: Parameters by name.
    """
    code = _CODES.get(service)
    if code is None or model.input_shape is None:
        return
    problems = list(_check_of(service, model.input_shape)(given, ""))
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise Refused(code, f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")


# By service and name of the shape. A shape that contains itself looks its own check up when it is used.
_checks: dict[tuple[str, str], _Check] = {}


def _check_of(service: str, shape: Any) -> _Check:
    known = _checks.get((service, shape.name))
    if known is not None:
        return known
    own, within = _own(shape), _within(service, shape)

    def check(value: Any, path: str) -> Iterator[str]:
        yield from own(value, path)
        yield from within(value, path)

    _checks[service, shape.name] = check
    return check


def _own(shape: Any) -> _Check:
    """Return the check of a value itself."""
    rules = _rules(shape)

    def check(value: Any, path: str) -> Iterator[str]:
        for is_met, sentence in rules:
            if not is_met(value):
                yield f"Value '{_text(value)}' at '{path}' failed to satisfy constraint: {sentence}"

    return check


def _rules(shape: Any) -> list[tuple[Callable[[Any], bool], str]]:
    rules: list[tuple[Callable[[Any], bool], str]] = []
    kind, limits = shape.type_name, shape.metadata
    is_number = kind in ("integer", "long", "float", "double")
    what, of = ("value", float) if is_number else ("length", _length)
    least, most, pattern, words = (limits.get(name) for name in ("min", "max", "pattern", "enum"))
    if words:
        rules.append((frozenset(words).__contains__, f"Member must satisfy enum value set: [{', '.join(words)}]"))
    if most is not None:
        rules.append((lambda value: of(value) <= most, f"Member must have {what} less than or equal to {most}"))
    if least:
        rules.append((lambda value: of(value) >= least, f"Member must have {what} greater than or equal to {least}"))
    if pattern is not None and kind == "string":
        matches = _compiled(pattern).fullmatch
        sentence = f"Member must satisfy regular expression pattern: {pattern}"
        rules.append((lambda value: matches(value) is not None, sentence))
    return rules


def _within(service: str, shape: Any) -> _Check:
    """Return the check of the members of a value."""
    match shape.type_name:
        case "structure":
            members = {name: (f"{name[0].lower()}{name[1:]}", each) for name, each in shape.members.items()}

            def check_structure(value: Any, path: str) -> Iterator[str]:
                for name, member in value.items():
                    if member is not None and name in members:
                        shown, each = members[name]
                        yield from _check_of(service, each)(member, f"{path}.{shown}" if path else shown)

            return check_structure
        case "list":

            def check_list(value: Any, path: str) -> Iterator[str]:
                check = _check_of(service, shape.member)
                for number, member in enumerate(value, 1):
                    yield from check(member, f"{path}.{number}.member")

            return check_list
        case "map":
            of_keys = _rules(shape.key)

            def check_map(value: Any, path: str) -> Iterator[str]:
                if any(not is_met(key) for is_met, _ in of_keys for key in value):
                    said = f"Map keys must satisfy constraint: [{', '.join(sentence for _, sentence in of_keys)}]"
                    yield f"Value '{_text(value)}' at '{path}' failed to satisfy constraint: {said}"
                check = _check_of(service, shape.value)
                for key, member in value.items():
                    yield from check(member, f"{path}.{key}.member")

            return check_map
        case _:
            return lambda value, path: iter(())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _length(value: Any) -> int:
    return len(value) if hasattr(value, "__len__") else 0  # an open file is read by the service


def _text(value: Any) -> str:
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(cast("object", value), default=repr)
    return repr(value) if isinstance(value, (bytes, bytearray)) else str(value)
