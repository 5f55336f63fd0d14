"""Makes the ARNs, URLs and names that a deployment would give to the resources of a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from redrive_model.template.arns import without_qualifier
from redrive_model.template.coverage import FOR_RULES, MODELLED, READERS
from redrive_model.template.names import stable_uuid

if TYPE_CHECKING:
    from redrive_model.template.expressions import Expressions


# Service, and the prefix of the name in the ARN.
_ARNS = {
    "AWS::SQS::Queue": ("sqs", ""),
    "AWS::Lambda::Function": ("lambda", "function:"),
    "AWS::Kinesis::Stream": ("kinesis", "stream/"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/"),
    "AWS::DynamoDB::GlobalTable": ("dynamodb", "table/"),
    "AWS::SNS::Topic": ("sns", ""),
    "AWS::Events::EventBus": ("events", "event-bus/"),
    "AWS::Events::Rule": ("events", "rule/"),
    "AWS::Scheduler::Schedule": ("scheduler", "schedule/"),
    # Without the six characters that Secrets Manager adds; it takes such ARNs, too.
    "AWS::SecretsManager::Secret": ("secretsmanager", "secret:"),
}
_NAME_PROPERTIES = {
    "AWS::SQS::Queue": "QueueName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::SSM::Parameter": "Name",
}
# The group before the name in the ARN of a rule or a schedule: its property and its default. https://docs.aws.amazon.com/
# service-authorization/latest/reference/list_amazoneventbridge.html and list_amazoneventbridgescheduler.html
_GROUPS = {"AWS::Events::Rule": ("EventBusName", ""), "AWS::Scheduler::Schedule": ("GroupName", "default")}
_FIFO_PROPERTIES = {"AWS::SQS::Queue": "FifoQueue", "AWS::SNS::Topic": "FifoTopic"}
# Creation time of streams and consumers, which is part of their ARNs.
_MADE = "2026-01-01T00:00:00.000"
_MADE_SECONDS = 1767225600


def stream_of(table: str) -> str:
    """Return the ARN of the stream of a table with this ARN."""
    return f"{table}/stream/{_MADE}"


class Addresses:
    """Makes the addresses of a template's resources.

    Args:
        resources: Resources of the template.
        pseudo: Pseudo parameters.
        prefix: Beginning of the names of resources that the template does not name.
        physical: Physical ids of a deployed stack by logical id, as CloudFormation lists them. They are the values of
            `Ref`, and their names replace those that are made here.

    Attributes:
        expressions: Evaluates names in the template; must be set before use.
    """

    #: Resource types that are read.
    KINDS: ClassVar[frozenset[str]] = frozenset(MODELLED) | FOR_RULES | READERS

    expressions: Expressions

    def __init__(
        self,
        resources: Mapping[str, Any],
        pseudo: Mapping[str, str],
        prefix: str = "",
        physical: Mapping[str, str] | None = None,
    ) -> None:
        self._resources = resources
        self._pseudo = pseudo
        self._prefix = prefix
        self._physical = physical or {}
        self._versions: dict[str, int] = {}

    def name(self, logical_id: str) -> str:
        """Return the name at AWS: that of the deployment, or from the template, else made from the logical id."""
        if logical_id in self._physical:
            return _name_in(self._physical[logical_id])
        resource = self._resources[logical_id]
        given = self._property(logical_id, _NAME_PROPERTIES.get(resource["Type"], ""))
        if given is not None:
            return str(given)
        made = self._prefix + logical_id
        if resource["Type"] == "AWS::S3::Bucket":
            return made.lower()
        is_fifo = self._property(logical_id, _FIFO_PROPERTIES.get(resource["Type"], "")) in (True, "true")
        return f"{made}.fifo" if is_fifo else made

    def arn(self, logical_id: str) -> str:
        """Return the ARN."""
        kind = self._resources[logical_id]["Type"]
        if self._physical.get(logical_id, "").startswith("arn:"):
            return self._physical[logical_id]
        partition, region, account = (self._pseudo[f"AWS::{each}"] for each in ("Partition", "Region", "AccountId"))
        name = self.name(logical_id)
        if kind == "AWS::S3::Bucket":
            return f"arn:{partition}:s3:::{name}"
        if kind == "AWS::Logs::LogGroup":
            return f"arn:{partition}:logs:{region}:{account}:log-group:{name}:*"
        if kind == "AWS::Lambda::Version":
            return f"{self._function_arn(logical_id)}:{self._version(logical_id)}"
        if kind == "AWS::Lambda::Alias":
            return f"{self._function_arn(logical_id)}:{self._property(logical_id, 'Name')}"
        if kind == "AWS::Kinesis::StreamConsumer":
            stream = self._property(logical_id, "StreamARN")
            return f"{stream}/consumer/{self._property(logical_id, 'ConsumerName')}:{_MADE_SECONDS}"
        service, before = _ARNS.get(kind, ("cloudformation", "resource/"))
        return f"arn:{partition}:{service}:{region}:{account}:{before}{self._group(logical_id, kind)}{name}"

    def _group(self, logical_id: str, kind: str) -> str:
        if kind not in _GROUPS:
            return ""
        name, default = _GROUPS[kind]
        given = _name_in(str(self._property(logical_id, name) or default))
        return f"{given}/" if given and (kind, given) != ("AWS::Events::Rule", "default") else ""

    def reference(self, logical_id: str) -> str:
        """Return the value of `Ref`."""
        if logical_id in self._physical:
            return self._physical[logical_id]
        kind = self._resources[logical_id]["Type"]
        match kind:
            case "AWS::SQS::Queue":
                return self._url(logical_id)
            case "AWS::SNS::Topic" | "AWS::Lambda::Version" | "AWS::Lambda::Alias" | "AWS::Kinesis::StreamConsumer":
                return self.arn(logical_id)
            case "AWS::SecretsManager::Secret":
                return self.arn(logical_id)
            case "AWS::Lambda::EventSourceMapping":
                return stable_uuid(self._prefix + logical_id)
            case _:
                return self.name(logical_id)

    def attribute(self, logical_id: str, attribute: str) -> str:
        """Return the value of `Fn::GetAtt`."""
        kind = self._resources[logical_id]["Type"]
        match kind, attribute:
            case _, "Arn" | "TopicArn" | "FunctionArn" | "ConsumerARN" | "AliasArn":
                return self.arn(logical_id)
            case "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "StreamArn":
                return stream_of(self.arn(logical_id))
            case "AWS::SQS::Queue", "QueueUrl":
                return self._url(logical_id)
            case "AWS::SQS::Queue" | "AWS::SNS::Topic" | "AWS::Events::EventBus", "QueueName" | "TopicName" | "Name":
                return self.name(logical_id)
            case "AWS::Lambda::Version", "Version":
                return str(self._version(logical_id))
            case "AWS::Lambda::EventSourceMapping", "Id":
                return self.reference(logical_id)
            case "AWS::SecretsManager::Secret", "Id":
                return self.arn(logical_id)
            case "AWS::SSM::Parameter", "Type" | "Value":
                return str(self._property(logical_id, attribute))
            case _:  # a placeholder for resources that are not modelled
                return f"{logical_id}.{attribute}"

    def _url(self, logical_id: str) -> str:
        if logical_id in self._physical:
            return self._physical[logical_id]
        region, account, suffix = (self._pseudo[f"AWS::{each}"] for each in ("Region", "AccountId", "URLSuffix"))
        return f"https://sqs.{region}.{suffix}/{account}/{self.name(logical_id)}"

    def _function_arn(self, logical_id: str) -> str:
        function = str(self._property(logical_id, "FunctionName"))
        if function.startswith("arn:"):
            return without_qualifier(function)
        partition, region, account = (self._pseudo[f"AWS::{each}"] for each in ("Partition", "Region", "AccountId"))
        return f"arn:{partition}:lambda:{region}:{account}:function:{function}"

    def _version(self, logical_id: str) -> int:
        if logical_id not in self._versions:
            function = self._function_arn(logical_id)
            others = [each for each in self._versions if self._function_arn(each) == function]
            self._versions[logical_id] = len(others) + 1
        return self._versions[logical_id]

    def _property(self, logical_id: str, name: str) -> Any:
        properties: Mapping[str, Any] = self._resources[logical_id].get("Properties") or {}
        return self.expressions.value(properties[name]) if name in properties else None


def _name_in(physical: str) -> str:
    """Return the name in a physical id, which is a name, a queue's URL or an ARN."""
    return physical.rpartition("/")[2].rpartition(":")[2]
