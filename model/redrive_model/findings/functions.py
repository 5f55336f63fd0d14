"""Collects the facts about functions and their asynchronous invocation from the resources of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from redrive.settings.asynchronous import AsyncSettings
from redrive.settings.base import every_settings
from redrive.settings.circuit import CircuitSettings, SwitchSettings
from redrive.settings.idempotency import IdempotencySettings
from redrive.settings.invoker import InvokerSettings
from redrive.settings.sqs import SqsSettings
from redrive.settings.streams import StreamSettings
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.facts.horizon import Horizon
from redrive_model.findings.known import Known, plain
from redrive_model.findings.network import Network
from redrive_model.findings.sources import sqs_facts, stream_facts
from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.resources.function import FunctionSpec
from redrive_model.rules.functions import FunctionFacts
from redrive_model.rules.idempotency import ProtectionFacts
from redrive_model.schedules import asynchronous, sqs, streams
from redrive_model.template.arns import kind_of, service_of, without_qualifier
from redrive_model.template.template import Resource


def async_facts(resource: Resource, arn: str, spec: AsyncSpec, function: FunctionSpec, known: Known) -> AsyncFacts:
    """Collect the facts about a configuration of asynchronous invocation."""
    on_success, on_failure, dead_letters = spec.on_success, spec.on_failure, function.dead_letter_arn
    of_function = known.resources[function.arn]
    age = _if_known(spec.max_age, "MaximumEventAgeInSeconds", resource)
    retries = _if_known(spec.max_retries, "MaximumRetryAttempts", resource)
    hidden = resource.unknown & {"DestinationConfig", "OnFailure", "OnSuccess"}
    attempts = asynchronous.last_attempt(retries, age)
    return AsyncFacts(
        sets_something=not spec.is_empty or bool(resource.unknown),
        retry_attempts=retries,
        max_event_age=age,
        last_attempt=attempts,
        bridged=asynchronous.bridged_by(attempts),
        on_success=kind_of(on_success),
        on_failure="queue" if hidden else kind_of(on_failure),
        dead_letter_queue=None if hidden else kind_of(dead_letters),
        fifo=known.fifo(on_success=on_success, on_failure=on_failure, dead_letter_queue=dead_letters),
        own_destination=tuple(
            role
            for role, target in (("on_success", on_success), ("on_failure", on_failure))
            if target is not None and without_qualifier(target) == function.arn
        ),
        function_timeout=_if_known(function.timeout, "Timeout", of_function),
        reserved_concurrency=function.reserved_concurrency,
        others=tuple(
            other.shown for other, its, _ in known.stack.configurations if its == arn and other is not resource
        ),
    )


def facts_without_configuration(function: FunctionSpec, known: Known) -> AsyncFacts:
    """Collect the facts about the asynchronous invocation of a function that nothing configures: Lambda's defaults."""
    made = async_facts(known.resources[function.arn], function.arn, AsyncSpec(), function, known)
    return replace(made, sets_something=True)


def _if_known(value: float, name: str, resource: Resource) -> float | None:
    return None if name in resource.unknown else plain(value)


def function_facts(function: FunctionSpec, known: Known, network: Network, invoked: frozenset[str]) -> FunctionFacts:
    """Collect the facts about a function.

    Args:
        function: The function.
        known: The stack.
        network: Its subnets.
        invoked: ARNs of the functions that something else than a queue or a stream may invoke.
    """
    resource = known.resources[function.arn]
    mappings = [each for each in known.stack.sqs_mappings if without_qualifier(each.function) == function.arn]
    of_streams = [each for each in known.stack.stream_mappings if without_qualifier(each.function) == function.arn]
    configured = [
        (role, arn)
        for _, its, spec in known.stack.configurations
        if without_qualifier(its) == function.arn
        for role, arn in (("on_failure", spec.on_failure), ("on_success", spec.on_success))
    ]
    places = [*configured, ("dead_letter_queue", function.dead_letter_arn)]
    return FunctionFacts(
        reserved_concurrency=function.reserved_concurrency,
        started=tuple(
            (known.shown_mapping(each), each.maximum_concurrency)
            for each in mappings
            if each.enabled and each.maximum_concurrency is not None
        ),
        sources=tuple(known.shown(known.source(each.source)) for each in (*mappings, *of_streams)),
        invoked_otherwise=function.arn in invoked,
        destinations=tuple(dict.fromkeys(role for role, arn in places if arn is not None)),
        environment_known=_size_of(_given_variables(resource), _known_size),
        environment=_size_of(function.environment, _size),
        layers=len(function.layers),
        out_of_reach=network.out_of_reach(function.subnets, called_services(function.environment)),
    )


