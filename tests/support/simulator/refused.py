"""Reads the errors with which stand-ins refuse calls."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def error(call: Any, **given: Any) -> tuple[str, str]:
    """The code and the message of the error of a call."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    found: Any = caught.value.response
    return found["Error"]["Code"], found["Error"]["Message"]
