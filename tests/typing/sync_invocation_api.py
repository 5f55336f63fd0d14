"""`SyncInvocation` as users write it: never run, but checked by pyright in strict mode."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
from typing import assert_type

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings.invoker import InvokerSettings
from redrive_cdk import AlarmOptions, Backoff, SyncInvocation


class Shop(Stack):
    def __init__(self, scope: Construct, id: str, *, topic: sns.ITopic, taxes: lambda_.IAlias) -> None:
        super().__init__(scope, id)
        code = lambda_.Code.from_asset("shop")
        orders = lambda_.Function(self, "O", runtime=lambda_.Runtime.PYTHON_3_14, handler="orders.handler", code=code)
        prices = lambda_.Function(self, "P", runtime=lambda_.Runtime.PYTHON_3_14, handler="prices.handler", code=code)

        invocation = SyncInvocation(self, "Prices", caller=orders, callee=prices)
        SyncInvocation(self, "Version", caller=orders.current_version, callee=prices.current_version)
        SyncInvocation(self, "Alias", caller=orders.add_alias("live"), callee=prices.add_alias("live"))
        SyncInvocation(self, "Taxes", caller=taxes, callee=taxes)
        imported = lambda_.Function.from_function_name(self, "Imported", "stock")
        SyncInvocation(
            self,
            "Everything",
            caller=orders,
            callee=imported,
            name="stock",
            caller_may_be_shorter=True,
            backoff=Backoff(base=0.1, factor=3, cap=5, jitter="equal"),
            attach_layer=False,
            throttle_alarm=AlarmOptions(threshold=10, evaluation_periods=5),
            error_alarm=AlarmOptions(enabled=False),
            alarm_actions=[actions.SnsAction(topic)],
        )

        assert_type(invocation.caller, lambda_.IFunction)
        assert_type(invocation.callee, lambda_.IFunction)
        assert_type(invocation.name, str)
        assert_type(invocation.throttle_alarm, cloudwatch.Alarm | None)
        assert_type(invocation.error_alarm, cloudwatch.Alarm | None)
        assert_type(invocation.alarms, list[cloudwatch.Alarm])
        assert_type(invocation.facts.callee_timeout, float | None)
        assert_type(invocation.metric_throttles(period=Duration.minutes(5)), cloudwatch.Metric)
        assert_type(invocation.metric_errors(), cloudwatch.Metric)


class Payments(SyncInvocation):
    """Overrides every step there is."""

    def _create_grants(self) -> None:
        super()._create_grants()

    def _create_settings(self) -> InvokerSettings:
        return super()._create_settings().replace(function_timeout=20.0)

    def _create_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return super()._create_throttle_alarm(options)

    def _create_error_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        return None


def wrong(scope: Construct, function: lambda_.Function) -> None:
    """Shows that a user's mistakes are found: an ignored error that did not occur would be an error itself."""
    SyncInvocation(scope, "Positional", function, function)  # pyright: ignore[reportCallIssue]
    SyncInvocation(scope, "Missing", caller=function)  # pyright: ignore[reportCallIssue]
    SyncInvocation(scope, "Queue", caller=function, callee=sqs.Queue(scope, "Q"))  # pyright: ignore[reportArgumentType]
    SyncInvocation(scope, "Misspelt", caller=function, callee=function, nmae="")  # pyright: ignore[reportCallIssue]
