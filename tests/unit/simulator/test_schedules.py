"""Schedules invoke functions, and a run goes on while a paused consumer waits for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import Stack

from redrive import CircuitBreaker as Breaker
from redrive import SqsMessage, sqs_handler
from redrive_cdk import CircuitBreaker, SqsConsumer
from redrive_model.template.errors import TemplateError
from redrive_simulator import Outcome, Simulation, hours, minutes
from tests.support.constructs.cdk import new_app, python_function
from tests.support.simulator.heard import Heard, rule, simulated
from tests.support.simulator.simulations import arn, function, resource, template


@pytest.mark.parametrize(
    ("kind", "expression", "times"),
    [
        ("rule", "rate(5 minutes)", [300, 600, 900]),
        ("rule", "cron(0/20 * * * ? *)", [1200, 2400, 3600]),
        ("schedule", "rate(20 minutes)", [0, 1200, 2400]),
        ("schedule", "at(2026-01-01T12:10:00)", [600]),
    ],
)
def test_a_schedule_invokes_its_function(kind: str, expression: str, times: list[float]) -> None:
    heard = Heard()
    scheduled = (
        rule(ScheduleExpression=expression)
        if kind == "rule"
        else resource(
            "AWS::Scheduler::Schedule",
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn("Function"), "RoleArn": "arn:aws:iam::111111111111:role/r", "Input": '{"a": 1}'},
        )
    )
    simulation = simulated(heard, template(Function=function(), Rule=scheduled))
    assert simulation.not_modelled == ()
    simulation.run_until(times[-1] + 1)
    assert heard.times == times
    if kind == "rule":
        assert heard.events[0]["detail-type"] == "Scheduled Event"
        assert heard.events[0]["time"] == f"2026-01-01T12:{int(times[0]) // 60:02}:00Z"
    else:
        assert heard.events[0] == {"a": 1}


def test_a_run_without_a_time_does_not_wait_for_schedules_and_a_disabled_one_never_fires() -> None:
    heard = Heard()
    simulation = simulated(
        heard,
        template(
            Function=function(),
            Rule=rule(ScheduleExpression="rate(1 minute)"),
            Off=rule(ScheduleExpression="rate(1 minute)", State="DISABLED"),
        ),
    )
    simulation.invoke("Function", "x", asynchronous=True, at=90)
    simulation.run()
    assert (simulation.now, len(heard.events)) == (90, 2)


def test_a_schedule_that_aws_refuses_is_refused() -> None:
    with pytest.raises((TemplateError, ValueError), match="rate"):
        Simulation.from_template(template(Function=function(), Rule=rule(ScheduleExpression="rate(1 minutes)")))


def test_a_run_goes_on_until_the_circuit_has_enabled_its_consumer_again(tmp_path: Path) -> None:
    payments = Breaker("Payments")

    @payments
    def charge() -> None:
        if simulation.now < minutes(20):
            raise ConnectionError("payments are down")

    @sqs_handler
    def handler(message: SqsMessage) -> None:
        charge()

    app = new_app(outdir=str(tmp_path))
    stack = Stack(app, "Shop")
    orders = SqsConsumer(stack, "Orders", function=python_function(stack, "OrdersFunction"))
    CircuitBreaker(stack, "Payments", pauses=[orders])
    app.synth()
    simulation = Simulation.from_assembly(tmp_path, handlers={"OrdersFunction": handler}, seed=1, echo=False)
    for number in range(20):
        simulation.send("OrdersQueue", str(number))
    simulation.run()
    orders_ended = [ended.outcome for ended in simulation.ended if ended.source == "OrdersQueue"]
    assert orders_ended == [Outcome.PROCESSED] * 20
    assert minutes(20) <= simulation.now < hours(2)
