"""Rules of what Lambda retries, with any facts at all: they never crash, and a refusal names the value."""

from __future__ import annotations

from dataclasses import fields
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive.settings import Backoff
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.facts.sqs import SqsFacts
from redrive_model.facts.streams import StreamFacts
from redrive_model.rules.asynchronous import ASYNC_RULES
from redrive_model.rules.rule import Rules
from redrive_model.rules.sqs import SQS_RULES
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.template.arns import Elsewhere

NUMBERS = st.none() | st.floats() | st.integers() | st.sampled_from([0, 1, 2, 10, 60, 300, inf, -inf, nan])
TEXTS = st.none() | st.sampled_from(["queue", "topic", "function", "event bus", "bucket", "firehose", "LATEST", ""])
#: A strategy for each type of a fact.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "float | None": NUMBERS,
    "int | None": st.none() | st.integers(),
    "int": st.integers(),
    "bool": st.booleans(),
    "bool | None": st.none() | st.booleans(),
    "str | None": TEXTS,
    "Backoff | None": st.none() | st.builds(Backoff, jitter=st.sampled_from(["full", "equal", "none"])),
    "Elsewhere | None": st.sampled_from([None, Elsewhere("Region", "a", "b"), Elsewhere("account", "1", "2")]),
    "StreamKind": st.sampled_from(["Kinesis", "DynamoDB"]),
    "tuple[str, ...]": st.lists(st.sampled_from(["on_failure", "ScalingConfig"])).map(tuple),
    "tuple[tuple[str, str], ...]": st.lists(st.just(("on_failure", "Failures.fifo"))).map(tuple),
}
KINDS: list[tuple[Rules[Any], type[Any]]] = [
    (SQS_RULES, SqsFacts),
    (STREAM_RULES, StreamFacts),
    (ASYNC_RULES, AsyncFacts),
]


@pytest.mark.parametrize(("rules", "kind"), KINDS)
@given(data=st.data())
def test_no_facts_crash_a_rule(rules: Rules[Any], kind: type[Any], data: st.DataObject) -> None:
    facts = kind(**{each.name: data.draw(VALUES[str(each.type)], each.name) for each in fields(kind)})
    for broken in rules.broken(facts):
        assert broken.rule.startswith("redrive:")
        assert broken.severity in ("undeployable", "unsafe", "warning")
        assert broken.sentence


#: The one fact that a rule compares with a range, and its name in the sentence.
COMPARED = [
    (SQS_RULES, SqsFacts, "visibility_timeout", "visibility timeout"),
    (SQS_RULES, SqsFacts, "delivery_delay", "delivery_delay"),
    (SQS_RULES, SqsFacts, "retention", "retention_period"),
    (SQS_RULES, SqsFacts, "batch_size", "batch_size"),
    (SQS_RULES, SqsFacts, "batching_window", "max_batching_window"),
    (SQS_RULES, SqsFacts, "max_concurrency", "max_concurrency"),
    (SQS_RULES, SqsFacts, "minimum_pollers", "minimum pollers"),
    (SQS_RULES, SqsFacts, "maximum_pollers", "maximum pollers"),
    (SQS_RULES, SqsFacts, "max_receive_count", "max_receive_count"),
    (STREAM_RULES, StreamFacts, "retention", "retention_period"),
    (STREAM_RULES, StreamFacts, "batch_size", "batch_size"),
    (STREAM_RULES, StreamFacts, "batching_window", "max_batching_window"),
    (STREAM_RULES, StreamFacts, "parallelization_factor", "parallelization_factor"),
    (STREAM_RULES, StreamFacts, "tumbling_window", "tumbling_window"),
    (STREAM_RULES, StreamFacts, "retry_attempts", "retry_attempts"),
    (STREAM_RULES, StreamFacts, "max_record_age", "max_record_age"),
    (ASYNC_RULES, AsyncFacts, "retry_attempts", "retry_attempts"),
    (ASYNC_RULES, AsyncFacts, "max_event_age", "max_event_age"),
]


@pytest.mark.parametrize(("rules", "kind", "field", "name"), COMPARED)
@given(value=st.floats() | st.integers())
def test_a_refusal_names_the_value(rules: Rules[Any], kind: type[Any], field: str, name: str, value: float) -> None:
    for sentence in rules.refused(kind(**{field: value})):
        assert sentence.startswith(f"{name} {value:,}")


@pytest.mark.parametrize(("rules", "kind"), KINDS)
def test_each_rule_has_an_id_of_its_own(rules: Rules[Any], kind: type[Any]) -> None:
    ids = [*map(rules.id_of, rules.refusals), *rules.warnings]
    assert len(ids) == len(set(ids))


def test_the_ids_of_refusals_do_not_change() -> None:
    assert SQS_RULES.id_of(SQS_RULES.undeployable[0]) == "redrive:sqs-visibility-within-12-hours"
    assert STREAM_RULES.id_of(STREAM_RULES.undeployable[0]) == "redrive:stream-same-region"
    assert ASYNC_RULES.id_of(ASYNC_RULES.undeployable[0]) == "redrive:async-something-is-set"