def called_services(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the AWS services that a function's helpers call, by their settings."""
    called: dict[str, None] = {}

    def note(service: str, called_if: object = True) -> None:
        if called_if:
            called[service] = None

    for _ in every_settings(SqsSettings, environment):
        note("sqs")
    for stream in every_settings(StreamSettings, environment):
        note("sqs", stream.set_aside_queue_url)
        note("s3", stream.set_aside_bucket)
    for event in every_settings(AsyncSettings, environment):
        note("dynamodb", event.counter_table)
        note("s3", event.counter_bucket)
        note("logs", event.counter_log_group)
    for _ in every_settings(InvokerSettings, environment):
        note("lambda")
    for kind in (IdempotencySettings, CircuitSettings):
        for _ in every_settings(kind, environment):
            note("dynamodb")
    for _ in every_settings(SwitchSettings, environment):
        note("lambda")
        note("sqs")
    return tuple(called)


def _given_variables(resource: Resource) -> Mapping[str, Any]:
    environment = resource.given.get("Environment")
    variables: Any = environment.get("Variables") if isinstance(environment, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return cast("Mapping[str, Any]", variables) if isinstance(variables, Mapping) else {}


def _size_of(variables: Mapping[str, Any], size: Any) -> int:
    return sum(_size(name) + size(value) for name, value in variables.items())


def _size(text: object) -> int:
    return len(str(text).encode())


def _known_size(value: Any) -> int:
    """Return the size of the text in an expression, without what the deployment fills in."""
    if not isinstance(value, Mapping):
        return _size(value)
    joined: Any = cast("Mapping[str, Any]", value).get("Fn::Join")
    if not isinstance(joined, list):
        return 0
    separator, parts = cast("list[Any]", joined)
    known = [_known_size(each) for each in parts] if isinstance(parts, list) else [0]  # pyright: ignore[reportUnknownVariableType]
    return sum(known) + _size(separator) * (len(known) - 1)


def protection_facts(function: FunctionSpec, known: Known) -> Iterator[tuple[ProtectionFacts, Resource]]:
    """Collect the facts about each table of idempotency that a function uses and each source of its events.

    Returns:
        The facts, and the mapping or configuration that retries these events.
    """
    tables = [each for each in every_settings(IdempotencySettings, function.environment) if each.table]
    if not tables:
        return
    timeout = _if_known(function.timeout, "Timeout", known.resources[function.arn])
    for resource, horizon, retry_time in _retries_of(function, known):
        for table in tables:
            facts = ProtectionFacts(
                table=_table_name(table, known),
                expiry=None if table.expiry is None else plain(table.expiry),
                horizon=horizon,
                claim=timeout,
                retry_time=retry_time,
            )
            yield facts, resource


def _table_name(settings: IdempotencySettings, known: Known) -> str:
    for resource, table in known.stack.tables:
        if settings.table in (table.table_name, table.arn):
            return resource.shown
    return str(settings.table)


def _retries_of(function: FunctionSpec, known: Known) -> Iterator[tuple[Resource, Horizon | None, float | None]]:
    for queue in known.stack.sqs_mappings:
        if without_qualifier(queue.function) == function.arn:
            # Messages come again after their visibility timeout, when a claim has ended.
            yield known.stack.mapped[queue.uuid], sqs.horizon_of(sqs_facts(queue, known)), None
    for stream in known.stack.stream_mappings:
        if without_qualifier(stream.function) == function.arn:
            of_stream = stream_facts(stream, known)
            mapping = known.stack.mapped[stream.uuid]
            yield mapping, streams.horizon_of(of_stream), streams.retry_time(of_stream)
    for resource, arn, spec in known.stack.configurations:
        if without_qualifier(arn) == function.arn:
            of_event = async_facts(resource, arn, spec, function, known)
            yield resource, asynchronous.horizon_of(of_event), asynchronous.retry_time(of_event)


def invoked_otherwise(known: Known, targets: frozenset[str]) -> frozenset[str]:
    """Return the ARNs of the functions that something else than a queue or a stream may invoke.

    Args:
        known: The stack.
        targets: ARNs of what topics, buckets, rules and destinations lead to.
    """
    found = {without_qualifier(arn) for arn in targets if service_of(arn) == "lambda"}
    names = {spec.function_name: spec.arn for spec in known.functions.values()}
    for each in known.stack.others:
        match each.kind:
            case "AWS::Lambda::Permission":
                function = str(each.properties.get("FunctionName", ""))
                found.add(without_qualifier(function) if function.startswith("arn:") else names.get(function, ""))
            case "AWS::Scheduler::Schedule":
                target = each.properties.get("Target")
                if isinstance(target, Mapping):
                    found.add(without_qualifier(str(cast("Mapping[str, Any]", target).get("Arn"))))
            case _:
                pass
    return frozenset(found)
