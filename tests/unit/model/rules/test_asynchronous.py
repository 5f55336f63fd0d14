"""The rules themselves, apart from any construct: what they refuse and warn of, and that they guess nothing."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.rules.asynchronous import ASYNC_RULES
from tests.support.model.rules import assert_complaints_read_well, assert_says_no_more

RULES: dict[str, Callable[[AsyncFacts], str | None]] = {
    rule.__name__: rule for rule in (*ASYNC_RULES.refusals, *ASYNC_RULES.warnings.values())
}
KINDS = ["queue", "topic", "function", "event bus", "bucket"]
REGIONS = ["eu-west-1", "eu-west-3"]
ROLES = ["on_success", "on_failure", "dead_letter_queue"]


def last_attempt(retries: float | None, age: float | None) -> int | None:
    """Counts Lambda's retries: a minute after the first failure, two more after the second, if the age permits."""
    if retries is None:
        return None
    return min(int(retries), sum(age is None or age > least for least in (60, 180)))


@st.composite
def facts_of(
    draw: st.DrawFn, retries: st.SearchStrategy[Any], age: st.SearchStrategy[Any], **others: Any
) -> AsyncFacts:
    attempts, oldest = draw(retries), draw(age)
    return AsyncFacts(
        retry_attempts=attempts,
        max_event_age=oldest,
        last_attempt=last_attempt(attempts, oldest),
        **{name: draw(values) for name, values in others.items()},
    )


FACTS = facts_of(
    st.none() | st.integers(-1, 4) | st.sampled_from([0.5, 1.5]),
    st.none() | st.sampled_from([59, 60, 61, 179, 180, 181, 21_599, 21_600, 21_601]) | st.integers(0, 100_000),
    sets_something=st.booleans(),
    on_success=st.none() | st.sampled_from(KINDS),
    on_failure=st.none() | st.sampled_from(KINDS),
    dead_letter_queue=st.none() | st.sampled_from(KINDS),
    fifo=st.lists(st.tuples(st.sampled_from(ROLES), st.just("Stack/Given")), max_size=2).map(tuple),
    own_destination=st.lists(st.sampled_from(ROLES), max_size=2).map(tuple),
    reserved_concurrency=st.none() | st.integers(0, 3),
    region=st.none() | st.sampled_from(REGIONS),
    function_region=st.none() | st.sampled_from(REGIONS),
    others=st.just(()) | st.just(("Stack/Other",)),
)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "retries": st.integers(0, 2),
    "age": st.integers(181, 21_600),
    "on_success": st.none() | st.sampled_from(["queue", "function", "event bus"]),
    "on_failure": st.sampled_from(["queue", "function", "event bus", "bucket"]),
    "reserved_concurrency": st.none() | st.integers(1, 1_000),
    "region": st.none() | st.just("eu-west-1"),
    "function_region": st.none() | st.just("eu-west-1"),
}


@st.composite
def nearly_good(draw: st.DrawFn) -> AsyncFacts:
    """Good values but for one or two: so that it is one rule that speaks, or none."""
    facts = draw(facts_of(**GOOD))
    anything = draw(FACTS)
    names = draw(st.lists(st.sampled_from(fields(facts)), min_size=1, max_size=2))
    changed = replace(facts, **{field.name: getattr(anything, field.name) for field in names})
    return replace(changed, last_attempt=last_attempt(changed.retry_attempts, changed.max_event_age))


#: Requirements of AWS, written down once more. `None` is not known, and no reason to refuse.
REQUIRED: dict[str, Callable[[AsyncFacts], bool]] = {
    "something_is_set": lambda facts: facts.sets_something,
    "retries_in_range": lambda facts: facts.retry_attempts in (None, 0, 1, 2),
    "age_in_range": lambda facts: facts.max_event_age is None or 60 <= facts.max_event_age <= 6 * 60 * 60,
    "same_region": lambda facts: len({facts.region, facts.function_region} - {None}) < 2,
    "no_fifo": lambda facts: not facts.fifo,
    "configured_once": lambda facts: not facts.others,
    "no_bucket_on_success": lambda facts: facts.on_success != "bucket",
    "destination_is_another": lambda facts: not facts.own_destination,
    "dead_letter_queue_is_queue_or_topic": lambda facts: facts.dead_letter_queue in (None, "queue", "topic"),
}
#: Recommendations.
RECOMMENDED: dict[str, Callable[[AsyncFacts], bool]] = {
    "redrive:no-failure-destination": lambda facts: bool(facts.on_failure or facts.dead_letter_queue),
    "redrive:failures-arrive-twice": lambda facts: not (facts.on_failure and facts.dead_letter_queue),
    "redrive:sns-record-size": lambda facts: (
        "topic" not in (facts.on_success, facts.on_failure, facts.dead_letter_queue)
    ),
    "redrive:no-concurrency": lambda facts: facts.reserved_concurrency != 0,
    "redrive:event-age": lambda facts: (
        facts.retry_attempts is None
        or facts.max_event_age is None
        or facts.max_event_age > {0: 0, 1: 60}.get(int(facts.retry_attempts), 180)
    ),
}


