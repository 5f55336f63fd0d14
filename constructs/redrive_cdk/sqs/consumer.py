"""`SqsConsumer`: connects a function to an SQS queue and a dead-letter queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Annotations, Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings import Backoff
from redrive.settings.sqs import SqsSettings
from redrive_cdk.core import known
from redrive_cdk.core import nag as acknowledgements
from redrive_cdk.core.apply import apply
from redrive_cdk.core.names import queue_name
from redrive_cdk.core.placement import refuse_circle, refuse_other_places
from redrive_cdk.core.types import AlarmAction, AnyFunction, AnyKey
from redrive_cdk.helper.settings import attach_layer_to, write_settings
from redrive_cdk.monitoring.alarms import AlarmOptions, each_minute, gather_alarms, make_alarm, set_alarm_actions
from redrive_cdk.monitoring.sections import Section
from redrive_cdk.sqs import dashboard as dashboard_sqs
from redrive_cdk.sqs import queues as sqs_queues
from redrive_cdk.sqs import queues as sqs_redrive
from redrive_cdk.sqs import unused_options as sqs_options
from redrive_cdk.sqs.grants import grant_consuming, grant_sending
from redrive_cdk.sqs.pollers import ProvisionedPollers
from redrive_model import limits
from redrive_model.facts.sqs import SqsFacts
from redrive_model.rules.sqs import SQS_RULES
from redrive_model.schedules.sqs import time_of_all_receives


class SqsConsumer(Construct):
    """Connects a function to a queue so that every message is processed or dead-lettered.

    Subclass it to change a part: override one of the `_create_*` steps.

    Attributes:
        function: The function, version or alias.
        queue: The source queue.
        dead_letter_queue: The dead-letter queue. `None` only for an imported queue without `dead_letter_queue`.
        event_source_mapping: The event source mapping from the queue to the function.
        facts: Facts that are known at synthesis; times in seconds.
        dead_letter_alarm: Fires when a message is in the dead-letter queue. `None` if there is no such alarm.
        age_alarm: Fires when a message waits longer than its retries may take. `None` if there is no such alarm.
        alarms: All alarms.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: AnyFunction,
        queue: sqs.IQueue | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        max_receive_count: int | None = None,
        visibility_timeout: Duration | None = None,
        fifo: bool | None = None,
        content_based_deduplication: bool | None = None,
        high_throughput: bool | None = None,
        delivery_delay: Duration | None = None,
        retention_period: Duration | None = None,
        dead_letter_retention_period: Duration | None = None,
        dead_letter_removal_policy: RemovalPolicy | None = None,
        encryption_key: AnyKey | None = None,
        batch_size: int = 10,
        max_batching_window: Duration | None = None,
        max_concurrency: int | None = None,
        provisioned_pollers: ProvisionedPollers | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        mapping_metrics: bool = True,
        enabled: bool = True,
        backoff: Backoff | None = None,
        attach_layer: bool = True,
        dead_letter_alarm: AlarmOptions | None = None,
        age_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Create queue, dead-letter queue, event source mapping, grants and alarms.

        Args:
            scope: Scope of the construct.
            id: Construct id.
            function: The function, or a version or alias of it. An imported function cannot get settings and layer.
            queue: An existing source queue. If this app creates it, it gets a redrive policy and a visibility timeout
                where they are unset. Default: a new queue.
            dead_letter_queue: An existing dead-letter queue. If it has a redrive-allow policy by queue, as dead-letter
                queues of this construct do, the source queue is added to the policy. The redrive policy of an imported
                queue cannot be set: pass the dead-letter queue that it has. Default: the dead-letter queue of `queue`,
                or else a new one.
            max_receive_count: Number of receives before SQS moves a message to the dead-letter queue, 1 or more; AWS
                recommends at least 5. Default: 5; unknown for an imported queue.
            visibility_timeout: Time for which a received message is hidden from other receives, from the function's
                timeout to 12 hours. Default: 6 × the function's timeout + the batching window, with 900 s for an
                unknown timeout; unknown for an imported queue.
            fifo: `True` for a new FIFO queue. Default: a standard queue.
            content_based_deduplication: For a new FIFO queue: `True` to use the hash of the body as the deduplication
                id. Default: `False`.
            high_throughput: For a new FIFO queue: `True` to deduplicate and throttle by message group. Default:
                `False`.
            delivery_delay: For a new queue: time before a message becomes visible, up to 15 minutes. Default: none.
            retention_period: For a new queue: 1 minute to 14 days. Default: 4 days.
            dead_letter_retention_period: For a new dead-letter queue. Default: 14 days, the maximum.
            dead_letter_removal_policy: Removal policy of a new dead-letter queue with its messages, for when it leaves
                the stack. Default: the queue stays, unless the creation of its stack failed.
            encryption_key: KMS key for new queues; all grants for it are created. Default: keys that SQS manages.
            batch_size: Messages in a batch, 1–10, or up to 10,000 with a batching window. Default: 10.
            max_batching_window: Time in which Lambda gathers a batch, up to 300 s; not for FIFO. Default: none.
            max_concurrency: Number of batches that run at the same time, 2–1,000. Default: as many as the account
                allows.
            provisioned_pollers: Pollers that the mapping keeps ready. Default: none.
            filters: Patterns for the body, from `lambda_.FilterCriteria.filter`. Lambda deletes messages that match
                none of them. Default: all messages reach the function.
            mapping_metrics: `True` to have Lambda count the messages that the mapping polls, filters out, fails and
                deletes. Default: `True`.
            enabled: `True` to have the mapping poll the queue. Default: `True`.
            backoff: Waiting times between receives, for the helper. Default: those of `Backoff`.
            attach_layer: `True` to add the stack's `RuntimeLayer` to the function. A container image must contain the
                package instead. Default: `True`.
            dead_letter_alarm: Overrides. Default: alarm at 1 visible message.
            age_alarm: Overrides. Default: alarm at the longest time that all receives may take, or at 80% of the
                queue's retention if that is shorter. If the visibility timeout or the receive count is unknown, there
                is no alarm without a threshold here.
            alarm_actions: Actions when an alarm fires, besides those of `AlarmDefaults`. Default: none.

        Raises:
            ValueError: The configuration cannot be deployed, or would lose messages. The message gives the values, the
                reason and the remedy.
        """
        super().__init__(scope, id)
        self.function = cast("lambda_.IFunction", function)
        self._given_queue = queue
        self._fifo = fifo
        self._content_based_deduplication = content_based_deduplication
        self._high_throughput = high_throughput
        self._delivery_delay = delivery_delay
        self._retention_period = retention_period
        self._dead_letter_retention_period = dead_letter_retention_period or Duration.days(14)
        self._dead_letter_removal_policy = dead_letter_removal_policy or RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        self._encryption_key = encryption_key
        self._batch_size = batch_size
        self._max_batching_window = max_batching_window
        self._max_concurrency = max_concurrency
        self._provisioned_pollers = provisioned_pollers
        self._filters = filters
        self._mapping_metrics = mapping_metrics
        self._enabled = enabled
        self._backoff = backoff
        set_alarm_actions(self, alarm_actions)

        own = None if queue is None else sqs_redrive.dead_letter_queue_of(queue, dead_letter_queue)
        is_imported = queue is not None and known.made_queue(queue) is None
        makes_dead_letter_queue = dead_letter_queue is None and own is None and not is_imported
        sqs_options.refuse_idle_options(
            self.node.path,
            makes_queue=queue is None,
            makes_dead_letter_queue=makes_dead_letter_queue,
            fifo=fifo,
            content_based_deduplication=content_based_deduplication,
            high_throughput=high_throughput,
            delivery_delay=delivery_delay,
            retention_period=retention_period,
            dead_letter_retention_period=dead_letter_retention_period,
            dead_letter_removal_policy=dead_letter_removal_policy,
            encryption_key=encryption_key,
        )
        self.dead_letter_queue: sqs.IQueue | None = (
            self._create_dead_letter_queue() if makes_dead_letter_queue else dead_letter_queue or own
        )
        self.queue: sqs.IQueue = self._create_queue() if queue is None else queue
        sqs_redrive.dead_letter_queue_of(self.queue, self.dead_letter_queue)  # refuses another on a subclass's queue
        sqs_redrive.complete(
            self,
            self.queue,
            self.dead_letter_queue,
            max_receive_count=max_receive_count,
            visibility_timeout=visibility_timeout or self._default_visibility_timeout(),
        )
        self.facts = self._gather_facts(max_receive_count, visibility_timeout)
        self._check()
        sqs_redrive.allow_source(self.dead_letter_queue, self.queue, alone=makes_dead_letter_queue)

        self.event_source_mapping = self._create_event_source_mapping()
        self._create_grants()
        write_settings(
            self,
            self.function,
            self._create_settings(),
            by_hand="@sqs_handler(settings=SqsSettings(dead_letter_queue_url=…, max_receive_count=…)). "
            + ("" if self.facts.function_timeout is not None else "Its timeout is not known and was not checked."),
        )
        if attach_layer:
            attach_layer_to(self, self.function)
        self.dead_letter_alarm = self._create_dead_letter_alarm(dead_letter_alarm or AlarmOptions())
        self.age_alarm = self._create_age_alarm(age_alarm or AlarmOptions())
        self.alarms = gather_alarms(self.dead_letter_alarm, self.age_alarm)

    def _create_dead_letter_queue(self) -> sqs.IQueue:
        """Create the dead-letter queue, if the source queue is not imported and no dead-letter queue exists.

        Returns:
            The dead-letter queue.
        """
        queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            retention_period=self._dead_letter_retention_period,
            removal_policy=self._dead_letter_removal_policy,
            **self._common_queue_options(),
        )
        acknowledgements.of_dead_letter_queue(queue)
        return queue

    def _create_queue(self) -> sqs.IQueue:
        """Create the source queue, if the user passed none.

        Returns:
            The queue. It gets a redrive policy and a visibility timeout afterwards if it has none.
        """
        return sqs.Queue(
            self,
            "Queue",
            queue_name=queue_name(self, fifo=bool(self._fifo)),
            retention_period=self._retention_period,
            delivery_delay=self._delivery_delay,
            content_based_deduplication=self._content_based_deduplication,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP if self._high_throughput else None,
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID if self._high_throughput else None,
            **self._common_queue_options(),
        )

    def _common_queue_options(self) -> dict[str, Any]:
        own_key = self._encryption_key is not None
        return {
            "fifo": self._makes_fifo() or None,
            "enforce_ssl": True,
            "encryption": sqs.QueueEncryption.KMS if own_key else sqs.QueueEncryption.SQS_MANAGED,
            "encryption_master_key": self._encryption_key,
        }

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        """Create the event source mapping from the queue to the function.

        Returns:
            The mapping.
        """
        mapping = lambda_.EventSourceMapping(
            self,
            "EventSourceMapping",
            target=self.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=self._batch_size,
            max_batching_window=self._max_batching_window,
            max_concurrency=self._max_concurrency,
            report_batch_item_failures=True,
            filters=self._filters,
            enabled=self._enabled,
            metrics_config=(
                lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT]) if self._mapping_metrics else None
            ),
        )
        if self._provisioned_pollers is not None:
            self._provisioned_pollers.put_on(mapping)
        acknowledgements.of_sqs_mapping(mapping)
        return mapping

    def _create_grants(self) -> None:
        """Allow the function exactly the calls of the mapping and the helper."""
        grants = grant_consuming(self.function, self.queue)
        if self.dead_letter_queue is not None:
            grants.append(grant_sending(self.function, self.dead_letter_queue))
        for grant in grants:
            grant.apply_before(self.event_source_mapping)

    def _create_settings(self) -> SqsSettings:
        """Create the settings for the helper.

        Returns:
            The settings, which go into the function's environment.
        """
        return SqsSettings(
            source_arn=self.queue.queue_arn,
            queue_url=self.queue.queue_url,
            dead_letter_queue_url=None if self.dead_letter_queue is None else self.dead_letter_queue.queue_url,
            max_receive_count=None if self.facts.max_receive_count is None else int(self.facts.max_receive_count),
            function_timeout=self.facts.function_timeout,
            retention_period=self.facts.retention,
            backoff=self._backoff,
        )

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on messages in the dead-letter queue.

        Args:
            options: Overrides by the user.

        Returns:
            The alarm, or `None` for none.
        """
        if self.dead_letter_queue is None:
            return None
        return make_alarm(
            self,
            "DeadLetterAlarm",
            options,
            means="failed",
            metric=self.metric_dead_letters(),
            description=(
                f"Messages of {self.node.path} have failed for good and wait in the dead-letter queue: look at why, "
                "correct it, and move them back to their queue."
            ),
        )

    def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on the age of the oldest message.

        Args:
            options: Overrides by the user.

        Returns:
            The alarm, or `None` for none.
        """
        return make_alarm(
            self,
            "AgeAlarm",
            options,
            means="delayed",
            metric=self.metric_oldest_message_age(),
            threshold=self._longest_normal_age(),
            description=(
                f"A message of {self.node.path} has waited for longer than all its receives may take: the function "
                "does not keep up, or is not called. Messages are deleted when the queue's retention ends."
            ),
        )

    def _longest_normal_age(self) -> float | None:
        receives, retention = time_of_all_receives(self.facts), self.facts.retention
        if receives is None:
            return None
        retries = receives + sqs_queues.delivery_delay_of(self.queue)
        return retries if retention is None else min(retries, 0.8 * retention)

    def _gather_facts(self, max_receive_count: int | None, visibility_timeout: Duration | None) -> SqsFacts:
        window, pollers = self._max_batching_window, self._provisioned_pollers
        return SqsFacts(
            fifo=sqs_queues.is_fifo(self.queue),
            dead_letter_fifo=sqs_queues.is_fifo(self.dead_letter_queue),
            dead_letter_is_source=sqs_queues.is_same(self.queue, self.dead_letter_queue),
            function_timeout=known.function_timeout(self.function),
            reserved_concurrency=known.reserved_concurrency(self.function),
            visibility_timeout=sqs_queues.visibility_timeout_of(self.queue, visibility_timeout),
            delivery_delay=sqs_queues.delivery_delay_of(self.queue),
            retention=sqs_queues.retention_of(self.queue),
            dead_letter_retention=sqs_queues.retention_of(self.dead_letter_queue),
            max_receive_count=sqs_queues.max_receive_count_of(self.queue, max_receive_count),
            batch_size=known.number(self._batch_size),
            batching_window=0 if window is None else known.seconds(window),
            max_concurrency=known.number(self._max_concurrency),
            minimum_pollers=None if pollers is None else known.number(pollers.minimum),
            maximum_pollers=None if pollers is None else known.number(pollers.maximum),
            longest_backoff=(self._backoff or Backoff()).longer().cap,
        )

    def _check(self) -> None:
        function = known.underlying(self.function)
        for queue in (self.queue, self.dead_letter_queue):
            if function is not None and queue is not None and known.made_queue(queue) is not None:
                refuse_circle(
                    self,
                    function,
                    queue,
                    "make SqsConsumer in the function's stack, where queue may be one of another stack",
                )
        refuse_other_places(self, self.queue, self.dead_letter_queue)
        apply(self, SQS_RULES, self.facts)
        if known.made_queue(self.queue) is None:
            Annotations.of(self).add_warning_v2(
                "redrive:imported-queue",
                f"{self.queue.node.path} is imported: its redrive policy, visibility timeout, retention and key cannot "
                "be seen or set here. See to it that it has a redrive policy, and a visibility timeout of 6 × the "
                "function's timeout; pass dead_letter_queue, max_receive_count and visibility_timeout as it has them, "
                "and import it with key_arn if it has a KMS key of its own.",
            )

    def _default_visibility_timeout(self) -> Duration:
        timeout, window = known.function_timeout(self.function), known.seconds(self._max_batching_window)
        longest_window = 0 if self._max_batching_window is None else limits.BATCHING_WINDOW.most
        return Duration.seconds(
            6 * (limits.LONGEST_FUNCTION_TIMEOUT if timeout is None else timeout)
            + (longest_window if window is None else window)
        )

    def _makes_fifo(self) -> bool:
        return bool(self._fifo) if self._given_queue is None else bool(sqs_queues.is_fifo(self._given_queue))

    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a producer to send messages to the queue, and the calls on the queue's KMS key for it.

        Args:
            grantee: The producer.

        Returns:
            The grant.
        """
        return grant_sending(grantee, self.queue)

    def dashboard_section(self, namespace: str) -> Section:
        """Return the consumer's section of a `FailureDashboard`.

        Args:
            namespace: CloudWatch namespace of the helpers' metrics.

        Returns:
            The section.
        """
        return dashboard_sqs.section_of(self, namespace)

    def metric_dead_letters(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of visible messages in the dead-letter queue.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.

        Raises:
            ValueError: The dead-letter queue is unknown.
        """
        if self.dead_letter_queue is None:
            raise ValueError(f"{self.node.path} has no dead-letter queue that is known: pass dead_letter_queue")
        return self.dead_letter_queue.metric_approximate_number_of_messages_visible(**each_minute("Maximum", options))

    def metric_oldest_message_age(self, **options: Any) -> cloudwatch.Metric:
        """Return the age of the oldest message in seconds.

        In a standard queue with a maximum receive count above three, the metric ignores messages that were received
        three times or more.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.
        """
        return self.queue.metric_approximate_age_of_oldest_message(**each_minute("Maximum", options))
