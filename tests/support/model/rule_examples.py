"""For each rule a template that breaks it, and the same one changed so that it passes."""

from __future__ import annotations

from typing import NamedTuple

from tests.support.model.pairs.all_pairs import PAIRS
from tests.support.model.rule_changes.asynchronous import ASYNCHRONOUS
from tests.support.model.rule_changes.queues import QUEUES_AND_FUNCTIONS
from tests.support.model.rule_changes.streams import STREAMS
from tests.support.model.rule_changes.templates import with_
from tests.support.simulator.simulations import Template

#: Rules about what only a construct knows: other Regions, circuits of another stack, tables made elsewhere.
WITHOUT_TEMPLATE = frozenset(
    {
        "redrive:async-same-region",
        "redrive:stream-set-aside-is-queue-or-bucket",
        "redrive:pause-mapping-is-in-reach",
        "redrive:pause-one-circuit-pauses",
        "redrive:imported-table",
        "redrive:table-something-is-remembered",
    }
)


class Example(NamedTuple):
    """Two templates, of which the first breaks a rule and the second passes it."""

    broken: Template
    passing: Template


def examples() -> dict[str, Example]:
    """The examples by the ids of the rules."""
    found = {f"redrive:{rule}": Example(broken, passing) for rule, broken, passing in reversed(PAIRS)}
    for rule, source, name, broken, passing in (*QUEUES_AND_FUNCTIONS, *STREAMS, *ASYNCHRONOUS):
        found[f"redrive:{rule}"] = Example(with_(source, name, broken), with_(source, name, passing))
    return found
