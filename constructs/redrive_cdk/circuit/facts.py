"""Collects the facts about a circuit, its users and what it pauses that are known at synthesis."""

from __future__ import annotations

from aws_cdk import Duration, Token
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive.settings import CircuitSettings
from redrive_cdk.core import known
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.placement import is_elsewhere
from redrive_cdk.core.tree import path_of, place_of
from redrive_cdk.idempotency.facts import gather as gather_table
from redrive_model.rules.circuit import CircuitFacts, CircuitUserFacts, PauseFacts
from redrive_model.rules.idempotency import TableFacts

# The helper lets an item expire a day after its last use.
_KEPT = Duration.days(1)
# The kind of text remembered about a mapping: the circuit breaker that pauses it.
_PAUSED = "paused-by"


def gather(settings: CircuitSettings, table: dynamodb.ITable) -> CircuitFacts:
    """Collect the facts about a circuit and its table."""
    later = frozenset(
        name
        for name, value in settings.as_dict().items()
        if isinstance(value, (int, float, str)) and Token.is_unresolved(value)
    )
    return CircuitFacts(
        settings=settings.replace(**dict.fromkeys(later)), table=gather_table(table, _KEPT), given_later=later
    )


def user_facts(function: lambda_.IFunction, table: TableFacts) -> CircuitUserFacts:
    """Collect the facts about a function that uses a circuit."""
    return CircuitUserFacts(
        function=path_of(function),
        table=table,
        account=known.text(place_of(function).account),
        region=known.text(place_of(function).region),
    )


def pause_facts(breaker: Construct, consumer: IConstruct, mapping: lambda_.EventSourceMapping) -> PauseFacts:
    """Collect the facts about a consumer that a circuit breaker pauses."""
    return PauseFacts(
        consumer=path_of(consumer),
        elsewhere=is_elsewhere(breaker, mapping),
        paused_by=next(iter(remembered(mapping, _PAUSED)), None),
    )


def remember_pause(breaker: Construct, mapping: lambda_.EventSourceMapping) -> None:
    """Remember which circuit breaker pauses a mapping, because only one can."""
    remember(mapping, _PAUSED, path_of(breaker))
