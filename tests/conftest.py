"""Settings of all tests: the effort of the random ones, the order of the tests, and a clean state after each."""

import gc
import sys
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import pytest
from hypothesis import is_hypothesis_test
from xdist.scheduler import LoadFileScheduling

from redrive.idempotency.scope import known
from tests.support import profiles

profiles.load()

# The files that take longest are begun first, so that no process is left with one at the end.
_LONGEST = (
    *("test_linters", "test_random_scripts", "test_protects", "test_pauses"),
    *("test_messages", "test_by_hand", "test_circuit_breaker", "test_replay_crashes", "test_idempotency_races"),
    *("test_batches_with_faults", "test_counter_faults", "test_idempotency_stores", "test_circuit_faults"),
    *("test_idempotency_renewals", "test_async", "test_variants", "test_streams", "test_idempotency_crashes"),
    *("test_attempt_counters", "test_stream_failure", "test_invoker_faults"),
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks the random tests; hypothesis sets its own marker later."""
    if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
        item.add_marker("random")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest files first."""
    order = {stem: number for number, stem in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def pytest_collection_finish() -> None:
    """Keeps what is imported and collected out of garbage collections, which take half a second each otherwise."""
    _freeze()


@pytest.fixture(autouse=True, scope="module")
def short_collections() -> None:
    """Keeps what earlier files have left, most of it constructs that jsii never lets go, out of them as well."""
    _freeze()


def _freeze() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_functions() -> Iterator[None]:
    """Each test may decorate what it likes: idempotency refuses only a second function of the same test."""
    outside = sys.modules.get("redrive.metrics.outside")
    if outside is not None:
        outside.begin_anew()  # what an earlier test has counted outside of a handler, in its own time
    with known.replaced({}):
        yield


class _ByFile(LoadFileScheduling):
    """Tests of a file run in one process, and those of a folder in tests/integration, too: they share what it makes."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePath(nodeid.partition("::")[0])
        return str(file.parent if file.parent.parent.name == "integration" else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Says which tests stay together."""
    return _ByFile(config, log) if config.getvalue("dist") == "loadfile" else None
