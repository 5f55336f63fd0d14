"""Parts in different stacks either deploy, or are refused with the reason."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, NestedStack, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings.asynchronous import read_async
from redrive_cdk.asynchronous.counting import AttemptCounting
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.asynchronous.destinations import MADE
from tests.support.constructs.cases import Options, just
from tests.support.constructs.cdk import Synthesized, new_app, python_function

CIRCLE = "the two stacks would depend on each other; "


@pytest.fixture
def app() -> App:
    return new_app()


def a_table(scope: Construct) -> dynamodb.Table:
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    return dynamodb.Table(scope, "Table", partition_key=key, time_to_live_attribute="expiration")


def destination(role: str, kind: str) -> Options:
    """With a key of its own, as far as there is one."""
    return lambda stack: {role: MADE[kind](stack, "Given", kms.Key(stack, "Key"))}


#: Options of resources that do not need the function's stack and that it does not need: the test chooses their place.
WORKS: dict[str, Options] = {
    "a queue that is made": just(),
    "a queue that is made, with a key": lambda stack: {"encryption_key": kms.Key(stack, "Key")},
    "no destination": just(retry_attempts=1, make_failure_queue=False),
    "counting in the log": just(count_attempts=AttemptCounting.logs()),
    **{f"a {kind} on failure": destination("on_failure", kind) for kind in MADE},
    **{f"a {kind} on success": destination("on_success", kind) for kind in MADE if kind != "bucket"},
}
GIVE: dict[str, Callable[[lambda_.Function], Any]] = {
    "function": lambda function: function,
    "version": lambda function: function.current_version,
    "alias": lambda function: function.add_alias("live"),
}


@pytest.mark.parametrize("given", GIVE)
@pytest.mark.parametrize("name", WORKS)
def test_a_function_of_another_stack_works_with(app: App, name: str, given: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    AsyncInvocation(here, "Orders", function=GIVE[given](function), **WORKS[name](here))
    app.synth()
    assert here.dependencies == [there]
    assert there.dependencies == []
    assert list(Synthesized(there).environment(function)) == ["REDRIVE_ASYNC_1"]


@pytest.mark.parametrize("name", [name for name in WORKS if "queue that" not in name])
def test_a_destination_of_a_third_stack_works(app: App, name: str) -> None:
    there, here, third = (Stack(app, id) for id in ("There", "Here", "Third"))
    AsyncInvocation(here, "Orders", function=python_function(there), **WORKS[name](third))
    app.synth()
    assert there.dependencies == third.dependencies == []


def test_the_roles_policy_is_with_the_construct(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    AsyncInvocation(here, "Orders", function=python_function(there))
    app.synth()
    assert Synthesized(there).of_type("AWS::IAM::Policy") == {}
    assert len(Synthesized(here).of_type("AWS::IAM::Policy")) == 1


#: Resources that the function reads or waits for: they may be in a third stack, but not in the construct's.
NEEDED: dict[str, Options] = {
    "a table": lambda stack: {"count_attempts": AttemptCounting.dynamodb(a_table(stack))},
    "a bucket for counting": lambda stack: {"count_attempts": AttemptCounting.s3(s3.Bucket(stack, "Bucket"))},
    "a dead-letter queue": lambda stack: {"dead_letter_queue": MADE["queue"](stack, "Given", kms.Key(stack, "Key"))},
    "a dead-letter topic": lambda stack: {"dead_letter_queue": MADE["topic"](stack, "Given", kms.Key(stack, "Key"))},
}


@pytest.mark.parametrize("name", NEEDED)
def test_what_the_function_needs_may_be_of_its_own_or_of_a_third_stack(app: App, name: str) -> None:
    there, here, third = (Stack(app, id) for id in ("There", "Here", "Third"))
    AsyncInvocation(here, "Third", function=python_function(there, "One"), **NEEDED[name](third))
    AsyncInvocation(here, "There", function=python_function(there, "Other"), **NEEDED[name](there))
    app.synth()
    assert there.dependencies == [third]


def refusal(scope: Construct, **options: Any) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (what it says is for the caller to judge)
        AsyncInvocation(scope, "Orders", **options)
    return str(raised.value)


@pytest.mark.parametrize("given", GIVE)
@pytest.mark.parametrize("name", NEEDED)
def test_what_the_function_needs_of_the_constructs_stack_is_refused(app: App, name: str, given: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    text = refusal(here, function=GIVE[given](python_function(there)), **NEEDED[name](here))
    assert "There/Function belongs to another stack than Here/Orders, and would need Here/" in text
    assert CIRCLE + "make AsyncInvocation in the function's stack" in text


MADE_FOR_COUNTING = {"a table": AttemptCounting.dynamodb(), "a bucket": AttemptCounting.s3()}


@pytest.mark.parametrize("name", MADE_FOR_COUNTING)
def test_a_store_that_is_made_for_a_function_of_another_stack_is_refused(app: App, name: str) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    text = refusal(here, function=python_function(there), count_attempts=MADE_FOR_COUNTING[name])
    assert "would need Here/Orders/Attempt" in text
    assert "or give count_attempts one of a third" in text


def test_a_functions_own_dead_letter_queue_of_the_constructs_stack_is_refused(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there, dead_letter_queue=sqs.Queue(here, "Failed"))
    assert "would need Here/Failed of that one" in refusal(here, function=function)


def test_what_is_refused_would_indeed_not_synthesize(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    function.add_environment("TABLE", a_table(here).table_name)
    lambda_.CfnEventInvokeConfig(here, "Config", function_name=function.function_name, qualifier="$LATEST")
    with pytest.raises(RuntimeError, match="cyclic reference"):
        app.synth()


def test_imported_parts_may_be_imported_anywhere(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    imported = lambda_.Function.from_function_attributes(
        there,
        "Imported",
        function_arn="arn:aws:lambda:eu-west-1:111111111111:function:orders",
        role=iam.Role.from_role_arn(there, "Role", "arn:aws:iam::111111111111:role/orders"),
        same_environment=True,
    )
    queue = sqs.Queue.from_queue_arn(there, "Failed", "arn:aws:sqs:eu-west-1:111111111111:failed")
    bucket = s3.Bucket.from_bucket_name(there, "Attempts", "attempts")
    AsyncInvocation(here, "Orders", function=imported, on_failure=queue, count_attempts=AttemptCounting.s3(bucket))
    AsyncInvocation(
        here,
        "Others",
        function=python_function(there),
        dead_letter_queue=sqs.Queue.from_queue_arn(here, "Given", "arn:aws:sqs:eu-west-1:111111111111:given"),
        count_attempts=AttemptCounting.s3(bucket),
    )
    app.synth()
    (policy,) = (
        found
        for found in Synthesized(here).of_type("AWS::IAM::Policy").values()
        if found["Properties"]["Roles"] == ["orders"]
    )
    assert policy["Properties"]["PolicyDocument"]["Statement"][0]["Action"] == ["s3:GetObject", "s3:PutObject"]


@pytest.mark.parametrize("name", [*WORKS, *NEEDED])
def test_all_in_a_nested_stack_works(app: App, name: str) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    options = {**WORKS, **NEEDED}[name](nested)
    AsyncInvocation(nested, "Orders", function=python_function(nested), **options)
    app.synth()
    assert Synthesized(parent).template


@pytest.mark.parametrize("name", [*WORKS, *NEEDED, *MADE_FOR_COUNTING])
def test_a_function_of_a_nested_stack_works(app: App, name: str) -> None:
    """The nested stack may need what is in its parent, as far as that does not need it."""
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    function = python_function(nested)
    if name in MADE_FOR_COUNTING:
        options: dict[str, Any] = {"count_attempts": MADE_FOR_COUNTING[name]}
    else:
        options = {**WORKS, **NEEDED}[name](parent)
    AsyncInvocation(parent, "Orders", function=function, **options)
    app.synth()
    assert Synthesized(parent).template
    assert Synthesized(nested).template


@pytest.mark.parametrize("name", WORKS)
def test_a_construct_in_a_nested_stack_of_the_functions_stack_works(app: App, name: str) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    AsyncInvocation(nested, "Orders", function=python_function(parent), **WORKS[name](nested))
    app.synth()
    assert Synthesized(parent).template
    assert Synthesized(nested).template


@pytest.mark.parametrize("name", NEEDED)
def test_what_the_function_needs_of_a_nested_stack_is_refused(app: App, name: str) -> None:
    parent = Stack(app, "Parent")
    nested = NestedStack(parent, "Nested")
    text = refusal(nested, function=python_function(parent), **NEEDED[name](nested))
    assert "Parent/Function belongs to another stack than Parent/Nested/Orders" in text


def test_qualifiers_of_one_function_may_be_configured_in_different_stacks(app: App) -> None:
    there, here = Stack(app, "There"), Stack(app, "Here")
    function = python_function(there)
    AsyncInvocation(there, "Orders", function=function, retry_attempts=0)
    AsyncInvocation(here, "Live", function=function.add_alias("live"), retry_attempts=1)
    app.synth()
    environment = Synthesized(there).environment(function)
    assert [read_async(environment, name).retry_attempts for name in ("$LATEST", "live")] == [0, 1]
