"""Reads the values of settings from JSON, and raises a clear error for a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from redrive.core import SettingsError
from redrive.failures.backoff import Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Seconds: TypeAlias = float
    # Texts, with a rule for each in `base`.
    Name: TypeAlias = str
    FunctionName: TypeAlias = str
    Qualifier: TypeAlias = str
    TableName: TypeAlias = str
    BucketName: TypeAlias = str
    QueueUrl: TypeAlias = str
    LogGroup: TypeAlias = str
    Arn: TypeAlias = str

_MOST_DIMENSIONS = 28  # CloudWatch allows 30, and each metric has two of its own


def text(name: str, value: object) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise SettingsError(f"{name} is {value!r}, expected str")
    return value


def texts(name: str, value: object) -> tuple[str, ...]:
    """Read a list of strings."""
    if not isinstance(value, list):
        raise SettingsError(f"{name} is {value!r}, expected a list of str")
    several: list[object] = value  # pyright: ignore[reportUnknownVariableType]
    return tuple(text(f"{name}[{number}]", each) for number, each in enumerate(several))


def whole_number(name: str, value: object) -> int:
    """Read a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingsError(f"{name} is {value!r}, expected int")
    return value


def number(name: str, value: object) -> float:
    """Read a number."""
    return _finite(name, value, "a number")


def flag(name: str, value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise SettingsError(f"{name} is {value!r}, expected true or false")
    return value


def namespace(name: str, value: object) -> str:
    """Read a CloudWatch namespace.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
    """
    given = _printable(name, value, longest=255)
    if given.startswith((":", "AWS/")):
        raise SettingsError(f"{name} is {given!r}: it may not begin with ':', and 'AWS/' is for AWS; give another one")
    return given


def dimensions(name: str, value: object) -> dict[str, str]:
    """Read CloudWatch dimensions, names and values.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html, but for the length of names:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    if not isinstance(value, Mapping):
        raise SettingsError(f"{name} is {value!r}, expected an object of names and values")
    given: Mapping[object, object] = value  # pyright: ignore[reportUnknownVariableType]
    if len(given) > _MOST_DIMENSIONS:
        raise SettingsError(f"{name} are {len(given)}: a metric takes at most {_MOST_DIMENSIONS} besides its own")
    found = {
        _printable(f"a name in {name}", each, longest=250): _printable(f"{name}[{each!r}]", said, longest=1024)
        for each, said in given.items()
    }
    for each in found:
        if each.startswith(":"):
            raise SettingsError(f"a name in {name} is {each!r}: it may not begin with ':'; give another one")
    return found


def _printable(name: str, value: object, longest: int) -> str:
    given = text(name, value)
    if not given.strip() or len(given) > longest or not given.isascii() or not given.isprintable():
        raise SettingsError(
            f"{name} is {given[:100]!r}: CloudWatch takes 1 to {longest} ASCII characters, not all of them blank and "
            "none a control character"
        )
    return given


def seconds(name: str, value: object) -> float:
    """Read a number of seconds."""
    return _finite(name, value, "a number of seconds")


def _finite(name: str, value: object, expected: str) -> float:
    # JSON as Python reads it has NaN and Infinity, with which every comparison of times would fail.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < float("inf"):
        raise SettingsError(f"{name} is {value!r}, expected {expected}")
    return float(value)


def backoff(name: str, value: object) -> Backoff:
    """Read a backoff policy; missing fields have the defaults of `Backoff`."""
    if not isinstance(value, dict):
        raise SettingsError(f"{name} is {value!r}, expected an object")
    fields: dict[str, object] = value  # pyright: ignore[reportUnknownVariableType]
    readers = {"base": seconds, "factor": seconds, "cap": seconds, "jitter": text}
    given = {each: read(each, fields[each]) for each, read in readers.items() if fields.get(each) is not None}
    return Backoff().replace(**given)


#: The function that reads a value of a field's type, by the text of the annotation.
READERS: dict[str, Callable[[str, object], object]] = {
    "str": text,
    **dict.fromkeys(
        ("Name", "FunctionName", "Qualifier", "TableName", "BucketName", "QueueUrl", "LogGroup", "Arn"), text
    ),
    "tuple[str, ...]": texts,
    "CounterKind": text,
    "int": whole_number,
    "float": number,
    "Seconds": seconds,
    "bool": flag,
    "Backoff": backoff,
    "Mapping[str, str]": dimensions,
}
