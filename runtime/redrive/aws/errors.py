"""Reads the errors with which AWS answers a call, as botocore raises them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def error_code(error: BaseException) -> str:
    """Return AWS's code of an error, such as `ThrottlingException`; empty for an error that is not AWS's."""
    from botocore.exceptions import ClientError

    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def item_in_the_way(error: BaseException) -> Mapping[str, Any] | None:
    """Return the item that failed the condition of a write, empty if there is none; `None` for any other error.

    The write must ask for it, with `ReturnValuesOnConditionCheckFailure`.
    """
    if error_code(error) != "ConditionalCheckFailedException":
        return None
    response: Mapping[str, Any] = getattr(error, "response", {})
    return response.get("Item") or {}
