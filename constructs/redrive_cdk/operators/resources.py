"""Finds the resources of constructs on which the command line operates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from redrive.settings import PAUSED_BY
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from redrive_cdk.circuit.breaker import CircuitBreaker
from redrive_cdk.circuit.grants import on_item_of
from redrive_cdk.core import known
from redrive_cdk.core.destinations import arn_of, kind_of
from redrive_cdk.core.encrypted import key_of
from redrive_cdk.core.qualifiers import qualified
from redrive_cdk.core.tree import place_of, stack_of
from redrive_cdk.idempotency.table import IdempotencyTable
from redrive_cdk.sqs.consumer import SqsConsumer
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_model.operations import On

#: Constructs and resources that a `FailureOperator` can watch.
Operable = SqsConsumer | StreamConsumer | AsyncInvocation | IdempotencyTable | CircuitBreaker

# A switch and the command line mark a mapping that they pause; no other tag is theirs.
_ONLY_ITS_TAG: Mapping[str, Any] = {"ForAllValues:StringEquals": {"aws:TagKeys": [PAUSED_BY]}}


class Operated(NamedTuple):
    """A resource on which the command line operates.

    Attributes:
        on: What it is for the command line.
        service: boto3's name of the service.
        arn: The ARN in policies.
        commands: The commands that operate on it; empty for all.
        conditions: The IAM conditions by action; `""` stands for all other actions.
    """

    on: On
    service: str
    arn: str
    commands: tuple[str, ...] = ()
    conditions: Mapping[str, Mapping[str, Any]] = {}


def resources_of(watched: Operable) -> Iterator[Operated]:
    """Yield the resources of a construct on which the command line operates."""
    yield Operated("stack", "cloudformation", _stack_arn(stack_of(watched)))
    yield Operated("any", "", "*")
    match watched:
        case SqsConsumer():
            yield from _place(watched.dead_letter_queue)
            yield Operated("target", "sqs", watched.queue.queue_arn)
            yield from _keys(watched.queue, "encryption_master_key")
            yield from _function(watched.function)
        case StreamConsumer():
            for place in (watched.on_failure, watched.set_aside):
                yield from _place(place)
            yield from _stream(watched)
            yield from _function(watched.function)
        case AsyncInvocation():
            for place in (watched.on_failure, watched.dead_letter_queue):
                yield from _place(place)
            yield from _function(watched.function)
        case IdempotencyTable():
            yield Operated("table", "dynamodb", watched.table.table_arn, ("forget",))
            yield from _keys(watched.table)
        case CircuitBreaker():
            yield from _circuit(watched)


def _place(place: object) -> Iterator[Operated]:
    """Yield what a place for failed events is; nothing for topics, functions and event buses, which keep none."""
    kind = None if place is None else kind_of(cast("Any", place))
    if kind == "queue":
        yield Operated("place", "sqs", arn_of(cast("Any", place)))
        yield from _keys(place, "encryption_master_key")
    elif kind == "bucket":
        arn = arn_of(cast("Any", place))
        yield Operated("bucket", "s3", arn)
        yield Operated("object", "s3", f"{arn}/*")
        yield from _keys(place)


def _function(function: lambda_.IFunction) -> Iterator[Operated]:
    yield Operated("target", "lambda", function.function_arn)
    group = known.log_group_of(function) or f"/aws/lambda/{qualified(function).name}"
    account, region = place_of(function)
    # IAM requires `:*` at the end of a log group's ARN:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    arn = stack_of(function).format_arn(
        service="logs",
        region=region,
        account=account,
        resource="log-group",
        resource_name=f"{group}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    yield Operated("log group", "logs", arn)


def _stream(consumer: StreamConsumer) -> Iterator[Operated]:
    source = consumer.source
    if source.kind == "DynamoDB":
        yield Operated("stream", "dynamodbstreams", source.arn)
    else:
        yield Operated("stream", "kinesis", source.arn)
        yield Operated("target", "kinesis", source.arn)
    yield from _keys(source.construct)


def _circuit(breaker: CircuitBreaker) -> Iterator[Operated]:
    conditions = {"": on_item_of(breaker.name)}
    yield Operated("table", "dynamodb", breaker.table.table_arn, ("circuits",), conditions)
    yield from _keys(breaker.table)
    for function in breaker.granted:
        yield from (each for each in _function(function) if each.on == "log group")
    for consumer in breaker.paused:
        arn = consumer.event_source_mapping.event_source_mapping_arn
        tagging = {"lambda:TagResource": _ONLY_ITS_TAG, "lambda:UntagResource": _ONLY_ITS_TAG}
        yield Operated("mapping", "lambda", arn, ("circuits",), tagging)
    if breaker.switch is not None:
        yield from _place(breaker.switch.timers.dead_letter_queue)


def _keys(resource: object, attribute: str = "encryption_key") -> Iterator[Operated]:
    key = key_of(resource, attribute)
    if key is not None:
        yield Operated("key", "kms", key.key_arn)


def _stack_arn(stack: Stack) -> str:
    return stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{stack.stack_name}/*")


def all_resources(watch: Sequence[IConstruct]) -> dict[tuple[On, str], list[Operated]]:
    """Return the resources of several constructs, by what they are and their service, each once."""
    found: dict[tuple[On, str], list[Operated]] = {}
    for watched in watch:
        for each in resources_of(cast("Operable", watched)):
            there = found.setdefault((each.on, each.service), [])
            if each not in there:
                there.append(each)
    return found
