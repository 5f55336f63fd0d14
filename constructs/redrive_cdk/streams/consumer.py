"""`StreamConsumer`: the common base of `KinesisConsumer` and `DynamoDBStreamConsumer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, cast

from aws_cdk import Duration, IResource, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from redrive.settings.streams import StreamSettings
from redrive_cdk.core import destinations, known
from redrive_cdk.core import failure_places as failures
from redrive_cdk.core.apply import apply
from redrive_cdk.core.grants import attach_policy
from redrive_cdk.core.names import unique_name
from redrive_cdk.core.placement import refuse_circle
from redrive_cdk.core.types import AlarmAction, AnyBucket, AnyDeadLetterTarget, AnyFunction, AnyKey
from redrive_cdk.helper.settings import attach_layer_to, write_settings
from redrive_cdk.monitoring.alarms import AlarmOptions, set_alarm_actions
from redrive_cdk.monitoring.sections import Section
from redrive_cdk.streams import dashboard as dashboard_streams
from redrive_cdk.streams.alarms import StreamAlarms
from redrive_cdk.streams.options import AnySetAside, Infinite, OnFailure, refuse_idle_options
from redrive_model.facts.streams import StreamFacts, StreamKind
from redrive_model.limits import DAY
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.template.arns import Kind

DEFAULT_RETRIES = 10
# Keeps a bad record from blocking its shard for a week in a stream with a long retention.
_LONGEST_DEFAULT_AGE = 3 * DAY
# "infinite" in Lambda's API.
_INFINITE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource:
    """The stream that a consumer reads.

    Attributes:
        kind: Service of the stream.
        construct: The stream or the table.
        is_made: Whether the consumer created it.
        arn: ARN of the stream, as its records contain it.
        mapped_arn: ARN in the mapping: that of the stream, or of a consumer registered with it.
        retention: Retention of the stream in seconds; `None` if it is unknown.
    """

    kind: StreamKind
    construct: IConstruct
    is_made: bool
    arn: str
    mapped_arn: str
    retention: float | None


class StreamConsumer(StreamAlarms):
    """Connects a function to a stream so that every record is processed, or kept where a person can see and replay it.

    Use `KinesisConsumer` or `DynamoDBStreamConsumer`. Subclass these to change a part: override one of the `_create_*`
    steps.

    Attributes:
        function: The function, version or alias.
        source: The stream.
        on_failure: Destination of batches that Lambda gives up; `None` for none.
        set_aside: Queue or bucket in which the helper sets records aside that must not be retried; `None` for none.
        failure_bucket: The new bucket for both; `None` if the construct created none.
        failure_queue: The queue that is the on-failure destination, new or existing; `None` if the destination is no
            queue.
        set_aside_queue: The queue passed as `set_aside`; `None` if there is none or it is the on-failure destination.
        access_policy: Policy that allows the function's role to read, to deliver and to set records aside.
        event_source_mapping: The event source mapping from the stream to the function.
        facts: Facts that are known at synthesis; times in seconds.
        iterator_age_alarm: Fires when records have waited for half of the time after which they are given up or expire.
            `None` if there is no such alarm.
        failed_alarm: Fires when Lambda has given up a record, if the destination is a topic or bucket. `None` if there
            is no such alarm.
        failure_queue_alarm: Fires when a record is in the queue that is the destination. `None` if there is no such
            alarm.
        set_aside_alarm: Fires when a record is in the queue passed as `set_aside`. `None` if there is no such alarm.
        dropped_alarm: Fires when Lambda has given up a record and delivered it nowhere. `None` if there is no such
            alarm.
        delivery_alarm: Fires when Lambda could not deliver to the destination. `None` if there is no such alarm.
        throttle_alarm: Fires when reads of the stream are throttled for minutes. `None` if there is no such alarm.
        alarms: All alarms.
    """

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
        starting_position: lambda_.StartingPosition = lambda_.StartingPosition.TRIM_HORIZON,
        starting_position_timestamp: float | None = None,
        retry_attempts: int | Infinite = DEFAULT_RETRIES,
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
        attach_layer: bool = True,
        iterator_age_alarm: AlarmOptions | None = None,
        failed_alarm: AlarmOptions | None = None,
        failure_queue_alarm: AlarmOptions | None = None,
        set_aside_alarm: AlarmOptions | None = None,
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
            retry_attempts: Retries of a batch after a function error, 0–10,000, or `"infinite"`. Splits of a batch and
                throttles do not count. Default: 10.
            max_record_age: Age at which Lambda gives up a record that it could not process, 60 s to 7 days, or
                `"infinite"`, until the record expires in the stream. Default: half of the stream's retention, so that
                the same time is left to read the records again, and at most 3 days; 12 hours if the retention is
                unknown.
            bisect_batch: `True` to split a failed batch in two until the bad record is alone. Default: `True`, except
                for batches of one record.
            on_failure: On-failure destination of records that Lambda gives up: a standard queue or topic, or a bucket;
                `"bucket"` or `"queue"` for a new one; `"none"` for no destination, so that these records are lost.
                Queues and topics receive only the position of the batch in the stream: read its records again before
                the stream's retention ends. A bucket receives the whole batch. Default: a new bucket.
            set_aside: Standard queue or bucket in which the helper sets aside a complete record if the function raises
                `Permanent`. A record that exceeds a message of 1 MiB goes to the bucket of `on_failure`; without such a
                bucket, it is retried like after any other failure. No alarm covers records in a bucket, but the helper
                logs each of them. Default: the queue or bucket of `on_failure`. If that is a topic or `"none"`, records
                cannot be set aside and are retried like after any other failure.
            failure_queue_retention_period: For a new queue. Default: 14 days, the maximum.
            failure_removal_policy: Removal policy of a new bucket or queue with its records, for when it leaves the
                stack. Default: it stays, unless the creation of its stack failed.
            encryption_key: KMS key for new resources; all grants for it are created. Default: keys that AWS owns or
                manages.
            filters: Up to 10 patterns, from `lambda_.FilterCriteria.filter`. Lambda skips records that match none of
                them. Default: all records reach the function.
            mapping_metrics: `True` to have Lambda count the records that the mapping polls, filters out, gives up and
                delivers. Without these metrics, `failed_alarm` and `dropped_alarm` are `None`. Default: `True`.
            enabled: `True` to have the mapping read the stream. Default: `True`.
            attach_layer: `True` to add the stack's `RuntimeLayer` to the function. A container image must contain the
                package instead. Default: `True`.
            iterator_age_alarm: Overrides, with the threshold in milliseconds. Default: alarm at half of the maximum
                record age or of the stream's retention, whichever is shorter.
            failed_alarm: Overrides. Default: alarm at 1 record that Lambda gave up.
            failure_queue_alarm: Overrides. Default: alarm at 1 visible record.
            set_aside_alarm: Overrides. Default: alarm at 1 visible record.
            dropped_alarm: Overrides. Default: alarm at 1 record that was delivered nowhere.
            delivery_alarm: Overrides. Default: alarm at 1 failed delivery.
            throttle_alarm: Overrides; `AlarmOptions` without `evaluation_periods` have 1 period. Default: alarm at 1
                throttled read in each of 5 minutes.
            alarm_actions: Actions when an alarm fires, besides those of `AlarmDefaults`. Default: none.

        Raises:
            ValueError: The configuration cannot be deployed, or would lose records. The message gives the values, the
                reason and the remedy.
        """
        super().__init__(scope, id)
        for name, value in (("retry_attempts", retry_attempts), ("max_record_age", max_record_age)):
            if isinstance(value, str) and value != "infinite":
                raise ValueError(f'{self.node.path}: {name} {value!r}: the only word for it is "infinite"; give that')
        self.function = cast("lambda_.IFunction", function)
        self._batch_size = batch_size
        self._max_batching_window = max_batching_window
        self._parallelization_factor = parallelization_factor
        self._tumbling_window = tumbling_window
        self._starting_position = starting_position
        self._starting_position_timestamp = starting_position_timestamp
        self._retry_attempts = retry_attempts
        self._max_record_age = max_record_age
        self._bisects = batch_size != 1 if bisect_batch is None else bisect_batch
        self._given_on_failure = on_failure
        self._given_set_aside = set_aside
        self._failure_queue_retention_period = failure_queue_retention_period
        self._failure_removal_policy = failure_removal_policy
        self._encryption_key = encryption_key
        self._filters = filters
        self._mapping_metrics = mapping_metrics
        self._enabled = enabled
        self._attach_layer = attach_layer
        self._alarm_options = {
            "iterator_age_alarm": iterator_age_alarm,
            "failed_alarm": failed_alarm,
            "failure_queue_alarm": failure_queue_alarm,
            "set_aside_alarm": set_aside_alarm,
            "dropped_alarm": dropped_alarm,
            "delivery_alarm": delivery_alarm,
            "throttle_alarm": throttle_alarm,
        }
        set_alarm_actions(self, alarm_actions)

    def _connect(self, source: StreamSource) -> None:
        """Create destination, mapping, grants and alarms; a subclass calls this once its stream exists."""
        self.source = source
        self._refuse_idle_options()
        self.failure_bucket: s3.IBucket | None = None
        self.failure_queue: sqs.IQueue | None = None
        self.set_aside_queue: sqs.IQueue | None = None
        self.on_failure = self._take_on_failure()
        self.set_aside = self._take_set_aside()
        self._set_aside_prefix = f"set-aside/{unique_name(self)}/"
        self.facts = self._gather_facts()
        self._check()

        self.access_policy = self._create_access_policy()
        self._create_grants()
        attach_policy(self, self.access_policy, self.function)
        self.event_source_mapping = self._create_event_source_mapping()
        helper = {"Kinesis": "kinesis_handler", "DynamoDB": "dynamodb_stream_handler"}[source.kind]
        write_settings(
            self,
            self.function,
            self._create_settings(),
            by_hand=f"@{helper}(settings=StreamSettings(set_aside_bucket=…, set_aside_prefix=…)).",
        )
        if self._attach_layer:
            attach_layer_to(self, self.function)
        self._create_alarms()

    def dashboard_section(self, namespace: str) -> Section:
        """Return the consumer's section of a `FailureDashboard`.

        Args:
            namespace: CloudWatch namespace of the helpers' metrics.

        Returns:
            The section.
        """
        return dashboard_streams.section_of(self, namespace, mapping_metrics=self._mapping_metrics)

    def _create_failure_bucket(self) -> s3.IBucket:
        """Create the bucket for failed records, if `on_failure` is `"bucket"`.

        Returns:
            The bucket.
        """
        return failures.make_bucket(
            self, removal_policy=self._failure_removal_policy, encryption_key=self._encryption_key
        )

    def _create_failure_queue(self) -> sqs.IQueue:
        """Create the queue for failed records, if `on_failure` is `"queue"`.

        Returns:
            The queue.
        """
        return failures.make_queue(
            self,
            retention_period=self._failure_queue_retention_period,
            removal_policy=self._failure_removal_policy,
            encryption_key=self._encryption_key,
        )

    def _create_access_policy(self) -> iam.Policy:
        """Create the policy that allows reading, delivery and setting aside.

        It must not be the role's default policy: the function depends on that one, and this policy may name resources
        of another stack.

        Returns:
            The policy, still empty.
        """
        return iam.Policy(self, "AccessPolicy")

    def _create_grants(self) -> None:
        """Allow the function's role exactly the calls that reading, delivery and setting aside need."""
        grantee = cast("iam.IGrantable", self.access_policy)
        self._grant_reading(grantee)
        if self.on_failure is not None:
            destinations.grant_delivery(grantee, self.on_failure)
        if self.set_aside is None or self.set_aside is self.on_failure:
            return
        if self.facts.set_aside == "bucket":
            destinations.grant_writing(grantee, self.set_aside, self._set_aside_prefix)
        else:
            destinations.grant_delivery(grantee, self.set_aside)

    def _grant_reading(self, grantee: iam.IGrantable) -> None:
        """Allow exactly the calls by which Lambda reads the stream, and those on the stream's KMS key.

        Args:
            grantee: The policy of the function's role.
        """
        raise NotImplementedError

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        """Create the event source mapping from the stream to the function.

        It sets all values explicitly, so that the template shows them.

        Returns:
            The mapping.
        """
        mapping = lambda_.EventSourceMapping(
            self,
            "EventSourceMapping",
            target=self.function,
            event_source_arn=self.source.mapped_arn,
            batch_size=self._batch_size,
            max_batching_window=self._max_batching_window or Duration.seconds(0),
            parallelization_factor=self._parallelization_factor,
            tumbling_window=self._tumbling_window,
            starting_position=self._starting_position,
            starting_position_timestamp=self._starting_position_timestamp,
            retry_attempts=_INFINITE if isinstance(self._retry_attempts, str) else self._retry_attempts,
            bisect_batch_on_error=self._bisects,
            report_batch_item_failures=True,
            filters=self._filters,
            enabled=self._enabled,
            metrics_config=(
                lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT]) if self._mapping_metrics else None
            ),
        )
        resource = known.resource_of(mapping)
        assert isinstance(resource, lambda_.CfnEventSourceMapping)
        # Set on the resource: the L2 construct supports neither an infinite age nor one that only the deployment knows,
        # and its destinations grant more than delivery needs.
        age = self._max_record_age
        if isinstance(age, Duration):
            resource.maximum_record_age_in_seconds = age.to_seconds()
        else:
            resource.maximum_record_age_in_seconds = _INFINITE if age == "infinite" else self._default_record_age()
        if self.on_failure is not None:
            resource.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=destinations.arn_of(self.on_failure)
                )
            )
        # Lambda checks the permissions to read and to deliver when the mapping is created.
        mapping.node.add_dependency(self.access_policy)
        return mapping

    def _create_settings(self) -> StreamSettings:
        """Create the settings for the helper.

        Returns:
            The settings, which go into the function's environment.
        """
        place: Any = self.set_aside
        bucket = self._set_aside_bucket()
        return StreamSettings(
            source_arn=self.source.arn,
            set_aside_queue_url=place.queue_url if self.facts.set_aside == "queue" else None,
            set_aside_bucket=None if bucket is None else bucket.bucket_name,
            set_aside_prefix=None if bucket is None else self._set_aside_prefix,
            function_timeout=self.facts.function_timeout,
        )

    def _set_aside_bucket(self) -> s3.IBucket | None:
        """Return the bucket in which the helper sets records aside: all, or those too large for the set-aside queue."""
        if self.facts.set_aside == "bucket":
            return cast("s3.IBucket", self.set_aside)
        # Delivery already has permission to write to this bucket.
        overflows = self.facts.set_aside == "queue" and self.facts.on_failure == "bucket"
        return cast("s3.IBucket", self.on_failure) if overflows else None

    def _default_record_age(self) -> int:
        """Return half of the stream's retention in seconds, or of the shortest possible retention, at most 3 days."""
        return int(min((self.source.retention or DAY) / 2, _LONGEST_DEFAULT_AGE))

    def _take_on_failure(self) -> AnyDeadLetterTarget | AnyBucket | None:
        given = self._given_on_failure
        if given == "bucket":
            self.failure_bucket = self._create_failure_bucket()
            return self.failure_bucket
        if given == "queue":
            self.failure_queue = self._create_failure_queue()
            return self.failure_queue
        if given == "none":
            return None
        if isinstance(given, str):
            raise ValueError(
                f'{self.node.path}: on_failure {given!r}: give "bucket" or "queue" to have one made, "none", or a '
                "queue, topic or bucket"
            )
        if self._kind_of("on_failure", given) == "queue":
            self.failure_queue = cast("sqs.IQueue", given)
        return given

    def _take_set_aside(self) -> AnySetAside | None:
        given, on_failure = self._given_set_aside, self.on_failure
        if given is None:
            usable = on_failure is not None and self._kind_of("on_failure", on_failure) in ("queue", "bucket")
            return cast("AnySetAside", on_failure) if usable else None
        if self._kind_of("set_aside", given) == "queue" and given is not on_failure:
            self.set_aside_queue = cast("sqs.IQueue", given)
        return given

    def _kind_of(self, role: str, destination: Any) -> Kind:
        try:
            return destinations.kind_of(destination)
        except ValueError as error:
            raise ValueError(f"{self.node.path}: {role} {error}") from None

    def _gather_facts(self) -> StreamFacts:
        age, retries, window = self._max_record_age, self._retry_attempts, self._max_batching_window
        places = {"on_failure": self.on_failure, "set_aside": self.set_aside}
        given = {role: place for role, place in places.items() if place is not None}
        patterns = [known.text(each.get("pattern")) for each in self._filters or ()]
        return StreamFacts(
            kind=self.source.kind,
            retention=self.source.retention,
            batch_size=known.number(self._batch_size),
            batching_window=0 if window is None else known.seconds(window),
            parallelization_factor=known.number(self._parallelization_factor),
            tumbling_window=0 if self._tumbling_window is None else known.seconds(self._tumbling_window),
            starting_position=getattr(self._starting_position, "value", None),
            has_timestamp=self._starting_position_timestamp is not None,
            retry_attempts=inf if retries == "infinite" else known.number(retries),
            max_record_age=(
                known.seconds(age)
                if isinstance(age, Duration)
                else inf
                if age == "infinite"
                else self._default_record_age()
            ),
            bisects=self._bisects,
            filters=len(patterns),
            longest_pattern=max((len(pattern) for pattern in patterns if pattern is not None), default=0),
            on_failure=None if self.on_failure is None else self._kind_of("on_failure", self.on_failure),
            set_aside=None if self.set_aside is None else self._kind_of("set_aside", self.set_aside),
            fifo=tuple(
                (role, cast("IConstruct", place).node.path)
                for role, place in given.items()
                if destinations.is_fifo(place)
            ),
            function_timeout=known.function_timeout(self.function),
            reserved_concurrency=known.reserved_concurrency(self.function),
            region=known.text(Stack.of(self).region),
            source_region=self._source_region(),
        )

    def _source_region(self) -> str | None:
        # The ARN comes first: for an imported table, the CDK only knows the Region of the importing stack.
        arn = known.text(self.source.arn)
        return known.text(cast("IResource", self.source.construct).env.region) if arn is None else arn.split(":")[3]

    def _check(self) -> None:
        apply(self, STREAM_RULES, self.facts)
        function = known.underlying(self.function)
        told = (self.source.construct, self.set_aside, self._set_aside_bucket())
        for needed in cast("tuple[IConstruct | None, ...]", told):
            if function is not None and needed is not None and known.resource_of(needed) is not None:
                refuse_circle(
                    self,
                    function,
                    needed,
                    f"make {type(self).__name__} in the function's stack, or give it what lies in a third",
                )

    def _refuse_idle_options(self) -> None:
        made = self._given_on_failure if isinstance(self._given_on_failure, str) else None
        path, makes_place = self.node.path, made in ("bucket", "queue")
        refuse_idle_options(
            path,
            applies=made == "queue",
            what="a queue",
            failure_queue_retention_period=self._failure_queue_retention_period,
        )
        refuse_idle_options(
            path, applies=makes_place, what="a bucket or queue", failure_removal_policy=self._failure_removal_policy
        )
        refuse_idle_options(
            path,
            applies=makes_place or self.source.is_made,
            what="streams, tables, buckets and queues",
            encryption_key=self._encryption_key,
        )
