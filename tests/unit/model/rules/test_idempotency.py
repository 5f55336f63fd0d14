"""The rules and the horizons themselves, apart from any construct: what they say, and that they guess nothing."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from redrive_model.rules.asynchronous import AsyncFacts
from redrive_model.rules.idempotency import (
    PROTECTION_CHECKS,
    TABLE_CHECKS,
    USER_CHECKS,
    ProtectionFacts,
    TableFacts,
    UserFacts,
)
from redrive_model.rules.sqs import SqsFacts
from redrive_model.rules.stream_values import StreamFacts
from redrive_model.schedules.horizons import Horizon, of_async, of_queue, of_stream

SECONDS = st.none() | st.integers(0, 100)
LONG = st.none() | st.integers(1, 1_000_000)
PLACES = st.none() | st.sampled_from(["here", "there"])
KEYS = st.none() | st.sampled_from([(("id", "S"),), (("id", "N"),), (("pk", "S"),), (("id", "S"), ("sk", "S"))])


def known_to_differ(*values: object) -> bool:
    return len({*values} - {None}) > 1


@given(st.none() | st.integers(-1, 2), KEYS)
def test_a_table_is_refused_for_its_key_or_when_it_remembers_nothing(
    expiry: int | None, key: tuple[tuple[str, str], ...] | None
) -> None:
    refused = list(TABLE_CHECKS.refused(TableFacts(expiry=expiry, key=key)))
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
    assert {name for name, _ in TABLE_CHECKS.warned(facts)} == {name for name, said in expected.items() if said}


@given(PLACES, PLACES, PLACES, PLACES)
def test_a_function_is_refused_where_it_is_known_not_to_reach_the_table(
    account: str | None, region: str | None, other_account: str | None, other_region: str | None
) -> None:
    table = TableFacts(account=account, region=region)
    facts = UserFacts(function="Stack/Function", table=table, account=other_account, region=other_region)
    refused = list(USER_CHECKS.refused(facts))
    assert len(refused) == known_to_differ(account, other_account) + known_to_differ(region, other_region)


@given(SECONDS, SECONDS)
def test_a_function_is_warned_of_when_it_may_run_for_longer_than_is_remembered(
    expiry: int | None, timeout: int | None
) -> None:
    facts = UserFacts(function="Stack/Function", table=TableFacts(expiry=expiry), timeout=timeout)
    outlasts = expiry is not None and timeout is not None and timeout > expiry
    assert len(list(USER_CHECKS.warned(facts))) == outlasts


@given(SECONDS, SECONDS)
def test_a_source_is_warned_of_when_it_is_known_to_be_retried_for_longer(
    expiry: int | None, horizon: int | None
) -> None:
    facts = ProtectionFacts(
        table="Stack/Orders", expiry=expiry, horizon=None if horizon is None else Horizon(horizon, "…", "…")
    )
    longer = expiry is not None and horizon is not None and horizon > expiry
    assert [name for name, _ in PROTECTION_CHECKS.warned(facts)] == ["redrive:idempotency-expiry"] * longer
    assert list(PROTECTION_CHECKS.refused(facts)) == []


def test_where_nothing_is_known_nothing_is_said() -> None:
    user = UserFacts(function="Stack/Function", table=TableFacts())
    protection = ProtectionFacts(table="Stack/Orders")
    assert [*TABLE_CHECKS.refused(TableFacts()), *TABLE_CHECKS.warned(TableFacts())] == []
    assert [*USER_CHECKS.refused(user), *USER_CHECKS.warned(user)] == []
    assert [*PROTECTION_CHECKS.refused(protection), *PROTECTION_CHECKS.warned(protection)] == []
    assert of_queue(SqsFacts()) is of_stream(StreamFacts()) is of_async(AsyncFacts()) is None


@given(st.none() | st.integers(1, 1_000), LONG, LONG, LONG)
def test_a_queues_horizon_is_all_its_receives_and_never_beyond_its_retention(
    count: int | None, visibility: int | None, backoff: int | None, retention: int | None
) -> None:
    facts = SqsFacts(
        max_receive_count=count, visibility_timeout=visibility, longest_backoff=backoff, retention=retention
    )
    horizon = of_queue(facts)
    if count is None:
        assert (horizon and horizon.seconds) == retention
    elif visibility is None:
        assert horizon is None
    else:
        receives = count * max(visibility, backoff or 0)
        assert horizon is not None
        assert horizon.seconds == min(receives, retention or inf)


@given(LONG | st.just(inf), LONG)
def test_a_streams_horizon_is_the_first_of_what_ends_a_record(age: float | None, retention: int | None) -> None:
    horizon = of_stream(StreamFacts(max_record_age=age, retention=retention))
    if age is None or (age == inf and retention is None):
        assert horizon is None
    else:
        assert horizon is not None
        assert horizon.seconds == min(age, inf if retention is None else retention)


@given(
    st.none() | st.integers(0, 2),
    st.none() | st.integers(60, 21_600),
    st.none() | st.integers(1, 900),
)
def test_an_asynchronous_horizon_is_the_age_the_waits_and_the_runs(
    retries: int | None, age: int | None, timeout: int | None
) -> None:
    horizon = of_async(AsyncFacts(retry_attempts=retries, max_event_age=age, function_timeout=timeout))
    if age is None:
        assert horizon is None
        return
    waits = {None: 0, 0: 0, 1: 60, 2: 180}[retries]
    assert horizon is not None
    assert horizon.seconds == age + waits + (retries or 0) * (timeout or 0)
