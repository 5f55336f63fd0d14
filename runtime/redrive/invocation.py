"""What is known of the invocation itself."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def request_id(context: Any) -> str:
    """The invocation's request id, empty where there is no Lambda context."""
    return getattr(context, "aws_request_id", None) or ""


def function_name(context: Any) -> str:
    """The function's name, empty where there is neither a Lambda context nor Lambda's environment."""
    return getattr(context, "function_name", None) or os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
