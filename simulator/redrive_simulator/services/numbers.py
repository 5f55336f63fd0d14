"""Reads, adds and measures numbers as DynamoDB keeps them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

from redrive_simulator.services.refusals import invalid

_FORM = re.compile(r"([+-]?)(?:([0-9]+)\.?([0-9]*)|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?")
# Most numbers are this short, and need no more than a look.
_SHORT = re.compile(r"-?[1-9][0-9]{0,37}|0")
_MOST_DIGITS = 38
_LARGEST, _SMALLEST = 125, -130
_OUT_OF_RANGE = "Attempting to store a number with magnitude {} than supported range"
_OVERFLOW = f"Number overflow. {_OUT_OF_RANGE.format('larger')}"
_UNDERFLOW = f"Number underflow. {_OUT_OF_RANGE.format('smaller')}"
# Exact for any two numbers that DynamoDB keeps.
_EXACT = Context(prec=_LARGEST - _SMALLEST + _MOST_DIGITS + 2)


def number_text(text: str) -> str:
    """Return a number in the form in which DynamoDB returns it, such as `1000` for `1.0e3`.

    Raises:
        Refused: It is no number, or one out of DynamoDB's range or precision.
    """
    if _SHORT.fullmatch(text):
        return text
    form = _FORM.fullmatch(text)
    if form is None:
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}")
    sign, whole, fraction, only_fraction, power = form.groups()
    fraction = only_fraction or fraction or ""
    digits = f"{whole or ''}{fraction}".lstrip("0")
    exponent = int(power or 0) - len(fraction)
    magnitude = exponent + max(len(digits), 1) - 1
    if magnitude > _LARGEST:
        raise invalid(_OVERFLOW)
    if magnitude < _SMALLEST:
        raise invalid(_UNDERFLOW)
    significant = digits.rstrip("0")
    if len(significant) > _MOST_DIGITS:
        raise invalid("Attempting to store more than 38 significant digits in a Number")
    if not significant:
        return "0"
    return f"{'-' if sign == '-' else ''}{_plain(significant, exponent + len(digits) - len(significant))}"


def _plain(digits: str, exponent: int) -> str:
    if exponent >= 0:
        return f"{digits}{'0' * exponent}"
    digits = digits.rjust(1 - exponent, "0")
    return f"{digits[:exponent]}.{digits[exponent:]}"


def total(one: str, other: str, *, minus: bool = False) -> str:
    """Return the sum of two numbers, or their difference.

    Raises:
        Refused: DynamoDB cannot keep it exactly. The message is the one of an overflow, as
            https://github.com/scylladb/scylladb/blob/master/test/alternator/test_number.py finds at AWS.
    """
    operation = _EXACT.subtract if minus else _EXACT.add
    text = format(operation(Decimal(one), Decimal(other)), "f")
    if len(text.strip("-0.").replace(".", "")) > _MOST_DIGITS:
        raise invalid(_OVERFLOW)
    return number_text(text)


def size_of_number(text: str) -> int:
    """Return the size of a number in bytes.

    The developer guide says about one byte for two significant digits, and one more. Measured at AWS, digits before and
    behind the point are counted apart, and a minus takes one byte:
    https://github.com/paritysuite/dynamodb-conformance/blob/main/tests/tier3/limits/numberByteSize.test.ts
    """
    text = number_text(text)
    if text == "0":
        return 1
    whole, _, fraction = text.lstrip("-").partition(".")
    whole = whole.lstrip("0")
    if fraction:
        fraction = fraction if whole else fraction.lstrip("0")
    else:
        whole = whole.rstrip("0")
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + text.startswith("-")
