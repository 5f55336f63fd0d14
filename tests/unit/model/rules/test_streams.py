"""The rules themselves, apart from any construct: what they refuse and warn of, and that they guess nothing."""

from collections.abc import Callable
from dataclasses import fields, replace
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_model.facts.streams import StreamFacts
from redrive_model.rules.streams import STREAM_RULES
from tests.support.model.rules import (
    NO_PATTERN,
    NUMBER,
    PATTERNS,
    WILDCARD,
    assert_complaints_read_well,
    assert_says_no_more,
    pattern,
)

HOUR = 60 * 60
DAY = 24 * HOUR
RULES: dict[str, Callable[[StreamFacts], str | None]] = {
    rule.__name__: rule for rule in (*STREAM_RULES.refusals, *STREAM_RULES.warnings.values())
}
PLACES = ["queue", "topic", "function", "event bus", "bucket"]
REGIONS = ["eu-west-1", "eu-west-3"]
POSITIONS = ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]

FACTS = st.builds(
    StreamFacts,
    kind=st.sampled_from(["Kinesis", "DynamoDB"]),
    retention=st.none() | st.sampled_from([DAY - HOUR, DAY, DAY + 1, 365 * DAY, 365 * DAY + HOUR]) | st.just(7 * DAY),
    batch_size=st.none() | st.sampled_from([0, 1, 1.5, 2, 10_000, 10_001]),
    batching_window=st.none() | st.sampled_from([-1, 0, 300, 301]),
    parallelization_factor=st.none() | st.sampled_from([0, 1, 1.5, 2, 10, 11]),
    tumbling_window=st.none() | st.sampled_from([-1, 0, 1, 900, 901]),
    starting_position=st.none() | st.sampled_from(POSITIONS),
    has_position=st.booleans(),
    has_timestamp=st.booleans(),
    retry_attempts=st.none() | st.sampled_from([-1, 0, 0.5, 10, 10_000, 10_001, inf]),
    max_record_age=st.none() | st.sampled_from([-1, 59, 60, DAY - 1, DAY, 7 * DAY, 7 * DAY + 1, inf]),
    bridged=st.none() | st.sampled_from([0, 59, 60, 3_600]),
    bisects=st.booleans(),
    filters=st.sampled_from([0, 5, 6, 10, 11]),
    patterns=st.sampled_from(PATTERNS),
    on_failure=st.none() | st.sampled_from(PLACES),
    set_aside=st.none() | st.sampled_from(PLACES),
    fifo=st.lists(st.tuples(st.sampled_from(["on_failure", "set_aside"]), st.just("Stack/Given")), max_size=2).map(
        tuple
    ),
    function_timeout=st.none() | st.just(10),
    reserved_concurrency=st.none() | st.integers(0, 3),
    region=st.none() | st.sampled_from(REGIONS),
    source_region=st.none() | st.sampled_from(REGIONS),
    on_success=st.none() | st.sampled_from(PLACES),
    has_helper=st.booleans(),
    unsupported=st.just(()) | st.just(("ScalingConfig",)),
    no_patterns=st.just(()) | st.just(("{'data': ['a']}",)),
    paused_by=st.none() | st.just("the circuit Payments"),
)
GOOD = st.builds(
    StreamFacts,
    kind=st.sampled_from(["Kinesis", "DynamoDB"]),
    retention=st.none() | st.sampled_from([DAY, 7 * DAY, 365 * DAY]),
    batch_size=st.integers(2, 10_000),
    batching_window=st.integers(0, 300),
    parallelization_factor=st.just(1),
    tumbling_window=st.integers(0, 900),
    starting_position=st.just("TRIM_HORIZON"),
    retry_attempts=st.integers(0, 10_000),
    max_record_age=st.integers(60, DAY - 1),
    bridged=st.integers(60, DAY),
    filters=st.integers(0, 5),
    patterns=st.sampled_from([(), (pattern(20), pattern(4_096))]),
    on_failure=st.sampled_from(["queue", "topic", "bucket"]),
    set_aside=st.sampled_from(["queue", "bucket"]),
    reserved_concurrency=st.none() | st.integers(1, 1_000),
    region=st.none() | st.just("eu-west-1"),
    source_region=st.none() | st.just("eu-west-1"),
)


