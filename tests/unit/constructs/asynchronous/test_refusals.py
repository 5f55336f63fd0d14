"""Refusals of `AsyncInvocation`: each with a neighbour that is allowed, and a message with values, rule and remedy."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Environment, Fn, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk.asynchronous.counting import AttemptCounting
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.asynchronous.destinations import MADE
from tests.support.constructs.cases import Options, Refused, just
from tests.support.constructs.cdk import Synthesized, new_app, new_stack, number_parameter, python_function

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111111111111:failed"
TOPIC_ARN = "arn:aws:sns:eu-west-1:111111111111:failed"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:orders"


def made(role: str, kind: str) -> Options:
    return lambda stack: {role: MADE[kind](stack, "Given", None)}


def key(**options: Any) -> Options:
    return lambda stack: {"encryption_key": kms.Key(stack, "Key"), **options}


CASES: dict[str, Refused] = {
    "nothing configured": Refused(
        just(make_failure_queue=False),
        just(make_failure_queue=False, retry_attempts=2),
        ("nothing is configured", "Lambda refuses an empty configuration", "leave make_failure_queue unset"),
    ),
    "retries below 0": Refused(
        just(retry_attempts=-1),
        just(retry_attempts=0),
        ("retry_attempts -1", "Lambda takes whole numbers from 0 to 2", "give one"),
    ),
    "retries above 2": Refused(just(retry_attempts=3), just(retry_attempts=2), ("retry_attempts 3", "0 to 2")),
    "an age below a minute": Refused(
        just(max_event_age=Duration.seconds(59)),
        just(max_event_age=Duration.seconds(60)),
        ("max_event_age 59 s", "60–21,600 s", "give one within"),
    ),
    "an age above six hours": Refused(
        just(max_event_age=Duration.seconds(21_601)),
        just(max_event_age=Duration.seconds(21_600)),
        ("max_event_age 21,601 s", "60–21,600 s", "6 hours"),
    ),
    "a bucket on success": Refused(
        made("on_success", "bucket"),
        made("on_failure", "bucket"),
        ("on_success is an S3 bucket", "failures alone", "give a queue, topic, function or event bus"),
    ),
    "a bucket as dead-letter queue": Refused(
        made("dead_letter_queue", "bucket"),
        made("on_failure", "bucket"),
        ("dead_letter_queue is a bucket", "queues and topics", "give it as on_failure"),
    ),
    "a function as dead-letter queue": Refused(
        made("dead_letter_queue", "function"), made("on_failure", "function"), ("dead_letter_queue is a function",)
    ),
    "an event bus as dead-letter queue": Refused(
        made("dead_letter_queue", "event bus"), made("on_failure", "event bus"), ("dead_letter_queue is a event bus",)
    ),
    "what is no destination": Refused(
        just(on_failure="arn:aws:sqs:eu-west-1:111111111111:failed"),
        made("on_failure", "queue"),
        ("on_failure 'arn:aws:sqs", "is no destination", "give an SQS queue"),
    ),
    "a queue wanted and a destination given": Refused(
        lambda stack: {"on_failure": sqs.Queue(stack, "Mine"), "make_failure_queue": True},
        lambda stack: {"on_failure": sqs.Queue(stack, "Mine"), "make_failure_queue": False},
        ("make_failure_queue=True and on_failure", "one place", "leave one of them unset"),
    ),
    "a retention for a queue that is given": Refused(
        lambda stack: {"on_failure": sqs.Queue(stack, "Mine"), "failure_queue_retention_period": Duration.days(1)},
        just(failure_queue_retention_period=Duration.days(1)),
        ("failure_queue_retention_period is for a queue that AsyncInvocation makes", "leave failure_queue_retention"),
    ),
    "a removal policy for a queue that is not made": Refused(
        just(retry_attempts=1, make_failure_queue=False, failure_queue_removal_policy=RemovalPolicy.DESTROY),
        just(failure_queue_removal_policy=RemovalPolicy.DESTROY),
        ("failure_queue_removal_policy is for a queue", "makes none", "leave failure_queue_removal_policy unset"),
    ),
    "a key for nothing": Refused(
        key(retry_attempts=1, make_failure_queue=False),
        key(),
        ("encryption_key is for the queue, table or bucket", "makes none", "leave encryption_key unset"),
    ),
    "a key for a table that is given": Refused(
        lambda stack: {
            **key(retry_attempts=1, make_failure_queue=False)(stack),
            "count_attempts": AttemptCounting.s3(s3.Bucket(stack, "Mine")),
        },
        key(retry_attempts=1, make_failure_queue=False, count_attempts=AttemptCounting.s3()),
        ("encryption_key is for",),
    ),
    "a key where attempts are counted in /tmp": Refused(
        key(retry_attempts=1, make_failure_queue=False, count_attempts=AttemptCounting.tmp()),
        key(retry_attempts=1, make_failure_queue=False, count_attempts=AttemptCounting.dynamodb()),
        ("encryption_key is for",),
    ),
}


def invocation(options: Options) -> AsyncInvocation:
    stack = new_stack()
    chosen = options(stack)
    return AsyncInvocation(stack, "Orders", **{"function": chosen.get("function") or python_function(stack), **chosen})


def refusal(scope: Stack, **options: Any) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (what it says is for the caller to judge)
        AsyncInvocation(scope, "Orders", **options)
    return str(raised.value)


@pytest.mark.parametrize("name", CASES)
def test_it_refuses(name: str) -> None:
    case = CASES[name]
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        invocation(case.refused)
    for part in ("Stack/Orders", *case.says):
        assert part in str(raised.value)


@pytest.mark.parametrize("name", CASES)
def test_it_allows_the_neighbour_of(name: str) -> None:
    assert Synthesized(Stack.of(invocation(CASES[name].allowed))).template


def other_stack(stack: Stack) -> Stack:
    return Stack(stack.node.root, "Other")


def escaped_queue(stack: Stack) -> sqs.Queue:
    queue = sqs.Queue(stack, "Given")
    resource = queue.node.default_child
    assert isinstance(resource, sqs.CfnQueue)
    resource.fifo_queue = True
    return queue


FIFO: dict[str, Callable[[Stack], Any]] = {
    "queue": lambda stack: sqs.Queue(stack, "Given", fifo=True),
    "topic": lambda stack: sns.Topic(stack, "Given", fifo=True),
    "queue imported by ARN": lambda stack: sqs.Queue.from_queue_arn(stack, "Given", f"{QUEUE_ARN}.fifo"),
    "topic imported by ARN": lambda stack: sns.Topic.from_topic_arn(stack, "Given", f"{TOPIC_ARN}.fifo"),
    "queue said to be FIFO": lambda stack: sqs.Queue.from_queue_attributes(
        stack, "Given", queue_arn=Fn.import_value("FailedArn"), fifo=True
    ),
    "queue by another's ARN": lambda stack: sqs.Queue.from_queue_arn(
        stack, "Given", sqs.Queue(stack, "Other", fifo=True).queue_arn
    ),
    "topic by another's ARN": lambda stack: sns.Topic.from_topic_arn(
        stack, "Given", sns.Topic(stack, "Other", fifo=True).topic_arn
    ),
    "queue by another's name": lambda stack: sqs.Queue.from_queue_arn(
        stack,
        "Given",
        stack.format_arn(service="sqs", resource=sqs.Queue(stack, "Other", fifo=True).queue_name),
    ),
    "queue of this account": lambda stack: sqs.Queue.from_queue_arn(
        stack, "Given", stack.format_arn(service="sqs", resource="failed.fifo")
    ),
    "topic of this account": lambda stack: sns.Topic.from_topic_arn(
        stack, "Given", stack.format_arn(service="sns", resource="failed.fifo")
    ),
    "queue of another stack": lambda stack: sqs.Queue(other_stack(stack), "Given", fifo=True),
    "queue by the ARN of another stack's": lambda stack: sqs.Queue.from_queue_arn(
        stack, "Given", sqs.Queue(other_stack(stack), "Queue", fifo=True).queue_arn
    ),
    "topic by the ARN of another stack's": lambda stack: sns.Topic.from_topic_arn(
        stack, "Given", sns.Topic(other_stack(stack), "Topic", fifo=True).topic_arn
    ),
    "queue by the ARN of a resource": lambda stack: sqs.Queue.from_queue_arn(
        stack, "Given", sqs.CfnQueue(stack, "Resource", fifo_queue=True).attr_arn
    ),
    "topic by the ARN of a resource": lambda stack: sns.Topic.from_topic_arn(
        stack, "Given", sns.CfnTopic(stack, "Resource", fifo_topic=True).attr_topic_arn
    ),
    "queue made FIFO by an escape hatch": escaped_queue,
}
ROLES = ["on_success", "on_failure", "dead_letter_queue"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", FIFO)
def test_a_fifo_destination_is_refused(name: str, role: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    stack = new_stack()
    given = FIFO[name](stack)
    text = refusal(stack, function=python_function(stack), **{role: given})
    for part in (f"{role} {given.node.path} is FIFO", "standard queues and topics only", "give a standard one"):
        assert part in text


@pytest.mark.parametrize("option", ["dead_letter_queue", "dead_letter_topic"])
def test_a_functions_own_fifo_dead_letter_queue_is_refused(option: str) -> None:
    stack = new_stack()
    given = {"dead_letter_queue": sqs.Queue, "dead_letter_topic": sns.Topic}[option](stack, "Given", fifo=True)
    text = refusal(stack, function=python_function(stack, **{option: given}))
    assert "dead_letter_queue Stack/Given is FIFO" in text


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "make",
    [
        lambda stack: sqs.Queue.from_queue_arn(stack, "Given", sqs.Queue(stack, "Other").queue_arn),
        lambda stack: sns.Topic.from_topic_arn(stack, "Given", sns.Topic(stack, "Other").topic_arn),
        lambda stack: sqs.Queue.from_queue_arn(stack, "Given", f"{QUEUE_ARN}-fifo"),
    ],
    ids=["queue by another's ARN", "topic by another's ARN", "queue imported by ARN"],
)
def test_a_standard_one_is_allowed(role: str, make: Callable[[Stack], Any]) -> None:
    stack = new_stack()
    AsyncInvocation(stack, "Orders", function=python_function(stack), **{role: make(stack)})
    assert Synthesized(stack).template


Own = Callable[[Stack, lambda_.Function], Any]
OWN: dict[str, Own] = {
    "itself": lambda stack, function: function,
    "its current version": lambda stack, function: function.current_version,
    "its latest version": lambda stack, function: function.latest_version,
    "an alias of it": lambda stack, function: function.add_alias("test"),
    "its ARN": lambda stack, function: lambda_.Function.from_function_arn(stack, "Again", function.function_arn),
    "its name": lambda stack, function: lambda_.Function.from_function_name(stack, "Again", function.function_name),
    "its name in an ARN": lambda stack, function: lambda_.Function.from_function_arn(
        stack,
        "Again",
        f"arn:aws:lambda:eu-west-1:111111111111:function:{function.function_name}",
    ),
    "the ARN of its alias": lambda stack, function: lambda_.Function.from_function_arn(
        stack, "Again", function.add_alias("test").function_arn
    ),
    "the ARN of its version": lambda stack, function: lambda_.Function.from_function_arn(
        stack, "Again", function.current_version.function_arn
    ),
}
GIVEN: dict[str, Callable[[lambda_.Function], Any]] = {
    "function": lambda function: function,
    "version": lambda function: function.current_version,
    "alias": lambda function: function.add_alias("live"),
}


@pytest.mark.parametrize("role", ["on_success", "on_failure"])
@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("name", OWN)
def test_the_function_itself_is_refused_as_its_destination(name: str, given: str, role: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    text = refusal(stack, function=GIVEN[given](function), **{role: OWN[name](stack, function)})
    for part in (f"{role} is the function itself", "a loop", "give another function, or a queue"):
        assert part in text


def by_arn(stack: Stack, id: str, arn: str) -> lambda_.IFunction:
    return lambda_.Function.from_function_arn(stack, id, arn)


@pytest.mark.parametrize("arn", [FUNCTION_ARN, f"{FUNCTION_ARN}:live", f"{FUNCTION_ARN}:7"])
@pytest.mark.parametrize("other", [FUNCTION_ARN, f"{FUNCTION_ARN}:live", f"{FUNCTION_ARN}:7"])
def test_an_imported_function_is_refused_as_its_own_destination(arn: str, other: str) -> None:
    stack = new_stack()
    text = refusal(stack, function=by_arn(stack, "One", arn), on_failure=by_arn(stack, "Other", other))
    assert "on_failure is the function itself" in text


@pytest.mark.parametrize(
    "other",
    [
        f"{FUNCTION_ARN}-failed",
        FUNCTION_ARN.replace("eu-west-1", "eu-west-3"),
        FUNCTION_ARN.replace("111111111111", "222222222222"),
    ],
)
def test_an_imported_function_of_another_name_or_place_is_another(other: str) -> None:
    stack = new_stack()
    AsyncInvocation(
        stack, "Orders", function=by_arn(stack, "One", FUNCTION_ARN), on_failure=by_arn(stack, "Other", other)
    )
    assert Synthesized(stack).template


@pytest.mark.parametrize("give", [lambda other: other, lambda other: other.add_alias("live")], ids=["it", "its alias"])
def test_another_function_of_this_app_is_another(give: Callable[[lambda_.Function], Any]) -> None:
    stack = new_stack()
    function, other = python_function(stack), python_function(stack, "Other")
    given = give(other)
    by_token = by_arn(stack, "ByToken", given.function_arn)
    AsyncInvocation(stack, "Orders", function=function, on_success=given, on_failure=by_token)
    AsyncInvocation(stack, "Others", function=other, on_success=by_arn(stack, "ByText", FUNCTION_ARN))
    assert Synthesized(stack).template


def test_a_function_of_another_region_is_refused() -> None:
    app = new_app()
    ireland, paris = (Stack(app, region, env=Environment(region=region)) for region in ("eu-west-1", "eu-west-3"))
    text = refusal(paris, function=python_function(ireland))
    assert "the function is in eu-west-1 and AsyncInvocation in eu-west-3" in text
    assert "make AsyncInvocation in a stack of eu-west-1" in text


def test_what_only_the_deployment_knows_is_not_judged() -> None:
    stack = new_stack()
    number = number_parameter(stack, "Number")
    AsyncInvocation(
        stack, "Orders", function=python_function(stack), retry_attempts=number, max_event_age=Duration.seconds(number)
    )
    assert Synthesized(stack).template


def test_a_prefix_of_nothing_is_refused() -> None:
    """The lifecycle rule would remove every object of the bucket."""
    with pytest.raises(ValueError, match=r"prefix '': .* every object of the bucket; give one such as 'redrive-att"):
        AttemptCounting.s3(prefix="")
