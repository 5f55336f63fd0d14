"""CloudWatch as far as it reads metrics out of log lines.

The schema says what the specification says, of form and of limits:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
What it says in words alone (what is referred to is a member of the root, a dimension's value is a text) is checked
besides, as is what CloudWatch takes for a dimension:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator

from redrive import Figures
from redrive.metrics import meters
from redrive.metrics.outside import begin_anew
from redrive.metrics.report import ErrorTypes, error_types, output

# Lambda cuts a line there, though CloudWatch Logs takes 1 MB today.
LONGEST_LINE = 262_144
_SIZES = [f"{times}{unit}" for unit in ("bytes", "bits") for times in ("", "kilo", "mega", "giga", "tera")]
_RATES = [*(size.capitalize() for size in _SIZES), "Count"]
_UNITS = ["Seconds", "Microseconds", "Milliseconds", "Percent", "None", *_RATES, *(f"{rate}/Second" for rate in _RATES)]

METRIC = {
    "type": "object",
    "required": ["Name"],
    "additionalProperties": False,
    "properties": {
        "Name": {"type": "string", "minLength": 1, "maxLength": 1024},
        "Unit": {"enum": _UNITS},
        "StorageResolution": {"enum": [1, 60]},
    },
}
DIMENSION_SET = {
    "type": "array",
    "maxItems": 30,
    "uniqueItems": True,
    "items": {"type": "string", "minLength": 1, "maxLength": 250},
}
DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "additionalProperties": False,
    "properties": {
        "Namespace": {"type": "string", "minLength": 1, "maxLength": 1024},
        "Dimensions": {"type": "array", "minItems": 1, "items": DIMENSION_SET},
        "Metrics": {"type": "array", "minItems": 1, "maxItems": 100, "items": METRIC},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "additionalProperties": False,
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 0},
                "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": DIRECTIVE},
            },
        }
    },
}
Draft202012Validator.check_schema(SCHEMA)
_validator = Draft202012Validator(SCHEMA)

Dimensions = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Datum:
    """One value of one metric."""

    namespace: str
    name: str
    dimensions: Dimensions
    value: float
    at: int


class NotTakenError(AssertionError):
    """A line from which CloudWatch would take no metrics."""


def data_of(line: str) -> list[Datum]:
    """The values that CloudWatch takes from a line.

    Raises:
        NotTakenError: It takes none.
    """
    if "\n" in line or len(line.encode()) > LONGEST_LINE:
        raise NotTakenError(f"a line of {len(line.encode())} bytes, with {line.count(chr(10))} ends")
    document = json.loads(line)
    wrong = [error.message for error in _validator.iter_errors(document)]
    if wrong:
        raise NotTakenError(wrong)
    return list(_data(document))


def _data(document: dict[str, Any]) -> Iterator[Datum]:
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = frozenset((name, _dimension(name, document.get(name))) for name in names)
            for metric in directive["Metrics"]:
                value = document.get(metric["Name"])
                if isinstance(value, bool) or not isinstance(value, (int, float)):
                    raise NotTakenError(f"{metric['Name']} is {value!r}")
                yield Datum(directive["Namespace"], metric["Name"], dimensions, value, document["_aws"]["Timestamp"])


def _dimension(name: str, value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 1024:
        raise NotTakenError(f"dimension {name} is {value!r}")
    for text in (name, value):
        if not text.isascii() or not text.isprintable() or not text.strip():
            raise NotTakenError(f"dimension {name!r}={value!r}")
    if name.startswith(":"):
        raise NotTakenError(f"dimension {name!r}")
    return value


@dataclass
class Published:
    """The metrics that were published while a test ran.

    Attributes:
        lines: The lines written.
        figures: What the hook was called with.
    """

    lines: list[str] = field(default_factory=list)
    figures: list[Figures] = field(default_factory=list)

    def totals(self) -> dict[str, float]:
        """Each metric of the function as a whole: its sum."""
        return _sums(self.lines, with_error=False)

    def by_error(self) -> dict[tuple[str, str], float]:
        """Each metric by type of error: its sum."""
        return _sums(self.lines, with_error=True)


def _sums(lines: Iterable[str], *, with_error: bool) -> Any:
    sums: dict[Any, float] = {}
    for line in lines:
        for datum in data_of(line):
            dimensions = dict(datum.dimensions)
            error = dimensions.get("ErrorType")
            if (error is not None) == with_error:
                key = datum.name if error is None else (datum.name, error)
                sums[key] = sums.get(key, 0) + datum.value
    return sums


@contextmanager
def published(types: int = 10) -> Iterator[Published]:
    """Collects the metrics that are published, in an execution environment that has counted nothing yet.

    Args:
        types: How many types of errors have their own name in the metrics.
    """
    found = Published()
    begin_anew()
    with ExitStack() as stack:
        stack.enter_context(output.replaced(found.lines.append))
        stack.enter_context(meters.replaced(found.figures.append))
        stack.enter_context(error_types.replaced(ErrorTypes(types)))
        yield found
