"""Links to the pages of the AWS Management Console, in every Region and partition.

A page's address has the Region's own host:
https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from aws_cdk import Aws, CfnCondition, Fn, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.region_info import RegionInfo
from constructs import Construct

from redrive_cdk import known
from redrive_cdk.attempt_counting import log_group_of
from redrive_cdk.destinations import kind_of
from redrive_cdk.qualifiers import qualified

_DOMAIN = "console.aws.amazon.com"
# China: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html, GovCloud: https://docs.aws.amazon.com/
# govcloud-us/latest/UserGuide/getting-started-sign-in.html, Europe: https://docs.aws.eu/esc/latest/userguide/
_DOMAINS = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}


class Link(NamedTuple):
    """A page of the console.

    Attributes:
        text: What it is called.
        region: The Region it is of.
        page: The page's address behind the console's domain.
    """

    text: str
    region: str
    page: str


def console_domain(scope: Construct) -> str:
    """The console's domain in the partition of a construct's stack.

    Where the stack does not name its Region, the deployment finds it out, by conditions that are made here once. Of a
    partition that is not known it is that of `aws`.

    Args:
        scope: A construct, in which no other conditions of this kind are made.

    Returns:
        The domain, or an expression of it.
    """
    region = known.text(Stack.of(scope).region)
    if region is not None:
        return _DOMAINS.get(RegionInfo.get(region).partition or "", _DOMAIN)
    domain = _DOMAIN
    for partition, other in _DOMAINS.items():
        name = "In" + partition.title().replace("-", "")
        condition = CfnCondition(scope, name, expression=Fn.condition_equals(Aws.PARTITION, partition))
        domain = Fn.condition_if(condition.logical_id, other, domain).to_string()
    return domain


def queue_link(text: str, queue: sqs.IQueue) -> Link:
    """A queue's page, where its messages can be looked at and moved back."""
    region, account = queue.env.region, queue.env.account
    # The queue's URL, each character of it that stands for something in an address written out.
    url = f"https%3A%2F%2Fsqs.{region}.{Aws.URL_SUFFIX}%2F{account}%2F{queue.queue_name}"
    return Link(text, region, f"sqs/v3/home?region={region}#/queues/{url}")


def function_link(text: str, function: lambda_.IFunction) -> Link:
    """A function's page, also for its versions and aliases."""
    region = function.env.region
    return Link(text, region, f"lambda/home?region={region}#/functions/{qualified(function).name}?tab=monitoring")


def log_link(text: str, function: lambda_.IFunction) -> Link:
    """A function's log."""
    region = function.env.region
    given = log_group_of(function)
    # Names that CloudFormation makes have no slashes; the console wants these as $252F.
    named = known.named_by(given) if given is not None and known.text(given) is None else None
    name = known.text(getattr(named, "log_group_name", None)) or given
    name = f"$252Faws$252Flambda$252F{qualified(function).name}" if name is None else _twice_quoted(name)
    return Link(text, region, f"cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name}")


def stream_link(text: str, stream: Any) -> Link:
    """A Kinesis stream's page."""
    region = stream.env.region
    return Link(text, region, f"kinesis/home?region={region}#/streams/details/{stream.stream_name}/monitoring")


def table_link(text: str, table: Any) -> Link:
    """A table's page."""
    region = table.env.region
    return Link(text, region, f"dynamodbv2/home?region={region}#table?name={table.table_name}")


def destination_link(text: str, destination: Any) -> Link:
    """The page of a queue, bucket, topic, function or event bus.

    Args:
        text: What it is called.
        destination: One of these.

    Returns:
        The link.
    """
    region = destination.env.region
    match kind_of(destination):
        case "queue":
            return queue_link(text, destination)
        case "function":
            return function_link(text, destination)
        case "bucket":
            return Link(text, region, f"s3/buckets/{destination.bucket_name}?region={region}")
        case "topic":
            return Link(text, region, f"sns/v3/home?region={region}#/topic/{destination.topic_arn}")
        case "event bus":
            return Link(text, region, f"events/home?region={region}#/eventbus/{destination.event_bus_name}")


def _twice_quoted(name: str) -> str:
    return name if known.text(name) is None else quote(name, safe="").replace("%", "$25")
