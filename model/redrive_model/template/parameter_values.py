"""Checks the values of a template's parameters.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, cast

from redrive_model.template.errors import TemplateError

_TYPE = re.compile(r"String|Number|CommaDelimitedList|List<Number>|List<String>|(List<)?AWS::[\w:<>]+")


def check_values(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> None:
    """Check the values that parameters have: those that are given, and the defaults of the others.

    Args:
        declared: `Parameters` of the template.
        given: Values by name.

    Raises:
        TemplateError: CloudFormation would refuse a value, or a name that the template does not declare.
    """
    for name in given:
        if name not in declared:
            raise TemplateError(
                f"template_parameters has {name!r}, and the template declares no such parameter: it has "
                f"{', '.join(declared) or 'none'}"
            )
    for name, parameter in declared.items():
        kind = str(parameter.get("Type"))
        if not _TYPE.fullmatch(kind):
            raise TemplateError(
                f"the template's parameter {name!r} has the Type {kind}: give String, Number, List<Number>, "
                "CommaDelimitedList, or a type of AWS"
            )
        value = given.get(name, parameter.get("Default"))
        if value is not None and not _is_of_deployment(parameter, value):  # a missing one is an error where it is used
            refusal = _refusal(parameter, value)
            if refusal is not None:
                reason = parameter.get("ConstraintDescription")
                raise TemplateError(
                    f"the template's parameter {name!r} is {value!r}: {refusal}{f' ({reason})' if reason else ''}"
                )


def _is_of_deployment(parameter: Mapping[str, Any], value: Any) -> bool:
    """Decide if constraints say nothing of a value: of one read from SSM, and of one that CloudFormation has masked."""
    return str(parameter.get("Type")).startswith("AWS::SSM::") or value == "****"


def _refusal(parameter: Mapping[str, Any], value: Any) -> str | None:
    """Return the rule that a value breaks, with the remedy; `None` if it breaks none."""
    kind = str(parameter.get("Type", "String"))
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    if isinstance(value, (list, tuple)) and is_list:
        texts = [_text(each) for each in cast("list[Any]", value)]
    elif isinstance(value, (str, int, float)):
        # A list's constraints hold for each of its members.
        texts = [each.strip() for each in value.split(",")] if is_list and isinstance(value, str) else [_text(value)]
    else:
        return f"its type is {kind}; give a text{' or a list' if is_list else ' or a number'}"
    for text in texts:
        refusal = _of_text(parameter, text, is_number="Number" in kind)
        if refusal is not None:
            return refusal
    return None


def _of_text(parameter: Mapping[str, Any], text: str, *, is_number: bool) -> str | None:
    allowed = parameter.get("AllowedValues")
    if allowed is not None and text not in (texts := [_text(each) for each in allowed]):
        return f"AllowedValues are {', '.join(texts)}; give one of them"
    if is_number:
        return _of_number(parameter, text)
    pattern = parameter.get("AllowedPattern")
    if pattern is not None and not _fits(str(pattern), text):
        return f"AllowedPattern is {pattern}; give a text that fits it"
    least, most = parameter.get("MinLength"), parameter.get("MaxLength")
    if least is not None and len(text) < int(least):
        return f"MinLength is {least}; give a longer text"
    if most is not None and len(text) > int(most):
        return f"MaxLength is {most}; give a shorter text"
    return None


def _of_number(parameter: Mapping[str, Any], text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return "its type is Number; give a number"
    if not math.isfinite(number):
        return "its type is Number; give a finite one"
    least, most = parameter.get("MinValue"), parameter.get("MaxValue")
    if least is not None and number < float(least):
        return f"MinValue is {least}; give no less"
    if most is not None and number > float(most):
        return f"MaxValue is {most}; give no more"
    return None


def _fits(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:  # Java's expressions have more than Python's
        return True


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
