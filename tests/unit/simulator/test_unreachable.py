"""Deliveries that fail for a while are tried again by the policy of what delivers; what is given up is kept or lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_model.schedules.deliveries import rule_wait, sns_wait
from redrive_simulator import Outcome, Parameters, Simulation, UnknownNameError, days, hours, minutes
from tests.support.simulator.heard import rule
from tests.support.simulator.simulations import (
    Template,
    arn,
    async_stack,
    fails,
    function,
    resource,
    stream_stack,
    template,
)

SHOP = {"source": ["shop"]}


def put(simulation: Simulation, detail: Any) -> None:
    entry = {"Source": "shop", "DetailType": "sold", "Detail": json.dumps(detail)}
    simulation.client("events").put_events(Entries=[entry])


def ruled(**target: Any) -> Template:
    """An event of the shop goes to `Queue`, or to `Failed`."""
    return template(
        Queue=resource("AWS::SQS::Queue"),
        Failed=resource("AWS::SQS::Queue"),
        Rule=rule({"Arn": arn("Queue"), **target}, EventPattern=SHOP),
    )


def subscribed(**properties: Any) -> Template:
    """A message of `Topic` goes to `Queue`, or to `Failed`."""
    subscription = {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": arn("Queue"), **properties}
    return template(
        Topic=resource("AWS::SNS::Topic"),
        Queue=resource("AWS::SQS::Queue"),
        Failed=resource("AWS::SQS::Queue"),
        Subscription=resource("AWS::SNS::Subscription", **subscription),
    )


def publish(simulation: Simulation, message: str = "x") -> None:
    simulation.client("sns").publish(TopicArn=simulation.topic("Topic").spec.arn, Message=message)


def notified() -> Template:
    """A new object in `Bucket` is told to `Queue`."""
    to = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": arn("Queue")}]}
    return template(Queue=resource("AWS::SQS::Queue"), Bucket=resource("AWS::S3::Bucket", NotificationConfiguration=to))


def upload(simulation: Simulation) -> None:
    bucket = simulation.bucket("Bucket").spec.bucket_name
    simulation.client("s3").put_object(Bucket=bucket, Key="a", Body=b"1")


def retries(simulation: Simulation) -> list[float]:
    """The times of all retries."""
    return [entry.until for entry in simulation.timeline.entries if entry.kind == "retry"]


KEPT = {"DeadLetterConfig": {"Arn": arn("Failed")}}
FEW = {"RetryPolicy": {"MaximumRetryAttempts": 2}}
SHORT = {"RetryPolicy": {"MaximumEventAgeInSeconds": 60}}


def test_a_rule_tries_again_until_its_target_can_be_reached() -> None:
    simulation = Simulation.from_template(ruled())
    simulation.unreachable("Queue", start=0, end=10)
    put(simulation, {"id": 7})
    simulation.run_until(5)
    assert [ended.outcome for ended in simulation.ended] == [Outcome.WAITING]
    simulation.run()
    assert retries(simulation) == [1, 3, 7, 15]
    assert [body["detail"] for body in simulation.queue("Queue").bodies] == [{"id": 7}]
    assert {ended.outcome for ended in simulation.ended} == {Outcome.PROCESSED, Outcome.KEPT}
    simulation.assert_ended()


@pytest.mark.parametrize(
    ("policy", "count", "condition"),
    [(FEW, 2, "MaximumRetryAttempts"), (SHORT, 5, "MaximumEventAgeInSeconds")],
    ids=["retries", "age"],
)
@pytest.mark.parametrize("dead_letters", [True, False])
def test_a_rule_gives_up_by_its_retry_policy(
    policy: dict[str, Any], count: int, condition: str, *, dead_letters: bool
) -> None:
    simulation = Simulation.from_template(ruled(**policy, **(KEPT if dead_letters else {})))
    simulation.unreachable("Queue")
    put(simulation, {"id": 7})
    simulation.run()
    assert len(retries(simulation)) == count
    if not dead_letters:
        (lost,) = simulation.lost
        assert (lost.outcome, lost.place, lost.reason) == (Outcome.UNDELIVERED, "Queue", "unreachable")
        return
    simulation.assert_nothing_lost()
    (letter,) = simulation.queue("Failed").messages
    assert letter.attributes is not None
    told = {name: each["stringValue"] for name, each in letter.attributes.items()}
    assert (told["RETRY_ATTEMPTS"], told["EXHAUSTED_RETRY_CONDITION"]) == (str(count), condition)
    assert letter.json()["detail"] == {"id": 7}


def test_without_a_retry_policy_a_rule_tries_185_times_in_a_day() -> None:
    simulation = Simulation.from_template(ruled())
    simulation.unreachable("Queue")
    put(simulation, {})
    simulation.run()
    assert len(retries(simulation)) == 185
    assert hours(23) < simulation.now <= days(1)


def test_a_missing_permission_is_not_tried_again() -> None:
    for stack, cause in (
        (ruled(**KEPT), put),
        (subscribed(RedrivePolicy={"deadLetterTargetArn": arn("Failed")}), None),
    ):
        simulation = Simulation.from_template(stack)
        simulation.unreachable("Queue", retried=False, reason="access denied")
        if cause is None:
            publish(simulation)
        else:
            put(simulation, {})
        simulation.run()
        assert retries(simulation) == []
        assert (simulation.now, len(simulation.queue("Failed"))) == (0, 1)


def test_a_schedule_tries_again_and_its_dead_letter_names_it() -> None:
    target = {"Arn": arn("Queue"), "RoleArn": "arn:aws:iam::111111111111:role/Schedule", "Input": "{}", **FEW, **KEPT}
    schedule = resource(
        *("AWS::Scheduler::Schedule",),
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    queues = {name: resource("AWS::SQS::Queue") for name in ("Queue", "Failed")}
    simulation = Simulation.from_template(template(**queues, Schedule=schedule))
    simulation.unreachable("Queue", start=0, end=minutes(30))
    simulation.run_until(hours(1.5))
    assert len(simulation.queue("Queue")) == 1
    (letter,) = simulation.queue("Failed").messages
    assert letter.attributes is not None
    assert "SCHEDULE_ARN" in letter.attributes


def test_a_subscription_tries_again_in_phases() -> None:
    simulation = Simulation.from_template(subscribed())
    simulation.unreachable("Queue", end=minutes(5))
    publish(simulation)
    simulation.run()
    due = retries(simulation)
    assert due[:5] == [0, 0, 0, 1, 2]
    assert due[-1] - due[-2] == 20
    assert minutes(5) <= due[-1] < minutes(5) + 20
    assert len(simulation.queue("Queue")) == 1
    simulation.assert_ended()


@pytest.mark.parametrize("raw", [True, False])
def test_what_a_subscription_gives_up_goes_to_its_dead_letter_queue(*, raw: bool) -> None:
    redrive = {"deadLetterTargetArn": arn("Failed")}
    simulation = Simulation.from_template(subscribed(RedrivePolicy=redrive, RawMessageDelivery=raw))
    simulation.unreachable("Queue", retried=False)
    publish(simulation, "hello")
    simulation.run()
    (body,) = simulation.queue("Failed").bodies
    assert (body if raw else body["Message"]) == "hello"
    assert [ended.outcome for ended in simulation.ended if ended.source == "Topic"] == [Outcome.DEAD_LETTERED]


def test_a_subscription_without_a_dead_letter_queue_loses_what_it_gives_up() -> None:
    simulation = Simulation.from_template(subscribed())
    simulation.unreachable("Queue", retried=False)
    publish(simulation)
    simulation.run()
    with pytest.raises(AssertionError, match="1 of 1 events were lost"):
        simulation.assert_nothing_lost()


def test_a_loss_at_one_target_is_a_loss_though_another_has_the_event() -> None:
    stack = subscribed(RedrivePolicy={"deadLetterTargetArn": arn("Failed")})
    second = {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": arn("Other")}
    stack["Resources"] |= {
        "Other": resource("AWS::SQS::Queue"),
        "Second": resource("AWS::SNS::Subscription", **second),
    }
    for first, then in (("Queue", "Other"), ("Other", "Queue")):
        simulation = Simulation.from_template(stack)
        simulation.unreachable(first, retried=False)
        publish(simulation)
        simulation.run()
        outcome = Outcome.DEAD_LETTERED if first == "Queue" else Outcome.UNDELIVERED
        assert [ended.outcome for ended in simulation.ended if ended.source == "Topic"] == [outcome]
        assert len(simulation.queue(then)) == 1


def test_a_notification_of_a_bucket_is_tried_again_for_a_day() -> None:
    simulation = Simulation.from_template(notified(), parameters=Parameters(notification_age=minutes(10)))
    simulation.unreachable("Queue", end=30)
    upload(simulation)
    simulation.run()
    assert len(simulation.queue("Queue")) == 2  # the other is the event with which S3 tests the queue
    simulation.unreachable("Queue")
    upload(simulation)
    simulation.run()
    (lost,) = simulation.lost
    assert lost.event.endswith("/a")


def test_what_lambda_cannot_deliver_to_a_destination_is_lost() -> None:
    simulation = Simulation.from_template(async_stack(MaximumRetryAttempts=0), {"Function": fails})
    simulation.unreachable("Failures", end=30)
    for at in (0, 60):
        simulation.invoke("Function", {}, asynchronous=True, at=at)
    simulation.run()
    assert [ended.outcome for ended in simulation.ended if ended.source == "Function"] == [
        *(Outcome.UNDELIVERED, Outcome.DESTINATION)
    ]
    simulation = Simulation.from_template(stream_stack(MaximumRetryAttempts=0), {"Function": fails})
    simulation.unreachable("Failures")
    simulation.put("Stream", "x", partition_key="a")
    simulation.run()
    assert [ended.outcome for ended in simulation.lost] == [Outcome.UNDELIVERED]


def test_functions_elsewhere_and_chance() -> None:
    stack = template(
        Function=function(),
        Rule=rule({"Arn": "arn:aws:lambda:eu-west-1:111111111111:function:Other"}, EventPattern=SHOP),
    )
    simulation = Simulation.from_template(stack)
    simulation.unreachable("arn:aws:lambda:eu-west-1:111111111111:function:Other", probability=0.5, retried=False)
    client = simulation.client("events")
    for _ in range(5):
        client.put_events(Entries=[{"Source": "shop", "DetailType": "sold", "Detail": "{}"}] * 10)
    assert 10 < len(simulation.lost) < 40


def test_a_target_that_is_not_there_is_an_error() -> None:
    simulation = Simulation.from_template(ruled())
    with pytest.raises(UnknownNameError, match=r"no queue is called 'Nothing'.*the template has no function"):
        simulation.unreachable("Nothing")
    with pytest.raises(ValueError, match="is before start"):
        simulation.unreachable("Queue", start=2, end=1)


def test_the_waits_are_those_of_the_pages() -> None:
    """eb-rule-retry-policy: 24 hours and 185 times. sns-message-delivery-retries: 100,015 times, over 23 days."""
    ages = [0.0]
    while not isinstance(wait := rule_wait(len(ages) - 1, ages[-1]), str):
        ages.append(ages[-1] + wait)
    assert (len(ages) - 1, wait) == (185, "MaximumRetryAttempts")
    waits: list[float] = []
    while (wait := sns_wait(len(waits))) is not None:
        waits.append(wait)
    assert waits[:3] == [0, 0, 0]
    assert waits[3:5] == [1, 1]
    assert (waits[5], waits[14], len(waits)) == (1, pytest.approx(20), 100_015)
    assert 23 <= sum(waits) / days(1) < 24


def test_a_run_that_would_never_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule fires again before what it has started is given up."""
    monkeypatch.setattr("redrive_simulator.engine.scheduler._LONGEST", days(5))
    hourly = rule({"Arn": arn("Queue")}, ScheduleExpression="rate(1 hour)")
    stack = template(Queue=resource("AWS::SQS::Queue"), Rule=hourly)
    simulation = Simulation.from_template(stack)
    simulation.unreachable("Queue")
    simulation.run_until(hours(2))
    with pytest.raises(RuntimeError, match=r"something to do: a schedule starts again and again .* use run_until"):
        simulation.run()
    simulation = Simulation.from_template(stack)
    simulation.unreachable("Queue", end=days(3))
    simulation.run_until(hours(2))
    simulation.run()
    assert len(simulation.queue("Queue")) >= 23  # each is tried for a day