@st.composite
def nearly_good(draw: st.DrawFn) -> StreamFacts:
    """Good values but for one to three: so that few rules speak, or none."""
    facts, anything = draw(GOOD), draw(FACTS)
    names = draw(st.lists(st.sampled_from(fields(facts)), min_size=1, max_size=3))
    return replace(facts, **{field.name: getattr(anything, field.name) for field in names})


def whole(value: float | None, least: int, most: int) -> bool:
    return value is None or (value % 1 == 0 and least <= value <= most)


def endless(facts: StreamFacts) -> bool:
    return facts.retry_attempts == facts.max_record_age == inf


#: Requirements of AWS, written down once more. `None` is not known, and no reason to refuse.
REQUIRED: dict[str, Callable[[StreamFacts], bool]] = {
    "same_region": lambda facts: len({facts.region, facts.source_region} - {None}) < 2,
    "retention_in_range": lambda facts: (
        facts.kind == "DynamoDB" or facts.retention is None or facts.retention / HOUR in range(24, 8_761)
    ),
    "batch_size_in_range": lambda facts: whole(facts.batch_size, 1, 10_000),
    "window_in_range": lambda facts: facts.batching_window is None or 0 <= facts.batching_window <= 300,
    "parallelization_in_range": lambda facts: whole(facts.parallelization_factor, 1, 10),
    "tumbling_window_in_range": lambda facts: facts.tumbling_window is None or 0 <= facts.tumbling_window <= 900,
    "retries_in_range": lambda facts: facts.retry_attempts == inf or whole(facts.retry_attempts, 0, 10_000),
    "age_in_range": lambda facts: facts.max_record_age in (None, inf) or 60 <= facts.max_record_age <= 604_800,
    "starting_position_is_given": lambda facts: facts.has_position,
    "starting_position_exists": lambda facts: (
        facts.kind == "Kinesis" or not (facts.starting_position == "AT_TIMESTAMP" or facts.has_timestamp)
    ),
    "timestamp_goes_with_its_position": lambda facts: (
        facts.kind == "DynamoDB"
        or facts.starting_position is None
        or (facts.starting_position == "AT_TIMESTAMP") is facts.has_timestamp
    ),
    "filters_fit": lambda facts: facts.filters <= 10 and all(len(each) <= 4_096 for each in facts.patterns),
    "filters_are_valid": lambda facts: NO_PATTERN not in facts.patterns,
    "destination_is_queue_topic_or_bucket": lambda facts: facts.on_failure not in ("function", "event bus"),
    "set_aside_is_queue_or_bucket": lambda facts: facts.set_aside in (None, "queue", "bucket"),
    "no_fifo": lambda facts: not facts.fifo,
    "no_destination_on_success": lambda facts: facts.on_success is None,
    "settings_are_for_streams": lambda facts: not facts.unsupported,
    "filters_have_patterns": lambda facts: not facts.no_patterns,
}
#: Recommendations.
RECOMMENDED: dict[str, Callable[[StreamFacts], bool]] = {
    "redrive:infinite-retries": lambda facts: not endless(facts),
    "redrive:no-failure-destination": lambda facts: (
        facts.on_failure is not None
        or all(value is None or value == inf for value in (facts.retry_attempts, facts.max_record_age))
    ),
    "redrive:record-age": lambda facts: (
        facts.max_record_age is None
        or (
            facts.retry_attempts is None or endless(facts)
            if facts.max_record_age == inf
            else facts.retention is None or facts.max_record_age < facts.retention
        )
    ),
    "redrive:no-bisect": lambda facts: facts.bisects or facts.batch_size in (None, 1),
    "redrive:nothing-to-bisect": lambda facts: not (facts.bisects and facts.batch_size == 1),
    "redrive:starting-position": lambda facts: facts.starting_position != "LATEST",
    "redrive:paused-latest": lambda facts: facts.starting_position != "LATEST" or facts.paused_by is None,
    "redrive:parallel-windows": lambda facts: (
        not ((facts.tumbling_window or 0) > 0 and (facts.parallelization_factor or 1) > 1)
    ),
    "redrive:nothing-set-aside": lambda facts: facts.set_aside is not None or not facts.has_helper,
    "redrive:filter-quota": lambda facts: facts.filters <= 5,
    "redrive:filter-operators": lambda facts: WILDCARD not in facts.patterns,
    "redrive:filter-numbers": lambda facts: facts.kind == "Kinesis" or NUMBER not in facts.patterns,
    "redrive:no-concurrency": lambda facts: facts.reserved_concurrency != 0,
    "redrive:short-retries": lambda facts: (
        facts.retry_attempts is None or (60 if facts.bridged is None else facts.bridged) >= 60
    ),
}


