"""Lists the AWS operations of each command of the command line, and the permissions that they need.

The command line names from here what is missing when AWS denies a call, and a construct makes its policy of it.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
says which action each operation needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

#: What an action is allowed on. `place`: a queue with failures. `bucket` and `object`: a bucket with failures, and what
#: is in it. `target`: the queue, function or stream to which events are brought back. `key`: the KMS keys of these.
#: `any`: actions that AWS allows on no single resource.
On = Literal[
    "stack", "place", "bucket", "object", "source", "target", "stream", "table", "mapping", "log group", "key", "any"
]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of AWS.

    Attributes:
        service: boto3's name of the service.
        name: Name of the operation in the service's API.
        action: Action that allows it in a policy.
        on: Resources that the action is allowed on.
        changes: Whether it changes more than a receive count.
    """

    service: str
    name: str
    action: str
    on: On
    changes: bool = False


def _operation(service: str, name: str, on: On, action: str | None = None, *, changes: bool = False) -> Operation:
    prefix = {"dynamodbstreams": "dynamodb"}.get(service, service)
    return Operation(service, name, f"{prefix}:{action or name}", on, changes)


_STACK = (
    _operation("cloudformation", "DescribeStacks", "stack"),
    _operation("cloudformation", "GetTemplate", "stack"),
    _operation("cloudformation", "ListStackResources", "stack"),
    _operation("cloudformation", "ListExports", "any"),
)
_QUEUE = (
    _operation("sqs", "GetQueueUrl", "place"),
    _operation("sqs", "GetQueueAttributes", "place"),
    _operation("sqs", "ListDeadLetterSourceQueues", "place"),
)
_LOOK = (
    *_QUEUE,
    _operation("sqs", "ReceiveMessage", "place"),
    _operation("sqs", "ChangeMessageVisibilityBatch", "place", "ChangeMessageVisibility"),
    _operation("s3", "ListObjectsV2", "bucket", "ListBucket"),
    _operation("s3", "GetObject", "object"),
)
_STREAM = (
    _operation("kinesis", "GetShardIterator", "stream"),
    _operation("kinesis", "GetRecords", "stream"),
    _operation("kinesis", "DescribeStreamSummary", "stream"),
    _operation("dynamodbstreams", "GetShardIterator", "stream"),
    _operation("dynamodbstreams", "GetRecords", "stream"),
    _operation("dynamodbstreams", "DescribeStream", "stream"),
)
_REMOVE = (
    _operation("s3", "HeadObject", "object", "GetObject"),
    _operation("sqs", "DeleteMessageBatch", "place", "DeleteMessage", changes=True),
    _operation("s3", "DeleteObject", "object", changes=True),
)
_CONFIGURATION = _operation("lambda", "GetFunctionConfiguration", "target")
_MAPPINGS = _operation("lambda", "ListEventSourceMappings", "any")
_FUNCTION = (_CONFIGURATION, _MAPPINGS)
# Where a function leaves what fails again.
_INVOKE_CONFIGURATION = _operation("lambda", "GetFunctionEventInvokeConfig", "target")
_TAGS = _operation("lambda", "ListTags", "mapping")
_STATE = _operation("dynamodb", "GetItem", "table")
_MOVE = (
    _operation("sqs", "StartMessageMoveTask", "place", changes=True),
    _operation("sqs", "ListMessageMoveTasks", "place"),
    _operation("sqs", "CancelMessageMoveTask", "place", changes=True),
)
_SEND = (
    _operation("sqs", "SendMessageBatch", "target", "SendMessage", changes=True),
    _operation("lambda", "Invoke", "target", "InvokeFunction", changes=True),
    _operation("kinesis", "PutRecords", "target", changes=True),
)
_SAVE = (_operation("s3", "PutObject", "object", changes=True),)
_CIRCUITS = (
    _STATE,
    _operation("dynamodb", "PutItem", "table", changes=True),
    _operation("lambda", "GetEventSourceMapping", "mapping"),
    _operation("lambda", "UpdateEventSourceMapping", "mapping", changes=True),
    _TAGS,
    _operation("lambda", "TagResource", "mapping", changes=True),
    _operation("lambda", "UntagResource", "mapping", changes=True),
)
_LOGS = (_operation("logs", "FilterLogEvents", "log group"),)

# Calls that read a stack as it is now, for rules and schedules.
_ACTUAL = (
    _operation("sqs", "GetQueueAttributes", "place"),
    _operation("sqs", "GetQueueAttributes", "target"),
    _operation("lambda", "GetFunctionConfiguration", "target"),
    _operation("lambda", "GetFunctionConcurrency", "target"),
    _INVOKE_CONFIGURATION,
    _operation("lambda", "ListFunctionEventInvokeConfigs", "target"),
    _operation("lambda", "ListEventSourceMappings", "any"),
    _operation("lambda", "GetEventSourceMapping", "mapping"),
    _operation("sns", "GetSubscriptionAttributes", "any"),
    _operation("events", "DescribeRule", "any"),
    _operation("events", "ListTargetsByRule", "any"),
)

#: The operations of each command that calls AWS, by its name.
COMMANDS: Mapping[str, tuple[Operation, ...]] = {
    "failures": (*_STACK, *_LOOK),
    "show": (*_STACK, *_LOOK, *_STREAM, *_FUNCTION, *_LOGS),
    "replay": (*_STACK, *_LOOK, *_STREAM, *_FUNCTION, _INVOKE_CONFIGURATION, _TAGS, _STATE, *_SEND, *_REMOVE, *_MOVE),
    "archive": (*_STACK, *_LOOK, *_STREAM, _MAPPINGS, *_SAVE),
    "drop": (*_STACK, *_LOOK, *_STREAM, _MAPPINGS, *_SAVE, *_REMOVE),
    "watch": (*_STACK, *_QUEUE, _operation("s3", "ListObjectsV2", "bucket", "ListBucket")),
    "circuits": (*_STACK, _CONFIGURATION, *_CIRCUITS, *_LOGS),
    "forget": (
        *_STACK,
        _STATE,
        _operation("dynamodb", "DeleteItem", "table", changes=True),
    ),
    "check": (*_STACK, *_ACTUAL),
    "explain": (*_STACK, *_ACTUAL),
    "simulate": (*_STACK, *_ACTUAL),
}
#: Actions on the KMS keys of queues, buckets, streams and tables:
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


def operations_of(commands: Iterable[str] = COMMANDS) -> tuple[Operation, ...]:
    """Return the operations of some commands, each once.

    Args:
        commands: Names of commands. Default: all.
    """
    return tuple(dict.fromkeys(each for command in commands for each in COMMANDS[command]))


def action_of(service: str, name: str) -> str | None:
    """Return the action that allows an operation; `None` if no command makes it."""
    for each in operations_of():
        if (each.service, each.name) == (service, name):
            return each.action
    return None
