"""Ranges: what they allow, and the sentence that refuses the rest."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_model import limits
from redrive_model.limits import Range

RANGES = {name: value for name, value in vars(limits).items() if isinstance(value, Range)}


@pytest.mark.parametrize("name", RANGES)
def test_a_range_states_the_page_it_is_from(name: str) -> None:
    assert RANGES[name].page.startswith("https://docs.aws.amazon.com/")


@pytest.mark.parametrize("name", RANGES)
@given(value=st.floats() | st.integers() | st.sampled_from([inf, -inf, nan]))
def test_a_range_allows_what_is_within_and_refuses_the_rest_by_name_and_value(name: str, value: float) -> None:
    its = RANGES[name]
    within = its.least <= value <= its.most and (its.unit == "s" or value == int(value))
    sentence = its.refuse("setting", value)
    assert its.allows(value) is within
    assert (sentence is None) is within
    if sentence is not None:
        assert sentence.startswith(f"setting {value:,}")
        assert f"{its.most:,}" in sentence
        assert sentence.endswith("; give one within")


@pytest.mark.parametrize("name", RANGES)
def test_the_ends_of_a_range_are_allowed_and_their_neighbours_are_not(name: str) -> None:
    its = RANGES[name]
    assert [its.allows(value) for value in (its.least - 1, its.least, its.most, its.most + 1)] == [
        False,
        True,
        True,
        False,
    ]


def test_the_sentence_has_value_rule_and_remedy() -> None:
    assert limits.EVENT_AGE.refuse("max_event_age", None) is None
    assert limits.EVENT_AGE.refuse("max_event_age", 59) == (
        "max_event_age 59 s: Lambda takes 60–21,600 s (6 hours); give one within"
    )
    assert limits.BATCH_SIZE.refuse("batch_size", 1.5, "give 1") == (
        "batch_size 1.5: Lambda takes whole numbers from 1 to 10,000; give 1"
    )
