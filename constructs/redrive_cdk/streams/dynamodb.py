"""`DynamoDBStreamConsumer`: connects a function to the stream of a DynamoDB table."""

from __future__ import annotations

from typing import Any, Unpack, cast

from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from redrive_cdk.core import known
from redrive_cdk.core.arguments import checked
from redrive_cdk.core.creation import create
from redrive_cdk.core.encrypted import note_key
from redrive_cdk.core.grants import Grantee
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.tree import note_place, path_of, physical_name_of
from redrive_cdk.core.types import AnyFunction, AnyTable
from redrive_cdk.core.unused_options import Part, refuse_unused
from redrive_cdk.monitoring.metrics import metric_of
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_cdk.streams.facts import StreamSource
from redrive_cdk.streams.grants import grant_reading_dynamodb
from redrive_cdk.streams.options import StreamKeywords
from redrive_model.limits import DYNAMODB_RETENTION

# https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-dynamodb-simultaneous-readers
_MOST_READERS = 2
_MOST_READERS_OF_A_GLOBAL_TABLE = 1
_READER = "stream-reader"


class DynamoDBStreamConsumer(StreamConsumer):
    """Connects a function to a table's stream so that every change is processed, or kept where a person can see it.

    A bad record neither blocks its shard for a day nor gets lost: retries and record age are limited, a failed batch is
    split until the bad record is alone, and a bucket keeps the records that Lambda gives up.

    Attributes:
        table: The table.
        stream_arn: ARN of the table's stream.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: AnyFunction,
        table: AnyTable | None = None,
        partition_key: dynamodb.Attribute | None = None,
        sort_key: dynamodb.Attribute | None = None,
        table_removal_policy: RemovalPolicy | None = None,
        **options: Unpack[StreamKeywords],
    ) -> None:
        """Create table, destination, event source mapping, grants and alarms.

        Args:
            scope: Scope of the construct.
            id: Construct id.
            function: The function, or a version or alias of it. An imported function cannot get settings and layer.
            table: An existing table. If this app creates it and it has no stream, it gets one with new and old images.
                Import a table with the ARN of its stream, and with its KMS key if it has its own. A table of another
                account must allow the function's role on its side, too. Default: a new table: on-demand, encrypted,
                with point-in-time recovery.
            partition_key: Partition key of a new table, where it is required.
            sort_key: Sort key of a new table. Default: none.
            table_removal_policy: Removal policy of a new table, for when it leaves the stack. Default: the table stays.
            **options: Options of `StreamConsumer`. `starting_position` is `TRIM_HORIZON` or `LATEST`.

        Raises:
            ValueError: The configuration cannot be deployed, or would lose records. The message gives the values, the
                reason and the remedy.
        """
        super().__init__(scope, id, function=function, **options)
        self._partition_key = partition_key
        self._sort_key = sort_key
        self._table_removal_policy = table_removal_policy
        of_table = {
            "partition_key": partition_key,
            "sort_key": sort_key,
            "table_removal_policy": table_removal_policy,
        }
        refuse_unused(path_of(self), "the consumer", Part("a table", table is None, of_table))
        self.table = cast("dynamodb.ITable", self._create_table() if table is None else table)
        # Nobody has changed it since.
        self._is_new = table is None and type(self)._create_table is DynamoDBStreamConsumer._create_table
        self._adds_stream = False
        self.stream_arn = self._take_stream()
        self._connect(
            StreamSource(
                kind="DynamoDB",
                construct=self.table,
                is_made=table is None,
                arn=self.stream_arn,
                mapped_arn=self.stream_arn,
                # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.DataRetention
                retention=DYNAMODB_RETENTION,
                new="a table" if table is None else "a stream" if self._adds_stream else None,
            )
        )
        self._count_readers()

    def _create_table(self) -> dynamodb.ITable:
        """Create the table, if the user passed none.

        Returns:
            The table. It gets a stream afterwards if it has none.

        Raises:
            ValueError: There is neither a table nor a partition key.
        """
        if self._partition_key is None:
            raise ValueError(
                f"{path_of(self)}: neither a table nor a partition_key to make one with: give table, or "
                'partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)'
            )
        key = self._options.encryption_key
        table = create(
            dynamodb.Table,
            dynamodb.TableProps,
            self,
            "Table",
            partition_key=self._partition_key,
            sort_key=self._sort_key,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=None if key is None else dynamodb.TableEncryption.CUSTOMER_MANAGED,  # None: a key that AWS owns
            encryption_key=key,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            removal_policy=self._table_removal_policy,
        )
        note_place(table, self, "Table")
        note_key(table, key)
        return table

    def _take_stream(self) -> str:
        made = None if self._is_new else known.made_table(self.table)
        if made is None:
            arn = self.table.table_stream_arn
            if arn is None:
                raise ValueError(
                    f"{path_of(self)}: {path_of(self.table)} was imported without its stream: import it by "
                    "dynamodb.Table.from_table_attributes(…, table_stream_arn=…)"
                )
            return arn
        if known.resolved(made, "streamSpecification") is None:
            self._adds_stream = True
            view = dynamodb.StreamViewType.NEW_AND_OLD_IMAGES.value
            if isinstance(made, dynamodb.CfnTable):
                made.stream_specification = dynamodb.CfnTable.StreamSpecificationProperty(stream_view_type=view)
            else:
                made.stream_specification = dynamodb.CfnGlobalTable.StreamSpecificationProperty(stream_view_type=view)
        return made.attr_stream_arn

    def _grant_reading(self, grantee: Grantee) -> None:
        """Allow exactly the calls that read the table's stream, and those on the table's KMS key.

        `ListStreams` needs all of the table's streams as its resource.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-read-stream-only.html

        Args:
            grantee: The policy of the function's role, or its permissions before it is made.
        """
        grant_reading_dynamodb(grantee, self.table, self.stream_arn)

    def _count_readers(self) -> None:
        if not self._is_new and known.made_table(self.table) is None:
            return
        remember(self.table, _READER, path_of(self))
        count = len(remembered(self.table, _READER))
        made = known.made_table(self.table) if count > _MOST_READERS_OF_A_GLOBAL_TABLE else None
        is_global = made is not None and len(known.resolved(made, "replicas") or ()) > 1
        most = _MOST_READERS_OF_A_GLOBAL_TABLE if is_global else _MOST_READERS
        if count > most:
            kind = "global" if is_global else "single-Region"
            Annotations.of(self).add_warning_v2(
                "redrive:stream-readers",
                f"{path_of(self.table)} has {count} consumers, and DynamoDB serves {most} at a time "
                f"of a {kind} table: reads may be throttled; feed several functions from one, or use Kinesis Data "
                "Streams for the table",
            )

    def metric_arrived(self, **options: Any) -> cloudwatch.Metric:
        """Return the capacity that writes to the table have consumed.

        DynamoDB has no metric of the records in a table's stream. Writes that change nothing count here and have no
        record; deletions by TTL have a record and do not count.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        dimensions = {"TableName": physical_name_of(self.table)}
        return metric_of("AWS/DynamoDB", "ConsumedWriteCapacityUnits", dimensions, "Sum", options)

    def metric_read_throttled(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of throttled reads of the table's streams, by all readers.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        dimensions = {"TableName": physical_name_of(self.table), "Operation": "GetRecords"}
        return metric_of("AWS/DynamoDB", "ThrottledRequests", dimensions, "Sum", options)
