"""Compares the values of events as AWS's open-source matcher does, which EventBridge runs.

https://github.com/aws/event-ruler
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from math import isfinite
from typing import Any, TypeGuard

#: Stands for a text that is no JSON.
NO_JSON = object()
#: Integers up to here are the same as 64-bit floating-point numbers:
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
_EXACT = 2**53
_QUADS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_GROUPS = re.compile(r"[\da-fA-F:]*:[\da-fA-F:]*")


def read_json(text: str) -> Any:
    """Read JSON without rounding its numbers; return `NO_JSON` for any other text."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return NO_JSON


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


def is_number(value: object) -> TypeGuard[int | float | Decimal]:
    """Decide if a value is a JSON number."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def comparable(value: object) -> float | None:
    """Return a value as a 64-bit floating-point number; `None` if it is no number, or cannot be one exactly.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    if not is_number(value):
        return None
    if isinstance(value, int) and -_EXACT <= value <= _EXACT:
        return float(value)
    try:
        number = float(value)
    except OverflowError:
        return None
    if not isfinite(number):
        return None
    return number if isinstance(value, float) or Decimal(repr(number)) == value else None


def address(value: object) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a text is; `None` if it is none."""
    if not isinstance(value, str):
        return None
    if _QUADS.fullmatch(value):
        value = ".".join(str(int(quad)) for quad in value.split("."))  # 010.0.0.1 is 10.0.0.1
    elif not _GROUPS.fullmatch(value):
        return None
    try:
        return ip_address(value)
    except ValueError:
        return None


def network(text: str) -> IPv4Network | IPv6Network | None:
    """Return the network that a text in CIDR notation is; `None` if it is none, or has one address only."""
    parts = text.split("/")
    if len(parts) != 2 or not re.fullmatch(r"[+]?\d+", parts[1]):
        return None
    start, bits = address(parts[0]), int(parts[1])
    if start is None or bits >= start.max_prefixlen:
        return None
    return ip_network(f"{start}/{bits}", strict=False)
