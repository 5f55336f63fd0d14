"""Facts about a construct that are looked up once are the CDK's answers."""

import pytest
from aws_cdk import Aspects, CfnParameter, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from redrive_cdk import AlarmDefaults, SqsConsumer
from redrive_cdk.core import known
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.tree import note_place, once, path_of, place_of_stack, stack_of
from tests.support.constructs.cdk import new_app, new_stack, python_function


@pytest.mark.parametrize("id", ["Orders", "a/b", "Default", "x y"])
@pytest.mark.parametrize("around", ["stack", "stack in a stack", "construct"])
def test_a_noted_path_is_the_path_that_the_cdk_gives(id: str, around: str) -> None:
    stack = new_stack("Shop")
    inner, part = Stack(stack, "Inner"), Construct(stack, "Part")
    scope: Construct = {"stack": stack, "stack in a stack": inner, "construct": part}[around]
    construct = Construct(scope, id)
    note_place(construct, scope, id)
    assert path_of(construct) == construct.node.path
    assert stack_of(construct) is Stack.of(construct)


def test_account_and_region_of_a_stack_are_those_of_the_cdk() -> None:
    stack = new_stack(env={"account": "111111111111", "region": "eu-west-1"})
    assert place_of_stack(stack) == ("111111111111", "eu-west-1")


def test_what_is_not_there_yet_is_looked_up_again() -> None:
    answers = iter([None, "found", "not asked"])
    look_up = once(lambda construct: next(answers))
    construct = new_stack()
    assert [look_up(construct) for _ in range(3)] == [None, "found", "found"]


def test_an_argument_that_is_no_construct_is_looked_up_each_time() -> None:
    look_up = once(str.upper)
    assert [look_up("text"), look_up("text")] == ["TEXT", "TEXT"]


def test_what_only_the_deployment_knows_is_told_from_its_form() -> None:
    """If the CDK ever gives its tokens another form, this test fails, and the constructs must ask the CDK again."""
    stack = new_stack()
    parameter = CfnParameter(stack, "Parameter", type="Number")
    texts = [
        stack.region,
        stack.account,
        f"prefix-{stack.region}",
        Token.as_string({"Ref": "X"}),
        parameter.value_as_string,
    ]
    assert all(Token.is_unresolved(text) and known.text(text) is None for text in texts)
    numbers = [parameter.value_as_number, *(Token.as_number({"Ref": str(number)}) for number in range(1_000))]
    assert all(Token.is_unresolved(number) and known.number(number) is None for number in numbers)
    assert known.text("eu-west-1") == "eu-west-1"
    assert [known.number(number) for number in (0, -1, 43_200, 1e15)] == [0, -1, 43_200, 1e15]


def test_notes_belong_to_one_app() -> None:
    """Two apps in one process may have constructs of the same path."""
    here, there = new_stack("Shop"), new_stack("Shop")
    remember(here, "kind", "one")
    remember(here, "kind", "two")
    assert remembered(here, "kind") == ["one", "two"]
    assert remembered(there, "kind") == []


def test_an_alarm_gets_an_aspect_only_if_there_is_something_to_complete_it_with() -> None:
    app = new_app()
    shop, other = Stack(app, "Shop"), Stack(app, "ShopTwo")  # the path of one begins with that of the other
    orders, mails = (SqsConsumer(stack, "Orders", function=python_function(stack)) for stack in (shop, other))
    assert {_aspects(alarm) for alarm in (*orders.alarms, *mails.alarms)} == {0}
    AlarmDefaults.of(shop).add(actions=[SnsAction(sns.Topic(shop, "Topic"))])  # pyright: ignore[reportArgumentType]
    later = SqsConsumer(shop, "Later", function=python_function(shop, "LaterFunction"))
    assert {_aspects(alarm) for alarm in (*orders.alarms, *later.alarms)} == {1}
    assert {_aspects(alarm) for alarm in mails.alarms} == {0}


def _aspects(alarm: cloudwatch.Alarm) -> int:
    return len(Aspects.of(alarm).all)
