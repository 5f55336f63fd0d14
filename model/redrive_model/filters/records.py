"""Reads, checks and applies the filters of event source mappings.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from redrive_model.filters import patterns
from redrive_model.filters.errors import PatternError, refusal, shown
from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import Pattern
from redrive_model.filters.values import NO_JSON, read_json

#: Member of a record with the data that filters see: of a message of SQS, a record of Kinesis, a record of DynamoDB.
DataKey = Literal["body", "data", "dynamodb"]
#: Decides if a record passes the filters.
Passes = Callable[[Mapping[str, Any]], bool]


def check(pattern: str, key: DataKey) -> str | None:
    """Check the pattern of a filter.

    Args:
        pattern: The pattern as JSON text.
        key: Member with the record's data.

    Returns:
        `None` if Lambda takes the pattern; otherwise a sentence with the value, the rule and the remedy.
    """
    return refusal(lambda: read(pattern, key))


def read(pattern: str, key: DataKey) -> Pattern:
    """Read the pattern of a filter.

    Args:
        pattern: The pattern as JSON text.
        key: Member with the record's data.

    Returns:
        The pattern.

    Raises:
        PatternError: Lambda refuses the pattern. For streams, a pattern of the data must be an object, too:
            https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
    """
    compiled_pattern = patterns.read(pattern)
    if key != "body" and key in compiled_pattern.paths:
        raise PatternError(
            f'the filter {shown(pattern)} compares "{key}" with values: the data of a stream are JSON, so that its '
            f'pattern is an object; write {{"{key}": {{"field": [values]}}}}'
        )
    return compiled_pattern


def compiled(filters: Sequence[str], key: DataKey) -> Passes | None:
    """Compile the filters of a mapping; a record passes if it matches one of them.

    Args:
        filters: Patterns as JSON text.
        key: Member with the record's data.

    Returns:
        A function that decides if a record passes, which takes the record as the function would get it; `None` without
        filters. Lambda deletes messages that do not pass from the queue, and leaves such records of a stream out.

    Raises:
        PatternError: Lambda refuses a pattern.
    """
    read_filters = [read(each, key) for each in filters]
    if not read_filters:
        return None
    reads_data = key != "dynamodb" and any(key in each.steps for each in read_filters)

    def passes(record: Mapping[str, Any]) -> bool:
        data = _data(record, key) if reads_data else NO_JSON
        return any(_passes(each, record, key, data) for each in read_filters)

    return passes


def _data(record: Mapping[str, Any], key: DataKey) -> Any:
    """Return the data of a record as read from JSON, or `NO_JSON`."""
    if key == "body":
        return read_json(record[key])
    try:
        return read_json(b64decode(record["kinesis"][key]).decode())
    except UnicodeDecodeError:
        return NO_JSON


def _passes(pattern: Pattern, record: Mapping[str, Any], key: DataKey, data: Any) -> bool:
    """Decide if a record matches a pattern.

    A pattern that is an object expects JSON, one that is a list expects plain text; Lambda drops data of the other
    form, also where the pattern asks for absence: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
    Text such as `42` counts as both: AWS does not say which it is.
    """
    if key == "dynamodb":
        return matches(pattern, record)
    seen = record if key == "body" else {**record, **record["kinesis"]}  # data and metadata of Kinesis are side by side
    if key in pattern.paths:
        return not isinstance(data, (dict, list)) and matches(pattern, seen)
    if key in pattern.steps:
        return data is not NO_JSON and matches(pattern, {**seen, key: data})
    return matches(pattern, seen)
