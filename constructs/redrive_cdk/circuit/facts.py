"""Collects the facts about a circuit breaker that are known at synthesis."""

from __future__ import annotations

from aws_cdk import Token

from redrive.settings.circuit import CircuitSettings
from redrive_model.rules.circuit import CircuitFacts
from redrive_model.rules.idempotency import TableFacts


def gather(settings: CircuitSettings, table: TableFacts) -> CircuitFacts:
    """Collect the facts about a circuit breaker with these settings and this table."""
    later = frozenset(
        name
        for name, value in settings.as_dict().items()
        if isinstance(value, (int, float, str)) and Token.is_unresolved(value)
    )
    return CircuitFacts(settings=settings.replace(**dict.fromkeys(later)), table=table, given_later=later)
