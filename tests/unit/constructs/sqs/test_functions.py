"""The function may be given as function, version or alias, or be imported."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from redrive.settings.sqs import read_sqs
from redrive_cdk import SqsConsumer
from redrive_cdk.core.types import AnyFunction
from tests.support.constructs.cdk import Synthesized, arn_of, new_stack, python_function, referenced, warnings_of

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
ROLE_ARN = "arn:aws:iam::111111111111:role/orders"


def given_as(kind: str, function: lambda_.Function) -> AnyFunction:
    match kind:
        case "function":
            return function
        case "current version":
            return function.current_version
        case "version":
            return lambda_.Version(function, "Version", lambda_=function)
        case "alias":
            return function.add_alias("live")
        case "alias of a version":
            version = lambda_.Version(function, "Version", lambda_=function)
            return lambda_.Alias(function, "Live", alias_name="live", version=version)
        case _:
            raise AssertionError(kind)


KINDS = ["function", "current version", "version", "alias", "alias of a version"]
NAMED_BY: dict[str, str] = {
    "function": "AWS::Lambda::Function",
    "current version": "AWS::Lambda::Version",
    "version": "AWS::Lambda::Version",
    "alias": "AWS::Lambda::Alias",
    "alias of a version": "AWS::Lambda::Alias",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_mapping_is_on_what_was_given_and_the_rest_on_the_function_behind_it(kind: str) -> None:
    stack = new_stack()
    function = python_function(stack, timeout=Duration.seconds(45), reserved_concurrent_executions=9)
    consumer = SqsConsumer(stack, "Orders", function=given_as(kind, function))

    synthesized = Synthesized(stack)
    named = referenced(synthesized.properties(consumer.event_source_mapping)["FunctionName"])
    assert NAMED_BY[kind] in {synthesized.resources[name]["Type"] for name in named}

    assert (consumer.facts.function_timeout, consumer.facts.reserved_concurrency) == (45, 9)
    assert synthesized.properties(consumer.queue)["VisibilityTimeout"] == 6 * 45
    queue = arn_of(synthesized.id(consumer.queue))
    assert ("sqs:ReceiveMessage", queue) in synthesized.statements(function)
    assert read_sqs(synthesized.environment(function), queue).max_receive_count == 16
    assert len(synthesized.properties(function)["Layers"]) == 1
    assert warnings_of(stack) == {}


def test_a_function_of_another_language_gets_settings_but_no_layer() -> None:
    stack = new_stack()
    function = python_function(stack, runtime=lambda_.Runtime.NODEJS_22_X)
    SqsConsumer(stack, "Orders", function=function)
    synthesized = Synthesized(stack)
    assert "Layers" not in synthesized.properties(function)
    assert list(synthesized.environment(function)) == ["REDRIVE_SQS_1"]


@pytest.fixture(scope="module")
def imported() -> tuple[Stack, SqsConsumer]:
    stack = new_stack()
    function = lambda_.Function.from_function_attributes(
        stack,
        "Imported",
        function_arn=FUNCTION_ARN,
        role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN),
        same_environment=True,
    )
    return stack, SqsConsumer(stack, "Orders", function=function)


def test_an_imported_function_is_mapped_and_its_role_granted(imported: tuple[Stack, SqsConsumer]) -> None:
    stack, consumer = imported
    synthesized = Synthesized(stack)
    assert synthesized.properties(consumer.event_source_mapping)["FunctionName"] == "orders"
    (policy,) = synthesized.of_type("AWS::IAM::Policy").values()
    assert policy["Properties"]["Roles"] == ["orders"]
    actions = [statement["Action"] for statement in policy["Properties"]["PolicyDocument"]["Statement"]]
    consuming = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    assert actions == [[*consuming, "sqs:SendMessage"], "sqs:SendMessage"]


def test_an_imported_function_of_unknown_timeout_gets_room_for_the_longest_there_is(
    imported: tuple[Stack, SqsConsumer],
) -> None:
    stack, consumer = imported
    assert consumer.facts.function_timeout is None
    assert Synthesized(stack).properties(consumer.queue)["VisibilityTimeout"] == 6 * 900


def test_an_imported_function_cannot_be_told_its_settings_which_a_warning_says(
    imported: tuple[Stack, SqsConsumer],
) -> None:
    stack, _ = imported
    warnings = warnings_of(stack)
    assert set(warnings) == {"redrive:imported-function"}
    text = warnings["redrive:imported-function"]
    for part in ("Stack/Imported", "Stack/Orders", "@sqs_handler(settings=SqsSettings(", "timeout is not known"):
        assert part in text


def test_the_layer_is_not_made_for_an_imported_function(imported: tuple[Stack, SqsConsumer]) -> None:
    stack, _ = imported
    assert Synthesized(stack).of_type("AWS::Lambda::LayerVersion") == {}


def test_a_function_imported_without_its_role_is_said_to_lack_grants() -> None:
    """The CDK itself warns of each statement that it cannot add."""
    stack = new_stack()
    function = lambda_.Function.from_function_arn(stack, "Imported", FUNCTION_ARN)
    SqsConsumer(stack, "Orders", function=function)
    assert "@aws-cdk/aws-iam:unknownPrincipalAddStatementToRole" in warnings_of(stack)


def test_a_timeout_set_on_the_resource_counts() -> None:
    stack = new_stack()
    function = python_function(stack, timeout=Duration.seconds(10))
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.timeout = 600
    with pytest.raises(ValueError, match="visibility timeout 60 s is below the function's timeout of 600 s"):
        SqsConsumer(stack, "Short", function=function, visibility_timeout=Duration.seconds(60))
    consumer = SqsConsumer(stack, "Orders", function=function)
    assert Synthesized(stack).properties(consumer.queue)["VisibilityTimeout"] == 3600
