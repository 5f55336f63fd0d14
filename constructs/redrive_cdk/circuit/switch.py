"""Keeps event source mappings disabled while a circuit is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import CustomResource, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from redrive.settings import PAUSED_BY, SWITCH_HANDLER, SwitchSettings
from redrive_cdk.circuit import nag
from redrive_cdk.circuit.grants import allow_logs, grant_reading_state
from redrive_cdk.circuit.switch_alarms import SwitchAlarms
from redrive_cdk.core.final_check import check_finally
from redrive_cdk.core.grants import allow
from redrive_cdk.core.tree import physical_name_of
from redrive_cdk.core.types import AnyKey
from redrive_cdk.helper.settings import attach_layer_to, write_settings
from redrive_cdk.monitoring.alarms import AlarmOptions, gather_alarms
from redrive_cdk.sqs.consumer import SqsConsumer
from redrive_cdk.sqs.grants import grant_sending
from redrive_cdk.sqs.known_queue import KnownQueue
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer

#: The interval of the check of all mappings; the shortest that EventBridge offers.
CHECK_EVERY = Duration.minutes(1)
_TIMEOUT = Duration.minutes(1)
# The longest that a deployment waits for a mapping.
_RESUMPTION = Duration.minutes(2)
_OFF = AlarmOptions(enabled=False)
# The check finds within a minute what a change or a timer would have said, and the switch's alarms tell if it does not.
_OFF_TIMERS = dict.fromkeys(
    (
        "dead_letter_alarm",
        "dead_letter_age_alarm",
        "age_alarm",
        "unreceived_alarm",
        "not_set_aside_alarm",
        "untried_alarm",
    ),
    _OFF,
)
# The switch itself watches the timers' dead-letter queue, which takes failed changes too.
_OFF_CHANGES = dict.fromkeys(
    (
        "iterator_age_alarm",
        "failure_queue_alarm",
        "failure_age_alarm",
        "not_set_aside_alarm",
        "delivery_alarm",
        "throttle_alarm",
    ),
    _OFF,
)


class CircuitSwitch(SwitchAlarms):
    """Disables event source mappings when a circuit opens, and enables them when its open time is over.

    `CircuitBreaker` creates it if it has `pauses`. Three things invoke its function: the stream of the circuit's table,
    a timer for the end of the open time, and a check each minute. The check makes sure that no mapping stays disabled
    because a change was missed.

    To change a part, subclass the construct, override one of its `_create_*` steps, and override
    `CircuitBreaker._create_switch`.

    Attributes:
        circuit: The circuit's name.
        table: The table with the circuit's state.
        mappings: The mappings that it disables and enables.
        function: The function.
        timers: The consumer of the queue by which the function invokes itself later, with queue and dead-letter queue.
        changes: The consumer that delivers the changes of the circuit's state.
        check: The schedule of the check.
        error_alarm: Fires when the function fails for minutes.
        idle_alarm: Fires when the function is not invoked for minutes, so that nothing is paused or resumed.
        dead_letter_alarm: Fires when a change or a timer was given up. Each of these alarms is `None` if disabled.
        alarms: All alarms.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        circuit: str,
        table: dynamodb.ITable,
        mappings: Sequence[lambda_.IEventSourceMapping],
        encryption_key: AnyKey | None = None,
        error_alarm: AlarmOptions | None = None,
        idle_alarm: AlarmOptions | None = None,
        dead_letter_alarm: AlarmOptions | None = None,
    ) -> None:
        """Set up the function and everything that invokes it.

        Args:
            scope: The parent construct.
            id: The construct's id in its scope.
            circuit: The circuit's name.
            table: The table with the circuit's state.
            mappings: The mappings to disable and enable.
            encryption_key: A KMS key for its queues and its log group. Default: keys that SQS and CloudWatch manage.
            error_alarm: Overrides. Default: alarm at 1 failed run in each of 3 minutes.
            idle_alarm: Overrides. Default: alarm at less than 1 run in each of 5 minutes.
            dead_letter_alarm: Overrides. Default: alarm at 1 visible message.
        """
        super().__init__(scope, id)
        self.circuit = circuit
        self.table = table
        self.mappings = tuple(mappings)
        self._encryption_key = encryption_key
        self.function = self._create_function()
        attach_layer_to(self, self.function)
        check_finally(self, self.function)
        nag.of_final_check(self)
        self.timers = self._create_timers()
        self.changes = self._create_changes()
        self.check = self._create_check()
        self._create_grants()
        self._create_resumptions()
        write_settings(self, self.function, self._create_settings(), by_hand="")
        self.error_alarm = self._create_error_alarm(error_alarm or AlarmOptions())
        self.idle_alarm = self._create_idle_alarm(idle_alarm or AlarmOptions())
        self.dead_letter_alarm = self._create_dead_letter_alarm(dead_letter_alarm or AlarmOptions())
        self.alarms = gather_alarms(self.error_alarm, self.idle_alarm, self.dead_letter_alarm)

    def _create_function(self) -> lambda_.IFunction:
        """Create the function, with a log group and a role that may write to that group alone."""
        key = cast("kms.IKey | None", self._encryption_key)
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
            encryption_key=key,
        )
        if key is not None:
            allow_logs(self, key)
        role = iam.Role(self, "Role", assumed_by=cast("iam.IPrincipal", iam.ServicePrincipal("lambda.amazonaws.com")))
        # The managed policy would allow writing to every log group.
        allow(role, log_group.log_group_arn, "logs:CreateLogStream", "logs:PutLogEvents")
        function = lambda_.Function(
            self,
            "Function",
            description=f"Pauses event source mappings while the circuit {self.circuit} is open",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler=SWITCH_HANDLER,
            code=lambda_.Code.from_inline("# The code is in the layer.\n"),
            timeout=_TIMEOUT,
            memory_size=256,
            role=cast("iam.IRole", role),
            log_group=cast("logs.ILogGroup", log_group),
            # A retry is unnecessary: the next check repeats the work.
            retry_attempts=0,
            max_event_age=CHECK_EVERY,
        )
        nag.of_switch(function)
        return cast("lambda_.IFunction", function)

    def _create_timers(self) -> SqsConsumer:
        """Create the queue by which the function invokes itself later, with its consumer.

        SQS delays messages by seconds. EventBridge Scheduler is accurate only to a minute:
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html

        Returns:
            The consumer.
        """
        return SqsConsumer(
            self,
            "Timers",
            function=self.function,
            max_receive_count=5,
            retention_period=Duration.hours(1),
            removal_policy=RemovalPolicy.DESTROY,
            dead_letter_removal_policy=RemovalPolicy.DESTROY,
            encryption_key=self._encryption_key,
            mapping_metrics=False,
            attach_layer=False,
            **_OFF_TIMERS,
        )

    def _create_changes(self) -> DynamoDBStreamConsumer:
        """Create the mapping that delivers the changes of the circuit's item, and of no other item.

        Changes older than a minute are skipped: the check has found their result already.

        Returns:
            The consumer of the table's stream.
        """
        assert self.timers.dead_letter_queue is not None
        return DynamoDBStreamConsumer(
            self,
            "Changes",
            function=self.function,
            table=self.table,
            max_record_age=CHECK_EVERY,
            on_failure=self.timers.dead_letter_queue,
            filters=[lambda_.FilterCriteria.filter({"dynamodb": {"Keys": {"id": {"S": [f"circuit#{self.circuit}"]}}}})],
            mapping_metrics=False,
            attach_layer=False,
            **_OFF_CHANGES,
        )

    def _create_check(self) -> events.Rule:
        """Create the schedule that invokes the function each minute to check all mappings."""
        target = targets.LambdaFunction(self.function, retry_attempts=0, max_event_age=CHECK_EVERY)
        rule = events.Rule(
            self,
            "Check",
            description=f"Whether all that the circuit {self.circuit} pauses is as it should be",
            schedule=events.Schedule.rate(CHECK_EVERY),
            targets=[cast("events.IRuleTarget", target)],
        )
        nag.of_check(rule)
        return rule

    def _create_grants(self) -> None:
        """Allow the function to read this circuit's item and to send to its own queue, and nothing else."""
        grantee = cast("iam.IGrantable", self.function)
        grant_reading_state(grantee, self.table, self.circuit)
        grant_sending(self, self.function, KnownQueue(self.timers.queue))

    def _create_resumptions(self) -> None:
        """Make a deployment enable each mapping that it removes from the switch, and allow the calls on the mappings.

        A deployment deletes resources in the reverse order of their dependencies. First it deletes everything that
        invokes the function, so that nothing pauses the mapping again. Then it deletes the custom resource, and that
        deletion enables the mapping. Last it deletes the permissions and the function.
        """
        assert self.function.role is not None
        only_its_tag: dict[str, Any] = {"ForAllValues:StringEquals": {"aws:TagKeys": [PAUSED_BY]}}
        for mapping in self.mappings:
            which, arn = mapping.node.addr[-8:], mapping.event_source_mapping_arn
            policy = iam.Policy(self, f"Policy{which}")
            grantee = cast("iam.IGrantable", policy)
            allow(grantee, arn, "lambda:GetEventSourceMapping", "lambda:ListTags", "lambda:UpdateEventSourceMapping")
            allow(grantee, arn, "lambda:TagResource", "lambda:UntagResource", conditions=only_its_tag)
            policy.attach_to_role(self.function.role)
            resumption = CustomResource(
                self,
                f"Resumption{which}",
                service_token=self.function.function_arn,
                resource_type="Custom::RedriveResumption",
                properties={"Mapping": mapping.event_source_mapping_id},
                service_timeout=_RESUMPTION,
            )
            resumption.node.add_dependency(policy)
            for driver in (self.timers.event_source_mapping, self.changes.event_source_mapping, self.check):
                driver.node.add_dependency(resumption)

    def _create_settings(self) -> SwitchSettings:
        """Create the settings of the switch's function.

        Returns:
            The settings that the construct writes into the function's environment.
        """
        return SwitchSettings(
            name=self.circuit,
            table=physical_name_of(self.table),
            queue_url=self.timers.queue.queue_url,
            mappings=tuple(mapping.event_source_mapping_id for mapping in self.mappings),
        )
