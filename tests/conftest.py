"""What all tests share: how much the random ones try, which begin first, and what no test leaves to another."""

from collections.abc import Iterator

import pytest
from hypothesis import is_hypothesis_test

from redrive.idempotency.scope import known
from tests.support import profiles

profiles.load()

# The files that take longest are begun first, so that no process is left with one at the end.
_LONGEST = (
    *("test_linters", "test_random_scripts", "test_protects", "test_pauses"),
    *("test_circuit_breaker", "test_shop", "test_idempotency_races", "test_batches_with_faults", "test_async"),
    *("test_counter_faults", "test_idempotency_stores", "test_circuit_faults", "test_variants", "test_streams"),
    *("test_attempt_counters", "test_stream_failure", "test_invoker_faults"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the random tests, and puts the longest files first."""
    for item in items:
        # Hypothesis sets its own marker after this.
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            item.add_marker("random")
    order = {stem: number for number, stem in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@pytest.fixture(autouse=True)
def own_functions() -> Iterator[None]:
    """Each test may decorate what it likes: idempotency refuses only a second function of the same test."""
    with known.replaced({}):
        yield
