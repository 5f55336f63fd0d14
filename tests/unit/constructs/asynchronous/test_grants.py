"""Permissions of the function's role for delivery: exactly the calls that each kind of destination and key takes."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false, reportReturnType=false

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest
from aws_cdk import Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.asynchronous.counting import AttemptCounting
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.asynchronous.destinations import IMPORTED, MADE, Make, address, delivery, on
from tests.support.constructs.cases import KEYS, key_of
from tests.support.constructs.cdk import (
    Synthesized,
    conditions_of,
    deployed,
    new_app,
    new_stack,
    pairs_of,
    python_function,
)

ROLE_ARN = "arn:aws:iam::111111111111:role/orders"
ORIGINS: dict[str, Mapping[str, Make]] = {"made": MADE, "imported": IMPORTED}
ON_SUCCESS = [kind for kind in MADE if kind != "bucket"]
DEAD_LETTERS = ["queue", "topic"]


def policy_of(synthesized: Synthesized, invocation: AsyncInvocation) -> dict[str, Any]:
    return synthesized.resource(invocation.delivery_policy)


def config_of(synthesized: Synthesized, invocation: AsyncInvocation) -> dict[str, Any]:
    (config,) = (
        found
        for name, found in synthesized.of_type("AWS::Lambda::EventInvokeConfig").items()
        if name == synthesized.stack.resolve(invocation.event_invoke_config.logical_id)
    )
    return config


class Delivery(NamedTuple):
    """A destination with its key, and what delivers to it."""

    destination: Any
    key: kms.IKey | None
    function: lambda_.Function
    invocation: AsyncInvocation


@cache
def deliveries(role: str, kind: str) -> tuple[Synthesized, dict[tuple[str, str], Delivery]]:
    """Destinations of a kind, by origin and key, in one stack."""
    stack, made = new_stack(), dict[tuple[str, str], Delivery]()
    for origin, key in product(ORIGINS, KEYS):
        scope = Construct(stack, f"{origin} {key}")
        used = key_of(scope, key)
        destination, function = ORIGINS[origin][kind](scope, "Failed", used), python_function(scope)
        options = {"make_failure_queue": False, role: destination}
        invocation = AsyncInvocation(scope, "Orders", function=function, **options)
        made[origin, key] = Delivery(destination, used, function, invocation)
    return Synthesized(stack), made


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    ("role", "kind"), [("on_failure", kind) for kind in MADE] + [("on_success", kind) for kind in ON_SUCCESS]
)
def test_the_role_may_deliver_and_use_the_key_and_nothing_else(role: str, kind: str, origin: str, key: str) -> None:
    synthesized, made = deliveries(role, kind)
    destination, used, function, invocation = made[origin, key]
    stack = synthesized.stack
    policy = policy_of(synthesized, invocation)
    assert pairs_of(policy) == delivery(stack, kind, destination, used)
    assert policy["Properties"]["Roles"] == [{"Ref": synthesized.id(function.role)}]
    config = config_of(synthesized, invocation)
    (name,) = config["Properties"]["DestinationConfig"]
    assert name == {"on_failure": "OnFailure", "on_success": "OnSuccess"}[role]
    assert deployed(config["Properties"]["DestinationConfig"][name]["Destination"]) == address(stack, destination)
    assert config["DependsOn"] == [synthesized.id(invocation.delivery_policy)]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", DEAD_LETTERS)
@pytest.mark.parametrize("whose", ["given", "own"])
def test_the_role_may_send_to_the_dead_letter_queue_and_use_its_key(whose: str, kind: str, key: str) -> None:
    """Also to the function's own, whose key the CDK forgets: https://github.com/aws/aws-cdk/issues/33153."""
    stack = new_stack()
    used = key_of(stack, key)
    target = MADE[kind](stack, "Failed", used)
    option = {"queue": "dead_letter_queue", "topic": "dead_letter_topic"}[kind]
    function = python_function(stack, **({option: target} if whose == "own" else {}))
    given = {"dead_letter_queue": target} if whose == "given" else {}
    invocation = AsyncInvocation(stack, "Orders", function=function, **given)

    synthesized = Synthesized(stack)
    assert invocation.dead_letter_queue is target
    assert invocation.failure_queue is invocation.on_failure is None
    assert synthesized.statements(function) == delivery(stack, kind, target, used)
    target_arn = synthesized.properties(function)["DeadLetterConfig"]["TargetArn"]
    assert deployed(target_arn) == address(stack, target)


def test_the_function_waits_for_the_leave_to_send_to_its_dead_letter_queue() -> None:
    """Lambda looks whether it may send when the function is made."""
    stack = new_stack()
    function = python_function(stack)
    AsyncInvocation(stack, "Orders", function=function, dead_letter_queue=sqs.Queue(stack, "Failed"))
    synthesized = Synthesized(stack)
    (policy,) = synthesized.of_type("AWS::IAM::Policy")
    assert policy in synthesized.resource(function)["DependsOn"]


def test_both_destinations_and_a_dead_letter_queue_are_granted_together() -> None:
    stack = new_stack()
    made = {kind: MADE[kind](stack, kind.title().replace(" ", ""), None) for kind in ("topic", "bucket", "queue")}
    function = python_function(stack)
    AsyncInvocation(
        stack,
        "Orders",
        function=function,
        on_success=made["topic"],
        on_failure=made["bucket"],
        dead_letter_queue=made["queue"],
    )
    allowed = set[tuple[str, str]]()
    for policy in Synthesized(stack).of_type("AWS::IAM::Policy").values():
        allowed |= pairs_of(policy)
    assert allowed == set[tuple[str, str]]().union(*(delivery(stack, kind, made[kind], None) for kind in made))


