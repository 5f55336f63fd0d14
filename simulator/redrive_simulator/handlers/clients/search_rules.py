"""Checks what DynamoDB checks of a query or scan before it looks at the table.

Messages are as recorded at AWS: https://github.com/getmoto/moto/blob/master/tests/test_dynamodb/test_dynamodb_select.py,
https://github.com/mhart/dynalite/blob/main/test/scan.js.
"""

from __future__ import annotations

from redrive_simulator.services.refusals import invalid

_SELECTED = {"COUNT": "only the Count"}


def check_select(select: str | None, projection: str | None) -> None:
    """Refuse a `Select` that does not go with a projection: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html."""
    if projection is None and select == "SPECIFIC_ATTRIBUTES":
        message = "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        raise invalid(message)
    if projection is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
        raise invalid(f"Cannot specify the ProjectionExpression when choosing to get {_SELECTED.get(select, select)}")


def segment_of(number: int | None, parts: int | None) -> tuple[int, int]:
    """Return the part of a parallel scan: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html."""
    required = "The {} parameter is required but was not present in the request when {} is present"
    if number is None and parts is None:
        return 0, 1
    if parts is None:
        raise invalid(required.format("TotalSegments", "Segment parameter"))
    if number is None:
        raise invalid(required.format("Segment", "parameter TotalSegments"))
    if number >= parts:
        raise invalid(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {number} is not less than TotalSegments: {parts}"
        )
    return number, parts
