"""Reads the batch item failures in a function's response.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting and
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, cast


class WholeBatch:
    """The result that the whole batch failed."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WholeBatch)

    def __hash__(self) -> int:
        return hash(WholeBatch)

    def __repr__(self) -> str:
        return f"WholeBatch({self.reason!r})"


NONE: Final[frozenset[str]] = frozenset()


def reported(response: Any, ids: Collection[str]) -> frozenset[str] | WholeBatch:
    """Return the ids of the batch that a response (as JSON) reports as failed, or that the whole batch failed."""
    # Success: `null`, `{}`, and a missing, `null` or empty list; also an empty text, as observed. Failure of the whole
    # batch: any other response that is no object, a list that is none, and an identifier that is empty, `null`, missing
    # or of no record of the batch.
    if response is None or response == "":
        return NONE
    if not isinstance(response, dict):
        return WholeBatch(f"the response is {_kind(response)}, not an object")
    failures: Any = cast("dict[str, Any]", response).get("batchItemFailures")
    if not failures and failures in (None, []):
        return NONE
    if not isinstance(failures, list):
        return WholeBatch(f"batchItemFailures is {_kind(failures)}, not a list")
    found: set[str] = set()
    for entry in cast("list[Any]", failures):
        identifier: Any = cast("dict[str, Any]", entry).get("itemIdentifier") if isinstance(entry, dict) else None
        if not isinstance(identifier, str) or not identifier:
            return WholeBatch("a batch item failure has no itemIdentifier")
        if identifier not in ids:
            return WholeBatch(f"itemIdentifier {identifier!r:.80} is of no record of the batch")
        found.add(identifier)
    return frozenset(found)


#: Reason for events that a function reports as failed to a mapping that does not read it.
UNREAD = "reported as failed, but the mapping has no ReportBatchItemFailures, so Lambda takes the batch for processed"


def unread_failures(response: Any, ids: Sequence[str]) -> frozenset[str]:
    """Return the ids that a response reports as failed, where Lambda does not read it; all if it names others."""
    if not isinstance(response, dict) or not cast("dict[str, Any]", response).get("batchItemFailures"):
        return NONE
    failed = reported(response, ids)
    return frozenset(ids) if isinstance(failed, WholeBatch) else failed


def checkpoint(response: Any, sequence_numbers: Sequence[str]) -> int | WholeBatch:
    """Return the number of records of a stream's batch before the checkpoint, or that the whole batch failed.

    Args:
        response: Response of the function, as JSON.
        sequence_numbers: Sequence numbers of the batch, in order.
    """
    failed = reported(response, sequence_numbers)
    if isinstance(failed, WholeBatch):
        return failed
    if not failed:
        return len(sequence_numbers)
    # The lowest reported sequence number is the checkpoint: Lambda delivers everything from there on again.
    return min(sequence_numbers.index(each) for each in failed)


_KINDS: dict[type[object], str] = {
    str: "text",
    list: "a list",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    dict: "an object",
}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)
