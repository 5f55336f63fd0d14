"""`SyncInvocation` is made to be subclassed: each `_create_*` step can be replaced."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from redrive.settings.invoker import InvokerSettings, read_invoker
from redrive_cdk import AlarmOptions, SyncInvocation
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function


class Payments(SyncInvocation):
    """Does each step in its own way."""

    def _create_grants(self) -> None:
        super()._create_grants()
        iam.Grant.add_to_principal(
            grantee=self.caller, actions=["lambda:GetFunction"], resource_arns=[self.callee.function_arn]
        )

    def _create_settings(self) -> InvokerSettings:
        return super()._create_settings().replace(function_timeout=42.0)

    def _create_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return cloudwatch.Alarm(self, "Throttled", metric=self.metric_throttles(), threshold=3, evaluation_periods=1)

    def _create_error_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


def test_grants_settings_and_alarms_can_be_made_differently() -> None:
    stack = new_stack()
    caller, callee = python_function(stack, "Caller"), python_function(stack, "Callee")
    invocation = Payments(stack, "Payments", caller=caller, callee=callee)
    synthesized = Synthesized(stack)
    arn = deployed(stack.resolve(callee.function_arn))
    assert synthesized.statements(caller) == {("lambda:InvokeFunction", arn), ("lambda:GetFunction", arn)}
    assert read_invoker(synthesized.environment(caller), "Payments").function_timeout == 42
    assert synthesized.properties(invocation.throttle_alarm)["Threshold"] == 3
    assert invocation.error_alarm is None
    assert invocation.alarms == [invocation.throttle_alarm]


def test_a_step_sees_what_is_known() -> None:
    seen: dict[str, Any] = {}

    class Watching(SyncInvocation):
        def _create_settings(self) -> InvokerSettings:
            seen.update(caller=self.caller, callee=self.callee, name=self.name, facts=self.facts)
            return super()._create_settings()

    stack = new_stack()
    caller, callee = python_function(stack, "Caller"), python_function(stack, "Callee")
    invocation = Watching(stack, "Prices", caller=caller, callee=callee)
    assert seen == {"caller": caller, "callee": callee, "name": "Prices", "facts": invocation.facts}
    assert (invocation.facts.caller_timeout, invocation.facts.callee_timeout) == (10, 10)


def test_the_name_that_counts_is_the_one_in_the_settings() -> None:
    class Prefixed(SyncInvocation):
        def _create_settings(self) -> InvokerSettings:
            return super()._create_settings().replace(name=f"shop/{self.name}")

    stack = new_stack()
    caller, callee = python_function(stack, "Caller"), python_function(stack, "Callee")
    Prefixed(stack, "One", caller=caller, callee=callee, name="prices")
    SyncInvocation(stack, "Two", caller=caller, callee=callee, name="prices")
    with pytest.raises(ValueError, match="by the name 'shop/prices' already"):
        SyncInvocation(stack, "Three", caller=caller, callee=callee, name="shop/prices")
    environment = Synthesized(stack).environment(caller)
    assert {read_invoker(environment, name).name for name in ("prices", "shop/prices")} == {"prices", "shop/prices"}


def test_an_imported_callees_timeout_can_be_named() -> None:
    class Known(SyncInvocation):
        def _create_settings(self) -> InvokerSettings:
            return super()._create_settings().replace(function_timeout=20.0)

    stack = new_stack()
    caller = python_function(stack, "Caller")
    callee = lambda_.Function.from_function_arn(
        stack, "Callee", "arn:aws:lambda:eu-west-1:111111111111:function:prices"
    )
    Known(stack, "Prices", caller=caller, callee=callee)
    assert read_invoker(Synthesized(stack).environment(caller), None).function_timeout == 20
