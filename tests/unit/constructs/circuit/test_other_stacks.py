"""Functions of other stacks use a circuit: their stacks depend on that of the table, and never the other way round."""

from __future__ import annotations

import pytest
from aws_cdk import App, NestedStack, Stack
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from redrive_cdk import AlarmDefaults, CircuitBreaker
from tests.support.constructs.cdk import Synthesized, new_app, python_function

ALARM = "AWS::CloudWatch::Alarm"


@pytest.fixture
def app() -> App:
    return new_app()


def test_the_stack_of_a_function_depends_on_that_of_the_circuit(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    payments = CircuitBreaker(there, "Payments")
    payments.grant(python_function(here))
    app.synth()
    assert here.dependencies == [there]
    assert there.dependencies == []


def test_the_alarms_are_where_the_function_is(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    payments = CircuitBreaker(there, "Payments")
    function = python_function(here)
    payments.grant(function)
    payments.grant(python_function(there, "Own"))
    assert [None if each is None else each.node.path for each in payments.opened_alarms] == [
        "Here/There-Payments-OpenedAlarm1",
        "There/Payments/OpenedAlarm2",
    ]
    synthesized = Synthesized(here)
    assert len(synthesized.of_type(ALARM)) == 2
    for alarm in synthesized.of_type(ALARM).values():
        (dimension,) = alarm["Properties"]["Dimensions"]
        assert dimension["Value"] == {"Ref": synthesized.id(function)}


def test_they_have_the_actions_of_the_circuit_and_of_the_function(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    topics = [sns.Topic(there, id) for id in ("Circuit", "Function")]
    of_circuit, of_function = (actions.SnsAction(topic) for topic in topics)  # pyright: ignore[reportArgumentType]
    payments = CircuitBreaker(there, "Payments", alarm_actions=[of_circuit])
    AlarmDefaults.of(here).add(actions=[of_function])
    payments.grant(python_function(here))
    for alarm in Synthesized(here).of_type(ALARM).values():
        assert len(alarm["Properties"]["AlarmActions"]) == 2


def test_two_circuits_protect_one_function_of_another_stack(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(here)
    for id in ("Payments", "Mails"):
        CircuitBreaker(there, id).grant(function)
    app.synth()
    assert here.dependencies == [there]


def test_a_function_of_a_nested_stack_uses_the_circuit_of_its_parent(app: App) -> None:
    parent = Stack(app, "Parent")
    CircuitBreaker(parent, "Payments").grant(python_function(NestedStack(parent, "Nested")))
    app.synth()
    assert Synthesized(parent).template
