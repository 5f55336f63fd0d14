"""Creates the alarms on failed events that nobody has looked at for half of the time that their queue keeps them."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core.destinations import arn_of
from redrive_cdk.core.failure_places import retention_of
from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.commands import replay
from redrive_cdk.monitoring.metrics import queue_metric
from redrive_model import limits


def make_failure_age_alarm(
    scope: Construct, id: str, options: AlarmOptions, *, queue: sqs.IQueue, retention: float | None = None
) -> cloudwatch.Alarm | None:
    """Create the alarm on failed events that have waited in a queue for half of its retention.

    The metric is the time since a message came into this queue. A standard queue keeps a message that SQS has moved
    there for its retention since it was *sent*, so that less than half may be left:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

    Args:
        scope: Construct that owns the alarm.
        id: Id of the alarm in that construct.
        options: Overrides by the user.
        queue: The queue.
        retention: The queue's retention in seconds, if the construct knows it. Default: what the queue's resource says,
            or else SQS's default of 4 days.
    """
    known, arn = retention_of(queue) if retention is None else retention, arn_of(queue)
    return make_alarm(
        scope,
        id,
        options,
        means="failed",
        metric=queue_metric(queue, "ApproximateAgeOfOldestMessage", "Maximum"),
        threshold=(known or limits.DEFAULT_RETENTION) / 2,
        description=(
            f"Failed events of {path_of(scope)} have waited for half of the time that {arn} keeps them, "
            f"and are deleted unseen when it is over. Look at them: redrive failures {arn}. Bring them "
            f"back: {replay(arn)}; or save them: redrive archive."
        ),
    )
