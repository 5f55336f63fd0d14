"""Creates the alarms on what the helpers of several constructs count: one per function, whatever its sources."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import MetricName
from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.metrics import helper_metric


def make_not_set_aside_alarm(
    scope: Construct, options: AlarmOptions, *, namespace: str, function: lambda_.IFunction
) -> cloudwatch.Alarm | None:
    """Create the alarm on events that the helper could not dead-letter or set aside, and that are retried instead."""
    return make_alarm(
        scope,
        "NotSetAsideAlarm",
        options,
        means="delayed",
        metric=helper_metric(namespace, function, MetricName.NOT_SET_ASIDE),
        description=(
            f"{path_of(function)} could not dead-letter or set aside events that have failed permanently, and they are "
            "retried in vain. Its log says why: look for redrive.sqs.call_failed, redrive.sqs.no_dead_letter_queue and "
            "redrive.streams. Correct the permissions of its role for queue, bucket and key, or the settings of the "
            "helper; the events then go where they belong at their next delivery."
        ),
    )