def test_every_rule_is_written_down_once_more() -> None:
    assert {rule.__name__ for rule in ASYNC_RULES.refusals} == set(REQUIRED)
    assert set(ASYNC_RULES.warnings) == set(RECOMMENDED)


@given(FACTS | nearly_good())
def test_each_rule_refuses_what_aws_does_not_take_and_nothing_else(facts: AsyncFacts) -> None:
    for name, holds in REQUIRED.items():
        assert (RULES[name](facts) is None) == holds(facts), name


@pytest.mark.parametrize(
    ("age", "is_refused"), [(59, True), (59.9, True), (60, False), (21_600, False), (21_601, True), (0, True)]
)
def test_an_age_is_refused_from_its_limits_on(age: float, is_refused: bool) -> None:
    assert (RULES["age_in_range"](AsyncFacts(max_event_age=age)) is not None) == is_refused


@given(nearly_good())
def test_each_rule_warns_of_what_is_doubtful_and_of_nothing_else(facts: AsyncFacts) -> None:
    if list(ASYNC_RULES.refused(facts)):
        return
    warned = {rule_id for rule_id, _ in ASYNC_RULES.warned(facts)}
    assert warned == {rule_id for rule_id, holds in RECOMMENDED.items() if not holds(facts)}


@given(facts_of(**GOOD))
def test_good_values_are_neither_refused_nor_warned_of(facts: AsyncFacts) -> None:
    assert list(ASYNC_RULES.refused(facts)) == []
    assert list(ASYNC_RULES.warned(facts)) == []


#: Facts without which a rule says nothing. A destination that is not set is a known fact.
UNKNOWN = ("retry_attempts", "max_event_age", "last_attempt", "reserved_concurrency", "region", "function_region")


@given(FACTS)
def test_a_rule_says_no_more_when_it_knows_less(facts: AsyncFacts) -> None:
    assert_says_no_more(RULES.values(), facts, UNKNOWN)


@pytest.mark.parametrize("name", [name for name in RULES if name != "failures_are_kept"])
def test_a_rule_that_knows_nothing_says_nothing(name: str) -> None:
    assert RULES[name](AsyncFacts()) is None


@given(FACTS)
def test_a_complaint_names_a_remedy_and_reads_as_one_sentence(facts: AsyncFacts) -> None:
    assert_complaints_read_well(ASYNC_RULES, facts, "give", "leave", "reserve", "make", "set")


@pytest.mark.parametrize(
    ("retries", "age", "says"),
    [
        (1, 60, ("max_event_age 60 s", "after 0 of 1 retries", "more than 60 s, or retry_attempts=0")),
        (2, 60, ("max_event_age 60 s", "after 0 of 2 retries", "more than 180 s, or retry_attempts=0")),
        (2, 180, ("max_event_age 180 s", "after 1 of 2 retries", "more than 180 s, or retry_attempts=1")),
    ],
)
def test_retries_that_never_come_are_counted(retries: int, age: int, says: tuple[str, ...]) -> None:
    facts = AsyncFacts(
        retry_attempts=retries, max_event_age=age, last_attempt=last_attempt(retries, age), on_failure="queue"
    )
    ((rule_id, text),) = ASYNC_RULES.warned(facts)
    assert rule_id == "redrive:event-age"
    for part in says:
        assert part in text


def test_the_remedy_for_retries_that_never_come_is_one() -> None:
    for retries, age in ((1, 61), (2, 181), (0, 60), (1, 180)):
        facts = AsyncFacts(
            retry_attempts=retries, max_event_age=age, last_attempt=last_attempt(retries, age), on_failure="queue"
        )
        assert list(ASYNC_RULES.warned(facts)) == []


def test_all_topics_are_named() -> None:
    facts = AsyncFacts(on_success="topic", on_failure="queue", dead_letter_queue="topic")
    assert (
        "on_success and dead_letter_queue is an SNS topic" in dict(ASYNC_RULES.warned(facts))["redrive:sns-record-size"]
    )


def test_the_ids_of_warnings_do_not_change() -> None:
    """Users have acknowledged them by these."""
    assert set(ASYNC_RULES.warnings) == {
        "redrive:no-failure-destination",
        "redrive:failures-arrive-twice",
        "redrive:sns-record-size",
        "redrive:no-concurrency",
        "redrive:event-age",
    }
