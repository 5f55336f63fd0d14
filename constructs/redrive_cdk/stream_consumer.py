"""`StreamConsumer`: what `KinesisConsumer` and `DynamoDBStreamConsumer` have in common."""

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

from redrive.settings import StreamSettings
from redrive_cdk import dashboard_streams, destinations, failures, known
from redrive_cdk.accepted import AlarmAction, AnyBucket, AnyDeadLetterTarget, AnyFunction, AnyKey
from redrive_cdk.alarms import AlarmOptions, set_alarm_actions
from redrive_cdk.dashboard_sections import Section
from redrive_cdk.destinations import Kind
from redrive_cdk.grants import attach_policy
from redrive_cdk.helper_settings import attach_layer_to, write_settings
from redrive_cdk.placement import refuse_circle
from redrive_cdk.queue_names import unique_name
from redrive_cdk.stream_alarms import StreamAlarms
from redrive_cdk.stream_checks import STREAM_CHECKS
from redrive_cdk.stream_facts import StreamFacts, StreamKind
from redrive_cdk.stream_options import AnySetAside, Infinite, OnFailure, refuse_idle_options
from redrive_cdk.stream_ranges import DAY

DEFAULT_RETRIES = 10
# So that no shard is held up for a week, however long the stream keeps its records.
_LONGEST_DEFAULT_AGE = 3 * DAY
# What Lambda's API says for "infinite".
_INFINITE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource:
    """The stream that a consumer reads.

    Attributes:
        kind: Whose stream it is.
        construct: The stream or the table.
        is_made: Whether the consumer has made it.
        arn: The stream's ARN, as its records name it.
        mapped_arn: The ARN that Lambda is given: the stream's, or that of a consumer registered with it.
        retention: For how many seconds it keeps records; `None` where that is not known.
    """

    kind: StreamKind
    construct: IConstruct
    is_made: bool
    arn: str
    mapped_arn: str
    retention: float | None


