"""The rules themselves, apart from any construct: what they say, and that they guess nothing."""

from hypothesis import given
from hypothesis import strategies as st

from redrive_model.rules.invoker import SYNC_RULES, SyncFacts

SECONDS = st.none() | st.integers(1, 900) | st.sampled_from([3, 4])


@given(SECONDS, SECONDS, st.booleans())
def test_a_caller_is_refused_when_it_is_known_to_be_shorter_and_not_meant_to(
    caller: int | None, callee: int | None, may_be_shorter: bool
) -> None:
    facts = SyncFacts(caller_timeout=caller, callee_timeout=callee, caller_may_be_shorter=may_be_shorter)
    is_shorter = caller is not None and callee is not None and caller < callee
    assert len(list(SYNC_RULES.refused(facts))) == (is_shorter and not may_be_shorter)


REGIONS = st.none() | st.sampled_from(["eu-west-1", "eu-west-3"])


@given(REGIONS, REGIONS)
def test_regions_are_refused_when_they_are_known_to_differ(caller: str | None, callee: str | None) -> None:
    differ = len({caller, callee} - {None}) == 2
    assert len(list(SYNC_RULES.refused(SyncFacts(caller_region=caller, callee_region=callee)))) == differ


def test_unless_it_is_said_no_caller_may_be_shorter() -> None:
    assert len(list(SYNC_RULES.refused(SyncFacts(caller_timeout=3, callee_timeout=4)))) == 1


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert list(SYNC_RULES.refused(SyncFacts())) == list(SYNC_RULES.warned(SyncFacts())) == []
