"""What all tests share: how much the random ones try, and which begin first."""

import pytest

from tests.support import profiles

profiles.load()

# What takes longest is begun first, so that no process is left with it at the end.
_LONGEST = {"test_random_scripts": 0, "test_linters": 1}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the random tests, and puts the longest files first."""
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker("random")
    items.sort(key=lambda item: _LONGEST.get(item.path.stem, len(_LONGEST)))
