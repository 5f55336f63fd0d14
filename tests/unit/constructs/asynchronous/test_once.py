"""Lambda keeps one configuration for a qualifier: a second one is refused, however it comes about."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable

import pytest
from aws_cdk import Duration, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk.asynchronous.invocation import AsyncInvocation
from redrive_cdk.core.types import AnyFunction
from tests.support.constructs.cdk import Synthesized, new_app, new_stack, python_function

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
Pair = Callable[[Stack], tuple[AnyFunction, AnyFunction]]


def twice(give: Callable[[lambda_.Function], AnyFunction]) -> Pair:
    def pair(stack: Stack) -> tuple[AnyFunction, AnyFunction]:
        given = give(python_function(stack))
        return given, given

    return pair


def function_and_latest(stack: Stack) -> tuple[AnyFunction, AnyFunction]:
    function = python_function(stack)
    return function, function.latest_version


def latest_and_function(stack: Stack) -> tuple[AnyFunction, AnyFunction]:
    one, other = function_and_latest(stack)
    return other, one


def imported_twice(stack: Stack) -> tuple[AnyFunction, AnyFunction]:
    one = lambda_.Function.from_function_arn(stack, "One", FUNCTION_ARN)
    return one, lambda_.Function.from_function_arn(stack, "Other", FUNCTION_ARN)


def imported_by_name_twice(stack: Stack) -> tuple[AnyFunction, AnyFunction]:
    one = lambda_.Function.from_function_name(stack, "One", "orders")
    return one, lambda_.Function.from_function_name(stack, "Other", "orders")


def imported_by_arn_and_as_version(stack: Stack) -> tuple[AnyFunction, AnyFunction]:
    one = lambda_.Function.from_function_arn(stack, "One", f"{FUNCTION_ARN}:7")
    return one, lambda_.Version.from_version_arn(stack, "Other", f"{FUNCTION_ARN}:7")


PAIRS: dict[str, tuple[Pair, str]] = {
    "a function": (twice(lambda function: function), "one for it"),
    "a function and its latest version": (function_and_latest, "one for it"),
    "the latest version and its function": (latest_and_function, "one for it"),
    "a version": (twice(lambda function: function.current_version), "one for each version"),
    "an alias": (twice(lambda function: function.add_alias("live")), "one for its qualifier live"),
    "a function imported twice": (imported_twice, "one for it"),
    "a function imported twice by name": (imported_by_name_twice, "one for it"),
    "a version imported in two ways": (imported_by_arn_and_as_version, "one for its qualifier 7"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_second_configuration_is_refused_for(name: str) -> None:
    make, which = PAIRS[name]
    stack = new_stack()
    first, second = make(stack)
    AsyncInvocation(stack, "First", function=first)
    with pytest.raises(ValueError, match=f"Stack/Second: .* has a configuration .* already, .* {which}: set all of it"):
        AsyncInvocation(stack, "Second", function=second)


def test_a_second_one_is_refused_in_another_stack_too() -> None:
    app = new_app()
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    AsyncInvocation(there, "First", function=function)
    with pytest.raises(ValueError, match="Here/Second: There/Function has a configuration"):
        AsyncInvocation(here, "Second", function=function)


def configured_in_its_constructor(stack: Stack) -> AnyFunction:
    return python_function(stack, retry_attempts=1)


def configured_with_a_destination(stack: Stack) -> AnyFunction:
    return python_function(stack, max_event_age=Duration.minutes(5))


def configured_afterwards(stack: Stack) -> AnyFunction:
    function = python_function(stack)
    function.configure_async_invoke(retry_attempts=1)
    return function


def latest_of_a_configured_one(stack: Stack) -> AnyFunction:
    return python_function(stack, retry_attempts=1).latest_version


def alias_configured_in_its_constructor(stack: Stack) -> AnyFunction:
    return python_function(stack).add_alias("live", retry_attempts=1)


def alias_configured_afterwards(stack: Stack) -> AnyFunction:
    alias = python_function(stack).add_alias("live")
    alias.configure_async_invoke(retry_attempts=1)
    return alias


def version_configured_in_its_constructor(stack: Stack) -> AnyFunction:
    function = python_function(stack, current_version_options=lambda_.VersionOptions(retry_attempts=1))
    return function.current_version


def version_configured_afterwards(stack: Stack) -> AnyFunction:
    version = python_function(stack).current_version
    version.configure_async_invoke(retry_attempts=1)
    return version


@pytest.mark.parametrize(
    "configured",
    [
        configured_in_its_constructor,
        configured_with_a_destination,
        configured_afterwards,
        latest_of_a_configured_one,
        alias_configured_in_its_constructor,
        alias_configured_afterwards,
        version_configured_in_its_constructor,
        version_configured_afterwards,
    ],
)
def test_what_the_cdk_has_configured_already_is_refused(configured: Callable[[Stack], AnyFunction]) -> None:
    stack = new_stack()
    with pytest.raises(ValueError, match="has a configuration for asynchronous invocation already"):
        AsyncInvocation(stack, "Orders", function=configured(stack))


@pytest.mark.parametrize(
    "give",
    [
        lambda function: function,
        lambda function: function.current_version,
        lambda function: function.add_alias("live"),
    ],
    ids=["function", "version", "alias"],
)
def test_what_is_configured_here_cannot_be_configured_with_the_cdk_afterwards(
    give: Callable[[lambda_.Function], AnyFunction],
) -> None:
    """CloudFormation would stop at it, or one would overwrite the other."""
    stack = new_stack()
    given = give(python_function(stack))
    AsyncInvocation(stack, "Orders", function=given)
    with pytest.raises(RuntimeError, match="EventInvokeConfig has already been configured"):
        given.configure_async_invoke(retry_attempts=1)


def test_other_qualifiers_and_other_functions_are_let_alone() -> None:
    stack = new_stack()
    function, other = python_function(stack), python_function(stack, "Other", retry_attempts=1)
    given: list[AnyFunction] = [
        function,
        function.current_version,
        function.add_alias("live"),
        function.add_alias("test"),
        other.current_version,
        lambda_.Function.from_function_arn(stack, "Imported", FUNCTION_ARN),
        lambda_.Function.from_function_arn(stack, "ImportedAlias", f"{FUNCTION_ARN}:live"),
        lambda_.Function.from_function_arn(stack, "OtherImported", f"{FUNCTION_ARN}-too"),
    ]
    for number, each in enumerate(given):
        AsyncInvocation(stack, f"Invocation{number}", function=each)
    assert len(Synthesized(stack).of_type("AWS::Lambda::EventInvokeConfig")) == len(given) + 1


def test_functions_of_one_name_in_two_places_are_two() -> None:
    app = new_app()
    for region in ("eu-west-1", "eu-west-3"):
        stack = Stack(app, region, env=Environment(account="111111111111", region=region))
        AsyncInvocation(stack, "Orders", function=lambda_.Function.from_function_name(stack, "Function", "orders"))
    app.synth()


def test_what_was_refused_for_another_reason_can_be_made_right() -> None:
    stack = new_stack()
    function = python_function(stack)
    with pytest.raises(ValueError, match="FIFO"):
        AsyncInvocation(stack, "First", function=function, on_failure=sqs.Queue(stack, "Fifo", fifo=True))
    AsyncInvocation(stack, "Second", function=function)
    assert Synthesized(stack).template
