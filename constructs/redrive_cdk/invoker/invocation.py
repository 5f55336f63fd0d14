"""Sets up a function that invokes another one and waits for its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import Annotations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import Backoff, InvokerSettings
from redrive_cdk.core import known
from redrive_cdk.core.apply import apply
from redrive_cdk.core.arguments import checked
from redrive_cdk.core.final_check import check_finally
from redrive_cdk.core.final_values import derive_finally
from redrive_cdk.core.grants import allow, complete_grants
from redrive_cdk.core.tree import path_of, place_of
from redrive_cdk.core.types import AlarmAction, AnyFunction
from redrive_cdk.helper.settings import attach_layer_to, write_settings
from redrive_cdk.invoker.dashboard import section_of
from redrive_cdk.invoker.facts import gather, remember_call
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm, set_alarm_actions
from redrive_cdk.monitoring.metrics import function_metric
from redrive_cdk.monitoring.monitored import Monitored
from redrive_cdk.monitoring.sections import Section
from redrive_model.rules.invoker import SYNC_RULES


class SyncInvocation(Monitored):
    """Lets a function invoke another one and wait for its answer, with the helper `Invoker`.

    Lambda does not retry such a call. The helper does, within the time that the caller has left:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html

    To change a part, subclass the construct and override one of the `_create_*` steps. A step for an alarm takes the
    user's overrides, and returns the alarm or `None` for none.

    Attributes:
        caller: The function, version or alias that calls.
        callee: The function, version or alias that is called.
        name: The callee's name in the caller's code: `Invoker("Prices")`.
        facts: The facts about both known at synthesis; times in seconds.
        throttle_alarm: Fires when the callee is throttled. `None` if it is disabled.
        error_alarm: Fires when the callee fails. `None` if it is disabled.
        alarms: All alarms.
    """

    throttle_alarm: cloudwatch.Alarm | None
    error_alarm: cloudwatch.Alarm | None

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        caller: AnyFunction,
        callee: AnyFunction,
        name: str | None = None,
        caller_may_be_shorter: bool = False,
        backoff: Backoff | None = None,
        attach_layer: bool = True,
        throttle_alarm: AlarmOptions | None = None,
        error_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Set up grant, settings and alarms.

        Args:
            scope: The parent construct.
            id: The construct's id in its scope.
            caller: The function that calls, or a version or alias of it. An imported function gets no settings and no
                layer.
            callee: The function that is called, or a version or alias of it. The caller may invoke exactly this one. A
                callee of another account must also allow the call in its own policy.
            name: The callee's name in the caller's code. Default: the construct's id.
            caller_may_be_shorter: Whether the caller's timeout may be below the callee's. The caller then gives up
                calls that continue to run. Default: no.
            backoff: The waits between the helper's attempts. Default: those of `Backoff`.
            attach_layer: Whether the caller gets the stack's `RuntimeLayer`. A container image must have the package
                installed instead. Default: yes.
            throttle_alarm: Overrides. Default: alarm at 1 throttled call.
            error_alarm: Overrides. Default: alarm at 1 failed run.
            alarm_actions: Actions of all alarms, in addition to those of `AlarmDefaults`. Default: none.

        Raises:
            ValueError: The configuration cannot be deployed or would lose answers. The message names the values, the
                reason and the remedy.
        """
        super().__init__(scope, id)
        self.caller = cast("lambda_.IFunction", caller)
        self.callee = cast("lambda_.IFunction", callee)
        self.name = id if name is None else name
        self._backoff = backoff
        set_alarm_actions(self, alarm_actions)
        self.facts = gather(self.caller, self.callee, caller_may_be_shorter=caller_may_be_shorter)
        apply(self, SYNC_RULES, self.facts)

        settings = self._create_settings()
        self._may_be_shorter = caller_may_be_shorter
        remember_call(self, self.caller, self.callee, str(settings.name))
        self._create_grants()
        self._write_settings = write_settings(
            self,
            self.caller,
            settings,
            by_hand="Invoker(settings=InvokerSettings(function=…, function_timeout=…)). "
            + ("" if self.facts.caller_timeout is not None else "Its timeout is not known and was not checked."),
        )
        if attach_layer:
            attach_layer_to(self, self.caller)
        self._make_alarms(throttle_alarm=throttle_alarm, error_alarm=error_alarm)
        derive_finally(self, self._derive)
        check_finally(self, self.caller, self.callee)
        if caller_may_be_shorter:
            Annotations.of(self).acknowledge_warning("redrive:shorter-caller", "caller_may_be_shorter=True")

    def _derive(self) -> None:
        """Check again, and tell the caller the callee's timeout again, if values were changed since."""
        callee = known.function_facts(self.callee)
        before = (self.facts.caller_timeout, self.facts.callee_timeout, self.facts.callee_concurrency)
        if (known.function_timeout(self.caller), callee.timeout, callee.reserved_concurrency) == before:
            return
        self.facts = gather(self.caller, self.callee, caller_may_be_shorter=self._may_be_shorter)
        apply(self, SYNC_RULES, self.facts)
        self._write_settings(self._create_settings())

    def _create_grants(self) -> None:
        """Allow the caller to invoke the callee by the ARN in its settings, and by no other ARN."""
        # The CDK's own grant would also cover every version and alias.
        allow(self.caller, self.callee.function_arn, "lambda:InvokeFunction", resource=self.callee)
        complete_grants(self, self.caller, self.caller)

    def _create_settings(self) -> InvokerSettings:
        """Create the settings of the `Invoker` helper.

        Returns:
            The settings that the construct writes into the caller's environment.
        """
        return InvokerSettings(
            name=self.name,
            function=self.callee.function_arn,
            function_timeout=self.facts.callee_timeout,
            backoff=self._backoff,
        )

    def _create_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for throttled calls."""
        return make_alarm(
            self,
            "ThrottleAlarm",
            options,
            means="delayed",
            metric=self.metric_throttles(),
            description=(
                f"Calls of {path_of(self.callee)} are throttled, and {path_of(self.caller)} waits meanwhile or gives "
                "up: look at the concurrency of the function and of the account."
            ),
        )

    def _create_error_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for failed runs."""
        return make_alarm(
            self,
            "ErrorAlarm",
            options,
            means="failed",
            metric=self.metric_errors(),
            description=(
                f"{path_of(self.callee)} fails: it raises an error, runs out of time or of memory. "
                f"{path_of(self.caller)} is told. Look at the log of the function for the reason."
            ),
        )

    def _section(self, namespace: str) -> Section:
        return section_of(self, namespace)

    def metric_throttles(self, **options: Any) -> cloudwatch.Metric:
        """Count the throttled calls of the callee, including those of other callers.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("Throttles", options)

    def metric_errors(self, **options: Any) -> cloudwatch.Metric:
        """Count the failed runs of the callee, including those for other callers.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("Errors", options)

    def _metric(self, name: str, options: dict[str, Any]) -> cloudwatch.Metric:
        # Without its place, an alarm on a callee in another account or Region would never get data.
        place = {"account": place_of(self.callee).account, "region": place_of(self.callee).region}
        return function_metric(self.callee, name, "Sum", {**place, **options})