def test_every_rule_is_written_down_once_more() -> None:
    assert {rule.__name__ for rule in STREAM_RULES.refusals} == set(REQUIRED)
    assert set(STREAM_RULES.warnings) == set(RECOMMENDED)


@given(FACTS | nearly_good())
def test_each_rule_refuses_what_aws_does_not_take_and_nothing_else(facts: StreamFacts) -> None:
    for name, holds in REQUIRED.items():
        assert (RULES[name](facts) is None) == holds(facts), name


@given(FACTS | nearly_good())
def test_each_rule_warns_of_what_is_doubtful_and_of_nothing_else(facts: StreamFacts) -> None:
    if list(STREAM_RULES.refused(facts)):
        return
    warned = {rule_id for rule_id, _ in STREAM_RULES.warned(facts)}
    assert warned == {rule_id for rule_id, holds in RECOMMENDED.items() if not holds(facts)}


@given(GOOD)
def test_good_values_are_neither_refused_nor_warned_of(facts: StreamFacts) -> None:
    assert list(STREAM_RULES.refused(facts)) == []
    assert list(STREAM_RULES.warned(facts)) == []


#: Facts without which a rule says nothing. A destination that is not set is a known fact.
UNKNOWN = (
    "retention",
    "batch_size",
    "batching_window",
    "parallelization_factor",
    "tumbling_window",
    "starting_position",
    "retry_attempts",
    "max_record_age",
    "bridged",
    "reserved_concurrency",
    "region",
    "source_region",
)


@given(FACTS | nearly_good())
def test_a_rule_says_no_more_when_it_knows_less(facts: StreamFacts) -> None:
    assert_says_no_more(RULES.values(), facts, UNKNOWN)


@pytest.mark.parametrize("name", [name for name in RULES if name != "records_can_be_set_aside"])
def test_a_rule_that_knows_nothing_says_nothing(name: str) -> None:
    assert RULES[name](StreamFacts()) is None


@given(FACTS | nearly_good())
def test_a_complaint_names_a_remedy_and_reads_as_one_sentence(facts: StreamFacts) -> None:
    assert_complaints_read_well(STREAM_RULES, facts, "give", "leave", "write", "use", "reserve", "make")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (
            StreamFacts(max_record_age=inf, retry_attempts=3),
            ("max_record_age infinite", "below the stream's retention:"),
        ),
        (
            StreamFacts(max_record_age=DAY, retention=DAY),
            ("max_record_age 86,400 s", "the stream's retention of 86,400 s"),
        ),
    ],
)
def test_the_record_age_and_what_it_is_measured_by_are_named(facts: StreamFacts, says: tuple[str, ...]) -> None:
    text = dict(STREAM_RULES.warned(facts))["redrive:record-age"]
    for part in says:
        assert part in text


def test_the_remedy_for_latest_is_one_that_the_stream_has() -> None:
    latest: dict[str, Any] = {"starting_position": "LATEST"}
    kinesis, dynamodb = (
        dict(STREAM_RULES.warned(StreamFacts(kind=kind, **latest)))["redrive:starting-position"]
        for kind in ("Kinesis", "DynamoDB")
    )
    assert kinesis.endswith("give TRIM_HORIZON or AT_TIMESTAMP")
    assert dynamodb.endswith("give TRIM_HORIZON")


def test_the_ids_of_warnings_do_not_change() -> None:
    """Users have acknowledged them by these."""
    assert set(STREAM_RULES.warnings) == {
        "redrive:infinite-retries",
        "redrive:no-failure-destination",
        "redrive:record-age",
        "redrive:no-bisect",
        "redrive:nothing-to-bisect",
        "redrive:starting-position",
        "redrive:parallel-windows",
        "redrive:paused-latest",
        "redrive:nothing-set-aside",
        "redrive:filter-quota",
        "redrive:filter-operators",
        "redrive:filter-numbers",
        "redrive:no-concurrency",
        "redrive:short-retries",
    }
