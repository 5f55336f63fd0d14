"""`IdempotencyTable`: a table that remembers what has been done, so that a retry does not do it a second time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import IdempotencySettings
from redrive_cdk import dashboard_idempotency, failures, idempotency_facts, known
from redrive_cdk.accepted import AlarmAction, AnyFunction, AnyKey, AnyTable
from redrive_cdk.alarms import AlarmOptions, gather_alarms, make_alarm, set_alarm_actions
from redrive_cdk.dashboard_sections import Section
from redrive_cdk.helper_settings import attach_layer_to, refuse_same_name, write_settings
from redrive_cdk.idempotency_checks import (
    EXPIRATION,
    KEY,
    PROTECTION_CHECKS,
    TABLE_CHECKS,
    USER_CHECKS,
    ProtectionFacts,
    UserFacts,
)
from redrive_cdk.idempotency_grants import HELPER_CALLS, POWERTOOLS_CALLS, grant_calls
from redrive_cdk.idempotency_horizons import Retrying, horizon_of
from redrive_cdk.idempotency_metrics import IdempotencyMetrics
from redrive_cdk.placement import refuse_circle
from redrive_cdk.qualifiers import is_same_function
from redrive_cdk.stream_options import refuse_idle_options

# Above the retry horizon of everything that the constructs set up by default: 6 hours and some minutes for asynchronous
# events, 7½ hours for messages of the slowest function there can be (5 receives × 6 × 900 s), 12 hours for records of a
# stream that keeps them for a day, and no less than that day. Powertools' hour is below each of these.
_DEFAULT_EXPIRY = Duration.days(1)
# For a moment, a table on demand throttles whenever its traffic doubles; the AWS SDK tries again, and so do retries.
_THROTTLED_MINUTES = 5


class IdempotencyTable(IdempotencyMetrics):
    """Remembers what functions have done, for their helpers `Idempotency` and `@idempotent`.

    Name it where its functions are: `protects` a consumer, or `grant` a function that is invoked in other ways. Its
    attributes are those of Powertools' DynamoDB layer, so that Powertools' own idempotency runs on it, too:
    https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/

    Of DynamoDB's own errors there is a metric and no alarm: DynamoDB counts them for each operation apart, and the
    alarms of what the table protects tell when messages fail.

    Subclass it to make a part differently: override one of the `_create_*` steps.

    Attributes:
        table: The table.
        name: What the functions' code calls it: `Idempotency("Orders")`.
        expiry: For how long what has been done is remembered.
        facts: What is known of the table at synthesis; times in seconds.
        protected: What the table protects.
        write_throttle_alarm: Goes off when writes are throttled for minutes.
        read_throttle_alarm: Goes off when reads are throttled for minutes.
        alarms: Those of the two that there are. Each is `None` where it is not wanted, or the table is in another
            account or Region.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        table: AnyTable | None = None,
        name: str | None = None,
        expiry: Duration | None = None,
        encryption_key: AnyKey | None = None,
        point_in_time_recovery: bool | None = None,
        deletion_protection: bool | None = None,
        removal_policy: RemovalPolicy | None = None,
        attach_layer: bool = True,
        write_throttle_alarm: AlarmOptions | None = None,
        read_throttle_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Set up table and alarms.

        Args:
            scope: Where the construct belongs.
            id: Its id there.
            table: An existing table with the partition key `id`, a string, and no sort key. If this app makes it and it
                has no TTL, it is given one on `expiration`. Import one that has a KMS key of its own with that key.
                Default: one is made, on demand and encrypted.
            name: What the functions' code calls it. Default: the construct's id.
            expiry: For how long what has been done is remembered. It should not be below the time for which events are
                retried, which `protects` looks at. What people replay from a dead-letter queue after it runs again.
                Default: a day, which is above that of all that the constructs set up by default.
            encryption_key: A KMS key for a table that is made, with all grants that takes. Default: one that AWS owns.
            point_in_time_recovery: Whether a table that is made can be restored. Default: yes.
            deletion_protection: Whether DynamoDB refuses to delete a table that is made. It then stays also when its
                stack failed to be created, which CloudFormation cannot undo. Default: no.
            removal_policy: What becomes of a table that is made when it leaves the stack, and with it of the knowledge
                what has been done. Default: it is kept, unless its stack failed to be created.
            attach_layer: Whether functions get their stack's `RuntimeLayer`. A container image must have the package
                installed instead. Default: yes.
            write_throttle_alarm: What may differ from an alarm at one throttled write in each of 5 minutes. Options of
                one's own have 1 period, unless they say otherwise.
            read_throttle_alarm: The same for reads.
            alarm_actions: What happens when an alarm goes off, besides what `AlarmDefaults` say. Default: nothing.

        Raises:
            ValueError: The configuration cannot work; says which values, why and what to do.
        """
        super().__init__(scope, id)
        self.name = id if name is None else name
        self.expiry = expiry or _DEFAULT_EXPIRY
        self.protected: list[Retrying] = []
        self._encryption_key = encryption_key
        self._point_in_time_recovery = point_in_time_recovery is not False
        self._deletion_protection = deletion_protection
        self._removal_policy = removal_policy or failures.KEPT
        self._attach_layer = attach_layer
        set_alarm_actions(self, alarm_actions)
        self._granted: list[lambda_.IFunction] = []
        self._granted_powertools: list[lambda_.IFunction] = []
        refuse_idle_options(
            self.node.path,
            applies=table is None,
            what="a table",
            who="IdempotencyTable",
            encryption_key=encryption_key,
            point_in_time_recovery=point_in_time_recovery,
            deletion_protection=deletion_protection,
            removal_policy=removal_policy,
        )

        self.table = self._create_table() if table is None else cast("dynamodb.ITable", table)
        idempotency_facts.complete(self.table)
        self.facts = idempotency_facts.gather(self.table, self.expiry)
        TABLE_CHECKS.apply(self, self.facts)
        minutes = AlarmOptions(evaluation_periods=_THROTTLED_MINUTES)
        self.write_throttle_alarm = self._create_write_throttle_alarm(write_throttle_alarm or minutes)
        self.read_throttle_alarm = self._create_read_throttle_alarm(read_throttle_alarm or minutes)
        self.alarms = gather_alarms(self.write_throttle_alarm, self.read_throttle_alarm)

    def protects(self, retrying: Retrying) -> None:
        """Grant the function of a consumer, and warn if its events are retried for longer than the table remembers.

        The warning `redrive:idempotency-expiry` is the consumer's, where it can be acknowledged.

        Args:
            retrying: An `SqsConsumer`, `KinesisConsumer`, `DynamoDBStreamConsumer` or `AsyncInvocation`.

        Raises:
            ValueError: The function cannot use the table; says why, and what to do.
        """
        if any(each is retrying for each in self.protected):
            return
        horizon = horizon_of(retrying)
        function = known.underlying(retrying.function)
        if function is not None and known.resource_of(self.table) is not None:
            refuse_circle(
                retrying, function, self.table, "make IdempotencyTable in the function's stack, or in a third"
            )
        self.grant(retrying.function)
        self.protected.append(retrying)
        facts = ProtectionFacts(table=self.node.path, expiry=self.facts.expiry, horizon=horizon)
        PROTECTION_CHECKS.apply(retrying, facts)

    def grant(self, function: AnyFunction) -> None:
        """Let a function use the table: allow the helper's calls, tell it name and expiry, and give it the layer.

        A function that has been granted, or a version or alias of it, is passed over. One function may use several
        tables, each under a name of its own.

        Args:
            function: The function, or a version or alias of it. An imported one cannot be given settings and layer.

        Raises:
            ValueError: The function cannot use the table, or knows another one by its name; says why, and what to do.
        """
        given = cast("lambda_.IFunction", function)
        if _has(self._granted, given):
            return
        USER_CHECKS.apply(self, self._user_facts(given))
        settings = self._create_settings(given)
        refuse_same_name(self, given, str(settings.name), what="table", helper="Idempotency")
        self._granted.append(given)
        self._create_grants(given)
        write_settings(self, given, settings, by_hand="Idempotency(settings=IdempotencySettings(table=…, expiry=…)).")
        if self._attach_layer:
            attach_layer_to(self, given)

    def grant_powertools(self, function: AnyFunction) -> None:
        """Allow a function the calls of Powertools' DynamoDB layer on the table, and nothing else.

        Its code names the table: `DynamoDBPersistenceLayer(table_name=…)`.

        Args:
            function: The function, or a version or alias of it.

        Raises:
            ValueError: The function cannot use the table; says why, and what to do.
        """
        given = cast("lambda_.IFunction", function)
        if _has(self._granted_powertools, given):
            return
        USER_CHECKS.apply(self, self._user_facts(given))
        self._granted_powertools.append(given)
        grant_calls(self, f"PowertoolsPolicy{len(self._granted_powertools)}", given, self.table, POWERTOOLS_CALLS)

    def dashboard_section(self, namespace: str) -> Section:
        """What there is to see of it on a `FailureDashboard`.

        Args:
            namespace: Where the helpers' metrics are in CloudWatch.

        Returns:
            Its section.
        """
        return dashboard_idempotency.section_of(self, namespace, self._granted)

    def _create_table(self) -> dynamodb.ITable:
        """Make the table.

        Of the first version: one of the second takes no key of one's own in a stack that does not name its Region.
        """
        own_key = self._encryption_key is not None
        return dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=KEY, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=EXPIRATION,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=self._point_in_time_recovery
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if own_key else None,  # always by AWS's own key
            encryption_key=cast("kms.IKey | None", self._encryption_key),
            deletion_protection=self._deletion_protection,
            removal_policy=self._removal_policy,
        )

    def _create_grants(self, function: lambda_.IFunction) -> None:
        """Allow a function what the helper calls, on this table alone."""
        grant_calls(self, f"AccessPolicy{len(self._granted)}", function, self.table, HELPER_CALLS)

    def _create_settings(self, function: lambda_.IFunction) -> IdempotencySettings:
        """What the helper of a function is told."""
        return IdempotencySettings(name=self.name, table=self.table.table_name, expiry=self.expiry.to_seconds())

    def _create_write_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Make the alarm on throttled writes."""
        return self._alarm(
            "WriteThrottleAlarm",
            options,
            self.metric_write_throttled(),
            "Claims and completions are throttled: what they are for fails and is retried, and may be done again.",
        )

    def _create_read_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Make the alarm on throttled reads."""
        return self._alarm(
            "ReadThrottleAlarm",
            options,
            self.metric_read_throttled(),
            "Reads of what may have been done already are throttled: what they are for fails and is retried.",
        )

    def _alarm(
        self, id: str, options: AlarmOptions, metric: cloudwatch.Metric, consequence: str
    ) -> cloudwatch.Alarm | None:
        stack = Stack.of(self)
        here = (known.text(stack.account), known.text(stack.region))
        there = (self.facts.account, self.facts.region)
        if any(None not in pair and len(set(pair)) > 1 for pair in zip(here, there, strict=True)):
            return None  # CloudWatch has a table's figures where the table is
        return make_alarm(
            self,
            id,
            options,
            means="delayed",
            metric=metric,
            description=(
                f"{consequence} Look at the capacity of the table of {self.node.path}, and at the account's limits."
            ),
        )

    def _user_facts(self, function: lambda_.IFunction) -> UserFacts:
        return UserFacts(
            function=function.node.path,
            table=self.facts,
            timeout=known.function_timeout(function),
            account=known.text(function.env.account),
            region=known.text(function.env.region),
        )


def _has(granted: Sequence[lambda_.IFunction], function: lambda_.IFunction) -> bool:
    return any(is_same_function(function, each) for each in granted)
