"""Checks the types of what users pass to a simulation."""

from __future__ import annotations

import json
import math
from typing import Any


def check_type(name: str, value: object, kinds: type | tuple[type, ...], remedy: str) -> None:
    """Check the type of an argument that is given; `None` is none.

    Raises:
        TypeError: It has another type. The message names the argument, the value and the remedy.
    """
    if value is not None and not isinstance(value, kinds):
        raise TypeError(f"{name}={value!r}: {remedy}")


def check_function(name: str, value: object) -> None:
    """Check that an argument that is given is a function.

    Raises:
        TypeError: It cannot be called.
    """
    if value is not None and not callable(value):
        raise TypeError(f"{name}={value!r}: give the function itself")


def check_number(name: str, value: object) -> None:
    """Check that an argument is a number.

    Raises:
        TypeError: It is none.
        ValueError: It is NaN.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}={value!r}: give a number")
    if math.isnan(value):
        raise ValueError(f"{name}={value!r}: give a number")


def as_json(name: str, value: Any) -> str:
    """Return a value as JSON.

    Raises:
        TypeError: It cannot be written as JSON, such as NaN.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}={value!r} has no form in JSON, {error}: give a JSON value") from error