@pytest.mark.parametrize(
    ("env", "account"),
    [(None, {"Ref": "AWS::AccountId"}), (Environment(account="222222222222", region="eu-west-1"), "222222222222")],
)
def test_a_bucket_is_written_to_only_while_it_belongs_to_its_account(env: Environment | None, account: Any) -> None:
    """A bucket that was deleted may be made again by someone else."""
    stack = new_stack(env=env)
    invocation = AsyncInvocation(
        stack, "Orders", function=python_function(stack), on_failure=s3.Bucket(stack, "Failed")
    )
    condition = {"StringEquals": {"s3:ResourceAccount": account}}
    policy = policy_of(Synthesized(stack), invocation)
    assert dict(conditions_of(policy)) == {"s3:PutObject": condition, "s3:ListBucket": condition}


def test_no_resource_is_opened_by_a_policy_of_its_own() -> None:
    """The function's permissions are in its role; a function that is a destination needs no further one."""
    stack = new_stack()
    for kind, make in MADE.items():
        function = python_function(stack, f"{kind.title().replace(' ', '')}Source")
        AsyncInvocation(
            stack, f"{function.node.id}Invocation", function=function, on_failure=make(stack, f"{kind}Failed", None)
        )
    synthesized = Synthesized(stack)
    for resource in synthesized.resources.values():
        for statement in resource.get("Properties", {}).get("PolicyDocument", {}).get("Statement", []):
            assert statement["Effect"] == "Deny" or resource["Type"] == "AWS::IAM::Policy"
    assert synthesized.of_type("AWS::Lambda::Permission") == {}


def test_the_made_queues_key_is_granted() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    function = python_function(stack)
    invocation = AsyncInvocation(stack, "Orders", function=function, encryption_key=key)
    assert invocation.failure_queue is not None
    assert Synthesized(stack).statements(function) == delivery(stack, "queue", invocation.failure_queue, key)


def test_a_key_of_another_account_is_granted_on_the_functions_side() -> None:
    """The other side is its owner's: no grant of the CDK's goes through to it from here."""
    app = new_app()
    here = Stack(app, "Here", env=Environment(account="111111111111", region="eu-west-1"))
    there = Stack(app, "There", env=Environment(account="222222222222", region="eu-west-1"))
    key = kms.Key(there, "Key", alias="failed")
    queue = sqs.Queue(there, "Failed", queue_name="failed", encryption_master_key=key)
    invocation = AsyncInvocation(here, "Orders", function=python_function(here), on_failure=queue)
    app.synth()
    statements = here.resolve(invocation.delivery_policy.document)["Statement"]
    assert [statement["Action"] for statement in statements] == [
        "sqs:SendMessage",
        ["kms:Decrypt", "kms:GenerateDataKey"],
    ]


def imported_role(stack: Stack) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Role", ROLE_ARN)


def test_an_imported_role_is_granted_by_a_policy_that_the_configuration_waits_for() -> None:
    stack = new_stack()
    function = python_function(stack, role=imported_role(stack))
    invocation = AsyncInvocation(stack, "Orders", function=function, count_attempts=AttemptCounting.logs())
    synthesized = Synthesized(stack)
    policy = policy_of(synthesized, invocation)
    assert policy["Properties"]["Roles"] == ["orders"]
    assert {action for action, _ in pairs_of(policy)} == {"sqs:SendMessage", "logs:FilterLogEvents"}
    assert config_of(synthesized, invocation)["DependsOn"] == [synthesized.id(invocation.delivery_policy)]


def test_an_imported_functions_role_is_granted() -> None:
    stack = new_stack()
    function = lambda_.Function.from_function_attributes(
        stack,
        "Function",
        function_arn="arn:aws:lambda:eu-west-1:111111111111:function:orders",
        role=imported_role(stack),
        same_environment=True,
    )
    invocation = AsyncInvocation(stack, "Orders", function=function)
    policy = policy_of(Synthesized(stack), invocation)
    assert policy["Properties"]["Roles"] == ["orders"]
    assert invocation.failure_queue is not None
    assert pairs_of(policy) == on(address(stack, invocation.failure_queue), {"sqs:SendMessage"})


def test_a_role_that_takes_no_policies_is_left_alone() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", ROLE_ARN, mutable=False)
    invocation = AsyncInvocation(stack, "Orders", function=python_function(stack, role=role))
    synthesized = Synthesized(stack)
    assert synthesized.of_type("AWS::IAM::Policy") == {}
    assert "DependsOn" not in config_of(synthesized, invocation)


def test_where_nothing_is_delivered_there_is_no_policy() -> None:
    """Beside another policy of the role's, the CDK would not let an empty one pass."""
    app = new_app()
    stack = Stack(app, "Stack")
    function = python_function(stack)
    function.add_to_role_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::orders/*"]))
    invocation = AsyncInvocation(stack, "Orders", function=function, retry_attempts=0, make_failure_queue=False)
    app.synth()
    synthesized = Synthesized(stack)
    assert len(synthesized.of_type("AWS::IAM::Policy")) == 1
    assert "DependsOn" not in config_of(synthesized, invocation)


def test_two_functions_that_fail_over_to_each_other_make_no_circle() -> None:
    stack = new_stack()
    first, second = python_function(stack, "First"), python_function(stack, "Second")
    first.grant_invoke(second)
    AsyncInvocation(stack, "One", function=first, on_failure=second)
    AsyncInvocation(stack, "Other", function=second, on_failure=first)
    assert Synthesized(stack).template
