"""What AWS refuses to set up, with the rule: a stack that could not be deployed is not simulated.

LAMBDA is https://docs.aws.amazon.com/lambda/latest/api/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redrive_simulator.errors import TemplateError
from redrive_simulator.specifications import AsyncSpec, FunctionSpec, QueueSpec, SqsMappingSpec, StreamMappingSpec

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
# Settings of a mapping that only one kind of source has.
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
    """Make sure that SQS would make a queue.

    Args:
        spec: The queue.
        dead_letters: Its dead-letter queue, if the template has it.

    Raises:
        TemplateError: SQS would not.
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
    """Make sure that Lambda would take how a function is invoked asynchronously.

    Args:
        name: The function's.
        spec: How it is invoked.
        function_arn: The function's ARN, without a qualifier.

    Raises:
        TemplateError: Lambda would not.
    """
    _check_ranges(spec, _ASYNC, name)
    for destination in (spec.on_success, spec.on_failure):
        if destination is not None and ":".join(destination.split(":")[:7]) == function_arn:
            raise TemplateError(f"{name}: a function cannot be its own destination")


def check_settings(name: str, given: Mapping[str, Any], service: str) -> None:
    """Make sure that a mapping has no setting which its source does not have.

    Args:
        name: The mapping's.
        given: Its properties.
        service: The source's.

    Raises:
        TemplateError: Lambda would refuse one.
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
    """Make sure that Lambda would take a queue's mapping.

    Args:
        spec: The mapping.
        queue: Its queue.
        function: Its function.

    Raises:
        TemplateError: Lambda would not.
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
    """Make sure that Lambda would take a stream's mapping.

    Args:
        spec: The mapping.

    Raises:
        TemplateError: Lambda would not.
    """
    _check_ranges(spec, _STREAM)
    service = spec.on_failure.split(":")[2] if spec.on_failure and spec.on_failure.count(":") >= 5 else "sqs"
    if service not in ("sqs", "sns", "s3"):
        raise TemplateError(f"{spec.name}: {spec.on_failure}: a stream's destination is a queue, a topic or a bucket")


def check_concurrency(reserved: int, account: int) -> None:
    """Make sure that the functions do not reserve more than the account has.

    Args:
        reserved: What they reserve together.
        account: Concurrent invocations of the account.

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
