"""Rejects a stack that AWS would refuse to deploy, with the rule.

LAMBDA in comments stands for https://docs.aws.amazon.com/lambda/latest/api/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redrive_model.resources.specifications import AsyncSpec, FunctionSpec, QueueSpec, SqsMappingSpec, StreamMappingSpec
from redrive_model.template.errors import TemplateError

_LARGEST_FIFO_BATCH = 10
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
_QUEUE = (("visibility_timeout", 0, 43_200), ("delay", 0, 900), ("retention", 60, 1_209_600))
# LAMBDA/API_PutFunctionEventInvokeConfig.html
_ASYNC = (("max_retries", 0, 2), ("max_age", 60, 21_600))
# LAMBDA/API_CreateEventSourceMapping.html
_SQS = (("batch_size", 1, 10_000), ("window", 0, 300))
_STREAM = (
    *_SQS,
    ("parallelization", 1, 10),
    ("max_retries", 0, 10_000),
    ("max_age", 60, 604_800),
    ("tumbling_window", 0, 900),
)
# Settings of a mapping that only one kind of source supports.
_FOR_STREAMS = frozenset(
    {
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "StartingPosition",
        "StartingPositionTimestamp",
        "TumblingWindowInSeconds",
    }
)
_FOR_QUEUES = frozenset({"ProvisionedPollerConfig", "ScalingConfig"})


def check_queue(spec: QueueSpec, dead_letters: QueueSpec | None) -> None:
    """Check that SQS would create a queue.

    Raises:
        TemplateError: It would not.
    """
    _check_ranges(spec, _QUEUE)
    if spec.dead_letter_arn == spec.arn:
        raise TemplateError(f"{spec.name}: a queue cannot be its own dead-letter queue")
    if dead_letters is not None and dead_letters.fifo != spec.fifo:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
        kinds = [("a FIFO" if each.fifo else "a standard") for each in (spec, dead_letters)]
        raise TemplateError(
            f"{spec.name} is {kinds[0]} queue, and its dead-letter queue {dead_letters.name} is {kinds[1]} one: SQS "
            "wants both to be of one kind"
        )


def check_async(name: str, spec: AsyncSpec, function_arn: str) -> None:
    """Check that Lambda would accept a function's settings for asynchronous invocation.

    Args:
        name: Name of the function.
        spec: The settings.
        function_arn: ARN of the function, without a qualifier.

    Raises:
        TemplateError: It would not.
    """
    _check_ranges(spec, _ASYNC, name)
    for destination in (spec.on_success, spec.on_failure):
        if destination is not None and ":".join(destination.split(":")[:7]) == function_arn:
            raise TemplateError(f"{name}: a function cannot be its own destination")


def check_settings(name: str, given: Mapping[str, Any], service: str) -> None:
    """Check that a mapping has no setting that its kind of source does not support.

    Args:
        name: Name of the mapping.
        given: Properties of the mapping.
        service: Service of the source.

    Raises:
        TemplateError: Lambda would refuse a setting.
    """
    foreign = sorted((_FOR_STREAMS if service == "sqs" else _FOR_QUEUES).intersection(given))
    if foreign:
        hint = ": a queue's redrive policy does that" if service == "sqs" else ""
        raise TemplateError(f"{name}: {', '.join(foreign)} is not for a source of {service}{hint}")
    destinations: Mapping[str, Any] = given.get("DestinationConfig") or {}
    if destinations.get("OnSuccess"):
        raise TemplateError(
            f"{name}: DestinationConfig.OnSuccess: a stream's mapping has a destination on failure only"
        )
    if given.get("StartingPosition") == "AT_TIMESTAMP" and service == "dynamodb":
        raise TemplateError(f"{name}: StartingPosition AT_TIMESTAMP is for Kinesis only")
    scaling: Mapping[str, Any] = given.get("ScalingConfig") or {}
    most = scaling.get("MaximumConcurrency")
    if most is not None and not 2 <= int(most) <= 1000:
        raise TemplateError(f"{name}: MaximumConcurrency={most}: Lambda takes 2 to 1,000")
    if most is not None and given.get("ProvisionedPollerConfig"):
        raise TemplateError(f"{name}: give either ScalingConfig or ProvisionedPollerConfig")


def check_sqs_mapping(spec: SqsMappingSpec, queue: QueueSpec, function: FunctionSpec) -> None:
    """Check that Lambda would accept a queue's mapping.

    Raises:
        TemplateError: It would not.
    """
    _check_ranges(spec, _SQS)
    if queue.visibility_timeout < function.timeout:
        raise TemplateError(
            f"{spec.name}: Queue visibility timeout: {queue.visibility_timeout:g} seconds is less than "
            f"Function timeout: {function.timeout:g} seconds; Lambda refuses such a mapping: give "
            f"{queue.name} a longer visibility timeout"
        )
    if queue.fifo and (spec.batch_size > _LARGEST_FIFO_BATCH or spec.window):
        raise TemplateError(
            f"{spec.name}: batch size {spec.batch_size}, batching window {spec.window:g} s: a FIFO queue has batches "
            f"of up to {_LARGEST_FIFO_BATCH} and no batching window"
        )
    if spec.batch_size > _LARGEST_FIFO_BATCH and not spec.window:
        raise TemplateError(
            f"{spec.name}: a batch size of {spec.batch_size} needs a batching window of 1 s or more; Lambda "
            "refuses such a mapping"
        )


def check_stream_mapping(spec: StreamMappingSpec) -> None:
    """Check that Lambda would accept a stream's mapping.

    Raises:
        TemplateError: It would not.
    """
    _check_ranges(spec, _STREAM)
    service = spec.on_failure.split(":")[2] if spec.on_failure and spec.on_failure.count(":") >= 5 else "sqs"
    if service not in ("sqs", "sns", "s3"):
        raise TemplateError(f"{spec.name}: {spec.on_failure}: a stream's destination is a queue, a topic or a bucket")


def check_concurrency(reserved: int, account: int) -> None:
    """Check that the functions together do not reserve more concurrent invocations than the account has.

    Raises:
        TemplateError: They do.
    """
    if reserved > account:
        raise TemplateError(
            f"the functions reserve {reserved:,} concurrent invocations and the account has {account:,}: "
            "Parameters(account_concurrency=…) says how many"
        )


def _check_ranges(spec: Any, ranges: tuple[tuple[str, int, int], ...], name: str | None = None) -> None:
    for field, least, most in ranges:
        value = getattr(spec, field)
        if value is not None and not least <= value <= most:
            raise TemplateError(f"{name or spec.name}: {field}={value:g}: AWS takes {least:,} to {most:,}")
