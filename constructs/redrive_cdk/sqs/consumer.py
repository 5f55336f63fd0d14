"""`SqsConsumer`: connects a function to an SQS queue and a dead-letter queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings import METRIC_NAMESPACE, Backoff, SqsSettings
from redrive_cdk.core import known, nag
from redrive_cdk.core.apply import apply
from redrive_cdk.core.arguments import checked, checked_method
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.failure_places import note_failure_place
from redrive_cdk.core.final_check import check_finally
from redrive_cdk.core.final_values import derive_finally
from redrive_cdk.core.placement import refuse_circle_with
from redrive_cdk.core.takes_over import take_over
from redrive_cdk.core.tree import note_place, path_of
from redrive_cdk.core.types import AlarmAction, AnyFunction, AnyKey
from redrive_cdk.helper.settings import attach_layer_to, write_settings
from redrive_cdk.monitoring.alarms import AlarmOptions, set_alarm_actions
from redrive_cdk.monitoring.sections import Section
from redrive_cdk.sqs import queues
from redrive_cdk.sqs.bridging import plan_for
from redrive_cdk.sqs.dashboard import section_of
from redrive_cdk.sqs.derived import SqsDerived
from redrive_cdk.sqs.facts import gather
from redrive_cdk.sqs.grants import grant_consuming, grant_producing, grant_sending
from redrive_cdk.sqs.known_queue import KnownQueue
from redrive_cdk.sqs.mapping import make_mapping
from redrive_cdk.sqs.options import SqsOptions, refuse_unused_options
from redrive_cdk.sqs.pollers import ProvisionedPollers
from redrive_model.rules.sqs import SQS_RULES
from redrive_model.rules.takeover import TakeOverFacts


class SqsConsumer(SqsDerived):
    """Connects a function to a queue so that every message is processed or dead-lettered.

    Subclass it to change a part: override one of the `_create_*` steps. A step for an alarm takes the user's overrides,
    and returns the alarm or `None` for none.

    Attributes:
        function: The function, version or alias.
        queue: The source queue.
        dead_letter_queue: The dead-letter queue. `None` only for an imported queue without `dead_letter_queue`.
        event_source_mapping: The event source mapping from the queue to the function.
        facts: Facts that are known at synthesis; times in seconds.
        alarms: All alarms; `SqsAlarms` has an attribute for each of them.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: AnyFunction,
        queue: sqs.IQueue | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        bridges: Duration | None = None,
        max_receive_count: int | None = None,
        visibility_timeout: Duration | None = None,
        fifo: bool | None = None,
        content_based_deduplication: bool | None = None,
        high_throughput: bool | None = None,
        delivery_delay: Duration | None = None,
        retention_period: Duration | None = None,
        removal_policy: RemovalPolicy | None = None,
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
        takes_over: str | None = None,
        attach_layer: bool = True,
        metric_namespace: str = METRIC_NAMESPACE,
        dead_letter_alarm: AlarmOptions | None = None,
        dead_letter_age_alarm: AlarmOptions | None = None,
        age_alarm: AlarmOptions | None = None,
        unreceived_alarm: AlarmOptions | None = None,
        filtered_alarm: AlarmOptions | None = None,
        not_set_aside_alarm: AlarmOptions | None = None,
        untried_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Create queue, dead-letter queue, event source mapping, grants and alarms.

        Args:
            scope: Scope of the construct.
            id: Construct id.
            function: The function, or a version or alias of it. An imported function cannot get settings and layer.
            queue: An existing source queue. If this app creates it, it gets a redrive policy and a visibility timeout
                where they are unset. Default: a new queue.
            dead_letter_queue: An existing dead-letter queue. If it has a redrive-allow policy by queue, a source queue
                with a `queue_name` is added to the policy. The redrive policy of an imported queue cannot be set: pass
                the dead-letter queue that it has. Default: the dead-letter queue of `queue`, or else a new one, which
                takes messages of `queue` only if that has a `queue_name`.
            bridges: Length of an outage, from a message's first receive, in which no message is dead-lettered although
                nothing is wrong with it: 10 s to 11 h 59 min. Receives, visibility timeout and waits are derived from
                it. The first retry of a failed message comes within 10 s, and no wait is longer than a quarter of this
                time. After a crash or a timeout of the function, or a throttle, a message waits for the visibility
                timeout instead, and an outage in which some receives end in one way and some in the other is bridged
                for half of this time at least. Retries of a message that never succeeds end within 2.5 times this time.
                Default: an hour; 15 minutes for a FIFO queue, whose group waits meanwhile. It is more where the queue
                alone bridges more with as many receives, as it does for functions with long timeouts, while all retries
                end within a day; and at most half of the retention. With `max_receive_count` or `backoff`: what these
                bridge.
            max_receive_count: Number of receives before SQS moves a message to the dead-letter queue, 1 or more; AWS
                recommends at least 5. The waits are derived from it: with 10 or more, they bridge as above, with fewer
                what the queue alone bridges. Default: as many as `bridges` needs, 16 for an hour; unknown for an
                imported queue.
            visibility_timeout: Time for which a received message is hidden from other receives, from the function's
                timeout to 12 hours. Default: 6 × the function's timeout + the batching window, with 900 s for an
                unknown timeout, or more if `bridges` needs it; unknown for an imported queue.
            fifo: `True` for a new FIFO queue. Default: a standard queue.
            content_based_deduplication: For a new FIFO queue: `True` to use the hash of the body as the deduplication
                id. Default: `False`.
            high_throughput: For a new FIFO queue: `True` to deduplicate and throttle by message group. Default:
                `False`.
            delivery_delay: For a new queue: time before a message becomes visible, up to 15 minutes. Default: none.
            retention_period: For a new queue: 1 minute to 14 days. Default: 4 days.
            removal_policy: Removal policy of a new queue with its messages, for when it leaves the stack. Default: the
                queue stays, unless the creation of its stack failed.
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
            backoff: Waiting times between receives, for the helper. With full jitter they bridge nothing for sure.
                Default: those that `bridges` needs.
            takes_over: Logical id of a deployed mapping from `queue` to the function, which this one updates in place.
                Default: a new mapping.
            attach_layer: `True` to add the stack's `RuntimeLayer` to the function. A container image must contain the
                package instead. Default: `True`.
            metric_namespace: CloudWatch namespace of the helpers' metrics. Default: `Lambda/Retry`, their own default.
            dead_letter_alarm: Overrides. Default: alarm at 1 visible message.
            dead_letter_age_alarm: Overrides. Default: alarm at half of the retention, or 2 days if it is unknown.
            age_alarm: Overrides. Default: alarm at the longest time that all receives may take (of a standard queue:
                three receives, since the metric ignores messages that were received more often), or at 80% of the
                queue's retention if that is shorter. If the visibility timeout or the receive count is unknown, there
                is no alarm without a threshold here.
            unreceived_alarm: Overrides. Default: alarm if messages are visible and none is received in each of 15
                minutes, or of the minutes of the visibility timeout, or of the longest wait in a FIFO group.
            filtered_alarm: Overrides. Default: alarm at 1 deleted message; needs `filters` and `mapping_metrics`.
            not_set_aside_alarm: Overrides. Default: alarm at 1 message that could not be dead-lettered.
            untried_alarm: Overrides. Default: alarm at 1 message that was not started.
            alarm_actions: Actions when an alarm fires, besides those of `AlarmDefaults`. Default: none.

        Raises:
            ValueError: The configuration cannot be deployed, or would lose messages. The message gives the values, the
                reason and the remedy.
        """
        super().__init__(scope, id)
        note_place(self, scope, id)
        self.function = cast("lambda_.IFunction", function)
        self._options = SqsOptions(
            queue=queue,
            bridges=bridges,
            max_receive_count=max_receive_count,
            visibility_timeout=visibility_timeout,
            fifo=fifo,
            content_based_deduplication=content_based_deduplication,
            high_throughput=high_throughput,
            delivery_delay=delivery_delay,
            retention_period=retention_period,
            removal_policy=removal_policy,
            dead_letter_retention_period=dead_letter_retention_period,
            dead_letter_removal_policy=dead_letter_removal_policy,
            encryption_key=encryption_key,
            batch_size=batch_size,
            max_batching_window=max_batching_window,
            max_concurrency=max_concurrency,
            provisioned_pollers=provisioned_pollers,
            filters=filters,
            mapping_metrics=mapping_metrics,
            enabled=enabled,
            backoff=backoff,
        )
        self._namespace = metric_namespace
        set_alarm_actions(self, alarm_actions)

        given = None if queue is None else KnownQueue(queue)
        dead_letters = None if dead_letter_queue is None else KnownQueue(dead_letter_queue)
        own = None if given is None else queues.dead_letter_queue_of(given, dead_letters)
        is_imported = given is not None and not given.is_made
        makes_dead_letter_queue = dead_letter_queue is None and own is None and not is_imported
        refuse_unused_options(path_of(self), self._options, makes_dead_letter_queue=makes_dead_letter_queue)
        of_function = known.function_facts(self.function)
        self._created: KnownQueue | None = None
        self.dead_letter_queue = (
            self._create_dead_letter_queue() if makes_dead_letter_queue else dead_letter_queue or own
        )
        self._dead_letters = (
            None if self.dead_letter_queue is None else self._known(self.dead_letter_queue, "_create_dead_letter_queue")
        )
        self._plan = plan_for(path_of(self), self._options, of_function.timeout, given)
        self.queue = self._create_queue() if queue is None else queue
        self._source = self._known(self.queue, "_create_queue")
        if given is None and not self._source.is_new:  # a subclass may have planned it otherwise
            self._plan = plan_for(path_of(self), self._options, of_function.timeout, self._source)
        queues.dead_letter_queue_of(self._source, self._dead_letters)  # refuses another on a subclass's queue
        if self.dead_letter_queue is not None:
            note_failure_place(self.dead_letter_queue)
        self._derived = queues.derived_properties(self._source, self._options)
        queues.complete(self, self._plan, self._source, self._dead_letters, self._options)
        self.facts = gather(self, of_function, self._source, self._dead_letters, self._options, self._plan.backoff)
        self._check()
        queues.allow_source(self._dead_letters, self._source, alone=makes_dead_letter_queue)

        self.event_source_mapping = self._create_event_source_mapping()
        if takes_over is not None:
            new = "a queue" if self._source.is_new else None
            take_over(self, self.event_source_mapping, TakeOverFacts(logical_id=takes_over, new=new))
        nag.of_sqs_consumer(self)
        self._create_grants()
        self._write_settings = write_settings(
            self,
            self.function,
            self._create_settings(),
            by_hand="@sqs_handler(settings=SqsSettings(dead_letter_queue_url=…, "
            f"max_receive_count={self._plan.receives or '…'}, backoff={self._plan.backoff!r})). "
            + ("" if self.facts.function_timeout is not None else "Its timeout is not known and was not checked."),
        )
        if attach_layer:
            attach_layer_to(self, self.function)
        self._make_alarms(
            dead_letter_alarm=dead_letter_alarm,
            dead_letter_age_alarm=dead_letter_age_alarm,
            age_alarm=age_alarm,
            unreceived_alarm=unreceived_alarm,
            filtered_alarm=filtered_alarm,
            not_set_aside_alarm=not_set_aside_alarm,
            untried_alarm=untried_alarm,
        )
        derive_finally(self, self._derive)
        check_finally(self, self.function, self.queue, self.dead_letter_queue)

    def _create_dead_letter_queue(self) -> sqs.IQueue:
        """Create the dead-letter queue, if the source queue is not imported and no dead-letter queue exists."""
        self._created = queues.make_dead_letter_queue(self, self._options)
        return self._created.queue

    def _create_queue(self) -> sqs.IQueue:
        """Create the source queue, if the user passed none.

        Returns:
            The queue. It gets a redrive policy and a visibility timeout afterwards if it has none.
        """
        self._created = queues.make_queue(self, self._options, self._dead_letters, self._plan)
        return self._created.queue

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        """Create the event source mapping from the queue to the function."""
        return make_mapping(self, self.function, self._source, self._options)

    def _create_grants(self) -> None:
        """Allow the function exactly the calls of the mapping and the helper."""
        # The helper sends nothing back to a FIFO queue, nor if it does not know which receive is the last.
        sends_back = not self.facts.fifo and self.facts.max_receive_count is not None
        consuming = grant_consuming(self, self.function, self._source, sends_back=sends_back)
        if self._dead_letters is not None:
            grant_sending(self, self.function, self._dead_letters)
        # Lambda checks the permission to receive when the mapping is created. A function of this app waits for its role
        # with all policies, and the mapping waits for the function.
        if known.underlying(self.function) is None:
            consuming.apply_before(self.event_source_mapping)

    def _create_settings(self) -> SqsSettings:
        """Create the settings for the helper, which go into the function's environment."""
        return SqsSettings(
            source_arn=self._source.arn,
            queue_url=self._source.url,
            dead_letter_queue_url=None if self._dead_letters is None else self._dead_letters.url,
            max_receive_count=None if self.facts.max_receive_count is None else int(self.facts.max_receive_count),
            function_timeout=self.facts.function_timeout,
            retention_period=self.facts.retention,
            backoff=self._plan.backoff,
        )

    def _known(self, queue: sqs.IQueue, step: str) -> KnownQueue:
        """Return what is known about a queue; what a subclass may have changed after its creation is read."""
        created, self._created = self._created, None
        is_own = getattr(type(self), step) is getattr(SqsConsumer, step)
        return created if created is not None and is_own else KnownQueue(queue)

    def _check(self) -> None:
        refuse_circle_with(
            self,
            self.function,
            self.queue,
            self.dead_letter_queue,
            remedy="make SqsConsumer in the function's stack, where queue may be one of another stack",
        )
        apply(self, SQS_RULES, self.facts)
        queues.warn_if_imported(self, self._source)

    @property
    def bridges(self) -> Duration | None:
        """Length of an outage, from a message's first receive, in which no message is given up.

        It is the shortest time that all waits between receives may take: those of the helper after errors, or those of
        the visibility timeout after crashes, timeouts and throttles, whichever are shorter. `None` if receives or waits
        are not known here. `Retry(after=…)` changes the waits.
        """
        return None if self.facts.bridged is None else of_seconds(int(self.facts.bridged))

    @checked_method
    def grant_send_messages(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a producer to send messages to the queue, and the calls on the queue's KMS key for it.

        Args:
            grantee: The producer.

        Returns:
            The grant.
        """
        return grant_producing(self, grantee, self._source)

    def _section(self, namespace: str) -> Section:
        return section_of(self, namespace)
