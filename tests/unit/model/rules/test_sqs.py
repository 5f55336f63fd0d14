"""The rules themselves, apart from any construct: what they refuse and warn of, and that they guess nothing."""

import contextlib
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.settings import Backoff
from redrive_model.facts.sqs import SqsFacts
from redrive_model.rules.sqs import SQS_RULES
from redrive_model.template.arns import Elsewhere
from tests.support.model.rules import (
    NO_PATTERN,
    PATTERNS,
    WILDCARD,
    assert_complaints_read_well,
    assert_says_no_more,
)

RULES: dict[str, Callable[[SqsFacts], str | None]] = {
    rule.__name__: rule for rule in (*SQS_RULES.refusals, *SQS_RULES.warnings.values())
}
FLAGS = ("fifo", "dead_letter_fifo")


def around(*limits: int) -> st.SearchStrategy[int | None]:
    """Not known, anything, or a number at or beside one of the limits."""
    near = [limit + offset for limit in limits for offset in (-1, 0, 1)]
    return st.none() | st.sampled_from(near) | st.integers(0, 2_000_000)


ELSEWHERE = st.sampled_from([None, Elsewhere("Region", "eu-west-2", "eu-west-1"), Elsewhere("account", "2", "1")])
FACTS = st.builds(
    SqsFacts,
    fifo=st.none() | st.booleans(),
    dead_letter_fifo=st.none() | st.booleans(),
    has_dead_letter_queue=st.none() | st.booleans(),
    partial_failures=st.none() | st.booleans(),
    keeps_failures=st.booleans(),
    dead_letter_is_source=st.booleans(),
    elsewhere=ELSEWHERE,
    dead_letters_elsewhere=ELSEWHERE,
    function_timeout=around(3, 30, 900),
    reserved_concurrency=around(1, 2, 1_000),
    visibility_timeout=around(18, 30, 180, 900, 5_400, 43_200),
    delivery_delay=around(900),
    retention=around(60, 345_600, 1_209_600),
    dead_letter_retention=around(60, 345_600, 1_209_600),
    max_receive_count=around(1, 5, 1_000),
    batch_size=around(1, 10, 10_000),
    batching_window=around(1, 300),
    max_concurrency=around(2, 1_000),
    minimum_pollers=around(2, 200),
    maximum_pollers=around(2, 200, 10_000),
    backoff=st.none() | st.builds(Backoff, jitter=st.sampled_from(["full", "equal"])),
    bridged=around(60),
    unsupported=st.just(()) | st.just(("DestinationConfig",)),
    filters=st.sampled_from([0, 1, 5, 6, 10, 11]),
    patterns=st.sampled_from(PATTERNS),
    no_patterns=st.just(()) | st.just(("{'body': ['a']}",)),
)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "function_timeout": st.integers(1, 900),
    "visibility_timeout": st.integers(5_700, 43_200),
    "delivery_delay": st.integers(0, 900),
    "retention": st.integers(300_000, 345_600),
    "dead_letter_retention": st.integers(345_601, 1_209_600),
    "max_receive_count": st.integers(5, 6),
    "bridged": st.integers(60, 3_600),
    "batch_size": st.integers(1, 10),
    "batching_window": st.integers(0, 300),
    "max_concurrency": st.integers(2, 10),
    "filters": st.just(0),
    "patterns": st.just(()),
    "no_patterns": st.just(()),
    "reserved_concurrency": st.integers(10, 1_000),
    "has_dead_letter_queue": st.just(True),
    "partial_failures": st.just(True),
    "fifo": st.just(False),
    "dead_letter_fifo": st.just(False),
}
#: Facts about what a mapping has, which is always known.
KNOWN = ("keeps_failures", "dead_letter_is_source", "unsupported", "filters", "patterns", "no_patterns")
GOOD_FACTS = st.builds(
    SqsFacts, **{name: values if name in KNOWN else st.none() | values for name, values in GOOD.items()}
)


@st.composite
def nearly_good(draw: st.DrawFn) -> SqsFacts:
    """Good values but for one or two: so that it is one rule that speaks, or none."""
    facts = draw(st.builds(SqsFacts, **GOOD))
    anything = draw(FACTS)
    names = draw(st.lists(st.sampled_from(fields(facts)), min_size=1, max_size=2))
    return replace(facts, **{field.name: getattr(anything, field.name) for field in names})


@given(FACTS)
def test_a_rule_says_no_more_when_it_knows_less(facts: SqsFacts) -> None:
    forgettable = {field.name for field in fields(facts)} - {*KNOWN, *FLAGS, "max_concurrency"}
    assert_says_no_more(RULES.values(), facts, forgettable)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_knows_nothing_says_nothing(name: str) -> None:
    assert RULES[name](SqsFacts()) is None


