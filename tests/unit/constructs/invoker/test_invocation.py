"""Setup by `SyncInvocation`: the permission to call one callee, the settings of the caller's helper, the layer."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from redrive.core import SettingsError
from redrive.settings.invoker import InvokerSettings, read_invoker
from redrive_cdk import Backoff, SyncInvocation
from redrive_cdk.core.types import AnyFunction
from tests.support.constructs.cdk import (
    Synthesized,
    deployed,
    new_stack,
    number_parameter,
    python_function,
    warnings_of,
)

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:prices"
ROLE_ARN = "arn:aws:iam::111111111111:role/orders"
Give = Callable[[lambda_.Function], AnyFunction]

GIVEN: dict[str, Give] = {
    "function": lambda function: function,
    "current version": lambda function: function.current_version,
    "version": lambda function: lambda_.Version(function, "Version", lambda_=function),
    "alias": lambda function: function.add_alias("live"),
}
IMPORTED: dict[str, Callable[[Stack], lambda_.IFunction]] = {
    FUNCTION_ARN: lambda stack: lambda_.Function.from_function_arn(stack, "Imported", FUNCTION_ARN),
    f"{FUNCTION_ARN}:live": lambda stack: lambda_.Function.from_function_arn(stack, "Imported", f"{FUNCTION_ARN}:live"),
    f"{FUNCTION_ARN}:7": lambda stack: lambda_.Version.from_version_arn(stack, "Imported", f"{FUNCTION_ARN}:7"),
}


def address(stack: Stack, function: AnyFunction) -> str:
    """The ARN of a function, version or alias after the deployment, as the support of these tests makes it up."""
    return deployed(stack.resolve(function.function_arn))


@pytest.mark.parametrize("kind", GIVEN)
def test_the_caller_may_invoke_this_callee_and_nothing_else(kind: str) -> None:
    """Not its other versions and aliases, which the CDK's own grant covers, too."""
    stack = new_stack()
    caller, callee = python_function(stack, "Caller"), python_function(stack, "Callee")
    given = GIVEN[kind](callee)
    SyncInvocation(stack, "Prices", caller=caller, callee=given)
    synthesized = Synthesized(stack)
    assert synthesized.statements(caller) == {("lambda:InvokeFunction", address(stack, given))}
    assert synthesized.statements(callee) == set()
    assert synthesized.of_type("AWS::Lambda::Permission") == {}


@pytest.mark.parametrize("kind", GIVEN)
def test_the_helper_is_told_the_callees_address_and_timeout(kind: str) -> None:
    stack = new_stack()
    caller = python_function(stack, "Caller", timeout=Duration.seconds(30))
    callee = GIVEN[kind](python_function(stack, "Callee", timeout=Duration.seconds(25)))
    SyncInvocation(stack, "Prices", caller=caller, callee=callee)
    environment = Synthesized(stack).environment(caller)
    assert list(environment) == ["REDRIVE_INVOKER_1"]
    assert read_invoker(environment, "Prices") == InvokerSettings(
        name="Prices", function=address(stack, callee), function_timeout=25
    )
    assert warnings_of(stack) == {}


def test_the_address_is_the_one_that_may_be_invoked() -> None:
    """Else each call would be denied."""
    stack = new_stack()
    caller = python_function(stack, "Caller")
    for kind, give in GIVEN.items():
        SyncInvocation(stack, kind, caller=caller, callee=give(python_function(stack, f"Callee{len(kind)}")))
    synthesized = Synthesized(stack)
    environment = synthesized.environment(caller)
    assert synthesized.statements(caller) == {
        ("lambda:InvokeFunction", str(read_invoker(environment, kind).function)) for kind in GIVEN
    }


@pytest.mark.parametrize("arn", IMPORTED)
def test_an_imported_callee_may_be_invoked_by_its_own_arn(arn: str) -> None:
    stack = new_stack()
    caller = python_function(stack, "Caller")
    SyncInvocation(stack, "Prices", caller=caller, callee=IMPORTED[arn](stack))
    synthesized = Synthesized(stack)
    assert synthesized.statements(caller) == {("lambda:InvokeFunction", arn)}
    assert read_invoker(synthesized.environment(caller), "Prices") == InvokerSettings(name="Prices", function=arn)
    assert set(warnings_of(stack)) == {"redrive:imported-callee"}


@pytest.mark.parametrize("kind", GIVEN)
def test_the_caller_may_be_given_as_version_or_alias(kind: str) -> None:
    stack = new_stack()
    caller, callee = python_function(stack, "Caller"), python_function(stack, "Callee")
    SyncInvocation(stack, "Prices", caller=GIVEN[kind](caller), callee=callee)
    synthesized = Synthesized(stack)
    assert synthesized.statements(caller) == {("lambda:InvokeFunction", address(stack, callee))}
    assert read_invoker(synthesized.environment(caller), "Prices").function == address(stack, callee)
    assert len(synthesized.properties(caller)["Layers"]) == 1
    assert "Layers" not in synthesized.properties(callee)
    assert "Environment" not in synthesized.properties(callee)


