"""app.py, deployed once for the tests of this folder."""

from pathlib import Path

import pytest

from tests.integration.conftest import Deploy


@pytest.fixture(scope="session")
def shop(deploy: Deploy) -> dict[str, str]:
    """app.py, deployed: the stack's outputs."""
    return deploy(Path("app.py"))