#: Facts that each rule needs.
NEEDS: dict[str, tuple[str, ...]] = {
    "visibility_within_12_hours": ("visibility_timeout",),
    "visibility_covers_function": ("visibility_timeout", "function_timeout"),
    "fifo_batches": ("fifo",),
    "batch_size_in_range": ("batch_size",),
    "large_batches_have_a_window": ("batch_size", "batching_window"),
    "window_in_range": ("batching_window",),
    "dead_letter_queue_is_another": (),
    "dead_letter_queue_of_same_kind": ("fifo", "dead_letter_fifo"),
    "dead_letter_queue_is_near": ("dead_letters_elsewhere",),
    "same_region": ("elsewhere",),
    "dead_letters_kept_as_long": ("retention", "dead_letter_retention"),
    "receives_at_least_once": ("max_receive_count",),
    "concurrency_in_range": ("max_concurrency",),
    "concurrency_is_reserved": ("max_concurrency", "reserved_concurrency"),
    "delay_in_range": ("delivery_delay",),
    "retention_in_range": ("retention",),
    "settings_are_for_queues": (),
    "pollers_in_range": (),
    "visibility_leaves_room": ("visibility_timeout", "function_timeout", "batching_window"),
    "enough_receives": ("max_receive_count",),
    "retries_within_retention": ("visibility_timeout", "max_receive_count", "retention"),
    "dead_letters_kept_longer": ("retention", "dead_letter_retention"),
    "receives_bridge_a_minute": ("bridged", "max_receive_count"),
    "dead_letter_retention_in_range": ("dead_letter_retention",),
    "filters_fit": (),
    "filters_are_valid": (),
    "filters_use_documented_operators": (),
    "filters_have_patterns": (),
    "filters_delete": (),
    "filters_need_a_quota": (),
    "concurrency_is_not_zero": ("reserved_concurrency",),
    "concurrency_is_enough": ("reserved_concurrency",),
    "failures_are_kept": ("has_dead_letter_queue",),
    "good_messages_are_done_once": ("partial_failures", "batch_size"),
    "pollers_are_reserved": ("reserved_concurrency", "maximum_pollers"),
}


def test_it_is_known_of_every_rule_what_it_needs() -> None:
    assert set(NEEDS) == set(RULES)


@given(FACTS)
def test_a_rule_that_lacks_what_it_needs_says_nothing(facts: SqsFacts) -> None:
    for name, needs in NEEDS.items():
        for need in needs:
            assert RULES[name](replace(facts, **{need: None})) is None, (name, need)


class UnknownError(Exception):
    """A claim needs a value that is not known."""


class Known:
    """Facts, of which only those that are known can be asked for."""

    def __init__(self, facts: SqsFacts) -> None:
        self._facts = facts

    @property
    def fifo(self) -> bool:
        """Not known, a queue counts as standard: it decides which rules hold."""
        return bool(self._facts.fifo)

    @property
    def maximum(self) -> float | None:
        """Unset, it limits nothing."""
        return self._facts.max_concurrency

    @property
    def kind(self) -> bool:
        return self.__getattr__("fifo")

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._facts, name)
        if value is None:
            raise UnknownError(name)
        return value


