"""The rules themselves, apart from any construct: what they say, and that they guess nothing."""

from hypothesis import given
from hypothesis import strategies as st

from redrive_model.facts.horizon import Horizon
from redrive_model.rules.idempotency import (
    PROTECTION_RULES,
    TABLE_RULES,
    USER_RULES,
    ProtectionFacts,
    TableFacts,
    UserFacts,
)

SECONDS = st.none() | st.integers(0, 100)
PLACES = st.none() | st.sampled_from(["here", "there"])
KEYS = st.none() | st.sampled_from([(("id", "S"),), (("id", "N"),), (("pk", "S"),), (("id", "S"), ("sk", "S"))])


def known_to_differ(*values: object) -> bool:
    return len({*values} - {None}) > 1


@given(st.none() | st.integers(-1, 2), KEYS)
def test_a_table_is_refused_for_its_key_or_when_it_remembers_nothing(
    expiry: int | None, key: tuple[tuple[str, str], ...] | None
) -> None:
    refused = list(TABLE_RULES.refused(TableFacts(expiry=expiry, key=key)))
    bad = [expiry is not None and expiry <= 0, key not in (None, (("id", "S"),))]
    assert len(refused) == sum(bad)


@given(
    st.none() | st.sampled_from(["expiration", "ttl", ""]),
    st.integers(1, 3),
    st.booleans(),
    st.none() | st.just("Stack/Imported"),
)
def test_a_table_is_warned_of_for_what_is_doubtful(
    ttl: str | None, replicas: int, strong: bool, imported: str | None
) -> None:
    facts = TableFacts(ttl=ttl, replicas=replicas, strongly_consistent=strong, imported=imported)
    expected = {
        "redrive:idempotency-ttl": ttl in ("ttl", ""),
        "redrive:idempotency-replicas": replicas > 1 and not strong,
        "redrive:imported-table": imported is not None,
    }
    assert {name for name, _ in TABLE_RULES.warned(facts)} == {name for name, said in expected.items() if said}


@given(PLACES, PLACES, PLACES, PLACES)
def test_a_function_is_refused_where_it_is_known_not_to_reach_the_table(
    account: str | None, region: str | None, other_account: str | None, other_region: str | None
) -> None:
    table = TableFacts(account=account, region=region)
    facts = UserFacts(function="Stack/Function", table=table, account=other_account, region=other_region)
    refused = list(USER_RULES.refused(facts))
    assert len(refused) == known_to_differ(account, other_account) + known_to_differ(region, other_region)


@given(SECONDS, SECONDS)
def test_a_function_is_warned_of_when_it_may_run_for_longer_than_is_remembered(
    expiry: int | None, timeout: int | None
) -> None:
    facts = UserFacts(function="Stack/Function", table=TableFacts(expiry=expiry), timeout=timeout)
    outlasts = expiry is not None and timeout is not None and timeout > expiry
    assert len(list(USER_RULES.warned(facts))) == outlasts


@given(SECONDS, SECONDS)
def test_a_source_is_warned_of_when_it_is_known_to_be_retried_for_longer(
    expiry: int | None, horizon: int | None
) -> None:
    facts = ProtectionFacts(
        table="Stack/Orders", expiry=expiry, horizon=None if horizon is None else Horizon(horizon, "…", "…")
    )
    longer = expiry is not None and horizon is not None and horizon > expiry
    assert [name for name, _ in PROTECTION_RULES.warned(facts)] == ["redrive:idempotency-expiry"] * longer
    assert list(PROTECTION_RULES.refused(facts)) == []


def test_where_nothing_is_known_nothing_is_said() -> None:
    user = UserFacts(function="Stack/Function", table=TableFacts())
    protection = ProtectionFacts(table="Stack/Orders")
    assert [*TABLE_RULES.refused(TableFacts()), *TABLE_RULES.warned(TableFacts())] == []
    assert [*USER_RULES.refused(user), *USER_RULES.warned(user)] == []
    assert [*PROTECTION_RULES.refused(protection), *PROTECTION_RULES.warned(protection)] == []
