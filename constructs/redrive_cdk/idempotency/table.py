"""Creates a table that remembers processed events, so that a retry does not process them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import METRIC_NAMESPACE, IdempotencySettings
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from redrive_cdk.core import known
from redrive_cdk.core.apply import apply
from redrive_cdk.core.arguments import checked, checked_method
from redrive_cdk.core.encrypted import make_table
from redrive_cdk.core.failure_places import KEPT
from redrive_cdk.core.final_check import check_finally
from redrive_cdk.core.final_values import derive_finally
from redrive_cdk.core.placement import refuse_circle_with
from redrive_cdk.core.qualifiers import is_same_function
from redrive_cdk.core.tree import node_of, path_of, physical_name_of, place_of
from redrive_cdk.core.types import AlarmAction, AnyFunction, AnyKey, AnyTable
from redrive_cdk.core.unused_options import Part, refuse_unused
from redrive_cdk.helper.settings import attach_layer_to, refuse_same_name, write_settings
from redrive_cdk.idempotency.alarms import IdempotencyAlarms
from redrive_cdk.idempotency.dashboard import section_of
from redrive_cdk.idempotency.facts import Retrying, complete, gather, horizon_of, shown
from redrive_cdk.idempotency.grants import HELPER_CALLS, POWERTOOLS_CALLS, Granted, grant_keys
from redrive_cdk.monitoring.alarms import AlarmOptions, gather_alarms, set_alarm_actions
from redrive_cdk.monitoring.sections import Section
from redrive_model.rules.idempotency import (
    PROTECTION_RULES,
    TABLE_RULES,
    USER_RULES,
    ProtectionFacts,
    UserFacts,
)

# Longer than every retry horizon that the constructs set up by default: 6 hours and some minutes for asynchronous
# events, 7½ hours for messages of the slowest possible function (5 receives × 6 × 900 s), and 12 hours for records of a
# stream that keeps them for a day. It is not shorter than that day either. Powertools' hour is shorter than each.
_DEFAULT_EXPIRY = Duration.days(1)


class IdempotencyTable(IdempotencyAlarms):
    """Remembers completed work for the functions' helpers `Idempotency` and `@idempotent`.

    Create it in the stack of its functions. It `protects` a consumer; `grant` it to a function that is invoked in other
    ways. Its attributes are those of Powertools' DynamoDB layer, so that Powertools' own idempotency works with it,
    too: https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/

    DynamoDB's internal errors have a metric but no alarm: DynamoDB counts them for each operation separately, and the
    alarms of the protected constructs fire when messages fail.

    To change a part, subclass the construct and override one of the `_create_*` steps. A step for an alarm takes the
    user's overrides, and returns the alarm or `None` for none.

    Attributes:
        table: The table.
        name: The table's name in the functions' code: `Idempotency("Orders")`.
        expiry: How long the table remembers completed work.
        facts: The facts about the table known at synthesis; times in seconds.
        protected: The constructs whose events the table protects.
        alarms: All alarms; `IdempotencyAlarms` has an attribute for each kind of them.
    """

    @checked
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
        metric_namespace: str = METRIC_NAMESPACE,
        write_throttle_alarm: AlarmOptions | None = None,
        read_throttle_alarm: AlarmOptions | None = None,
        not_recorded_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Set up table and alarms.

        Args:
            scope: The parent construct.
            id: The construct's id in its scope.
            table: An existing table with the partition key `id`, a string, and no sort key. If this app creates it and
                it has no TTL, the construct adds TTL on `expiration`. Import a table with its own KMS key together with
                that key. Default: the construct creates an encrypted on-demand table.
            name: The table's name in the functions' code. Default: the construct's id.
            expiry: How long the table remembers completed work. It should not be shorter than the time in which events
                are retried; `protects` checks this. An event that people replay from a dead-letter queue after the
                expiry is processed again. Default: a day, which is longer than the retries of everything that the
                constructs set up by default.
            encryption_key: A KMS key for the created table, with all necessary grants. Default: a key that AWS owns.
            point_in_time_recovery: Whether the created table can be restored. Default: yes.
            deletion_protection: Whether DynamoDB refuses to delete the created table. The table then remains even if
                the creation of its stack failed, and CloudFormation cannot undo that. Default: no.
            removal_policy: What happens to the created table, and with it to the record of completed work, when it
                leaves the stack. Default: it is kept, unless the creation of its stack failed.
            attach_layer: Whether functions get their stack's `RuntimeLayer`. A container image must have the package
                installed instead. Default: yes.
            metric_namespace: CloudWatch namespace of the helpers' metrics. Default: `Lambda/Retry`, their own default.
            write_throttle_alarm: Overrides. Default: alarm at 1 throttled write in each of 5 minutes.
            read_throttle_alarm: Overrides. Default: alarm at 1 throttled read in each of 5 minutes.
            not_recorded_alarm: Overrides, for each function. Default: alarm at 1 call or record that was processed and
                could not be recorded.
            alarm_actions: Actions of all alarms, in addition to those of `AlarmDefaults`. Default: none.

        Raises:
            ValueError: The configuration cannot work. The message names the values, the reason and the remedy.
        """
        super().__init__(scope, id)
        self.name = id if name is None else name
        self.expiry = expiry or _DEFAULT_EXPIRY
        self.protected: list[Retrying] = []
        self._encryption_key = encryption_key
        self._point_in_time_recovery = point_in_time_recovery is not False
        self._deletion_protection = deletion_protection
        self._removal_policy = removal_policy or KEPT
        self._attach_layer = attach_layer
        self._namespace = metric_namespace
        self._not_recorded_options = not_recorded_alarm or AlarmOptions()
        self.not_recorded_alarms: list[cloudwatch.Alarm | None] = []
        set_alarm_actions(self, alarm_actions)
        self._granted: list[Granted] = []
        self._granted_powertools: list[Granted] = []
        of_table = {
            "encryption_key": encryption_key,
            "point_in_time_recovery": point_in_time_recovery,
            "deletion_protection": deletion_protection,
            "removal_policy": removal_policy,
        }
        refuse_unused(path_of(self), "IdempotencyTable", Part("a table", table is None, of_table))

        self.table = self._create_table() if table is None else cast("dynamodb.ITable", table)
        complete(self.table)
        self.facts = gather(self.table, self.expiry)
        apply(self, TABLE_RULES, self.facts)
        self._make_alarms(write_throttle_alarm=write_throttle_alarm, read_throttle_alarm=read_throttle_alarm)
        derive_finally(self, self._derive)
        check_finally(self, self.table)

    def protects(self, retrying: Retrying, *, key_prefixes: Sequence[str] = ()) -> None:
        """Grant a consumer's function, and warn if its events are retried for longer than the table remembers.

        The warning `redrive:idempotency-expiry` belongs to the consumer; acknowledge it there. The method does nothing
        if the table protects the construct already.

        Args:
            retrying: An `SqsConsumer`, `KinesisConsumer`, `DynamoDBStreamConsumer` or `AsyncInvocation`.
            key_prefixes: As for `grant`.

        Raises:
            ValueError: The function cannot use the table. The message gives the reason and the remedy.
        """
        if any(each is retrying for each in self.protected):
            self._is_granted(retrying.function, key_prefixes)
            return
        horizon = horizon_of(retrying)
        remedy = "make IdempotencyTable in the function's stack, or in a third"
        refuse_circle_with(retrying, retrying.function, self.table, remedy=remedy)
        self.grant(retrying.function, key_prefixes=key_prefixes)
        granted = _granted_as(retrying.function, self._granted)
        if granted is not None and granted.policy is not None and not isinstance(retrying, AsyncInvocation):
            node_of(retrying.event_source_mapping).add_dependency(granted.policy)  # nothing is delivered before
        self.protected.append(retrying)
        facts = ProtectionFacts(table=shown(self.table), expiry=self.facts.expiry, horizon=horizon)
        apply(retrying, PROTECTION_RULES, facts)

    @checked_method
    def grant(self, function: AnyFunction, *, key_prefixes: Sequence[str] = ()) -> None:
        """Let a function use the table: allow the helper's calls, write its settings and attach the layer.

        The calls are allowed for keys that begin with the function's name, as the helper makes them, or with a prefix
        from `key_prefixes`. The settings contain the table's name and expiry.

        The method does nothing if the function, or a version or alias of it, is granted already. One function may use
        several tables, each under its own name.

        Args:
            function: The function, or a version or alias of it. An imported function gets no settings and no layer.
            key_prefixes: Other beginnings of keys: each `prefix` that the code passes to `Idempotency`, and the name of
                another function whose records this one is to process again, with a dot: `"old-name."`. Default: none.

        Raises:
            ValueError: The function cannot use the table, uses another table of the same name, or is granted already
                without the prefixes. The message gives the reason and the remedy.
        """
        given = cast("lambda_.IFunction", function)
        if self._is_granted(given, key_prefixes):
            return
        apply(self, USER_RULES, self._user_facts(given))
        settings = self._create_settings(given)
        refuse_same_name(self, given, str(settings.name), what="table", helper="Idempotency")
        policy = self._create_grants(given, key_prefixes)
        self._granted.append(Granted(given, tuple(key_prefixes), policy))
        check_finally(self, given)
        write_settings(self, given, settings, by_hand="Idempotency(settings=IdempotencySettings(table=…, expiry=…)).")
        if self._attach_layer:
            attach_layer_to(self, given)
        not_recorded = self._create_not_recorded_alarm(given, self._not_recorded_options)
        self.not_recorded_alarms.append(not_recorded)
        self.alarms += gather_alarms(not_recorded)

    @checked_method
    def grant_powertools(self, function: AnyFunction, *, key_prefixes: Sequence[str] = ()) -> None:
        """Allow a function the calls of Powertools' DynamoDB layer on the table, and nothing else.

        The function's own code names the table: `DynamoDBPersistenceLayer(table_name=…)`. The calls are allowed for
        keys that begin with the function's name, as Powertools makes them, or with a prefix.

        Args:
            function: The function, or a version or alias of it.
            key_prefixes: Each `key_prefix` that the code passes to Powertools. Default: none.

        Raises:
            ValueError: The function cannot use the table. The message gives the reason and the remedy.
        """
        given = cast("lambda_.IFunction", function)
        if self._is_granted(given, key_prefixes, self._granted_powertools):
            return
        apply(self, USER_RULES, self._user_facts(given))
        id = f"PowertoolsPolicy{len(self._granted_powertools) + 1}"
        policy = grant_keys(self, id, given, self.table, POWERTOOLS_CALLS, key_prefixes)
        self._granted_powertools.append(Granted(given, tuple(key_prefixes), policy))

    def _section(self, namespace: str) -> Section:
        return section_of(self, namespace, [each.function for each in self._granted])

    def _derive(self) -> None:
        """Check the table again, if it was changed since."""
        facts = gather(self.table, self.expiry)
        if facts != self.facts:
            self.facts = facts
            apply(self, TABLE_RULES, facts)

    def _create_table(self) -> dynamodb.ITable:
        """Create the table."""
        return make_table(
            self,
            "Table",
            encryption_key=self._encryption_key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=self._point_in_time_recovery
            ),
            deletion_protection=self._deletion_protection,
            removal_policy=self._removal_policy,
        )

    def _create_grants(self, function: lambda_.IFunction, key_prefixes: Sequence[str]) -> iam.Policy | None:
        """Allow a function the helper's calls, on its own keys in this table alone.

        Args:
            function: The granted function, version or alias.
            key_prefixes: Other beginnings of keys that it may use.

        Returns:
            The policy for it, if it is not the default policy of the function's role. Mappings of protected consumers
            wait for it.
        """
        id = f"AccessPolicy{len(self._granted) + 1}"
        return grant_keys(self, id, function, self.table, HELPER_CALLS, key_prefixes)

    def _create_settings(self, function: lambda_.IFunction) -> IdempotencySettings:
        """Create the settings of a function's `Idempotency` helper.

        Args:
            function: The granted function, version or alias.

        Returns:
            The settings that the construct writes into the function's environment.
        """
        return IdempotencySettings(name=self.name, table=physical_name_of(self.table), expiry=self.expiry.to_seconds())

    def _is_granted(
        self, function: AnyFunction, key_prefixes: Sequence[str], granted: Sequence[Granted] | None = None
    ) -> bool:
        given = cast("lambda_.IFunction", function)
        found = _granted_as(given, self._granted if granted is None else granted)
        missing = [] if found is None else [each for each in key_prefixes if each not in found.key_prefixes]
        if missing:
            raise ValueError(
                f"{path_of(self)}: {path_of(given)} is granted already, without key_prefixes {missing}: the first "
                "grant decides; give all of them there"
            )
        return found is not None

    def _user_facts(self, function: lambda_.IFunction) -> UserFacts:
        return UserFacts(
            function=path_of(function),
            table=self.facts,
            timeout=known.function_timeout(function),
            account=known.text(place_of(function).account),
            region=known.text(place_of(function).region),
        )


def _granted_as(function: lambda_.IFunction, granted: Sequence[Granted]) -> Granted | None:
    return next((each for each in granted if is_same_function(function, each.function)), None)
