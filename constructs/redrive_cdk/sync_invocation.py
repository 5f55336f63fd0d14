"""`SyncInvocation`: a function that invokes another one and waits for its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive.settings import Backoff, InvokerSettings
from redrive_cdk import dashboard_sync, known
from redrive_cdk.accepted import AlarmAction, AnyFunction
from redrive_cdk.alarms import AlarmOptions, each_minute, gather_alarms, make_alarm, set_alarm_actions
from redrive_cdk.dashboard_sections import Section
from redrive_cdk.function_metrics import function_metric
from redrive_cdk.grants import allow
from redrive_cdk.helper_settings import attach_layer_to, write_settings
from redrive_cdk.notes import note, notes
from redrive_cdk.sync_checks import SYNC_CHECKS, SyncFacts

# What is remembered of a caller: the names by which it calls functions, and the paths of those that this app makes.
_NAME, _CALLEE = "callee-name", "callee"


class SyncInvocation(Construct):
    """Lets a function invoke another one and wait for its answer, with the helper `Invoker`.

    Lambda does not retry such a call; the helper does, within the time that the caller has left:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html

    Subclass it to make a part differently: override one of the `_create_*` steps.

    Attributes:
        caller: The function, version or alias that calls.
        callee: The function, version or alias that is called.
        name: What the caller's code calls it: `Invoker("Prices")`.
        facts: What is known of both at synthesis; times in seconds.
        throttle_alarm: Goes off when the callee is throttled. `None` if it is not wanted.
        error_alarm: Goes off when the callee fails. `None` if it is not wanted.
        alarms: Those of the two that there are.
    """

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
            scope: Where the construct belongs.
            id: Its id there.
            caller: The function that calls, or a version or alias of it. An imported one cannot be given settings and
                layer.
            callee: The function that is called, or a version or alias of it: the caller may invoke this one and no
                other. One of another account must allow it on its side, too.
            name: What the caller's code calls the callee. Default: the construct's id.
            caller_may_be_shorter: Whether the caller's timeout may be below the callee's: it then gives up calls that
                go on. Default: no.
            backoff: The waits between attempts, for the helper. Default: those of `Backoff`.
            attach_layer: Whether the caller gets the stack's `RuntimeLayer`. A container image must have the package
                installed instead. Default: yes.
            throttle_alarm: What may differ from an alarm at one throttled call.
            error_alarm: What may differ from an alarm at one failed run.
            alarm_actions: What happens when an alarm goes off, besides what `AlarmDefaults` say. Default: nothing.

        Raises:
            ValueError: The configuration cannot be deployed, or would lose answers; says which values, why and what to
                do.
        """
        super().__init__(scope, id)
        self.caller = cast("lambda_.IFunction", caller)
        self.callee = cast("lambda_.IFunction", callee)
        self.name = id if name is None else name
        self._backoff = backoff
        set_alarm_actions(self, alarm_actions)
        self.facts = SyncFacts(
            caller_timeout=known.function_timeout(self.caller),
            callee_timeout=known.function_timeout(self.callee),
            caller_may_be_shorter=caller_may_be_shorter,
            caller_region=known.text(self.caller.env.region),
            callee_region=known.text(self.callee.env.region),
            callee_concurrency=known.reserved_concurrency(self.callee),
            imported_callee=self.callee.node.path if known.underlying(self.callee) is None else None,
            circle=_circle(self.caller, self.callee),
        )
        SYNC_CHECKS.apply(self, self.facts)

        settings = self._create_settings()
        self._note_callee(settings)
        self._create_grants()
        write_settings(
            self,
            self.caller,
            settings,
            by_hand="Invoker(settings=InvokerSettings(function=…, function_timeout=…)). "
            + ("" if self.facts.caller_timeout is not None else "Its timeout is not known and was not checked."),
        )
        if attach_layer:
            attach_layer_to(self, self.caller)
        self.throttle_alarm = self._create_throttle_alarm(throttle_alarm or AlarmOptions())
        self.error_alarm = self._create_error_alarm(error_alarm or AlarmOptions())
        self.alarms = gather_alarms(self.throttle_alarm, self.error_alarm)

    def _create_grants(self) -> None:
        """Allow the caller to invoke the callee by the address that it is told, and by no other."""
        # The CDK's own grant covers every version and alias besides.
        allow(self.caller, self.callee.function_arn, "lambda:InvokeFunction")

    def _create_settings(self) -> InvokerSettings:
        """What the helper is told."""
        return InvokerSettings(
            name=self.name,
            function=self.callee.function_arn,
            function_timeout=self.facts.callee_timeout,
            backoff=self._backoff,
        )

    def _create_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Make the alarm on throttled calls."""
        return make_alarm(
            self,
            "ThrottleAlarm",
            options,
            means="delayed",
            metric=self.metric_throttles(),
            description=(
                f"Calls of {self.callee.node.path} are throttled, and {self.caller.node.path} waits meanwhile or gives "
                "up: look at the concurrency of the function and of the account."
            ),
        )

    def _create_error_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Make the alarm on failed runs."""
        return make_alarm(
            self,
            "ErrorAlarm",
            options,
            means="failed",
            metric=self.metric_errors(),
            description=(
                f"{self.callee.node.path} fails: it raises an error, runs out of time or of memory. "
                f"{self.caller.node.path} is told; the log of the function says why."
            ),
        )

    def _note_callee(self, settings: InvokerSettings) -> None:
        """Refuse a name that the caller's code could not tell from another, and remember who calls whom."""
        made = known.underlying(self.caller)
        if made is None:
            return
        name = str(settings.name)
        if name in notes(made, _NAME):
            raise ValueError(
                f"{self.node.path}: {made.node.path} calls another function by the name {settings.name!r} already: its "
                f"code could not tell which Invoker({settings.name!r}) is meant; give name=…"
            )
        note(made, _NAME, name)
        callee = known.underlying(self.callee)
        if callee is not None:
            note(made, _CALLEE, callee.node.path)

    def dashboard_section(self, namespace: str) -> Section:
        """What there is to see of it on a `FailureDashboard`.

        Args:
            namespace: Where the helpers' metrics are in CloudWatch.

        Returns:
            Its section.
        """
        return dashboard_sync.section_of(self, namespace)

    def metric_throttles(self, **options: Any) -> cloudwatch.Metric:
        """How many calls of the callee were throttled; those of other callers count, too.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("Throttles", options)

    def metric_errors(self, **options: Any) -> cloudwatch.Metric:
        """How many runs of the callee failed; those for other callers count, too.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("Errors", options)

    def _metric(self, name: str, options: dict[str, Any]) -> cloudwatch.Metric:
        # Where it is elsewhere, the alarm must say so: it would wait for figures that never come.
        place = {"account": self.callee.env.account, "region": self.callee.env.region}
        return function_metric(self.callee, name, **each_minute("Sum", {**place, **options}))


def _circle(caller: lambda_.IFunction, callee: lambda_.IFunction) -> tuple[str, ...]:
    """The way from the caller over the callee back to the caller, as far as this app's constructs make one."""
    first, second = known.underlying(caller), known.underlying(callee)
    if _unqualified(caller) == _unqualified(callee) is not None:
        return (caller.node.path, callee.node.path)
    if first is None or second is None:
        return ()
    return _way(second, first.node.path, (first.node.path,))


def _way(start: IConstruct, end: str, before: tuple[str, ...]) -> tuple[str, ...]:
    so_far = (*before, start.node.path)
    if start.node.path == end:
        return so_far
    for path in notes(start, _CALLEE):
        # Without a circle so far, no way is endless.
        if found := _way(_at(start.node.root, path), end, so_far):
            return found
    return ()


def _at(root: IConstruct, path: str) -> IConstruct:
    for part in path.split("/"):
        root = root.node.find_child(part)
    return root


def _unqualified(function: lambda_.IFunction) -> str | None:
    # arn:aws:lambda:region:account:function:name:qualifier
    arn = known.text(function.function_arn)
    return None if arn is None else ":".join(arn.split(":")[:7])