REQUIRED: dict[str, Callable[[Known], bool]] = {
    "visibility timeout in range": lambda its: 0 <= its.visibility_timeout <= 12 * 60 * 60,
    "visibility timeout covers the function": lambda its: its.visibility_timeout >= its.function_timeout,
    "delay in range": lambda its: 0 <= its.delivery_delay <= 15 * 60,
    "retention in range": lambda its: 60 <= its.retention <= 14 * 24 * 60 * 60,
    "dead letters' retention in range": lambda its: 60 <= its.dead_letter_retention <= 14 * 24 * 60 * 60,
    "filters fit": lambda its: its.filters <= 10 and all(len(each) <= 4_096 for each in its.patterns),
    "filters are valid": lambda its: NO_PATTERN not in its.patterns,
    "filters have patterns": lambda its: not its.no_patterns,
    "settings of queues": lambda its: not its.unsupported,
    "batch size in range": lambda its: 1 <= its.batch_size <= 10_000,
    "FIFO batches of ten": lambda its: not its.fifo or its.batch_size <= 10,
    "large batches with a window": lambda its: its.batch_size <= 10 or its.batching_window >= 1,
    "window in range": lambda its: 0 <= its.batching_window <= 300,
    "FIFO without a window": lambda its: not its.fifo or its.batching_window == 0,
    "queues of one kind": lambda its: its.kind == its.dead_letter_fifo,
    "a queue of the mapping's Region": lambda its: its.elsewhere.what != "Region",
    "a dead-letter queue in the same place": lambda its: not its.dead_letters_elsewhere,
    "another dead-letter queue": lambda its: not its.dead_letter_is_source,
    "dead letters kept as long": lambda its: its.dead_letter_retention >= its.retention,
    "1 to 1,000 receives": lambda its: 1 <= its.max_receive_count <= 1_000,
    "concurrency in range": lambda its: 2 <= its.max_concurrency <= 1_000,
    "concurrency reserved": lambda its: its.max_concurrency <= its.reserved_concurrency,
    "minimum of pollers in range": lambda its: 2 <= its.minimum_pollers <= 200,
    "maximum of pollers in range": lambda its: 2 <= its.maximum_pollers <= 10_000,
    "minimum of pollers below maximum": lambda its: its.minimum_pollers <= its.maximum_pollers,
    "pollers without a concurrency": lambda its: not (its.max_concurrency and its.minimum_pollers),
    "most pollers without a concurrency": lambda its: not (its.max_concurrency and its.maximum_pollers),
}
RECOMMENDED: dict[str, Callable[[Known], bool]] = {
    "visibility timeout leaves room": lambda its: (
        its.visibility_timeout >= 6 * its.function_timeout + its.batching_window
    ),
    "five receives": lambda its: its.max_receive_count >= 5,
    "a dead-letter queue": lambda its: its.has_dead_letter_queue,
    "partial failures": lambda its: its.partial_failures or its.batch_size <= 1,
    "retries within the retention": lambda its: its.visibility_timeout * its.max_receive_count <= its.retention,
    "a minute is bridged": lambda its: its.max_receive_count is None or its.bridged >= 60,
    "no filters": lambda its: not its.filters,
    "documented operators": lambda its: WILDCARD not in its.patterns,
    "a concurrency": lambda its: its.reserved_concurrency != 0,
    "five batches at first": lambda its: bool(
        its.reserved_concurrency >= 5
        or its.fifo
        or its.reserved_concurrency == 0
        or (its.maximum is not None and its.maximum <= its.reserved_concurrency)
    ),
    "pollers reserved": lambda its: (
        its.reserved_concurrency == 0 or its.maximum_pollers * 10 <= its.reserved_concurrency
    ),
    "dead letters kept longer": lambda its: (
        bool(its.fifo)
        or its.dead_letter_retention > its.retention
        or (its.keeps_failures and its.dead_letter_retention == 14 * 24 * 60 * 60)
    ),
}


def broken(facts: SqsFacts, claims: dict[str, Callable[[Known], bool]]) -> set[str]:
    """The claims that are known to be false."""
    found: set[str] = set()
    for name, claim in claims.items():
        with contextlib.suppress(UnknownError):
            if not claim(Known(facts)):
                found.add(name)
    return found


@given(nearly_good())
def test_it_refuses_what_aws_does_not_take_and_nothing_else(facts: SqsFacts) -> None:
    """The documentation's inequalities, each of them written down once more."""
    assert bool(list(SQS_RULES.refused(facts))) == bool(broken(facts, REQUIRED))


@given(nearly_good())
def test_it_warns_of_what_aws_recommends_against_and_of_nothing_else(facts: SqsFacts) -> None:
    if not broken(facts, REQUIRED):
        assert bool(list(SQS_RULES.warned(facts))) == bool(broken(facts, RECOMMENDED))


@given(GOOD_FACTS)
def test_good_values_are_neither_refused_nor_warned_of(facts: SqsFacts) -> None:
    assert list(SQS_RULES.refused(facts)) == []
    assert list(SQS_RULES.warned(facts)) == []


@given(FACTS)
def test_a_complaint_names_a_remedy_and_reads_as_one_sentence(facts: SqsFacts) -> None:
    assert_complaints_read_well(SQS_RULES, facts, "give", "leave", "write", "use", "lengthen", "reserve")


def test_the_ids_of_warnings_do_not_change() -> None:
    """Users have acknowledged them by these."""
    assert set(SQS_RULES.warnings) == {
        "redrive:visibility-timeout",
        "redrive:max-receive-count",
        "redrive:no-dead-letter-queue",
        "redrive:whole-batches",
        "redrive:retries-beyond-retention",
        "redrive:dead-letter-retention",
        "redrive:short-retries",
        "redrive:filtered-messages",
        "redrive:filter-quota",
        "redrive:filter-operators",
        "redrive:no-concurrency",
        "redrive:low-concurrency",
        "redrive:pollers-above-reserve",
    }
