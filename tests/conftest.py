"""What has to be set before `aws_cdk` is imported for the first time."""

import os

import pytest

from tools.node import node_executable

# The template validator costs seconds a process to start; the tests that want it run it in a process of its own.
os.environ.setdefault("CDK_VALIDATION", "false")
os.environ.setdefault("JSII_NODE", str(node_executable()))

# What takes longest is begun first, so that no process is left with it at the end.
_LONGEST = {"test_random_scripts": 0, "test_linters": 1}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest files first."""
    items.sort(key=lambda item: _LONGEST.get(item.path.stem, len(_LONGEST)))
