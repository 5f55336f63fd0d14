"""Reads the request id and the function name of an invocation."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def request_id(context: Any) -> str:
    """Return the invocation's request id, empty without a Lambda context."""
    return getattr(context, "aws_request_id", None) or ""


def function_name(context: Any) -> str:
    """Return the function's name, empty without a Lambda context and outside Lambda's environment."""
    return getattr(context, "function_name", None) or os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
