"""What is known at synthesis of a table for idempotency."""

from __future__ import annotations

from typing import Any, NamedTuple

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb

from redrive_cdk import known
from redrive_cdk.idempotency_checks import EXPIRATION, TableFacts


class Place(NamedTuple):
    """Where a resource is; `None` where that is not known."""

    account: str | None
    region: str | None


def gather(table: dynamodb.ITable, expiry: Duration) -> TableFacts:
    """What is known of a table.

    Args:
        table: The table, completed.
        expiry: For how long what has been done is remembered.

    Returns:
        The facts.
    """
    account, region = place_of(table)
    seconds = known.seconds(expiry)
    made = resource_of(table)
    if made is None:
        return TableFacts(expiry=seconds, imported=table.node.path, account=account, region=region)
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
    """Set TTL on a table that this app makes, where it has none and can have it.

    Args:
        table: The table.
    """
    made = resource_of(table)
    # Which none can have that is strongly consistent in several Regions:
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
    """The resource of a table that this app makes, also where it was imported by that one's ARN; `None` if imported."""
    made = known.made_table(table) or known.named_by(table.table_arn)
    return made if isinstance(made, (dynamodb.CfnTable, dynamodb.CfnGlobalTable)) else None


def place_of(table: dynamodb.ITable) -> Place:
    """Where a table is.

    By the ARN first: of an imported table, the CDK knows no other place than where it was imported.

    Args:
        table: The table, made here or imported.

    Returns:
        Its account and Region.
    """
    arn = known.text(table.table_arn)
    if arn is None:
        return Place(known.text(table.env.account), known.text(table.env.region))
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
