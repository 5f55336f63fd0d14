"""The examples of docs/testing.md run as tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.docs.test_docs import ROOT, blocks

TESTS = ["test_orders", "test_an_order_that_is_received_again", "test_streams", "test_attempts", "test_failures"]


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec("".join(blocks("docs/testing.md")), names)
    return names


def test_the_page_has_these_tests(page: dict[str, Any]) -> None:
    assert [name for name in page if name.startswith("test_")] == TESTS


@pytest.mark.parametrize("name", TESTS)
def test_the_tests_on_the_page_pass(page: dict[str, Any], name: str) -> None:
    page[name]()


def test_the_page_names_everything_that_the_package_offers() -> None:
    from redrive import testing

    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    assert [name for name in testing.__all__ if f"`{name}`" not in text] == ["AwsCalls"]
