"""The fleet benchmark: few calls reach what is down, the circuit closes soon, and the store is asked no more."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from benchmarks import circuit_fleet
from benchmarks.circuit_fleet import FLEETS, Fleet, Outcome, with_powertools, with_redrive


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def title(of: object) -> str:
    return f"{of.environments} at {of.rate}/s" if isinstance(of, Fleet) else str(of)


@pytest.mark.parametrize("outage", [300.0, 277.0])
@pytest.mark.parametrize("of", FLEETS, ids=title)
def test_it_is_within_its_bounds_and_asks_the_store_no_more_than_powertools(
    monkeypatch: pytest.MonkeyPatch, of: Fleet, outage: float
) -> None:
    monkeypatch.setattr(circuit_fleet, "OUTAGE", outage)
    ours, theirs = circuit_fleet.run(with_redrive, of), circuit_fleet.run(with_powertools, of)
    assert ours.reached <= of.most
    assert ours.opened is not None
    assert ours.closed is not None
    assert ours.closed <= 60
    assert ours.requests <= theirs.requests


def test_the_benchmark_drives_powertools_as_its_documentation_says() -> None:
    """Each environment opens the circuit after 5 failures of its own, so with 20 of them the 81st call does."""
    outcome = circuit_fleet.run(with_powertools, FLEETS[0])
    assert isinstance(outcome, Outcome)
    assert outcome.opened == 81
