"""Refusals and warnings of `SyncInvocation`: each with a neighbour that is allowed, values, rule and remedy."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Acknowledgment, Annotations, Duration, Environment, Stack, Validations
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import SyncInvocation
from tests.support.constructs.cases import Options, Refused
from tests.support.constructs.cdk import new_stack, python_function, warnings_of

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"


def timeouts(caller: int, callee: int, **options: Any) -> Options:
    return lambda stack: {
        "caller": python_function(stack, "Caller", timeout=Duration.seconds(caller)),
        "callee": python_function(stack, "Callee", timeout=Duration.seconds(callee)),
        **options,
    }


def imported(stack: Stack, id: str, arn: str) -> lambda_.IFunction:
    function = lambda_.Function.from_function_attributes(stack, id, function_arn=arn, skip_permissions=True)
    Annotations.of(function).acknowledge_warning("@aws-cdk/aws-iam:unknownPrincipalAddStatementToRole")
    return function


def imported_pair(caller: str, callee: str) -> Options:
    return lambda stack: {
        "caller": imported(stack, "Caller", FUNCTION_ARN + caller),
        "callee": imported(stack, "Callee", FUNCTION_ARN + callee),
    }


def one_function(give_caller: Callable[[Any], Any], give_callee: Callable[[Any], Any]) -> Options:
    def make(stack: Stack) -> dict[str, Any]:
        function = python_function(stack)
        return {"caller": give_caller(function), "callee": give_callee(function)}

    return make


def chain(*, closed: bool) -> Options:
    """A function that calls one that calls another; the last of them calls the first if it is closed."""

    def make(stack: Stack) -> dict[str, Any]:
        first, second, third, fourth = (python_function(stack, f"Function{number}") for number in range(4))
        SyncInvocation(stack, "One", caller=first, callee=second.add_alias("live"))
        SyncInvocation(stack, "Outside", caller=second, callee=imported(stack, "Imported", FUNCTION_ARN))
        SyncInvocation(stack, "Two", caller=second, callee=third)
        SyncInvocation(stack, "Side", caller=second, callee=fourth)
        return {"caller": third.current_version, "callee": first if closed else fourth}

    return make


def named(first: str, second: str) -> Options:
    def make(stack: Stack) -> dict[str, Any]:
        caller = python_function(stack, "Caller")
        SyncInvocation(stack, "First", caller=caller, callee=python_function(stack, "One"), name=first)
        return {"caller": caller.current_version, "callee": python_function(stack, "Two"), "name": second}

    return make


def reserved(concurrency: int | None) -> Options:
    return lambda stack: {
        "caller": python_function(stack, "Caller", reserved_concurrent_executions=0),
        "callee": python_function(stack, "Callee", reserved_concurrent_executions=concurrency),
    }


def in_ireland(arn: str) -> Options:
    return lambda stack: {
        "caller": python_function(Stack(stack, "Ireland", env=Environment(region="eu-west-1")), "Caller"),
        "callee": lambda_.Function.from_function_arn(stack, "Callee", arn),
    }


REFUSED: dict[str, Refused] = {
    "a caller that ends before its callee": Refused(
        timeouts(9, 10),
        timeouts(10, 10),
        ("caller's timeout of 9 s", "callee's of 10 s", "more than 10 s", "caller_may_be_shorter=True"),
    ),
    "a caller that ends before its callee, unless that is meant": Refused(
        timeouts(9, 10, caller_may_be_shorter=False), timeouts(9, 10, caller_may_be_shorter=True), ("9 s", "10 s")
    ),
    "a function that calls itself": Refused(
        one_function(lambda function: function, lambda function: function),
        timeouts(10, 10),
        ("Stack/Function calls Stack/Function: ", "none can be deployed first", "through a queue"),
    ),
    "a function that calls a version of its own": Refused(
        one_function(lambda function: function, lambda function: function.current_version),
        timeouts(10, 10),
        ("Stack/Function calls Stack/Function: ",),
    ),
    "an alias that calls its function": Refused(
        one_function(lambda function: function.add_alias("live"), lambda function: function),
        timeouts(10, 10),
        ("Stack/Function calls Stack/Function: ",),
    ),
    "an imported function that calls itself": Refused(
        imported_pair("", ":live"), imported_pair("", "-live"), ("Stack/Caller calls Stack/Callee: ",)
    ),
    "functions that call each other in a circle": Refused(
        chain(closed=True),
        chain(closed=False),
        ("Stack/Function2 calls Stack/Function0 calls Stack/Function1 calls Stack/Function2: ",),
    ),
    "one name for two callees": Refused(
        named("prices", "prices"),
        named("prices", "Prices"),
        ("Stack/Caller calls another function by the name 'prices' already", "Invoker('prices')", "give name=…"),
    ),
    "a callee of another Region": Refused(
        in_ireland(FUNCTION_ARN.replace("eu-west-1", "eu-west-3")),
        in_ireland(FUNCTION_ARN),
        ("caller is in eu-west-1", "callee in eu-west-3", "give a callee of eu-west-1"),
    ),
}


def invocation(options: Options) -> SyncInvocation:
    stack = new_stack()
    return SyncInvocation(stack, "Prices", **options(stack))


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses(name: str) -> None:
    case = REFUSED[name]
    with pytest.raises(ValueError, match=r"^Stack/Prices: ") as raised:
        invocation(case.refused)
    for part in case.says:
        assert part in str(raised.value)


@pytest.mark.parametrize("name", REFUSED)
def test_it_allows_the_neighbour_of(name: str) -> None:
    assert len(invocation(REFUSED[name].allowed).alarms) == 2


WARNED: dict[str, tuple[str, Refused]] = {
    "a callee that may not run": (
        "redrive:no-concurrency",
        Refused(reserved(0), reserved(1), ("reserved concurrency is 0", "throttles every call", "reserve 1 or more")),
    ),
    "a callee of another app": (
        "redrive:imported-callee",
        Refused(
            lambda stack: {
                "caller": python_function(stack, "Caller"),
                "callee": lambda_.Function.from_function_arn(stack, "Callee", FUNCTION_ARN),
            },
            reserved(None),
            ("Stack/Callee is imported", "timeout is not known", "900 s"),
        ),
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_it_warns_of(name: str) -> None:
    id, case = WARNED[name]
    warnings = warnings_of(Stack.of(invocation(case.refused)))
    assert set(warnings) == {id}
    for part in case.says:
        assert part in warnings[id]


@pytest.mark.parametrize("name", WARNED)
def test_it_says_nothing_about_the_neighbour_of(name: str) -> None:
    assert warnings_of(Stack.of(invocation(WARNED[name][1].allowed))) == {}


def by_annotations(made: SyncInvocation, id: str) -> None:
    Annotations.of(made).acknowledge_warning(id, "We know.")


def by_validations(made: SyncInvocation, id: str) -> None:
    Validations.of(made).acknowledge(Acknowledgment(id=id, reason="We know."))


@pytest.mark.parametrize("acknowledge", [by_annotations, by_validations])
@pytest.mark.parametrize("name", WARNED)
def test_a_warning_can_be_acknowledged(name: str, acknowledge: Callable[[SyncInvocation, str], None]) -> None:
    id, case = WARNED[name]
    made = invocation(case.refused)
    acknowledge(made, id)
    assert warnings_of(Stack.of(made)) == {}


def test_a_caller_that_is_meant_to_end_first_is_not_warned_of() -> None:
    assert warnings_of(Stack.of(invocation(timeouts(9, 10, caller_may_be_shorter=True)))) == {}


def test_a_refused_circle_leaves_the_others_to_be_made() -> None:
    stack = new_stack()
    first, second = python_function(stack, "First"), python_function(stack, "Second")
    SyncInvocation(stack, "There", caller=first, callee=second)
    with pytest.raises(ValueError, match="Stack/Second calls Stack/First calls Stack/Second"):
        SyncInvocation(stack, "Back", caller=second, callee=first)
    SyncInvocation(stack, "Again", caller=first, callee=second)
