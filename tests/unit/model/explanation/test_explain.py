"""Explanations of small stacks, with the numbers of AWS's documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive.settings import Backoff, SqsSettings, encode
from redrive_model.explanation.explain import explain
from redrive_model.explanation.paths import as_text
from redrive_model.explanation.way import Explanation, Way
from redrive_model.resources.stack import stack_of
from redrive_model.schedules.course import Course
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place
from tests.support.simulator.simulations import (
    Template,
    arn,
    async_stack,
    function,
    mapping,
    resource,
    sqs_stack,
    stream_stack,
    template,
)

HOUR, DAY = 3_600.0, 86_400.0


def explained(source: Template, outage: float | None = None) -> Explanation:
    sources = [StackTemplate(stack="", template=source, place=Place("eu-west-1", "111111111111"))]
    return explain(stack_of(merged(read_templates(sources))), outage=outage)


def only(source: Template, outage: float | None = None) -> Way:
    (way,) = explained(source, outage).ways
    return way


def course(way: Way, failure: str) -> Course:
    return next(each for each in way.courses if each.failure == failure)


def test_a_queue_whose_visibility_timeout_is_below_the_functions_timeout() -> None:
    way = only(sqs_stack(queue={"VisibilityTimeout": 5}, receives=5))
    assert "redrive:sqs-visibility-covers-function" in {each.rule for each in way.findings}
    found = course(way, "error")
    assert [each.earliest for each in found.attempts] == [0, 5, 10, 15, 20]  # receipt + visibility timeout
    assert found.endings[0][:3] == ("dead-lettered", 25, 25)
    assert (way.bridges, way.places) == (20, ("DeadLetters",))


def test_a_throttled_queue_spends_its_receives_without_a_run() -> None:
    found = course(only(sqs_stack(queue={"VisibilityTimeout": 60}, receives=5)), "throttling")
    assert (found.count, found.runs, found.endings[0].end) == ((5, 5), False, "dead-lettered")


def test_a_queue_without_a_dead_letter_queue_loses_what_always_fails() -> None:
    way = only(sqs_stack(queue={"VisibilityTimeout": 60}, receives=None))
    assert course(way, "error").endings[0][:3] == ("lost", 4 * DAY, 4 * DAY)
    assert way.places == ()


def test_a_fifo_queue_blocks_the_message_group() -> None:
    assert "message group" in only(sqs_stack(fifo=True)).blocks


def test_the_helpers_waits_are_those_in_the_contract() -> None:
    waits = Backoff(base=10, cap=40, jitter="equal")
    settings = encode(SqsSettings(max_receive_count=4, backoff=waits))
    variables = {"Environment": {"Variables": {"REDRIVE_SQS_1": json.dumps(settings)}}}
    way = only(sqs_stack(queue={"VisibilityTimeout": 60}, receives=4, function_=variables))
    assert [each.earliest for each in course(way, "error").attempts] == [0, 5, 15, 35]
    assert [each.earliest for each in course(way, "crash").attempts] == [0, 60, 120, 180]
    permanent = course(way, "permanent")
    assert (permanent.count, permanent.endings[0].end) == ((1, 1), "dead-lettered")
    assert way.bridges == 35


def test_a_stream_with_the_defaults_of_aws_loses_a_bad_record_after_a_day() -> None:
    way = only(stream_stack())
    found = course(way, "error")
    assert found.endings[0][:2] == ("lost", DAY)
    assert found.loses
    assert way.blocks.startswith("its shard")
    assert {"redrive:infinite-retries", "redrive:no-bisect"} <= {each.rule for each in way.findings}
    within_a_minute = [sum(each[which] <= 60 for each in found.attempts) for which in (2, 1)]
    assert within_a_minute[0] <= 8 <= within_a_minute[1]  # 8 attempts in about 60 s were observed


def test_a_lane_of_a_shard_is_blocked_with_parallelization() -> None:
    assert only(stream_stack(ParallelizationFactor=4)).blocks.startswith("its lane, one of 4")


def test_a_stream_with_two_retries_gives_up_after_three_attempts() -> None:
    found = course(only(stream_stack(MaximumRetryAttempts=2)), "error")
    assert found.count == (3, 3)
    assert [each.end for each in found.endings] == ["given up"]


def test_throttles_of_a_stream_count_no_attempt() -> None:
    found = course(only(stream_stack(MaximumRetryAttempts=2, MaximumRecordAgeInSeconds=600)), "throttling")
    assert found.count[0] > 10
    assert found.endings[0][:2] == ("given up", 600)


def test_an_asynchronous_function_with_a_reserve_of_1_in_an_outage_of_7_hours() -> None:
    way = only(async_stack(function_={"ReservedConcurrentExecutions": 1, "Timeout": 10}), outage=7 * HOUR)
    outage = course(way, "outage")
    assert [tuple(each) for each in outage.attempts] == [(1, 0, 0), (2, 60, 70), (3, 180, 200)]
    assert outage.endings[0][:3] == ("given up", 180, 210)
    throttled = course(way, "throttling")  # the events behind the one that runs
    assert throttled.endings[0][:3] == ("given up", 6 * HOUR, 6 * HOUR)
    assert [each.earliest for each in throttled.attempts[:5]] == [0, 1, 3, 7, 15]
    assert throttled.every == (300, 300)
    assert way.bridges == 180
    assert way.bridges_throttling is not None
    assert way.bridges_throttling < 6 * HOUR


@pytest.mark.parametrize(("age", "attempts"), [(60, 1), (90, 2), (181, 3)])
def test_lambda_looks_ahead_at_the_age(age: int, attempts: int) -> None:
    """Observed: with a maximum age of 60 s, the first failure was the last; with 90 s there was one retry."""
    found = course(only(async_stack(function_={"Timeout": 0.1}, MaximumEventAgeInSeconds=age)), "error")
    assert found.count[1] == attempts


def test_a_reserve_of_zero_attempts_nothing() -> None:
    (found,) = only(async_stack(function_={"ReservedConcurrentExecutions": 0})).courses
    assert (found.count, found.endings[0].reason) == ((0, 0), "ZeroReservedConcurrency")


def test_an_outage_that_is_bridged_ends_in_a_success() -> None:
    way = only(sqs_stack(queue={"VisibilityTimeout": 60}, receives=5), outage=200)
    assert course(way, "outage").endings == (("processed", 200, 240, "an attempt after the outage succeeds"),)


def chain() -> Template:
    """Topic → queue → function → destination → function."""
    return template(
        Topic=resource("AWS::SNS::Topic"),
        Subscription=resource(
            "AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="sqs", Endpoint=arn("Queue")
        ),
        Queue=resource("AWS::SQS::Queue"),
        Function=function(),
        Mapping=mapping(arn("Queue")),
        Other=function(),
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Other"},
            Qualifier="$LATEST",
            DestinationConfig={"OnFailure": {"Destination": arn("Queue")}},
        ),
        Pipe=resource("AWS::Pipes::Pipe"),
    )


def test_paths_have_several_steps() -> None:
    ways = {way.kind: way for way in explained(chain()).ways}
    before = {as_text(path) for path in ways["queue"].before}
    assert before == {"Topic → (subscription) → Queue", "Other → (destination on failure) → Queue"}
    assert [as_text(path) for path in ways["asynchronous"].after] == ["Queue → (event source mapping) → Function"]


def test_what_is_not_modelled_is_named() -> None:
    assert explained(chain()).not_modelled == ("Pipe (AWS::Pipes::Pipe)",)


def test_functions_that_nothing_invokes_and_those_that_callers_wait_for() -> None:
    permission = resource("AWS::Lambda::Permission", FunctionName=arn("Api"), Principal="apigateway.amazonaws.com")
    found = explained(template(Api=function(), Idle=function(), Permission=permission))
    assert [(way.function, way.kind, way.courses) for way in found.ways] == [("Api", "synchronous", ())]
    assert found.not_reached == ("Idle",)


def test_a_window_that_outlasts_the_visibility_timeout_makes_the_runs_chance() -> None:
    """Found by simulation: the only receive was spent while the batch was gathered, and nothing ran."""
    source = sqs_stack(queue={"VisibilityTimeout": 14}, receives=1, MaximumBatchingWindowInSeconds=5)
    way = only(source)
    assert way.courses == ()
    assert any("outlast the visibility timeout" in each for each in way.notes)


def test_a_value_of_the_deployment_is_not_guessed() -> None:
    source: dict[str, Any] = sqs_stack(queue={"VisibilityTimeout": {"Ref": "Seconds"}})
    way = only({**source, "Parameters": {"Seconds": {"Type": "Number"}}})
    assert (way.courses, way.unknown) == ((), ("VisibilityTimeout",))
