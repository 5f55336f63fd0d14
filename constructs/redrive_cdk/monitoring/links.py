"""Creates links to pages of the AWS Management Console, in every Region and partition.

The address of a page contains the Region's own host:
https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from aws_cdk import Aws, CfnCondition, Fn
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.region_info import RegionInfo
from constructs import Construct

from redrive_cdk.core import known
from redrive_cdk.core.destinations import kind_of
from redrive_cdk.core.known import log_group_of
from redrive_cdk.core.qualifiers import qualified
from redrive_cdk.core.tree import place_of, stack_of

_DOMAIN = "console.aws.amazon.com"
# China: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html, GovCloud: https://docs.aws.amazon.com/
# govcloud-us/latest/UserGuide/getting-started-sign-in.html, Europe: https://docs.aws.eu/esc/latest/userguide/
_DOMAINS = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}


class Link(NamedTuple):
    """A link to a page of the AWS Management Console.

    Attributes:
        text: Text of the link.
        region: Region of the page.
        page: Address of the page after the console's domain, without a leading slash.
    """

    text: str
    region: str
    page: str


def console_domain(scope: Construct) -> str:
    """Return the console's domain in the partition of a stack; an unknown partition gets the domain of `aws`.

    Without a Region at synthesis, the domain is an expression with conditions, which can be created only once in a
    scope.
    """
    region = known.text(stack_of(scope).region)
    if region is not None:
        return _DOMAINS.get(RegionInfo.get(region).partition or "", _DOMAIN)
    domain = _DOMAIN
    for partition, other in _DOMAINS.items():
        name = "In" + partition.title().replace("-", "")
        condition = CfnCondition(scope, name, expression=Fn.condition_equals(Aws.PARTITION, partition))
        domain = Fn.condition_if(condition.logical_id, other, domain).to_string()
    return domain


def queue_link(text: str, queue: sqs.IQueue) -> Link:
    """Link to a queue, where a person can look at its messages and move them back."""
    region, account = place_of(queue).region, place_of(queue).account
    # The queue's URL, percent-encoded.
    url = f"https%3A%2F%2Fsqs.{region}.{Aws.URL_SUFFIX}%2F{account}%2F{queue.queue_name}"
    return Link(text, region, f"sqs/v3/home?region={region}#/queues/{url}")


def function_link(text: str, function: lambda_.IFunction) -> Link:
    """Link to a function, version or alias."""
    region = place_of(function).region
    return Link(text, region, f"lambda/home?region={region}#/functions/{qualified(function).name}?tab=monitoring")


def log_link(text: str, function: lambda_.IFunction) -> Link:
    """Link to a function's log group."""
    region = place_of(function).region
    given = log_group_of(function)
    # The console expects slashes as $252F; names that CloudFormation generates have none.
    named = known.named_by(given) if given is not None and known.text(given) is None else None
    name = known.text(getattr(named, "log_group_name", None)) or given
    name = f"$252Faws$252Flambda$252F{qualified(function).name}" if name is None else _twice_quoted(name)
    return Link(text, region, f"cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name}")


def stream_link(text: str, stream: Any) -> Link:
    """Link to a Kinesis stream."""
    region = place_of(stream).region
    return Link(text, region, f"kinesis/home?region={region}#/streams/details/{stream.stream_name}/monitoring")


def table_link(text: str, table: Any) -> Link:
    """Link to a table."""
    region = place_of(table).region
    return Link(text, region, f"dynamodbv2/home?region={region}#table?name={table.table_name}")


def destination_link(text: str, destination: Any) -> Link:
    """Link to a queue, bucket, topic, function or event bus."""
    region = place_of(destination).region
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
