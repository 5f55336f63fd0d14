"""`CircuitBreaker`: the state that execution environments share, and consumers that rest while a circuit is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import METRIC_NAMESPACE, Backoff, CircuitSettings, MetricName
from redrive_cdk import circuit_dashboard, idempotency_facts, known
from redrive_cdk.accepted import AlarmAction, AnyFunction, AnyKey, AnyTable
from redrive_cdk.alarms import AlarmOptions, gather_alarms, make_alarm, set_alarm_actions
from redrive_cdk.circuit_acknowledgements import of_circuit_table
from redrive_cdk.circuit_checks import (
    CIRCUIT_CHECKS,
    CIRCUIT_USER_CHECKS,
    PAUSE_CHECKS,
    CircuitFacts,
    CircuitUserFacts,
    PauseFacts,
)
from redrive_cdk.circuit_grants import grant_using
from redrive_cdk.circuit_switch import CircuitSwitch
from redrive_cdk.dashboard_sections import Section
from redrive_cdk.dynamodb_stream_consumer import DynamoDBStreamConsumer
from redrive_cdk.helper_metrics import helper_metric
from redrive_cdk.helper_settings import attach_layer_to, refuse_same_name, write_settings
from redrive_cdk.idempotency_checks import EXPIRATION, KEY
from redrive_cdk.kinesis_consumer import KinesisConsumer
from redrive_cdk.notes import note, notes
from redrive_cdk.placement import is_elsewhere, refuse_circle
from redrive_cdk.qualifiers import is_same_function
from redrive_cdk.sqs_consumer import SqsConsumer
from redrive_cdk.stream_options import refuse_idle_options

#: What can be paused.
Pausable = SqsConsumer | KinesisConsumer | DynamoDBStreamConsumer

# The helper's items expire a day after they were of use.
_KEPT = Duration.days(1)
# One request that fails is made again, or its failure is over at the next.
_FAILING_MINUTES = 3
# What is remembered of a mapping: what pauses it.
_PAUSED = "paused-by"


class CircuitBreaker(Construct):
    """Sets up what the helper `CircuitBreaker` of several functions, or execution environments, shares.

    That is an item in a table, with leave to use that item alone. `grant` it to the functions that call the dependency.
    The consumers that it `pauses` rest while the circuit is open: their event source mappings are disabled, so that
    messages wait in the queue without spending receives, and records in their stream without spending retries. They
    are enabled again for the probe, when the open time is over, and stay so when the circuit closes.

    A mapping that was disabled by somebody else, or deployed with `enabled=False`, stays as it is. While the circuit's
    state cannot be read, nothing is paused, and what was paused is resumed.

    Subclass it to make a part differently: override one of the `_create_*` steps.

    Attributes:
        table: The table.
        name: What the functions' code calls the circuit: `CircuitBreaker("Payments")`.
        facts: What is known of it at synthesis.
        paused: What it pauses.
        switch: What pauses them; `None` where there is nothing to pause.
        opened_alarms: For each function that was granted, in that order: goes off when it finds the dependency failing.
        store_alarms: For each of them: goes off when the circuit's state cannot be read or written for minutes. Each is
            `None` where it is not wanted.
        alarms: All that there are of these, and of the switch.
    """

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
        dead_letter_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Set up table, switch and alarms.

        Args:
            scope: Where the construct belongs.
            id: Its id there.
            table: An existing table with the partition key `id`, a string, and no sort key: that of an
                `IdempotencyTable`, say. If this app makes it and it has no TTL, it is given one on `expiration`, and
                with `pauses` a stream. Import one that has a KMS key of its own with that key, and with `pauses` with
                the ARN of its stream. Default: one is made, on demand and encrypted.
            name: What the functions' code calls the circuit. Default: the construct's id.
            failure_threshold: How many failures within `window` open it. Default: 5.
            failure_rate: The share of calls whose failure opens it, in place of `failure_threshold`. Default: none.
            minimum_calls: The calls within `window` below which a `failure_rate` opens nothing. Default: 10.
            window: For how long failures count. Default: 60 s.
            open_time: How long it stays open: the first time, and each time that a probe has failed. Not with full
                jitter. Default: 30 s, then 45 s each time. Lambda takes its time to disable a mapping and to enable it
                again, and does not say how long: with `pauses`, minutes serve better.
            success_threshold: How many probes in a row must succeed to close it. Default: 3.
            lease: How long a probe may take; more than a call's time limit. Default: 30 s.
            cache_age: For how long a circuit that was found closed is not read again. Default: 5 s.
            pauses: Consumers whose event source mappings are disabled while it is open. Their functions are granted.
                Default: none.
            encryption_key: A KMS key for a table that is made, and for the queues that pausing takes, with all grants
                that takes. Default: keys that AWS owns or manages.
            removal_policy: What becomes of a table that is made when it leaves the stack. Default: it is deleted: what
                it knows is learnt again within minutes.
            attach_layer: Whether functions get their stack's `RuntimeLayer`. A container image must have the package
                installed instead. Default: yes.
            metric_namespace: Where the helpers' metrics are. Default: `Lambda/Retry`, the helpers' own default.
            opened_alarm: What may differ from an alarm at one time that the circuit opened, or a probe failed, for each
                function.
            store_alarm: What may differ from an alarm at one call in each of 3 minutes for which the state could not be
                read or written, for each function. Options of one's own have 1 period, unless they say otherwise.
            switch_alarm: What may differ from an alarm at one failed run of the switch in each of 3 minutes; the same.
            dead_letter_alarm: What may differ from an alarm at one visible message in the switch's dead-letter queue.
            alarm_actions: What happens when an alarm goes off. Default: nothing.

        Raises:
            ValueError: The configuration cannot work; says which values, why and what to do.
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
        self._store_options = store_alarm or AlarmOptions(evaluation_periods=_FAILING_MINUTES)
        self._switch_options = switch_alarm
        self._dead_letter_options = dead_letter_alarm
        self._granted: list[lambda_.IFunction] = []
        set_alarm_actions(self, alarm_actions)
        refuse_idle_options(
            self.node.path,
            applies=table is None,
            what="a table",
            who="CircuitBreaker",
            removal_policy=removal_policy,
            # Also for the queues that pausing takes.
            encryption_key=None if pauses else encryption_key,
        )
        refuse_idle_options(
            self.node.path,
            applies=bool(pauses),
            what="a switch",
            who="CircuitBreaker",
            switch_alarm=switch_alarm,
            dead_letter_alarm=dead_letter_alarm,
        )

        self.table = self._create_table() if table is None else cast("dynamodb.ITable", table)
        idempotency_facts.complete(self.table)
        self.facts = CircuitFacts(settings=self._thresholds, table=idempotency_facts.gather(self.table, _KEPT))
        CIRCUIT_CHECKS.apply(self, self.facts)
        mappings = [mapping for consumer in pauses if (mapping := self._take(consumer)) is not None]
        self.switch = self._create_switch(mappings) if mappings else None
        if self.switch is not None:
            self.alarms += self.switch.alarms

    def grant(self, function: AnyFunction) -> None:
        """Let a function take part in the circuit: allow the helper's calls, tell it what holds, and give it the layer.

        A function that has been granted, or a version or alias of it, is passed over. One function may take part in
        several circuits, each under a name of its own.

        Args:
            function: The function, or a version or alias of it. An imported one cannot be given settings and layer.

        Raises:
            ValueError: The function cannot use the table, or knows another circuit by its name; says why, and what to
                do.
        """
        given = cast("lambda_.IFunction", function)
        if any(is_same_function(given, each) for each in self._granted):
            return
        facts = CircuitUserFacts(
            function=given.node.path,
            table=self.facts.table,
            account=known.text(given.env.account),
            region=known.text(given.env.region),
        )
        CIRCUIT_USER_CHECKS.apply(self, facts)
        settings = self._create_settings(given)
        refuse_same_name(self, given, str(settings.name), what="circuit", helper="CircuitBreaker")
        self._granted.append(given)
        self._create_grants(given)
        write_settings(self, given, settings, by_hand=f"CircuitBreaker({self.name!r}, settings=CircuitSettings(…)).")
        if self._attach_layer:
            attach_layer_to(self, given)
        opened = self._create_opened_alarm(given, self._opened_options)
        store = self._create_store_alarm(given, self._store_options)
        self.opened_alarms.append(opened)
        self.store_alarms.append(store)
        self.alarms += gather_alarms(opened, store)

    def dashboard_section(self, namespace: str) -> Section:
        """What there is to see of it on a `FailureDashboard`.

        Args:
            namespace: Where the helpers' metrics are in CloudWatch.

        Returns:
            Its section.
        """
        return circuit_dashboard.section_of(self, namespace, self._granted)

    def metric_opened(self, function: AnyFunction) -> cloudwatch.Metric:
        """How often a function has opened a circuit, or found that it has to stay open, whichever circuit it was.

        Args:
            function: The function, or a version or alias of it.

        Returns:
            The metric: the sum of each minute.
        """
        return self._metric(function, MetricName.CIRCUIT_OPENED)

    def metric_rejections(self, function: AnyFunction) -> cloudwatch.Metric:
        """How many calls of a function were not made, since a circuit was open, whichever it was.

        Args:
            function: The function, or a version or alias of it.

        Returns:
            The metric: the sum of each minute.
        """
        return self._metric(function, MetricName.CIRCUIT_REJECTIONS)

    def metric_store_failures(self, function: AnyFunction) -> cloudwatch.Metric:
        """For how many calls of a function the state could not be read or written, whichever circuit it was.

        Args:
            function: The function, or a version or alias of it.

        Returns:
            The metric: the sum of each minute.
        """
        return self._metric(function, MetricName.CIRCUIT_STORE_FAILURES)

    def _create_table(self) -> dynamodb.ITable:
        """Make the table. It is given a stream afterwards, if that is needed.

        Of the first version: one of the second takes no key of one's own in a stack that does not name its Region.
        """
        own_key = self._encryption_key is not None
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=EXPIRATION,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if own_key else None,  # always by AWS's own key
            encryption_key=cast("kms.IKey | None", self._encryption_key),
            removal_policy=self._removal_policy,
        )
        of_circuit_table(table)
        return table

    def _create_grants(self, function: lambda_.IFunction) -> None:
        """Allow a function what the helper calls, on this circuit's item alone."""
        grant_using(self, f"AccessPolicy{len(self._granted)}", function, self.table, self.name)

    def _create_settings(self, function: lambda_.IFunction) -> CircuitSettings:
        """What the helper of a function is told."""
        return self._thresholds.replace(table=self.table.table_name)

    def _create_switch(self, mappings: Sequence[lambda_.IEventSourceMapping]) -> CircuitSwitch:
        """Make what pauses the mappings."""
        return CircuitSwitch(
            self,
            "Switch",
            circuit=self.name,
            table=self.table,
            mappings=mappings,
            encryption_key=self._encryption_key,
            error_alarm=self._switch_options,
            dead_letter_alarm=self._dead_letter_options,
        )

    def _create_opened_alarm(self, function: lambda_.IFunction, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Make the alarm on a circuit that a function has opened."""
        return make_alarm(
            self,
            f"OpenedAlarm{len(self._granted)}",
            options,
            means="delayed",
            metric=self.metric_opened(function),
            description=(
                f"A circuit of {function.node.path} is open: what it calls fails, and is not called any more until "
                f"probes succeed. If it is the circuit {self.name}, look at what that is in front of."
            ),
        )

    def _create_store_alarm(self, function: lambda_.IFunction, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Make the alarm on a state that cannot be read or written."""
        return make_alarm(
            self,
            f"StoreAlarm{len(self._granted)}",
            options,
            means="delayed",
            metric=self.metric_store_failures(function),
            description=(
                f"{function.node.path} cannot read or write the state of its circuits: unless it was told otherwise, "
                f"it calls what is behind them without protection. Look at the table of {self.node.path} and its key."
            ),
        )

    def _metric(self, function: AnyFunction, name: str) -> cloudwatch.Metric:
        return helper_metric(self._namespace, cast("lambda_.IFunction", function), name)

    def _take(self, consumer: Pausable) -> lambda_.IEventSourceMapping | None:
        """Take a consumer to be paused; answers its mapping, unless it is deployed so that it polls nothing anyway."""
        mapping = consumer.event_source_mapping
        PAUSE_CHECKS.apply(
            self,
            PauseFacts(
                consumer=consumer.node.path,
                elsewhere=is_elsewhere(self, mapping),
                paused_by=next(iter(notes(mapping, _PAUSED)), None),
            ),
        )
        function = known.underlying(consumer.function)
        if function is not None and known.resource_of(self.table) is not None:
            refuse_circle(
                self, function, self.table, "make CircuitBreaker in the stack of the consumer and its function"
            )
        note(mapping, _PAUSED, self.node.path)
        self.grant(consumer.function)
        self.paused.append(consumer)
        resource = known.resource_of(mapping)
        is_off = isinstance(resource, lambda_.CfnEventSourceMapping) and resource.enabled is False
        return None if is_off else cast("lambda_.IEventSourceMapping", mapping)


def _seconds(duration: Duration | None) -> float | None:
    return None if duration is None else duration.to_seconds(integral=False)
