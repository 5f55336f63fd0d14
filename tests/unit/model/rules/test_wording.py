"""A sentence about a template has the names of CloudFormation, and one about a construct those of its options."""

from __future__ import annotations

import ast
import inspect
import re
from math import inf
from typing import Any

import pytest

from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.facts.sqs import SqsFacts
from redrive_model.facts.streams import StreamFacts
from redrive_model.rules import asynchronous, bridging, queues, sqs, stream_ranges, streams
from redrive_model.rules.asynchronous import ASYNC_RULES
from redrive_model.rules.sqs import MAPPING_RULES, QUEUE_RULES
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.rules.wording import either, for_constructs, for_templates, given, named

# Names of options, and of constructs.
OF_CONSTRUCTS = re.compile(r"\b[a-z]+(_[a-z]+)+\b|\bSqsConsumer\b|\bAsyncInvocation\b|Duration\.|\bset to have\b")
BROKEN: list[tuple[Any, Any]] = [
    (QUEUE_RULES, SqsFacts(delivery_delay=901, retention=59, max_receive_count=1001, dead_letter_is_source=True)),
    (QUEUE_RULES, SqsFacts(fifo=True, dead_letter_fifo=False)),
    (MAPPING_RULES, SqsFacts(visibility_timeout=9, function_timeout=10, batching_window=301, batch_size=0)),
    (MAPPING_RULES, SqsFacts(fifo=True, batching_window=1)),
    (MAPPING_RULES, SqsFacts(fifo=True, batch_size=11)),
    (MAPPING_RULES, SqsFacts(batch_size=11, batching_window=0, max_concurrency=1, partial_failures=False)),
    (MAPPING_RULES, SqsFacts(max_concurrency=9, reserved_concurrency=3, has_dead_letter_queue=False)),
    (MAPPING_RULES, SqsFacts(max_receive_count=2, visibility_timeout=100_000, retention=60)),
    (STREAM_RULES, StreamFacts(kind="Kinesis", retention=59, batch_size=0, parallelization_factor=11)),
    (STREAM_RULES, StreamFacts(kind="Kinesis", batching_window=301, tumbling_window=901, on_success="queue")),
    (STREAM_RULES, StreamFacts(kind="Kinesis", retry_attempts=10_001, max_record_age=59, on_failure="function")),
    (STREAM_RULES, StreamFacts(kind="Kinesis", retry_attempts=inf, max_record_age=inf, starting_position="LATEST")),
    (STREAM_RULES, StreamFacts(kind="DynamoDB", starting_position="AT_TIMESTAMP", bisects=True, batch_size=1)),
    (ASYNC_RULES, AsyncFacts(retry_attempts=3, max_event_age=59, on_success="bucket")),
    (ASYNC_RULES, AsyncFacts(sets_something=False)),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_a_template_is_told_its_own_properties(number: int) -> None:
    rules, facts = BROKEN[number]
    said = [for_templates(each.sentence) for each in rules.broken(facts)]
    assert said
    assert [each for each in said if OF_CONSTRUCTS.search(each) or re.search("[\x01-\x03]", each)] == []
    of_constructs = [*rules.refused(facts), *(text for _, text in rules.warned(facts))]
    assert [each for each in of_constructs if re.search("[\x01-\x03]", each)] == []
    assert of_constructs != said


@pytest.mark.parametrize("module", [asynchronous, bridging, queues, sqs, stream_ranges, streams])
def test_no_sentence_names_an_option_outside_of_a_choice(module: Any) -> None:
    tree = ast.parse(inspect.getsource(module))
    chosen = {
        id(part)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("either", "named", "given")
        for part in ast.walk(call)
    }
    sentences = [
        part.value
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for statement in function.body[1:]
        for part in ast.walk(statement)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in chosen
    ]
    # Options that only a construct's facts have.
    of_constructs_alone = ("set_aside is of the kind", "dead_letter_retention_period")
    found = [each for each in sentences if OF_CONSTRUCTS.search(each)]
    assert [each for each in found if not any(name in each for name in of_constructs_alone)] == []


def test_both_wordings_of_a_sentence() -> None:
    sentence = f"{named('batch_size')} 11: give {given('batch_size', 10)}{either(' here', '')}"
    assert for_constructs(sentence) == "batch_size 11: give batch_size=10 here"
    assert for_templates(sentence) == "BatchSize 11: give BatchSize 10"
