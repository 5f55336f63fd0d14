"""The event source mapping: batches, concurrency, pollers, filters, metrics."""

from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from redrive_cdk import ProvisionedPollers, SqsConsumer
from tests.support.constructs.cdk import Synthesized, new_stack, python_function, referenced

MAPPINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "LargeBatches": (
        {"batch_size": 1_000, "max_batching_window": Duration.seconds(30)},
        {"BatchSize": 1_000, "MaximumBatchingWindowInSeconds": 30},
    ),
    "SingleMessages": ({"batch_size": 1}, {"BatchSize": 1}),
    "Concurrency": ({"max_concurrency": 7}, {"ScalingConfig": {"MaximumConcurrency": 7}}),
    "DefaultPollers": (
        {"provisioned_pollers": ProvisionedPollers()},
        {"ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 200}},
    ),
    "ManyPollers": (
        {"provisioned_pollers": ProvisionedPollers(minimum=5, maximum=10_000)},
        {"ProvisionedPollerConfig": {"MinimumPollers": 5, "MaximumPollers": 10_000}},
    ),
    "Filtered": (
        {"filters": [lambda_.FilterCriteria.filter({"body": {"kind": ["order"]}})]},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"body":{"kind":["order"]}}'}]}},
    ),
    "Paused": ({"enabled": False}, {"Enabled": False}),
}


@pytest.fixture(scope="module")
def stack() -> Stack:
    return new_stack()


@pytest.fixture(scope="module")
def mappings(stack: Stack) -> dict[str, dict[str, Any]]:
    consumers = {
        name: SqsConsumer(stack, name, function=python_function(stack, f"{name}Function"), **options)
        for name, (options, _) in MAPPINGS.items()
    }
    consumers["Plain"] = SqsConsumer(stack, "Plain", function=python_function(stack, "PlainFunction"))
    consumers["Uncounted"] = SqsConsumer(
        stack, "Uncounted", function=python_function(stack, "UncountedFunction"), mapping_metrics=False
    )
    synthesized = Synthesized(stack)
    return {name: synthesized.properties(consumer.event_source_mapping) for name, consumer in consumers.items()}


@pytest.mark.parametrize("name", MAPPINGS)
def test_an_option_of_the_mapping_is_passed_on(mappings: dict[str, dict[str, Any]], name: str) -> None:
    _, expected = MAPPINGS[name]
    assert {key: mappings[name].get(key) for key in expected} == expected


def test_what_is_not_asked_for_is_left_to_lambda(mappings: dict[str, dict[str, Any]]) -> None:
    for option in (
        "MaximumBatchingWindowInSeconds",
        "ScalingConfig",
        "ProvisionedPollerConfig",
        "FilterCriteria",
        "DestinationConfig",
    ):
        assert option not in mappings["Plain"]


def test_lambda_counts_what_the_mapping_does_unless_told_not_to(mappings: dict[str, dict[str, Any]]) -> None:
    assert mappings["Plain"]["MetricsConfig"] == {"Metrics": ["EventCount"]}
    assert "MetricsConfig" not in mappings["Uncounted"]


def test_partial_failures_are_on_whatever_else_is_chosen(mappings: dict[str, dict[str, Any]]) -> None:
    for name, mapping in mappings.items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


@pytest.mark.parametrize("target", ["function", "version", "alias", "function with a role of its own", "imported"])
def test_the_mapping_waits_for_the_functions_permissions(target: str) -> None:
    """Lambda refuses a mapping whose function may not yet read the queue."""
    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=invoked(stack, target))
    synthesized = Synthesized(stack)
    (policy,) = synthesized.of_type("AWS::IAM::Policy")
    assert policy in needed_by(synthesized, synthesized.id(consumer.event_source_mapping))


def invoked(stack: Stack, target: str) -> Any:
    principal: Any = iam.ServicePrincipal("lambda.amazonaws.com")
    if target == "imported":
        role: Any = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111111111111:role/orders")
        arn = "arn:aws:lambda:eu-west-1:111111111111:function:orders"
        return lambda_.Function.from_function_attributes(stack, "Function", function_arn=arn, role=role)
    own: dict[str, Any] = {"role": iam.Role(stack, "Role", assumed_by=principal)} if target.endswith("own") else {}
    function = python_function(stack, **own)
    if target == "version":
        return function.current_version
    return function.add_alias("live") if target == "alias" else function


def needed_by(synthesized: Synthesized, name: str) -> set[str]:
    """The resources that one needs, by references or dependencies, directly or not."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        resource = synthesized.resources.get(waiting.pop(), {})
        needs = referenced(resource.get("Properties", {})) | set(resource.get("DependsOn", ()))
        waiting += needs - found
        found |= needs
    return found
