"""Classifies the parts of a template: modelled, irrelevant for delivery, or not modelled."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

#: Modelled resource types, with the properties that the model reads.
MODELLED: dict[str, frozenset[str]] = {
    "AWS::SQS::Queue": frozenset(
        {
            "QueueName",
            "FifoQueue",
            "ContentBasedDeduplication",
            "DeduplicationScope",
            "DelaySeconds",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedriveAllowPolicy",
            "RedrivePolicy",
            "VisibilityTimeout",
        }
    ),
    "AWS::Lambda::Function": frozenset(
        {
            "FunctionName",
            "Handler",
            "Timeout",
            "MemorySize",
            "Environment",
            "ReservedConcurrentExecutions",
            "DeadLetterConfig",
            "RecursiveLoop",
            "Code",
            "CapacityProviderConfig",
            "LoggingConfig",
            "PackageType",
            "Runtime",
            "SnapStart",
        }
    ),
    "AWS::Lambda::Version": frozenset({"FunctionName", "ProvisionedConcurrencyConfig"}),
    "AWS::Lambda::Alias": frozenset({"FunctionName", "FunctionVersion", "Name", "ProvisionedConcurrencyConfig"}),
    "AWS::Lambda::EventInvokeConfig": frozenset(
        {"FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"}
    ),
    "AWS::Lambda::EventSourceMapping": frozenset(
        {
            "BatchSize",
            "BisectBatchOnFunctionError",
            "DestinationConfig",
            "Enabled",
            "EventSourceArn",
            "FilterCriteria",
            "FunctionName",
            "FunctionResponseTypes",
            "MaximumBatchingWindowInSeconds",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "ParallelizationFactor",
            "ProvisionedPollerConfig",
            "ScalingConfig",
            "StartingPosition",
            "StartingPositionTimestamp",
            "TumblingWindowInSeconds",
        }
    ),
    "AWS::Kinesis::Stream": frozenset({"Name", "ShardCount", "StreamModeDetails", "RetentionPeriodHours"}),
    "AWS::Kinesis::StreamConsumer": frozenset({"ConsumerName", "StreamARN"}),
    "AWS::DynamoDB::Table": frozenset({"TableName", "KeySchema", "StreamSpecification", "TimeToLiveSpecification"}),
    "AWS::DynamoDB::GlobalTable": frozenset(
        {"TableName", "KeySchema", "StreamSpecification", "TimeToLiveSpecification"}
    ),
    "AWS::S3::Bucket": frozenset({"BucketEncryption", "BucketName", "ObjectLockEnabled", "VersioningConfiguration"}),
    "AWS::ApiGateway::RestApi": frozenset({"BinaryMediaTypes", "Body"}),
    "AWS::ApiGateway::Resource": frozenset({"ParentId", "PathPart", "RestApiId"}),
    "AWS::ApiGateway::Method": frozenset(
        {
            "ApiKeyRequired",
            "AuthorizationType",
            "AuthorizerId",
            "HttpMethod",
            "Integration",
            "ResourceId",
            "RestApiId",
        }
    ),
    "AWS::ApiGateway::Stage": frozenset({"RestApiId", "StageName", "Variables"}),
    "AWS::ApiGatewayV2::Api": frozenset({"Body", "CorsConfiguration", "ProtocolType", "RouteKey", "Target"}),
    "AWS::ApiGatewayV2::Integration": frozenset(
        {"ApiId", "IntegrationType", "IntegrationUri", "PayloadFormatVersion", "TimeoutInMillis"}
    ),
    "AWS::ApiGatewayV2::Route": frozenset({"ApiId", "AuthorizationType", "AuthorizerId", "RouteKey", "Target"}),
    "AWS::ApiGatewayV2::Stage": frozenset({"ApiId", "StageName", "StageVariables"}),
    "AWS::Lambda::Url": frozenset({"AuthType", "Cors", "InvokeMode", "Qualifier", "TargetFunctionArn"}),
    "AWS::SNS::Topic": frozenset({"TopicName", "Subscription"}),
    "AWS::SNS::Subscription": frozenset(
        {"TopicArn", "Endpoint", "Protocol", "RawMessageDelivery", "RedrivePolicy", "FilterPolicy", "FilterPolicyScope"}
    ),
    "AWS::Events::EventBus": frozenset({"Name"}),
    "AWS::Logs::LogGroup": frozenset({"LogGroupName"}),
    "AWS::Events::Rule": frozenset({"EventBusName", "EventPattern", "Name", "ScheduleExpression", "State", "Targets"}),
    "AWS::Scheduler::Schedule": frozenset(
        {"EndDate", "Name", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State", "Target"}
    ),
    "Custom::S3BucketNotifications": frozenset({"BucketName", "NotificationConfiguration"}),
}
#: Properties of those types that do not affect which event is delivered when.
_NO_PART: dict[str, frozenset[str]] = {
    "AWS::SQS::Queue": frozenset(
        {
            "FifoThroughputLimit",
            "KmsDataKeyReusePeriodSeconds",
            "KmsMasterKeyId",
            "SqsManagedSseEnabled",
        }
    ),
    "AWS::Lambda::Function": frozenset(
        {
            "Architectures",
            "CodeSigningConfigArn",
            "Description",
            "EphemeralStorage",
            "FileSystemConfigs",
            "ImageConfig",
            "KmsKeyArn",
            "Layers",
            "Role",
            "RuntimeManagementConfig",
            "TracingConfig",
            "VpcConfig",
        }
    ),
    "AWS::Lambda::Version": frozenset({"CodeSha256", "Description", "RuntimePolicy", "FunctionScalingConfig"}),
    "AWS::Lambda::Alias": frozenset({"Description"}),
    "AWS::Lambda::EventSourceMapping": frozenset({"KmsKeyArn", "LoggingConfig", "MetricsConfig"}),
    "AWS::Kinesis::Stream": frozenset(
        {"DesiredShardLevelMetrics", "MaxRecordSizeInKiB", "StreamEncryption", "WarmThroughputMiBps"}
    ),
    "AWS::DynamoDB::Table": frozenset(
        {
            "AttributeDefinitions",
            "BillingMode",
            "ContributorInsightsSpecification",
            "DeletionProtectionEnabled",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
            "OnDemandThroughput",
            "PointInTimeRecoverySpecification",
            "ProvisionedThroughput",
            "ResourcePolicy",
            "SSESpecification",
            "TableClass",
            "WarmThroughput",
        }
    ),
    "AWS::SNS::Topic": frozenset(
        {
            "DataProtectionPolicy",
            "DeliveryStatusLogging",
            "DisplayName",
            "KmsMasterKeyId",
            "SignatureVersion",
            "TracingConfig",
        }
    ),
    "AWS::SNS::Subscription": frozenset({"Region", "SubscriptionRoleArn"}),
    "AWS::Events::Rule": frozenset({"Description", "RoleArn"}),
    # The time within a flexible window is not known.
    "AWS::Scheduler::Schedule": frozenset({"Description", "FlexibleTimeWindow", "GroupName", "KmsKeyArn"}),
    "Custom::S3BucketNotifications": frozenset({"Managed", "ServiceToken", "SkipDestinationValidation"}),
    "AWS::Events::EventBus": frozenset({"DeadLetterConfig", "Description", "KmsKeyIdentifier", "LogConfig", "Policy"}),
}
_NO_PART["AWS::DynamoDB::GlobalTable"] = _NO_PART["AWS::DynamoDB::Table"] | {
    "GlobalTableWitnesses",
    "MultiRegionConsistency",
    "Replicas",
    "WriteOnDemandThroughputSettings",
    "WriteProvisionedThroughputSettings",
}
#: Resource types without a part in delivery that rules compare with.
FOR_RULES = frozenset(
    {
        "AWS::EC2::InternetGateway",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPCEndpoint",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::SNS::TopicInlinePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueueInlinePolicy",
        "AWS::SQS::QueuePolicy",
    }
)
#: Resource types that are not modelled, and that may read from what is modelled or write to it.
READERS = frozenset(
    {
        "AWS::CloudFormation::Stack",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::Pipes::Pipe",
        "AWS::StepFunctions::StateMachine",
    }
)
#: Resource types that do not affect delivery.
IRRELEVANT = frozenset(
    {
        "AWS::CDK::Metadata",
        "AWS::CloudFormation::CustomResource",
        "AWS::CloudFormation::WaitCondition",
        "AWS::CloudFormation::WaitConditionHandle",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::AnomalyDetector",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::Kinesis::ResourcePolicy",
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Lambda::CodeSigningConfig",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::LayerVersionPermission",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicInlinePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueueInlinePolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::Secret",
        "AWS::SecretsManager::SecretTargetAttachment",
    }
)
_IRRELEVANT_FAMILIES = (
    "AWS::ApiGateway::",
    "AWS::ApiGatewayV2::",
    "AWS::ApplicationAutoScaling::",
    "AWS::CodeDeploy::",
    "AWS::EC2::",
    "AWS::IAM::",
    "AWS::Logs::",
    "Custom::",
)
# All other properties of a bucket concern its objects, of a log group its events, and of an API its clients.
_STARTING_NOTHING_ELSE = frozenset(
    {
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        *(kind for kind in MODELLED if kind.startswith("AWS::ApiGateway")),
        "AWS::Lambda::Url",
    }
)
# Members of these families that do affect delivery.
_RELEVANT = frozenset({"AWS::Logs::SubscriptionFilter", "Custom::EventBridge", "Custom::S3BucketNotifications"})
# How alike a misspelt name is.
_NEARLY = 0.9


def is_custom(resource: Mapping[str, Any]) -> bool:
    """Return whether something outside of CloudFormation makes a resource."""
    kind = str(resource.get("Type"))
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


class NotModelled(NamedTuple):
    """A part of the template that is not modelled.

    Attributes:
        text: Description with the logical id.
        matters: Whether the outcome of the modelled parts may depend on it.
    """

    text: str
    matters: bool


def not_modelled(logical_id: str, resource: Mapping[str, Any]) -> list[NotModelled]:
    """List the parts of a resource that are neither modelled nor known to be irrelevant for delivery."""
    kind = str(resource.get("Type"))
    properties: Mapping[str, Any] = resource.get("Properties") or {}
    versioning: Any = properties.get("VersioningConfiguration")
    if kind == "AWS::S3::Bucket" and versioning == {"Status": "Suspended"}:
        return [NotModelled(f"{logical_id} ({kind}): VersioningConfiguration, suspended", matters=True)]
    if kind in _STARTING_NOTHING_ELSE:
        return []
    if kind not in MODELLED:
        if kind in IRRELEVANT or (kind.startswith(_IRRELEVANT_FAMILIES) and kind not in _RELEVANT):
            return []
        return [NotModelled(f"{logical_id} ({kind})", matters=False)]
    known = MODELLED[kind] | _NO_PART.get(kind, frozenset()) | {"Tags"}
    found = [name for name in properties if name not in known]
    if kind == "AWS::SNS::Topic":  # the order and deduplication of a FIFO topic are not modelled
        found = [name for name in found if name not in ("FifoTopic", "ContentBasedDeduplication")]
        if properties.get("FifoTopic"):
            found.append("FifoTopic")
    return [NotModelled(f"{logical_id} ({kind}): {_proposed(name, known)}", matters=True) for name in found]


def _proposed(name: str, known: Set[str]) -> str:
    """Return the name of a property, with a known one that is nearly the same."""
    if name in known:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), 1, _NEARLY)
    return f"{name} (misspelt? {near[0]})" if near else name