class StreamConsumer(StreamAlarms):
    """Connects a function to a stream so that every record ends as processed, or where a person can see and replay it.

    Use `KinesisConsumer` or `DynamoDBStreamConsumer`. Subclass these to make a part differently: override one of the
    `_create_*` steps.

    Attributes:
        function: The function, version or alias.
        source: The stream.
        on_failure: Where records of batches go that Lambda gave up; `None` for nowhere.
        set_aside: Where the helper puts records that are not to be tried again; `None` for nowhere.
        failure_bucket: The bucket that was made for both; `None` if none was made.
        failure_queue: The queue that is the on-failure destination, made or given; `None` if it is none.
        set_aside_queue: The queue given as `set_aside`; `None` if none was.
        access_policy: What the function's role is allowed for reading, delivery and setting aside.
        event_source_mapping: The mapping from the stream to the function.
        facts: What is known of all this at synthesis; times in seconds.
        iterator_age_alarm: Goes off when records are about to become too old.
        failed_alarm: Goes off when Lambda has given up a record, where the destination is no queue.
        failure_queue_alarm: Goes off when a record is in the queue that is the destination.
        set_aside_alarm: Goes off when a record is in the queue given as `set_aside`.
        dropped_alarm: Goes off when Lambda has given up a record and delivered it nowhere.
        delivery_alarm: Goes off when Lambda could not deliver to the destination.
        throttle_alarm: Goes off when reads of the stream are throttled for minutes.
        alarms: Those that there are. Each of them is `None` where it is not wanted, or there is nothing to watch.
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
        """Take what all consumers of streams take.

        Args:
            scope: Where the construct belongs.
            id: Its id there.
            function: The function, or a version or alias of it. An imported one cannot be given settings and layer.
            batch_size: 1–10,000 records. Default: 100.
            max_batching_window: How long a batch may be gathered, up to 300 s. Default: not at all.
            parallelization_factor: How many batches of a shard are processed at a time, 1–10; those of one partition
                key or item stay in order. Default: 1.
            tumbling_window: For how long the function keeps a state, up to 900 s. Default: it keeps none.
            starting_position: Where reading starts. `LATEST` may miss records that are written while Lambda creates the
                mapping. Default: with the oldest record that the stream has.
            starting_position_timestamp: For `AT_TIMESTAMP`, on Kinesis only: the time to start from, in Unix time
                seconds.
            retry_attempts: How often Lambda tries a batch again after a function error, 0–10,000, or `"infinite"`.
                Splitting a batch does not count, nor does being throttled. Default: 10.
            max_record_age: When Lambda gives a record up that it could not bring to the function, 60 s to 7 days, or
                `"infinite"`: until it expires in the stream. Default: half of the time that the stream keeps records,
                so that there is as much left to read them again, and at most 3 days; 12 hours where that time is not
                known.
            bisect_batch: Whether a batch that has failed is split in two, until the bad record is alone. Default: yes,
                but for batches of one record.
            on_failure: Where records go that Lambda gives up: a standard queue or topic, or a bucket; `"bucket"` or
                `"queue"` to have one made; `"none"` for nowhere, so that they are lost. Queues and topics get only
                the batch's place in the stream, and what it contains has to be read again before the stream's
                retention ends. A bucket gets the whole batch. Default: a bucket is made.
            set_aside: Where the helper puts a record, in full, for which the function raises `Permanent`: a standard
                queue or a bucket. What does not fit into a message of 1 MiB goes to the bucket of `on_failure`; if that
                is none, it is retried like any other failure. In a bucket no alarm tells of a record; a log line does.
                Default: the queue or bucket of `on_failure`. Where that is a topic or `"none"`, there is no place: such
                a record is then retried like any other failure.
            failure_queue_retention_period: For a queue that is made. Default: 14 days, the most there is.
            failure_removal_policy: What becomes of a bucket or queue that is made, and the records in it, when it
                leaves the stack. Default: it is kept, unless its stack failed to be created.
            encryption_key: A KMS key for what is made, with all grants that takes. Default: keys that AWS owns or
                manages.
            filters: Up to 10 patterns, as made by `lambda_.FilterCriteria.filter`. Lambda passes over what matches none
                of them. Default: all records reach the function.
            mapping_metrics: Whether Lambda counts what the mapping polls, filters out, gives up and delivers. Without,
                `failed_alarm` and `dropped_alarm` are not there. Default: yes.
            enabled: Whether the mapping reads. Default: yes.
            attach_layer: Whether the function gets the stack's `RuntimeLayer`. A container image must have the package
                installed instead. Default: yes.
            iterator_age_alarm: What may differ from an alarm at half of the maximum record age or of the stream's
                retention, whichever is less; the threshold in milliseconds.
            failed_alarm: What may differ from an alarm at one record that Lambda gave up.
            failure_queue_alarm: What may differ from an alarm at one visible record.
            set_aside_alarm: What may differ from an alarm at one visible record.
            dropped_alarm: What may differ from an alarm at one record that was delivered nowhere.
            delivery_alarm: What may differ from an alarm at one delivery that failed.
            throttle_alarm: What may differ from an alarm at one throttled read in each of 5 minutes. Options of one's
                own have 1 period, unless they say otherwise.
            alarm_actions: What happens when an alarm goes off, besides what `AlarmDefaults` say. Default: nothing.

        Raises:
            ValueError: The configuration cannot be deployed, or would lose records; says which values, why and what to
                do.
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
        """Set up destination, mapping, grants and alarms for a stream. A subclass calls it when it has its stream."""
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
        """What there is to see of it on a `FailureDashboard`.

        Args:
            namespace: Where the helpers' metrics are in CloudWatch.

        Returns:
            Its section.
        """
        return dashboard_streams.section_of(self, namespace, mapping_metrics=self._mapping_metrics)

    def _create_failure_bucket(self) -> s3.IBucket:
        """Make the bucket for what has failed for good."""
        return failures.make_bucket(
            self, removal_policy=self._failure_removal_policy, encryption_key=self._encryption_key
        )

    def _create_failure_queue(self) -> sqs.IQueue:
        """Make the queue for what has failed for good."""
        return failures.make_queue(
            self,
            retention_period=self._failure_queue_retention_period,
            removal_policy=self._failure_removal_policy,
            encryption_key=self._encryption_key,
        )

    def _create_access_policy(self) -> iam.Policy:
        """Make the policy for reading, delivery and setting aside.

        It is not the role's default policy, on which the function depends: what it allows may belong to another stack.
        """
        return iam.Policy(self, "AccessPolicy")

    def _create_grants(self) -> None:
        """Allow the function's role what reading, delivery and setting aside take, and nothing else."""
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
        """Allow exactly the calls by which Lambda reads the stream, and those on its key."""
        raise NotImplementedError

    def _create_event_source_mapping(self) -> lambda_.EventSourceMapping:
        """Make the mapping. All values are written out, so that the template says what holds."""
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
        # On the resource: the L2 construct knows neither an infinite age nor one that only the deployment knows, and
        # grants a destination more than delivery takes.
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
        # Lambda looks whether it may read and deliver when it is told where from and where to.
        mapping.node.add_dependency(self.access_policy)
        return mapping

    def _create_settings(self) -> StreamSettings:
        """What the helper is told."""
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
        """Where the helper writes what it sets aside, or what does not fit into a message to the queue for that."""
        if self.facts.set_aside == "bucket":
            return cast("s3.IBucket", self.set_aside)
        # Delivery may write there already.
        overflows = self.facts.set_aside == "queue" and self.facts.on_failure == "bucket"
        return cast("s3.IBucket", self.on_failure) if overflows else None

    def _default_record_age(self) -> int:
        """Half of what the stream keeps, or of the least that any stream keeps."""
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
        # By the ARN first: of an imported table, the CDK knows no other place than where it was imported.
        arn = known.text(self.source.arn)
        return known.text(cast("IResource", self.source.construct).env.region) if arn is None else arn.split(":")[3]

    def _check(self) -> None:
        STREAM_CHECKS.apply(self, self.facts)
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
