"""Shares a circuit's state between execution environments, and pauses consumers while the circuit is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import METRIC_NAMESPACE, Backoff, CircuitSettings
from redrive_cdk.circuit import nag
from redrive_cdk.circuit.alarms import CircuitAlarms
from redrive_cdk.circuit.dashboard import section_of
from redrive_cdk.circuit.facts import gather, pause_facts, remember_pause, user_facts
from redrive_cdk.circuit.grants import grant_using
from redrive_cdk.circuit.switch import CircuitSwitch
from redrive_cdk.core.apply import apply
from redrive_cdk.core.arguments import checked, checked_method
from redrive_cdk.core.encrypted import make_table
from redrive_cdk.core.final_check import check_finally
from redrive_cdk.core.final_values import derive_finally
from redrive_cdk.core.placement import refuse_circle_with
from redrive_cdk.core.qualifiers import is_same_function
from redrive_cdk.core.tree import path_of, physical_name_of, resource_of
from redrive_cdk.core.types import AlarmAction, AnyFunction, AnyKey, AnyTable
from redrive_cdk.core.unused_options import Part, refuse_unused
from redrive_cdk.helper.settings import attach_layer_to, refuse_same_name, write_settings
from redrive_cdk.idempotency.facts import complete
from redrive_cdk.monitoring.alarms import AlarmOptions, gather_alarms, set_alarm_actions
from redrive_cdk.monitoring.sections import Section
from redrive_cdk.sqs.consumer import SqsConsumer
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer
from redrive_model.rules.circuit import CIRCUIT_RULES, CIRCUIT_USER_RULES, PAUSE_RULES

#: The consumers that a circuit breaker can pause.
Pausable = SqsConsumer | KinesisConsumer | DynamoDBStreamConsumer


class CircuitBreaker(CircuitAlarms):
    """Sets up the shared state of the helper `CircuitBreaker` for several functions or execution environments.

    The state is one item in a table; functions get access to that item alone. `grant` it to the functions that call the
    dependency.

    Consumers in `pauses` are paused while the circuit is open: their event source mappings are disabled. Messages then
    wait in the queue without using up receives, and records wait in their stream without using up retries. When the
    open time is over, the mappings are enabled for the probe, and they stay enabled when the circuit closes. The batch
    that is received for a probe spends a receive or a retry.

    A mapping that somebody else disabled, or that was deployed with `enabled=False`, stays as it is. While the
    circuit's state cannot be read, nothing is paused, and paused mappings are resumed.

    To change a part, subclass the construct and override one of the `_create_*` steps. A step for an alarm takes the
    user's overrides, and returns the alarm or `None` for none.

    Attributes:
        table: The table.
        name: The circuit's name in the functions' code: `CircuitBreaker("Payments")`.
        facts: The facts known at synthesis.
        paused: The consumers that it pauses.
        switch: The construct that pauses them; `None` if there is nothing to pause.
        opened_alarms: One for each granted function, in the order of the grants: fires when the function finds the
            dependency failing.
        store_alarms: One for each granted function, in the same order: fires when the circuit's state cannot be read
            or written for minutes. An item of these two lists is `None` if the alarm is disabled.
        alarms: All alarms, including those of the switch.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        table: AnyTable | None = None,
        name: str | None = None,
        failure_threshold: int | None = None,
        failure_rate: float | None = None,
        minimum_calls: int | None = None,
        window: Duration | None = None,
        open_time: Backoff | None = None,
        success_threshold: int | None = None,
        lease: Duration | None = None,
        cache_age: Duration | None = None,
        pauses: Sequence[Pausable] = (),
        encryption_key: AnyKey | None = None,
        removal_policy: RemovalPolicy | None = None,
        attach_layer: bool = True,
        metric_namespace: str = METRIC_NAMESPACE,
        opened_alarm: AlarmOptions | None = None,
        store_alarm: AlarmOptions | None = None,
        switch_alarm: AlarmOptions | None = None,
        switch_idle_alarm: AlarmOptions | None = None,
        dead_letter_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Set up table, switch and alarms.

        Args:
            scope: The parent construct.
            id: The construct's id in its scope.
            table: An existing table with the partition key `id`, a string, and no sort key, such as the table of an
                `IdempotencyTable`. If this app creates it and it has no TTL, the construct adds TTL on `expiration`,
                and with `pauses` a stream. Import a table with its own KMS key together with that key, and with
                `pauses` together with the ARN of its stream. Default: the construct creates an encrypted on-demand
                table.
            name: The circuit's name in the functions' code. Default: the construct's id.
            failure_threshold: The number of failures within `window` that opens the circuit. Default: 5.
            failure_rate: The share of failed calls that opens the circuit, instead of `failure_threshold`. Default:
                none.
            minimum_calls: The number of calls within `window` below which `failure_rate` does not open the circuit.
                Default: 10.
            window: How long a failure counts. Default: 60 s.
            open_time: How long the circuit stays open: the first time, and after each failed probe. Full jitter is
                refused. Default: 30 s, then 45 s each time. Lambda needs time to disable and enable a mapping, and does
                not say how much: with `pauses`, choose minutes.
            success_threshold: The number of successful probes in a row that closes the circuit. Default: 3.
            lease: How long a probe may take; choose more than a call's time limit. Default: 30 s.
            cache_age: How long a closed circuit is not read again. Default: 5 s.
            pauses: Consumers whose event source mappings are disabled while the circuit is open. Their functions are
                granted. Default: none.
            encryption_key: A KMS key for the created table, and for queues and log group of the switch, with all
                necessary grants. Default: keys that AWS owns or manages.
            removal_policy: What happens to the created table when it leaves the stack. Default: it is deleted, because
                its content is rebuilt within minutes.
            attach_layer: Whether functions get their stack's `RuntimeLayer`. A container image must have the package
                installed instead. Default: yes.
            metric_namespace: The CloudWatch namespace of the helpers' metrics. Default: `Lambda/Retry`, the helpers'
                own default.
            opened_alarm: Overrides, for each function. Default: alarm when the circuit opens or a probe fails once.
            store_alarm: Overrides, for each function. Default: alarm at 1 call in each of 3 minutes for which the state
                could not be read or written.
            switch_alarm: Overrides. Default: alarm at 1 failed run of the switch in each of 3 minutes.
            switch_idle_alarm: Overrides. Default: alarm if the switch does not run in each of 5 minutes.
            dead_letter_alarm: Overrides. Default: alarm at 1 visible message in the switch's dead-letter queue.
            alarm_actions: Actions of all alarms, in addition to those of `AlarmDefaults`. Default: none.

        Raises:
            ValueError: The configuration cannot work. The message names the values, the reason and the remedy.
        """
        super().__init__(scope, id)
        self.name = id if name is None else name
        self.paused: list[Pausable] = []
        self.opened_alarms: list[cloudwatch.Alarm | None] = []
        self.store_alarms: list[cloudwatch.Alarm | None] = []
        self.alarms: list[cloudwatch.Alarm] = []
        self._thresholds = CircuitSettings(
            name=self.name,
            failure_threshold=failure_threshold,
            failure_rate=failure_rate,
            minimum_calls=minimum_calls,
            window=_seconds(window),
            open_time=open_time,
            success_threshold=success_threshold,
            lease=_seconds(lease),
            cache_age=_seconds(cache_age),
        )
        self._encryption_key = encryption_key
        self._removal_policy = removal_policy or RemovalPolicy.DESTROY
        self._attach_layer = attach_layer
        self._namespace = metric_namespace
        self._opened_options = opened_alarm or AlarmOptions()
        self._store_options = store_alarm or AlarmOptions()
        of_switch = {
            "switch_alarm": switch_alarm,
            "switch_idle_alarm": switch_idle_alarm,
            "dead_letter_alarm": dead_letter_alarm,
        }
        self._of_switch = of_switch
        self._granted: list[lambda_.IFunction] = []
        set_alarm_actions(self, alarm_actions)
        # The switch's queues use the key, too.
        of_table = {"removal_policy": removal_policy, "encryption_key": None if pauses else encryption_key}
        refuse_unused(
            path_of(self),
            "CircuitBreaker",
            Part("a table", table is None, of_table),
            Part("a switch", bool(pauses), of_switch),
        )

        self.table = self._create_table() if table is None else cast("dynamodb.ITable", table)
        complete(self.table)
        self.facts = gather(self._thresholds, self.table)
        apply(self, CIRCUIT_RULES, self.facts)
        mappings = [mapping for consumer in pauses if (mapping := self._take(consumer)) is not None]
        self.switch = self._create_switch(mappings) if mappings else None
        if self.switch is not None:
            self.alarms += self.switch.alarms
        derive_finally(self, self._derive)
        check_finally(self, self.table)

    @checked_method
    def grant(self, function: AnyFunction) -> None:
        """Let a function use the circuit: allow the helper's calls, write its settings and attach the layer.

        The function may belong to another stack, which then depends on that of the table and has the function's alarms.
        The method does nothing if the function, or a version or alias of it, is granted already. One function may use
        several circuits, each under its own name.

        Args:
            function: The function, or a version or alias of it. An imported function gets no settings and no layer.

        Raises:
            ValueError: The function cannot use the table, or uses another circuit of the same name. The message gives
                the reason and the remedy.
        """
        given = cast("lambda_.IFunction", function)
        if any(is_same_function(given, each) for each in self._granted):
            return
        apply(self, CIRCUIT_USER_RULES, user_facts(given, self.facts.table))
        settings = self._create_settings(given)
        refuse_same_name(self, given, str(settings.name), what="circuit", helper="CircuitBreaker")
        self._granted.append(given)
        check_finally(self, given)
        self._create_grants(given)
        write_settings(self, given, settings, by_hand=f"CircuitBreaker({self.name!r}, settings=CircuitSettings(…)).")
        if self._attach_layer:
            attach_layer_to(self, given)
        opened = self._create_opened_alarm(given, self._opened_options)
        store = self._create_store_alarm(given, self._store_options)
        self.opened_alarms.append(opened)
        self.store_alarms.append(store)
        self.alarms += gather_alarms(opened, store)

    @property
    def granted(self) -> tuple[lambda_.IFunction, ...]:
        """The functions that use the circuit, in the order of their grants."""
        return tuple(self._granted)

    def _section(self, namespace: str) -> Section:
        return section_of(self, namespace, self._granted)

    def _derive(self) -> None:
        """Check the circuit and its table again, if that was changed since."""
        facts = gather(self._thresholds, self.table)
        if facts != self.facts:
            self.facts = facts
            apply(self, CIRCUIT_RULES, facts)

    def _create_table(self) -> dynamodb.ITable:
        """Create the table. The construct adds a stream later if `pauses` needs one."""
        table = make_table(self, "Table", encryption_key=self._encryption_key, removal_policy=self._removal_policy)
        nag.of_circuit_table(table)
        return table

    def _create_grants(self, function: lambda_.IFunction) -> None:
        """Allow a function the helper's calls, on this circuit's item alone.

        Args:
            function: The granted function, version or alias.
        """
        grant_using(self, f"AccessPolicy{len(self._granted)}", function, self.table, self.name)

    def _create_settings(self, function: lambda_.IFunction) -> CircuitSettings:
        """Create the settings of a function's `CircuitBreaker` helper.

        Args:
            function: The granted function, version or alias.

        Returns:
            The settings that the construct writes into the function's environment.
        """
        return self._thresholds.replace(table=physical_name_of(self.table))

    def _create_switch(self, mappings: Sequence[lambda_.IEventSourceMapping]) -> CircuitSwitch:
        """Create the switch that pauses the mappings.

        Args:
            mappings: The event source mappings of the paused consumers, without those deployed with `enabled=False`.

        Returns:
            The switch.
        """
        return CircuitSwitch(
            self,
            "Switch",
            circuit=self.name,
            table=self.table,
            mappings=mappings,
            encryption_key=self._encryption_key,
            error_alarm=self._of_switch["switch_alarm"],
            idle_alarm=self._of_switch["switch_idle_alarm"],
            dead_letter_alarm=self._of_switch["dead_letter_alarm"],
        )

    def _take(self, consumer: Pausable) -> lambda_.IEventSourceMapping | None:
        """Register a consumer to be paused; return its mapping, or `None` if it is deployed disabled."""
        mapping = consumer.event_source_mapping
        apply(self, PAUSE_RULES, pause_facts(self, consumer, mapping))
        remedy = "make CircuitBreaker in the stack of the consumer and its function"
        refuse_circle_with(self, consumer.function, self.table, remedy=remedy)
        remember_pause(self, mapping)
        self.grant(consumer.function)
        self.paused.append(consumer)
        resource = resource_of(mapping)
        is_off = isinstance(resource, lambda_.CfnEventSourceMapping) and resource.enabled is False
        return None if is_off else cast("lambda_.IEventSourceMapping", mapping)


def _seconds(duration: Duration | None) -> float | None:
    return None if duration is None else duration.to_seconds(integral=False)
