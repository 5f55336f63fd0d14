"""Deploys tests/integration/idempotency_app.py, once for all tests that ask for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

_APP = Path(__file__).parents[2] / "integration" / "idempotency_app.py"


@cache
def deployed(deploy: Callable[[Path], dict[str, str]]) -> dict[str, str]:
    """The stack's outputs.

    Args:
        deploy: The session's fixture.
    """
    return deploy(_APP)
