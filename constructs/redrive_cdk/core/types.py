"""Types that the constructs accept: the CDK's interfaces together with the CDK's own classes for them.

In Python the interfaces are protocols, and many classes name a parameter differently from their interface, so that type
checkers refuse a `Function` for an `IFunction`: https://github.com/aws/jsii/issues/4541. Naming both saves users the
casts.
"""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

#: A function, a version or an alias.
AnyFunction = lambda_.IFunction | lambda_.FunctionBase
#: A KMS key.
AnyKey = kms.IKey | kms.Key
#: A bucket.
AnyBucket = s3.IBucket | s3.BucketBase
#: A table.
AnyTable = dynamodb.ITable | dynamodb.Table | dynamodb.ITableV2 | dynamodb.TableV2
#: A standard queue or topic that receives failed events.
AnyDeadLetterTarget = sqs.IQueue | sqs.QueueBase | sns.ITopic | sns.TopicBase
#: A destination for records of asynchronous invocations.
AnyDestination = AnyDeadLetterTarget | AnyFunction | events.IEventBus | events.EventBus | AnyBucket


class AlarmAction(Protocol):
    """Action of an alarm: anything of `aws_cdk.aws_cloudwatch_actions`."""

    def bind(self, scope: Construct, alarm: cloudwatch.IAlarm, /) -> cloudwatch.AlarmActionConfig:
        """Return the action's configuration, as in `cloudwatch.IAlarmAction`."""
        ...
