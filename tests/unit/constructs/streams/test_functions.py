"""The function of a consumer may be given as function, version or alias, or be imported."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_

from redrive.settings.streams import read_stream
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, pairs_of, python_function, warnings_of
from tests.support.constructs.streams.consumers import CONSUMERS, mapping_of, reading

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
GIVE: dict[str, Callable[[lambda_.Function], Any]] = {
    "function": lambda function: function,
    "latest version": lambda function: function.latest_version,
    "version": lambda function: function.current_version,
    "alias": lambda function: function.add_alias("live"),
}


@pytest.mark.parametrize("given", GIVE)
@pytest.mark.parametrize("name", CONSUMERS)
def test_the_mapping_is_of_what_was_given_and_the_rest_of_the_function_behind_it(name: str, given: str) -> None:
    stack = new_stack()
    function = python_function(stack, timeout=Duration.seconds(77), reserved_concurrent_executions=9)
    target = GIVE[given](function)
    consumer = CONSUMERS[name](stack, function=target, on_failure="none", set_aside=None)
    synthesized = Synthesized(stack)
    assert mapping_of(synthesized, consumer)["FunctionName"] == stack.resolve(target.function_name)
    assert (consumer.facts.function_timeout, consumer.facts.reserved_concurrency) == (77, 9)
    source = deployed(stack.resolve(consumer.source.arn))
    assert read_stream(synthesized.environment(function), source).function_timeout == 77
    policy = synthesized.resource(consumer.access_policy)
    assert pairs_of(policy) == reading(stack, consumer)
    assert policy["Properties"]["Roles"] == [{"Ref": synthesized.id(function.role)}]
    assert len(synthesized.properties(function)["Layers"]) == 1


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_function_of_another_language_gets_settings_but_no_layer(name: str) -> None:
    stack = new_stack()
    function = python_function(stack, runtime=lambda_.Runtime.NODEJS_22_X)
    CONSUMERS[name](stack, function=function)
    synthesized = Synthesized(stack)
    assert "Layers" not in synthesized.properties(function)
    assert list(synthesized.environment(function)) == ["REDRIVE_STREAM_1"]


def by_arn(arn: str) -> Callable[[Stack], lambda_.IFunction]:
    return lambda stack: lambda_.Function.from_function_arn(stack, "Imported", arn)


IMPORTED: dict[str, Callable[[Stack], lambda_.IFunction]] = {
    "by ARN": by_arn(FUNCTION_ARN),
    "by name": lambda stack: lambda_.Function.from_function_name(stack, "Imported", "orders"),
    "a version": lambda stack: lambda_.Version.from_version_arn(stack, "Imported", f"{FUNCTION_ARN}:7"),
}


@pytest.mark.parametrize("how", IMPORTED)
@pytest.mark.parametrize("name", CONSUMERS)
def test_an_imported_function_is_mapped_and_cannot_be_told_which_warnings_say(name: str, how: str) -> None:
    stack = new_stack()
    function = IMPORTED[how](stack)
    consumer = CONSUMERS[name](stack, function=function)
    assert mapping_of(Synthesized(stack), consumer)["FunctionName"] == stack.resolve(function.function_name)
    assert consumer.facts.function_timeout is None
    assert set(warnings_of(stack)) == {"redrive:imported-function", "redrive:unknown-role"}
