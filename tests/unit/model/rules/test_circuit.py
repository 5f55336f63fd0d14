"""The rules of circuits themselves, apart from any construct."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.circuit.policy import policy_of
from redrive.settings import Backoff
from redrive.settings.circuit import CircuitSettings
from redrive_model.rules.circuit import CIRCUIT_RULES, CircuitFacts
from redrive_model.rules.idempotency import TableFacts


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "failure_threshold": st.integers(-2, 9),
            "failure_rate": st.floats(-0.5, 1.5),
            "minimum_calls": st.integers(-2, 9),
            "window": st.floats(-1, 9),
            "open_time": st.builds(Backoff, st.floats(1, 9), jitter=st.sampled_from(["full", "equal", "none"])),
            "success_threshold": st.integers(-2, 9),
            "lease": st.floats(-1, 9),
        },
    )
)
def test_what_the_construct_takes_the_helper_takes_and_the_other_way_round(chosen: dict[str, Any]) -> None:
    """But for what would have no effect, which the construct alone refuses."""
    settings = CircuitSettings(name="Payments", **chosen)
    refused = list(CIRCUIT_RULES.refused(CircuitFacts(settings=settings, table=TableFacts())))
    try:
        policy_of(settings)
    except ValueError:
        assert refused != []
    else:
        assert [each for each in refused if "no effect" not in each] == []


@pytest.mark.parametrize(
    ("settings", "later", "refused"),
    [
        ({"minimum_calls": 5}, {"failure_rate"}, None),
        ({}, {"minimum_calls", "failure_rate"}, None),
        ({}, {"minimum_calls"}, "minimum_calls: it is how many calls a failure_rate needs"),
        ({"failure_rate": 0.5}, {"failure_threshold"}, "failure_threshold and failure_rate 0.5: with a rate"),
        ({}, {"failure_threshold"}, None),
    ],
)
def test_what_only_the_deployment_knows_is_given_but_not_compared(
    settings: dict[str, Any], later: set[str], refused: str | None
) -> None:
    facts = CircuitFacts(settings=CircuitSettings(**settings), table=TableFacts(), given_later=frozenset(later))
    found = list(CIRCUIT_RULES.refused(facts))
    assert len(found) == (refused is not None)
    assert refused is None or found[0].startswith(refused)
