"""`StreamConsumer`: the common base of `KinesisConsumer` and `DynamoDBStreamConsumer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from redrive.settings import METRIC_NAMESPACE, StreamSettings
from redrive_cdk.core.apply import apply
from redrive_cdk.core.arguments import checked
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.final_check import check_finally
from redrive_cdk.core.final_values import derive_finally
from redrive_cdk.core.grants import Grantee, Permissions, attach_policy, has_permissions, make_policy
from redrive_cdk.core.names import unique_name
from redrive_cdk.core.placement import refuse_circle_with
from redrive_cdk.core.takes_over import take_over
from redrive_cdk.core.tree import note_place, path_of, physical_name_of
from redrive_cdk.core.types import AlarmAction, AnyFunction, AnyKey
from redrive_cdk.helper.settings import attach_layer_to, write_settings
from redrive_cdk.monitoring.alarms import AlarmOptions, set_alarm_actions
from redrive_cdk.monitoring.sections import Section
from redrive_cdk.streams.dashboard import section_of
from redrive_cdk.streams.derived import StreamDerived
from redrive_cdk.streams.facts import StreamSource, gather, plan_for
from redrive_cdk.streams.grants import grant_failure_places
from redrive_cdk.streams.mapping import make_mapping
from redrive_cdk.streams.options import AnySetAside, Infinite, OnFailure, StreamOptions, refuse_unused_options
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.rules.takeover import TakeOverFacts


class StreamConsumer(StreamDerived):
    """Connects a function to a stream so that every record is processed, or kept where a person can see and replay it.

    Use `KinesisConsumer` or `DynamoDBStreamConsumer`. Subclass these to change a part: override one of the `_create_*`
    steps. A step for an alarm takes the user's overrides, and returns the alarm or `None` for none.

    Attributes:
        function: The function, version or alias.
        source: The stream.
        on_failure: Destination of batches that Lambda gives up; `None` for none.
        set_aside: Queue or bucket in which the helper sets records aside that must not be retried; `None` for none.
        failure_bucket: The new bucket for batches and records that failed; `None` if the construct created none.
        failure_queue: The queue that is the on-failure destination, new or existing; `None` if the destination is no
            queue.
        set_aside_queue: The queue passed as `set_aside`; `None` if there is none or it is the on-failure destination.
        access_policy: Policy that allows the function's role to read, to deliver and to set records aside.
        event_source_mapping: The event source mapping from the stream to the function.
        facts: Facts that are known at synthesis; times in seconds.
        alarms: All alarms; `StreamAlarms` has an attribute for each of them.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: AnyFunction,
        batch_size: int = 100,
        max_batching_window: Duration | None = None,
        parallelization_factor: int = 1,
        tumbling_window: Duration | None = None,
        starting_position: lambda_.StartingPosition | None = None,
        starting_position_timestamp: float | None = None,
        bridges: Duration | None = None,
        retry_attempts: int | Infinite | None = None,
        max_record_age: Duration | Infinite | None = None,
        bisect_batch: bool | None = None,
        on_failure: OnFailure = "bucket",
        set_aside: AnySetAside | None = None,
        failure_queue_retention_period: Duration | None = None,
        failure_removal_policy: RemovalPolicy | None = None,
        encryption_key: AnyKey | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        mapping_metrics: bool = True,
        enabled: bool = True,
        takes_over: str | None = None,
        attach_layer: bool = True,
        metric_namespace: str = METRIC_NAMESPACE,
        iterator_age_alarm: AlarmOptions | None = None,
        unpolled_alarm: AlarmOptions | None = None,
        failed_alarm: AlarmOptions | None = None,
        failure_queue_alarm: AlarmOptions | None = None,
        failure_age_alarm: AlarmOptions | None = None,
        set_aside_alarm: AlarmOptions | None = None,
        set_aside_age_alarm: AlarmOptions | None = None,
        not_set_aside_alarm: AlarmOptions | None = None,
        dropped_alarm: AlarmOptions | None = None,
        delivery_alarm: AlarmOptions | None = None,
        throttle_alarm: AlarmOptions | None = None,
        alarm_actions: Sequence[AlarmAction] = (),
    ) -> None:
        """Take the options of all consumers of streams.

        Args:
            scope: Scope of the construct.
            id: Construct id.
            function: The function, or a version or alias of it. An imported function cannot get settings and layer.
            batch_size: Records in a batch, 1–10,000. Default: 100.
            max_batching_window: Time in which Lambda gathers a batch, up to 300 s. Default: none.
            parallelization_factor: Number of batches of a shard that Lambda processes at the same time, 1–10. Records
                with the same partition key or item stay in order. Default: 1.
            tumbling_window: Time for which the function keeps a state, up to 900 s. Default: no state.
            starting_position: Position at which reading starts. `LATEST` may miss records that are written while Lambda
                creates the mapping. Default: the oldest record in the stream.
            starting_position_timestamp: For `AT_TIMESTAMP`, on Kinesis only: the time to start from, in Unix time
                seconds.
            bridges: Length of an outage, from a record's first delivery, in which no record is given up although
                nothing is wrong with it: 10 s or more, below record age and retention. The retries are derived from it.
                AWS does not publish how long Lambda waits between retries. The estimate fits an observation, 8 attempts
                in a minute: a first wait of 0.5 s, each further one 1.5 times as long, up to 30 s. These are the
                shortest waits that are plausible, so retries of a record that never succeeds may last longer. Default:
                an hour; with `retry_attempts` or `max_record_age`, what these bridge.
            retry_attempts: Retries of a batch after a function error, 0–10,000, or `"infinite"`. Splits of a batch and
                throttles do not count. Default: as many as `bridges` needs, 129 for an hour.
            max_record_age: Age at which Lambda gives up a record that it could not process, 60 s to 7 days, or
                `"infinite"`, until the record expires in the stream. It counts from the record's arrival: one that has
                waited in the stream has less time left. Default: half of the stream's retention, so that the same time
                is left to read the records again, and at most 3 days; 12 hours if the retention is unknown; more if
                `bridges` needs it.
            bisect_batch: `True` to split a failed batch in two until the bad record is alone. Default: `True`, except
                for batches of one record.
            on_failure: On-failure destination of records that Lambda gives up: a standard queue or topic, or a bucket;
                `"bucket"` or `"queue"` for a new one; `"none"` for no destination, so that these records are lost.
                Queues and topics receive only the position of the batch in the stream: read its records again before
                the stream's retention ends. A bucket receives the whole batch. Default: a new bucket.
            set_aside: Standard queue or bucket in which the helper sets aside a complete record if the function raises
                `Permanent`. A record that exceeds a message of 1 MiB goes to the bucket of `on_failure`; without such a
                bucket, it is retried like after any other failure. Default: the queue or bucket of `on_failure`. If
                that is a topic or `"none"`, records cannot be set aside and are retried like after any other failure.
            failure_queue_retention_period: For a new queue. Default: 14 days, the maximum.
            failure_removal_policy: Removal policy of a new bucket or queue with its records, for when it leaves the
                stack. Default: it stays, unless the creation of its stack failed.
            encryption_key: KMS key for new resources; all grants for it are created. Default: keys that AWS owns or
                manages.
            filters: Up to 10 patterns, from `lambda_.FilterCriteria.filter`. Lambda skips records that match none of
                them. Default: all records reach the function.
            mapping_metrics: `True` to have Lambda count the records that the mapping polls, filters out, gives up and
                delivers. Without these metrics, `unpolled_alarm`, `failed_alarm` and `dropped_alarm` are `None`.
                Default: `True`.
            enabled: `True` to have the mapping read the stream. Default: `True`.
            takes_over: Logical id of a deployed mapping from the stream to the function, which this one updates in
                place; give `starting_position` as the deployed mapping has it. Default: a new mapping.
            attach_layer: `True` to add the stack's `RuntimeLayer` to the function. A container image must contain the
                package instead. Default: `True`.
            metric_namespace: CloudWatch namespace of the helpers' metrics. Default: `Lambda/Retry`, their own default.
            iterator_age_alarm: Overrides, with the threshold in milliseconds. Default: alarm at half of the maximum
                record age or of the stream's retention, whichever is shorter.
            unpolled_alarm: Overrides. Default: alarm if records arrive and none is polled in 3 periods of 5 minutes
                within an hour. Needs `mapping_metrics`, and a stream of this account.
            failed_alarm: Overrides. Default: alarm at 1 record that Lambda gave up.
            failure_queue_alarm: Overrides. Default: alarm at 1 visible record.
            failure_age_alarm: Overrides. Default: alarm at half of the queue's retention, or 2 days if it is unknown.
            set_aside_alarm: Overrides. Default: alarm at 1 record set aside in a bucket, or 1 visible in the queue.
            set_aside_age_alarm: Overrides. Default: alarm at half of the queue's retention, or 2 days if it is unknown.
            not_set_aside_alarm: Overrides. Default: alarm at 1 record that could not be set aside.
            dropped_alarm: Overrides. Default: alarm at 1 record that was delivered nowhere.
            delivery_alarm: Overrides. Default: alarm at 1 failed delivery.
            throttle_alarm: Overrides. Default: alarm at 1 throttled read in each of 5 minutes.
            alarm_actions: Actions when an alarm fires, besides those of `AlarmDefaults`. Default: none.

        Raises:
            ValueError: The configuration cannot be deployed, or would lose records. The message gives the values, the
                reason and the remedy.
        """
        super().__init__(scope, id)
        note_place(self, scope, id)
        for name, value in (("retry_attempts", retry_attempts), ("max_record_age", max_record_age)):
            if isinstance(value, str) and value != "infinite":
                raise ValueError(f'{path_of(self)}: {name} {value!r}: the only word for it is "infinite"; give that')
        self.function = cast("lambda_.IFunction", function)
        self._options = StreamOptions(
            batch_size=batch_size,
            max_batching_window=max_batching_window,
            parallelization_factor=parallelization_factor,
            tumbling_window=tumbling_window,
            starting_position=starting_position or lambda_.StartingPosition.TRIM_HORIZON,
            has_position=starting_position is not None,
            starting_position_timestamp=starting_position_timestamp,
            bridges=bridges,
            retry_attempts=retry_attempts,
            max_record_age=max_record_age,
            bisect_batch=batch_size != 1 if bisect_batch is None else bisect_batch,
            on_failure=on_failure,
            set_aside=set_aside,
            failure_queue_retention_period=failure_queue_retention_period,
            failure_removal_policy=failure_removal_policy,
            encryption_key=encryption_key,
            filters=filters,
            mapping_metrics=mapping_metrics,
            enabled=enabled,
            takes_over=takes_over,
            attach_layer=attach_layer,
            metric_namespace=metric_namespace,
            alarms={
                "iterator_age_alarm": iterator_age_alarm,
                "unpolled_alarm": unpolled_alarm,
                "failed_alarm": failed_alarm,
                "failure_queue_alarm": failure_queue_alarm,
                "failure_age_alarm": failure_age_alarm,
                "set_aside_alarm": set_aside_alarm,
                "set_aside_age_alarm": set_aside_age_alarm,
                "not_set_aside_alarm": not_set_aside_alarm,
                "dropped_alarm": dropped_alarm,
                "delivery_alarm": delivery_alarm,
                "throttle_alarm": throttle_alarm,
            },
        )
        set_alarm_actions(self, alarm_actions)

    def _connect(self, source: StreamSource) -> None:
        """Create destination, mapping, grants and alarms; a subclass calls this once its stream exists."""
        self.source = source
        refuse_unused_options(path_of(self), self._options, makes_source=source.is_made)
        self.failure_bucket: s3.IBucket | None = None
        self.failure_queue: sqs.IQueue | None = None
        self.set_aside_queue: sqs.IQueue | None = None
        self.on_failure = self._take_on_failure()
        self.set_aside = self._take_set_aside()
        self._set_aside_prefix = f"set-aside/{unique_name(self)}/"
        self._plan = plan_for(path_of(self), source, self._options)
        self.facts = gather(
            self,
            self.function,
            source,
            self._options,
            self._plan,
            on_failure=self.on_failure,
            set_aside=self.set_aside,
        )
        self._check()

        self.access_policy = self._create_access_policy()
        self._create_grants()
        attach_policy(self, self.access_policy, self.function)
        self.event_source_mapping = self._create_event_source_mapping()
        given, has_position = self._options.takes_over, self._options.has_position
        if given is not None:
            facts = TakeOverFacts(logical_id=given, new=source.new, has_position=has_position)
            take_over(self, self.event_source_mapping, facts)
        helper = {"Kinesis": "kinesis_handler", "DynamoDB": "dynamodb_stream_handler"}[source.kind]
        self._write_settings = write_settings(
            self,
            self.function,
            self._create_settings(),
            by_hand=f"@{helper}(settings=StreamSettings(set_aside_bucket=…, set_aside_prefix=…)).",
        )
        if self._options.attach_layer:
            attach_layer_to(self, self.function)
        self._make_alarms(**self._options.alarms)
        derive_finally(self, self._derive)
        check_finally(self, self.function, source.construct)

    @property
    def bridges(self) -> Duration | None:
        """Length of an outage, from a record's first delivery, in which no record is given up.

        It follows from retries, record age and retention, and from an estimate of Lambda's waits, which AWS does not
        publish. `None` if it is not known here, or has no limit.
        """
        return None if self.facts.bridged is None else of_seconds(int(self.facts.bridged))

    def _section(self, namespace: str) -> Section:
        return section_of(self, namespace, mapping_metrics=self._options.mapping_metrics)

    def _create_access_policy(self) -> iam.Policy:
        """Create the policy that allows reading, delivery and setting aside.

        It must not be the role's default policy: the function depends on that one, and this policy may name resources
        of another stack.

        Returns:
            The policy. It is still empty if a subclass has a `_create_grants` of its own.
        """
        permissions = Permissions()
        if type(self)._create_grants is StreamConsumer._create_grants:
            self._grant(permissions)
        return make_policy(self, "AccessPolicy", permissions)

    def _create_grants(self) -> None:
        """Allow the function's role exactly the calls that reading, delivery and setting aside need."""
        if not has_permissions(self.access_policy):
            self._grant(cast("iam.IGrantable", self.access_policy))

    def _grant(self, grantee: Grantee) -> None:
        self._grant_reading(grantee)
        grant_failure_places(grantee, self.on_failure, self.set_aside, self._set_aside_prefix)

    def _grant_reading(self, grantee: Grantee) -> None:
        """Allow exactly the calls by which Lambda reads the stream, and those on the stream's KMS key.

        Args:
            grantee: The policy of the function's role, or its permissions before it is made.
        """
        raise NotImplementedError

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        """Create the event source mapping from the stream to the function.

        It sets all values explicitly, so that the template shows them.
        """
        return make_mapping(
            self,
            self.function,
            self.source,
            self._options,
            self._plan,
            on_failure=self.on_failure,
            permissions=self.access_policy,
        )

    def _create_settings(self) -> StreamSettings:
        """Create the settings for the helper, which go into the function's environment."""
        place: Any = self.set_aside
        bucket = self._set_aside_bucket()
        return StreamSettings(
            source_arn=self.source.arn,
            set_aside_queue_url=place.queue_url if self.facts.set_aside == "queue" else None,
            set_aside_bucket=None if bucket is None else physical_name_of(bucket),
            set_aside_prefix=None if bucket is None else self._set_aside_prefix,
            function_timeout=self.facts.function_timeout,
        )

    def _check(self) -> None:
        apply(self, STREAM_RULES, self.facts)
        needed = (self.source.construct, self.set_aside, self._set_aside_bucket())
        refuse_circle_with(
            self,
            self.function,
            *cast("tuple[IConstruct | None, ...]", needed),
            remedy=f"make {type(self).__name__} in the function's stack, or give it what lies in a third",
        )