def test_the_role_of_an_imported_caller_is_granted_and_its_code_told_what_to_pass() -> None:
    stack = new_stack()
    caller = lambda_.Function.from_function_attributes(
        stack,
        "Imported",
        function_arn="arn:aws:lambda:eu-west-1:111111111111:function:orders",
        role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN),
        same_environment=True,
    )
    SyncInvocation(stack, "Prices", caller=caller, callee=python_function(stack, "Callee"))
    (policy,) = Synthesized(stack).of_type("AWS::IAM::Policy").values()
    assert policy["Properties"]["Roles"] == ["orders"]
    warnings = warnings_of(stack)
    assert set(warnings) == {"redrive:imported-function"}
    for part in ("Stack/Imported", "Invoker(settings=InvokerSettings(function=…, function_timeout=…))", "not checked"):
        assert part in warnings["redrive:imported-function"]


def test_the_name_can_be_chosen() -> None:
    stack = new_stack()
    caller = python_function(stack, "Caller")
    invocation = SyncInvocation(stack, "Prices", caller=caller, callee=python_function(stack, "Callee"), name="prices")
    assert invocation.name == "prices"
    assert read_invoker(Synthesized(stack).environment(caller), "prices").name == "prices"


def test_several_callees_of_one_caller_are_told_apart_by_name() -> None:
    stack = new_stack()
    caller = python_function(stack, "Caller", timeout=Duration.seconds(60))
    for name, timeout in (("Prices", 10), ("Stock", 20), ("Taxes", 30)):
        callee = python_function(stack, f"{name}Function", timeout=Duration.seconds(timeout))
        SyncInvocation(stack, name, caller=caller.current_version if name == "Stock" else caller, callee=callee)
    environment = Synthesized(stack).environment(caller)
    timeouts = {name: read_invoker(environment, name).function_timeout for name in ("Prices", "Stock", "Taxes")}
    assert timeouts == {"Prices": 10, "Stock": 20, "Taxes": 30}
    with pytest.raises(SettingsError, match="'Prices', 'Stock', 'Taxes'"):
        read_invoker(environment, None)


def test_one_callee_may_have_several_callers() -> None:
    stack = new_stack()
    callee = python_function(stack, "Callee")
    callers = [python_function(stack, f"Caller{number}") for number in range(2)]
    for number, caller in enumerate(callers):
        SyncInvocation(stack, f"Prices{number}", caller=caller, callee=callee, name="prices")
    synthesized = Synthesized(stack)
    for caller in callers:
        assert read_invoker(synthesized.environment(caller), "prices").function == address(stack, callee)


def test_a_backoff_reaches_the_helper_whole() -> None:
    stack = new_stack()
    caller = python_function(stack, "Caller")
    backoff = Backoff(base=0.1, factor=3, cap=5, jitter="equal")
    SyncInvocation(stack, "Prices", caller=caller, callee=python_function(stack, "Callee"), backoff=backoff)
    assert read_invoker(Synthesized(stack).environment(caller), "Prices").backoff == backoff


def test_the_layer_can_be_left_out() -> None:
    stack = new_stack()
    caller = python_function(stack, "Caller")
    SyncInvocation(stack, "Prices", caller=caller, callee=python_function(stack, "Callee"), attach_layer=False)
    synthesized = Synthesized(stack)
    assert "Layers" not in synthesized.properties(caller)
    assert synthesized.of_type("AWS::Lambda::LayerVersion") == {}


def test_what_only_the_deployment_knows_is_not_checked_and_left_open() -> None:
    stack = new_stack()

    def unknown(name: str) -> Any:
        return number_parameter(stack, name)

    caller = python_function(stack, "Caller", timeout=Duration.seconds(3))
    callee = python_function(
        stack,
        "Callee",
        timeout=Duration.seconds(unknown("Timeout")),
        reserved_concurrent_executions=unknown("Reserved"),
    )
    SyncInvocation(stack, "Prices", caller=caller, callee=callee)
    assert warnings_of(stack) == {}
    assert read_invoker(Synthesized(stack).environment(caller), "Prices").function_timeout is None


def test_a_timeout_set_on_the_resource_counts() -> None:
    stack = new_stack()
    caller, callee = python_function(stack, "Caller"), python_function(stack, "Callee")
    resource = callee.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.timeout = 600
    with pytest.raises(ValueError, match="timeout of 10 s is below the callee's of 600 s"):
        SyncInvocation(stack, "Short", caller=caller, callee=callee)
    SyncInvocation(stack, "Prices", caller=caller, callee=callee, caller_may_be_shorter=True)
    assert read_invoker(Synthesized(stack).environment(caller), "Prices").function_timeout == 600
