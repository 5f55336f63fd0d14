"""Collects the facts about an idempotency table, and about what it protects, that are known at synthesis."""

from __future__ import annotations

from typing import Any, NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb

from redrive_cdk.asynchronous.invocation import AsyncInvocation
from redrive_cdk.core import known, tree
from redrive_cdk.core.tree import path_of
from redrive_cdk.sqs.consumer import SqsConsumer
from redrive_cdk.streams.consumer import StreamConsumer
from redrive_model.facts.horizon import Horizon
from redrive_model.rules.idempotency import EXPIRATION, TableFacts
from redrive_model.schedules import asynchronous, sqs, streams
from redrive_model.template.names import without_default_child

#: The constructs that retry a function's events and have a retry horizon.
Retrying = SqsConsumer | StreamConsumer | AsyncInvocation


class Place(NamedTuple):
    """Account and Region of a resource; `None` if not known."""

    account: str | None
    region: str | None


def gather(table: dynamodb.ITable, expiry: Duration) -> TableFacts:
    """Collect the facts about a table; call `complete` first."""
    account, region = place_of(table)
    seconds = known.seconds(expiry)
    made = resource_of(table)
    if made is None:
        return TableFacts(expiry=seconds, imported=path_of(table), account=account, region=region)
    return TableFacts(
        expiry=seconds,
        key=_key_of(made),
        ttl=_ttl_of(made),
        replicas=len(known.resolved(made, "replicas") or ()) or 1,
        strongly_consistent=_is_strongly_consistent(made),
        account=account,
        region=region,
    )


def complete(table: dynamodb.ITable) -> None:
    """Enable TTL on a table that this app creates, if it has none and supports TTL."""
    made = resource_of(table)
    # A global table with strong consistency does not support TTL:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
    if made is None or _is_strongly_consistent(made) or known.resolved(made, "timeToLiveSpecification") is not None:
        return
    if isinstance(made, dynamodb.CfnTable):
        made.time_to_live_specification = dynamodb.CfnTable.TimeToLiveSpecificationProperty(
            enabled=True, attribute_name=EXPIRATION
        )
    else:
        made.time_to_live_specification = dynamodb.CfnGlobalTable.TimeToLiveSpecificationProperty(
            enabled=True, attribute_name=EXPIRATION
        )


def resource_of(table: dynamodb.ITable) -> dynamodb.CfnTable | dynamodb.CfnGlobalTable | None:
    """Return the resource of a table that this app creates, even if imported by its ARN; `None` for other tables."""
    made = known.made_table(table) or known.named_by(table.table_arn)
    return made if isinstance(made, (dynamodb.CfnTable, dynamodb.CfnGlobalTable)) else None


def shown(table: dynamodb.ITable) -> str:
    """Return how sentences name a table, at construction and when they have read the templates."""
    made = resource_of(table)
    return known.text(table.table_name) or path_of(table) if made is None else without_default_child(path_of(made))


def place_of(table: dynamodb.ITable) -> Place:
    """Return the account and Region of a table that this app creates or imports."""
    # Read the ARN first: the CDK assumes that an imported table is where it was imported.
    arn = known.text(table.table_arn)
    if arn is None:
        there = tree.place_of(table)
        return Place(known.text(there.account), known.text(there.region))
    # arn:aws:dynamodb:region:account:table/name
    _, _, _, region, account, *_ = arn.split(":")
    return Place(account, region)


def _key_of(made: dynamodb.CfnTable | dynamodb.CfnGlobalTable) -> tuple[tuple[str, str], ...] | None:
    schema: list[dict[str, Any]] = known.resolved(made, "keySchema") or []
    defined: list[dict[str, Any]] = known.resolved(made, "attributeDefinitions") or []
    written = [*(each["attributeName"] for each in (*schema, *defined)), *(each["attributeType"] for each in defined)]
    if not schema or not all(isinstance(text, str) for text in written):
        return None
    types = {each["attributeName"]: each["attributeType"] for each in defined}
    names = [each["attributeName"] for each in sorted(schema, key=lambda each: each["keyType"] != "HASH")]
    return tuple((name, types.get(name, "?")) for name in names)


def _ttl_of(made: dynamodb.CfnTable | dynamodb.CfnGlobalTable) -> str | None:
    found = known.fields(known.resolved(made, "timeToLiveSpecification"))
    match found.get("enabled", False), found.get("attributeName"):
        case True, str() as attribute:
            return attribute
        case False, _:
            return ""
        case _:
            return None


def _is_strongly_consistent(made: dynamodb.CfnTable | dynamodb.CfnGlobalTable) -> bool:
    return known.resolved(made, "multiRegionConsistency") == dynamodb.MultiRegionConsistency.STRONG.value


def horizon_of(retrying: Retrying) -> Horizon | None:
    """Return the retry horizon of a consumer or an `AsyncInvocation`; `None` if it is not known.

    Raises:
        ValueError: The construct is of another type.
    """
    match retrying:
        case SqsConsumer():
            return sqs.horizon_of(retrying.facts)
        case StreamConsumer():
            return streams.horizon_of(retrying.facts)
        case AsyncInvocation():
            return asynchronous.horizon_of(retrying.facts)
    raise ValueError(
        f"{retrying!r} has no retry horizon: give an SqsConsumer, KinesisConsumer, DynamoDBStreamConsumer or "
        "AsyncInvocation, or grant the function alone"
    )
