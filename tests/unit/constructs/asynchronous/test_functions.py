"""The function may be given as function, version or alias, or be imported, and each qualifier keeps to itself."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings.asynchronous import NUMBERED_VERSION, AsyncSettings, read_async
from redrive_cdk.asynchronous.counting import AttemptCounting
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from redrive_cdk.core.types import AnyFunction
from tests.support.constructs.cdk import (
    CfnParameter,
    Synthesized,
    deployed,
    new_stack,
    python_function,
    referenced,
    warnings_of,
)

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
ROLE_ARN = "arn:aws:iam::111111111111:role/orders"
Give = Callable[[lambda_.Function], AnyFunction]


@dataclass(frozen=True)
class Kind:
    """A way to give a function, the qualifier that stands for it, and how an invocation of it finds its settings."""

    give: Give
    qualifier: str | None
    invoked_as: str


KINDS: dict[str, Kind] = {
    "function": Kind(lambda function: function, "$LATEST", "$LATEST"),
    "latest version": Kind(lambda function: function.latest_version, "$LATEST", "$LATEST"),
    "current version": Kind(lambda function: function.current_version, None, "7"),
    "version": Kind(lambda function: lambda_.Version(function, "Version", lambda_=function), None, "7"),
    "alias": Kind(lambda function: function.add_alias("live"), "live", "live"),
    "alias of a version": Kind(
        lambda function: lambda_.Alias(
            function,
            "Live",
            alias_name="live",
            version=lambda_.Version(function, "Version", lambda_=function),
        ),
        "live",
        "live",
    ),
    "alias of what is not published": Kind(
        lambda function: lambda_.Alias(function, "Test", alias_name="test", version=function.latest_version),
        "test",
        "test",
    ),
}


def config_of(synthesized: Synthesized, invocation: AsyncInvocation) -> dict[str, Any]:
    return synthesized.resources[synthesized.stack.resolve(invocation.event_invoke_config.logical_id)]


@pytest.mark.parametrize("name", KINDS)
def test_the_configuration_is_of_what_was_given_and_the_rest_of_the_function_behind_it(name: str) -> None:
    kind = KINDS[name]
    stack = new_stack()
    function = python_function(stack, reserved_concurrent_executions=9)
    given = kind.give(function)
    invocation = AsyncInvocation(stack, "Orders", function=given, retry_attempts=1, max_event_age=Duration.minutes(5))

    synthesized = Synthesized(stack)
    config = config_of(synthesized, invocation)
    assert config["Properties"]["FunctionName"] == {"Ref": synthesized.id(function)}
    qualifier = config["Properties"]["Qualifier"]
    if kind.qualifier is None:
        assert isinstance(given, lambda_.Version)
        assert qualifier == {"Fn::GetAtt": [synthesized.id(given), "Version"]}
    else:
        assert qualifier == kind.qualifier

    assert invocation.facts.reserved_concurrency == 9
    queue = deployed(synthesized.arn(invocation.failure_queue))
    assert synthesized.statements(function) == {("sqs:SendMessage", queue)}
    assert read_async(synthesized.environment(function), kind.invoked_as) == AsyncSettings(
        qualifier=NUMBERED_VERSION if kind.invoked_as == "7" else kind.invoked_as,
        retry_attempts=1,
        max_event_age=300,
        counter="tmp",
    )
    assert len(synthesized.properties(function)["Layers"]) == 1
    assert warnings_of(stack) == {}


@pytest.mark.parametrize("name", ["alias", "alias of a version", "alias of what is not published"])
def test_an_alias_is_there_before_its_configuration_which_names_it_in_a_text(name: str) -> None:
    stack = new_stack()
    alias = KINDS[name].give(python_function(stack))
    invocation = AsyncInvocation(stack, "Orders", function=alias, retry_attempts=0, make_failure_queue=False)
    synthesized = Synthesized(stack)
    assert synthesized.id(alias) in config_of(synthesized, invocation)["DependsOn"]


@pytest.mark.parametrize("name", [name for name in KINDS if KINDS[name].qualifier != "$LATEST"])
def test_a_function_of_another_qualifier_is_told_nothing_of_this_one(name: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    AsyncInvocation(stack, "Orders", function=KINDS[name].give(function))
    assert read_async(Synthesized(stack).environment(function), "$LATEST") == AsyncSettings()


@dataclass(frozen=True)
class Shared:
    synthesized: Synthesized
    function: lambda_.Function
    invocations: list[AsyncInvocation]


@pytest.fixture(scope="module")
def shared() -> Shared:
    """One function, configured as itself, as a version, and under two aliases."""
    stack = new_stack()
    function = python_function(stack)
    version = function.current_version
    live, test = (lambda_.Alias(stack, id, alias_name=id.lower(), version=version) for id in ("Live", "Test"))
    archive = sqs.Queue(stack, "Archive")
    invocations = [
        AsyncInvocation(stack, "Unpublished", function=function, retry_attempts=0),
        AsyncInvocation(
            stack,
            "InLive",
            function=live,
            retry_attempts=2,
            on_success=archive,
            count_attempts=AttemptCounting.dynamodb(),
        ),
        AsyncInvocation(stack, "InTest", function=test, max_event_age=Duration.seconds(61)),
        AsyncInvocation(stack, "Published", function=version, retry_attempts=1),
    ]
    return Shared(Synthesized(stack), function, invocations)


def test_each_qualifier_has_a_configuration_of_its_own(shared: Shared) -> None:
    found = [config_of(shared.synthesized, invocation)["Properties"] for invocation in shared.invocations]
    assert [config["MaximumRetryAttempts"] for config in found] == [0, 2, 2, 1]
    assert [config["MaximumEventAgeInSeconds"] for config in found] == [21_600, 21_600, 61, 21_600]
    assert [config["Qualifier"] for config in found[:3]] == ["$LATEST", "live", "test"]
    assert {config["FunctionName"]["Ref"] for config in found} == {shared.synthesized.id(shared.function)}
    queues = [config["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] for config in found]
    assert len(set(queues)) == 4


def test_each_qualifier_finds_settings_of_its_own(shared: Shared) -> None:
    environment = shared.synthesized.environment(shared.function)
    assert list(environment) == [f"REDRIVE_ASYNC_{number}" for number in (1, 2, 3, 4)]
    found = {name: read_async(environment, name) for name in ("$LATEST", "live", "test", "7", "8", "other")}
    assert {name: settings.retry_attempts for name, settings in found.items()} == {
        "$LATEST": 0,
        "live": 2,
        "test": 2,
        "7": 1,
        "8": 1,
        "other": None,
    }
    assert {name for name, settings in found.items() if settings.counter == "dynamodb"} == {"live"}
    assert found["test"].last_attempt == 1  # a second retry would come when the event is too old


def test_one_role_has_a_policy_for_each(shared: Shared) -> None:
    allowed = shared.synthesized.statements(shared.function, conditional=True)
    sending = {resource for action, resource in allowed if action == "sqs:SendMessage"}
    assert len(sending) == 5
    assert {action for action, _ in allowed} == {"sqs:SendMessage", "dynamodb:UpdateItem"}


def imported_version(stack: Stack) -> lambda_.IFunction:
    return lambda_.Version.from_version_arn(stack, "Imported", f"{FUNCTION_ARN}:7")


def imported_alias(stack: Stack) -> lambda_.IFunction:
    return lambda_.Alias.from_alias_attributes(
        stack,
        "Imported",
        alias_name="live",
        alias_version=lambda_.Version.from_version_arn(stack, "Version", f"{FUNCTION_ARN}:7"),
    )


def by_arn(arn: str) -> Callable[[Stack], lambda_.IFunction]:
    return lambda stack: lambda_.Function.from_function_arn(stack, "Imported", arn)


def with_role(arn: str) -> Callable[[Stack], lambda_.IFunction]:
    return lambda stack: lambda_.Function.from_function_attributes(
        stack,
        "Imported",
        function_arn=arn,
        role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN),
        same_environment=True,
    )


IMPORTED: dict[str, tuple[Callable[[Stack], lambda_.IFunction], str]] = {
    "by ARN": (by_arn(FUNCTION_ARN), "$LATEST"),
    "by the ARN of an alias": (by_arn(f"{FUNCTION_ARN}:live"), "live"),
    "by the ARN of a version": (by_arn(f"{FUNCTION_ARN}:7"), "7"),
    "by the ARN of what is not published": (by_arn(f"{FUNCTION_ARN}:$LATEST"), "$LATEST"),
    "with its role": (with_role(FUNCTION_ARN), "$LATEST"),
    "with its role, by the ARN of an alias": (with_role(f"{FUNCTION_ARN}:live"), "live"),
    "a version": (imported_version, "7"),
    "an alias": (imported_alias, "live"),
}


@pytest.mark.parametrize("name", IMPORTED)
def test_an_imported_function_is_configured_by_name_and_qualifier(name: str) -> None:
    make, qualifier = IMPORTED[name]
    stack = new_stack()
    invocation = AsyncInvocation(stack, "Orders", function=make(stack))
    config = config_of(Synthesized(stack), invocation)["Properties"]
    assert (config["FunctionName"], config["Qualifier"]) == ("orders", qualifier)


@pytest.mark.parametrize("name", IMPORTED)
def test_an_imported_function_cannot_be_told_its_settings_which_a_warning_says(name: str) -> None:
    make, _ = IMPORTED[name]
    stack = new_stack()
    AsyncInvocation(stack, "Orders", function=make(stack))
    text = warnings_of(stack)["redrive:imported-function"]
    for part in ("Stack/Imported", "Stack/Orders", "@async_handler(settings=AsyncSettings("):
        assert part in text
    assert Synthesized(stack).of_type("AWS::Lambda::LayerVersion") == {}


def test_a_function_imported_by_name_is_configured() -> None:
    stack = new_stack()
    invocation = AsyncInvocation(
        stack, "Orders", function=lambda_.Function.from_function_name(stack, "Imported", "orders")
    )
    config = config_of(Synthesized(stack), invocation)["Properties"]
    assert config["Qualifier"] == "$LATEST"
    assert ":function:orders" in str(config["FunctionName"])


@pytest.mark.parametrize("name", ["alias", "current version"])
def test_the_arn_of_an_alias_or_version_of_this_app_stands_for_it(name: str) -> None:
    """Not for the function itself, whose configuration would be another."""
    stack = new_stack()
    given = KINDS[name].give(python_function(stack))
    imported = lambda_.Function.from_function_arn(stack, "Imported", given.function_arn)
    invocation = AsyncInvocation(stack, "Orders", function=imported)
    synthesized = Synthesized(stack)
    config = config_of(synthesized, invocation)["Properties"]
    version = {"Fn::GetAtt": [synthesized.id(given), "Version"]}
    assert config["Qualifier"] == {"alias": "live", "current version": version}[name]
    assert synthesized.id(given) in referenced(config["FunctionName"])


def test_an_alias_whose_name_only_the_deployment_knows_is_told_it_there() -> None:
    stack = new_stack()
    function = python_function(stack)
    name = CfnParameter(stack, "Stage").value_as_string
    invocation = AsyncInvocation(
        stack, "Orders", function=lambda_.Alias(stack, "Alias", alias_name=name, version=function.current_version)
    )
    synthesized = Synthesized(stack)
    assert config_of(synthesized, invocation)["Properties"]["Qualifier"] == {"Ref": "Stage"}
    (variable,) = synthesized.properties(function)["Environment"]["Variables"].values()
    assert referenced(variable) == {"Stage"}


def test_a_function_of_another_language_gets_settings_but_no_layer() -> None:
    stack = new_stack()
    function = python_function(stack, runtime=lambda_.Runtime.NODEJS_22_X)
    AsyncInvocation(stack, "Orders", function=function)
    synthesized = Synthesized(stack)
    assert "Layers" not in synthesized.properties(function)
    assert list(synthesized.environment(function)) == ["REDRIVE_ASYNC_1"]


def test_what_only_the_deployment_knows_is_left_open_in_the_settings() -> None:
    """Not known is better than wrong: the helper then does without."""
    stack = new_stack()
    function = python_function(stack)
    number = CfnParameter(stack, "Number", type="Number").value_as_number
    AsyncInvocation(stack, "Orders", function=function, retry_attempts=number, max_event_age=Duration.seconds(number))
    assert read_async(Synthesized(stack).environment(function), "$LATEST") == AsyncSettings(
        qualifier="$LATEST", counter="tmp"
    )
