"""`KinesisConsumer`: connects a function to a Kinesis data stream."""

from __future__ import annotations

from typing import Any, Unpack, cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from redrive_cdk.core import known
from redrive_cdk.core.arguments import checked, checked_method
from redrive_cdk.core.creation import create
from redrive_cdk.core.encrypted import note_key
from redrive_cdk.core.grants import Grantee
from redrive_cdk.core.names import unique_name
from redrive_cdk.core.tree import note_place, path_of, physical_name_of
from redrive_cdk.core.types import AnyFunction
from redrive_cdk.core.unused_options import Part, refuse_unused
from redrive_cdk.monitoring.metrics import metric_of
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_cdk.streams.facts import StreamSource
from redrive_cdk.streams.grants import grant_putting, grant_reading_kinesis
from redrive_cdk.streams.options import AnyStream, AnyStreamConsumer, StreamKeywords
from redrive_model.facts.streams import StreamFacts
from redrive_model.limits import HOUR
from redrive_model.rules.stream_ranges import retention_in_range
from redrive_model.rules.wording import for_constructs

_DEFAULT_RETENTION_HOURS = 24


class KinesisConsumer(StreamConsumer):
    """Connects a function to a Kinesis stream so that every record is processed, or kept where a person can see it.

    A bad record neither blocks its shard for a week nor gets lost: retries and record age are limited, a failed batch
    is split until the bad record is alone, and a bucket keeps the records that Lambda gives up.

    Kinesis accepts calls over TLS only, so that the stream needs no policy that enforces it:
    https://docs.aws.amazon.com/streams/latest/dev/infrastructure-security.html

    Attributes:
        stream: The stream.
        stream_consumer: The stream's consumer for enhanced fan-out; `None` if Lambda polls the stream.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: AnyFunction,
        stream: AnyStream | None = None,
        enhanced_fan_out: bool | AnyStreamConsumer = False,
        starting_position_timestamp: float | None = None,
        retention_period: Duration | None = None,
        stream_removal_policy: RemovalPolicy | None = None,
        **options: Unpack[StreamKeywords],
    ) -> None:
        """Create stream, destination, event source mapping, grants and alarms.

        Args:
            scope: Scope of the construct.
            id: Construct id.
            function: The function, or a version or alias of it. An imported function cannot get settings and layer.
            stream: An existing stream. Import a stream that has its own KMS key together with that key. A stream of
                another account must allow the function's role on its side, too. Default: the stream of the
                `enhanced_fan_out` consumer, or else a new stream: on-demand, encrypted.
            enhanced_fan_out: Dedicated throughput for Lambda on each shard, at a higher cost: `True` to register a
                consumer for it, or an existing consumer (`kinesis.StreamConsumer.from_stream_consumer_arn(…)`).
                Default: `False`.
            starting_position_timestamp: For `starting_position=StartingPosition.AT_TIMESTAMP`: the time to start from,
                in Unix time seconds.
            retention_period: Retention of a new stream: 24 to 8,760 hours. Default: 24 hours.
            stream_removal_policy: Removal policy of a new stream, for when it leaves the stack. Default: the stream
                stays.
            **options: The options that all consumers of streams have.

        Raises:
            ValueError: The configuration cannot be deployed, or would lose records. The message gives the values, the
                reason and the remedy.
        """
        super().__init__(
            scope, id, function=function, starting_position_timestamp=starting_position_timestamp, **options
        )
        self._retention_period = retention_period
        self._stream_removal_policy = stream_removal_policy
        given = self._given_consumer(enhanced_fan_out)
        self._refuse_other_stream(stream, given)
        makes_stream = stream is None and given is None
        of_stream = {"retention_period": retention_period, "stream_removal_policy": stream_removal_policy}
        refuse_unused(path_of(self), "the consumer", Part("a stream", makes_stream, of_stream))
        complaint = retention_in_range(StreamFacts(retention=known.seconds(retention_period)))
        if complaint is not None:  # earlier than the CDK, whose message says less
            raise ValueError(f"{path_of(self)}: {for_constructs(complaint)}")

        taken = given.stream if stream is None and given is not None else stream
        self.stream: kinesis.IStream = self._create_stream() if taken is None else cast("kinesis.IStream", taken)
        self.stream_consumer: kinesis.IStreamConsumer | None = (
            self._create_stream_consumer() if enhanced_fan_out is True else given
        )
        new = "a stream" if makes_stream else "a consumer for enhanced fan-out" if enhanced_fan_out is True else None
        self._connect(self._source(is_made=makes_stream, new=new))

    def _source(self, *, is_made: bool, new: str | None) -> StreamSource:
        consumer, arn = self.stream_consumer, self.stream.stream_arn
        return StreamSource(
            kind="Kinesis",
            construct=self.stream,
            is_made=is_made,
            arn=arn,
            mapped_arn=arn if consumer is None else consumer.stream_consumer_arn,
            retention=self._retention(is_made=is_made),
            new=new,
        )

    def _retention(self, *, is_made: bool) -> float | None:
        if is_made and type(self)._create_stream is KinesisConsumer._create_stream:  # nobody has changed it since
            given = self._retention_period
            return _DEFAULT_RETENTION_HOURS * HOUR if given is None else known.seconds(given)
        return self._final_retention()

    def _final_retention(self) -> float | None:
        made = known.made_stream(self.stream)
        hours = None if made is None else known.number(made.retention_period_hours, _DEFAULT_RETENTION_HOURS)
        return None if hours is None else hours * HOUR

    def _create_stream(self) -> kinesis.IStream:
        """Create the stream, if the user passed neither a stream nor a consumer for enhanced fan-out."""
        key = self._options.encryption_key
        stream = create(
            kinesis.Stream,
            kinesis.StreamProps,
            self,
            "Stream",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            retention_period=self._retention_period,
            encryption=kinesis.StreamEncryption.MANAGED if key is None else kinesis.StreamEncryption.KMS,
            encryption_key=key,
            removal_policy=self._stream_removal_policy,
        )
        note_place(stream, self, "Stream")
        note_key(stream, key)
        return stream

    def _create_stream_consumer(self) -> kinesis.IStreamConsumer:
        """Register a consumer for enhanced fan-out with `self.stream`, if `enhanced_fan_out` is `True`."""
        return kinesis.StreamConsumer(
            self, "StreamConsumer", stream=self.stream, stream_consumer_name=unique_name(self)
        )

    def _grant_reading(self, grantee: Grantee) -> None:
        grant_reading_kinesis(grantee, self.stream, self.source.arn, self.stream_consumer)

    def _given_consumer(self, enhanced_fan_out: bool | AnyStreamConsumer) -> kinesis.IStreamConsumer | None:
        if isinstance(enhanced_fan_out, bool):
            return None
        if not hasattr(enhanced_fan_out, "stream_consumer_arn"):
            raise ValueError(
                f"{path_of(self)}: enhanced_fan_out {enhanced_fan_out!r} is no consumer: give True to have one "
                "registered, or kinesis.StreamConsumer.from_stream_consumer_arn(…)"
            )
        return cast("kinesis.IStreamConsumer", enhanced_fan_out)

    def _refuse_other_stream(self, stream: AnyStream | None, consumer: kinesis.IStreamConsumer | None) -> None:
        if stream is None or consumer is None:
            return
        one, other = cast("kinesis.IStream", stream), consumer.stream
        resources = [known.made_stream(each) for each in (one, other)]
        arns = [known.text(each.stream_arn) for each in (one, other)]
        differ = None not in resources and not known.is_one(*resources)
        if differ or (None not in arns and arns[0] != arns[1]):
            raise ValueError(
                f"{path_of(self)}: stream is {path_of(one)}, and the enhanced_fan_out consumer is registered with "
                f"{path_of(other)}: a consumer reads its own stream; leave stream unset, or give a consumer of it"
            )

    @checked_method
    def grant_put_records(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a producer to put records into the stream, and the call on the stream's KMS key for it.

        https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html

        Args:
            grantee: The producer.

        Returns:
            The grant.
        """
        return grant_putting(self, grantee, self.stream)

    def metric_arrived(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of records put into the stream.

        https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return metric_of(
            "AWS/Kinesis", "IncomingRecords", {"StreamName": physical_name_of(self.stream)}, "Sum", options
        )

    def metric_read_throttled(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of throttled reads.

        The metric covers all readers of the stream. With enhanced fan-out, it is the number of Lambda's subscriptions
        that Kinesis refused because of their rate.
        https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        name, dimensions = "ReadProvisionedThroughputExceeded", {"StreamName": physical_name_of(self.stream)}
        if self.stream_consumer is not None:
            name, dimensions["ConsumerName"] = (
                "SubscribeToShard.RateExceeded",
                self.stream_consumer.stream_consumer_name,
            )
        return metric_of("AWS/Kinesis", name, dimensions, "Sum", options)
