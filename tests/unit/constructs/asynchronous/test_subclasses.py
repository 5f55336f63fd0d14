"""`AsyncInvocation` is made to be subclassed: each `_create_*` step can be replaced."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings.asynchronous import AsyncSettings, read_async
from redrive_cdk import AlarmOptions
from redrive_cdk.asynchronous.counting import AttemptCounting, grant_table
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function, url_of

STEPS = {
    "_create_failure_queue",
    "_create_delivery_policy",
    "_create_counting",
    "_create_grants",
    "_create_event_invoke_config",
    "_create_settings",
    "_create_dropped_alarm",
    "_create_delivery_alarm",
    "_create_dead_letter_alarm",
    "_create_age_alarm",
    "_create_failure_queue_alarm",
    "_create_failure_age_alarm",
}


class Payments(AsyncInvocation):
    """Does each step in its own way."""

    def _create_failure_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "Failed", retention_period=Duration.days(13), removal_policy=RemovalPolicy.RETAIN)

    def _create_delivery_policy(self) -> iam.Policy:
        return iam.Policy(self, "Mine", policy_name="payments")

    def _create_counting(self) -> dict[str, Any]:
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        table = dynamodb.TableV2(self, "Tries", partition_key=key)
        grant_table(self.delivery_policy, table)
        return {"counter": "dynamodb", "counter_table": table.table_name}

    def _create_grants(self, *, given_dead_letter_queue: bool) -> None:
        super()._create_grants(given_dead_letter_queue=given_dead_letter_queue)
        self.delivery_policy.add_statements(
            iam.PolicyStatement(actions=["sqs:GetQueueUrl"], resources=["arn:aws:sqs:eu-west-1:111111111111:other"])
        )

    def _create_event_invoke_config(self) -> lambda_.CfnEventInvokeConfig:
        config = super()._create_event_invoke_config()
        config.add_property_override("MaximumEventAgeInSeconds", 120)
        return config

    def _create_settings(self, counting: dict[str, Any]) -> AsyncSettings:
        return super()._create_settings(counting).replace(max_event_age=120.0)

    def _create_dropped_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_dropped_alarm(AlarmOptions(threshold=7))

    def _create_delivery_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return self._alarm("Mine2", self.metric_dead_letter_errors())

    def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None

    def _create_failure_queue_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return self._alarm("Failures", self.metric_failures_visible())

    def _create_failure_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_failure_age_alarm(AlarmOptions(threshold=5))

    def _alarm(self, id: str, metric: cloudwatch.Metric) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(self, id, metric=metric, threshold=3, evaluation_periods=1)


Made = tuple[Synthesized, lambda_.Function, Payments]


@pytest.fixture(scope="module")
def payments() -> Made:
    stack = new_stack()
    function = python_function(stack)
    return Synthesized(stack), function, Payments(stack, "Payments", function=function)


def test_each_step_is_replaced_in_these_tests() -> None:
    """The tests cover all steps, so that a new one is not forgotten."""
    assert {name for name in dir(AsyncInvocation) if name.startswith("_create_")} == STEPS
    assert STEPS - set(vars(Payments)) == set()


def test_the_queue_is_ones_own(payments: Made) -> None:
    synthesized, _, invocation = payments
    assert invocation.failure_queue is invocation.on_failure
    assert synthesized.properties(invocation.failure_queue) == {"MessageRetentionPeriod": 13 * 24 * 60 * 60}


def test_the_policy_is_ones_own_and_holds_all_that_is_granted(payments: Made) -> None:
    synthesized, function, invocation = payments
    assert synthesized.properties(invocation.delivery_policy)["PolicyName"] == "payments"
    table = synthesized.id(invocation.node.find_child("Tries"))
    assert synthesized.statements(function, conditional=True) == {
        ("sqs:SendMessage", deployed(synthesized.arn(invocation.failure_queue))),
        ("sqs:GetQueueUrl", "arn:aws:sqs:eu-west-1:111111111111:other"),
        ("dynamodb:UpdateItem", deployed({"Fn::GetAtt": [table, "Arn"]})),
    }


def test_configuration_and_settings_can_be_made_differently(payments: Made) -> None:
    synthesized, function, invocation = payments
    (config,) = synthesized.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert config["Properties"]["MaximumEventAgeInSeconds"] == 120
    assert read_async(synthesized.environment(function), "$LATEST") == AsyncSettings(
        qualifier="$LATEST",
        retry_attempts=2,
        max_event_age=120,
        counter="dynamodb",
        counter_table=url_of(synthesized.id(invocation.node.find_child("Tries"))),
    )


def test_alarms_can_be_made_differently(payments: Made) -> None:
    synthesized, _, invocation = payments
    assert invocation.delivery_alarm is invocation.age_alarm is None
    thresholds = [synthesized.properties(alarm)["Threshold"] for alarm in invocation.alarms]
    assert thresholds == [7, 3, 3, 5]


def test_a_step_sees_what_the_steps_before_it_made() -> None:
    seen: dict[str, Any] = {}

    class Watching(AsyncInvocation):
        def _create_delivery_policy(self) -> iam.Policy:
            seen["queue"], seen["on_failure"], seen["facts"] = self.failure_queue, self.on_failure, self.facts
            return super()._create_delivery_policy()

        def _create_grants(self, *, given_dead_letter_queue: bool) -> None:
            seen["policy"] = self.delivery_policy
            super()._create_grants(given_dead_letter_queue=given_dead_letter_queue)

        def _create_settings(self, counting: dict[str, Any]) -> AsyncSettings:
            seen["counting"], seen["config"] = counting, self.event_invoke_config
            return super()._create_settings(counting)

    stack = new_stack()
    invocation = Watching(stack, "Orders", function=python_function(stack))
    assert seen == {
        "queue": invocation.failure_queue,
        "on_failure": invocation.failure_queue,
        "facts": invocation.facts,
        "policy": invocation.delivery_policy,
        "counting": {"counter": "tmp"},
        "config": invocation.event_invoke_config,
    }


@pytest.mark.parametrize("given", [False, True])
def test_the_grants_are_told_whose_the_dead_letter_queue_is(given: bool) -> None:
    told: list[bool] = []

    class Watching(AsyncInvocation):
        def _create_grants(self, *, given_dead_letter_queue: bool) -> None:
            told.append(given_dead_letter_queue)

    stack = new_stack()
    queue = sqs.Queue(stack, "Queue")
    function = python_function(stack, **({} if given else {"dead_letter_queue": queue}))
    Watching(stack, "Orders", function=function, **({"dead_letter_queue": queue} if given else {}))
    assert told == [given]


def test_the_checks_see_what_a_step_returns() -> None:
    class Fifo(AsyncInvocation):
        def _create_failure_queue(self) -> sqs.IQueue:
            return sqs.Queue(self, "Failed", fifo=True)

    stack = new_stack()
    with pytest.raises(ValueError, match="on_failure Stack/Orders/Failed is FIFO"):
        Fifo(stack, "Orders", function=python_function(stack))


def test_one_failure_queue_for_all_invocations_of_a_kind() -> None:
    shared: list[sqs.IQueue] = []

    class Pooled(AsyncInvocation):
        def _create_failure_queue(self) -> sqs.IQueue:
            if not shared:
                shared.append(sqs.Queue(Stack.of(self), "Failed", retention_period=Duration.days(14)))
            return shared[0]

    stack = new_stack()
    made = [Pooled(stack, id, function=python_function(stack, f"{id}Function")) for id in ("Orders", "Mails")]
    assert [invocation.failure_queue for invocation in made] == shared * 2
    assert len(Synthesized(stack).of_type("AWS::SQS::Queue")) == 1


def test_nothing_is_counted_in_a_way_of_ones_own_unless_it_says_so() -> None:
    """The helper gets the settings that the step returns, whatever the options ask for."""

    class Uncounted(AsyncInvocation):
        def _create_counting(self) -> dict[str, Any]:
            return {}

    stack = new_stack()
    function = python_function(stack)
    Uncounted(stack, "Orders", function=function, count_attempts=AttemptCounting.dynamodb())
    synthesized = Synthesized(stack)
    assert read_async(synthesized.environment(function), "$LATEST").counter is None
    assert synthesized.of_type("AWS::DynamoDB::Table") == {}
