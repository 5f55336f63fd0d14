"""A deployed stack in this process, and a folder for journals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli.shop import shop, used
from tests.support.cli.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = shop()
    with used(world, tmp_path / "state"):
        yield world
