"""Rules for all event source mappings of one queue or stream together, whoever created them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

from redrive_model.rules.rule import Rules


class Reader(NamedTuple):
    """An event source mapping of a source.

    Attributes:
        name: Name of the mapping.
        function: Name of the function.
        invoked: Invoked ARN, or anything that is the same for the same function, version or alias.
        filters: Filter patterns; `None` if they are not known.
        enabled: Whether it is enabled.
    """

    name: str
    function: str
    invoked: str
    filters: tuple[str, ...] | None = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """Facts about a source and its readers.

    Attributes:
        source: Name of the source.
        kind: `queue`, `stream`, or `table` for the stream of a table.
        readers: Its event source mappings.
        is_global: Whether the table has replicas in other Regions.
    """

    source: str
    kind: Literal["queue", "stream", "table"] = "queue"
    readers: tuple[Reader, ...] = ()
    is_global: bool = False


def mapped_once(facts: SourceFacts) -> str | None:
    """Lambda refuses a second mapping of the same source and function.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    """
    for one, other in combinations(facts.readers, 2):
        if one.invoked == other.invoked:
            return (
                f"{one.name} and {other.name} both map {facts.source} to {one.function}: Lambda refuses a second "
                "mapping of the same source and function; leave one of them out"
            )
    return None


def filters_agree(facts: SourceFacts) -> str | None:
    """Each message of a queue reaches one mapping, which deletes it if it matches none of its filters.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    """
    if facts.kind != "queue":
        return None
    known = [(each, _comparable(each.filters)) for each in facts.readers if each.enabled and each.filters is not None]
    for (one, of_one), (other, of_other) in combinations(known, 2):
        if of_one != of_other:
            return (
                f"{one.name} and {other.name} read {facts.source} with different filters: each message reaches one of "
                "them, which deletes it if it matches none of its own filters, though the other would process it; "
                "give each function a queue of its own (SNS and EventBridge filter in front of queues), or leave the "
                "filters out and decide in one function"
            )
    return None


def _comparable(filters: Iterable[str]) -> frozenset[str]:
    """Return patterns without order and spaces, which make no difference."""
    return frozenset(map(_normalized, filters))


def _normalized(pattern: str) -> str:
    try:
        return json.dumps(json.loads(pattern), sort_keys=True)
    except ValueError:
        return pattern


def readers_are_served(facts: SourceFacts) -> str | None:
    """DynamoDB serves 2 readers of a shard, or 1 if the table is global.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
    """
    count, most = len(facts.readers), 1 if facts.is_global else 2
    if facts.kind != "table" or count <= most:
        return None
    kind = "global" if facts.is_global else "single-Region"
    return (
        f"{facts.source} has {count} consumers ({', '.join(each.name for each in facts.readers)}), and DynamoDB serves "
        f"{most} at a time of a {kind} table: reads may be throttled; feed several functions from one, or use Kinesis "
        "Data Streams for the table"
    )


SOURCE_RULES: Rules[SourceFacts] = Rules(
    "source",
    undeployable=(mapped_once,),
    unsafe=(filters_agree,),
    warnings={"redrive:stream-readers": readers_are_served},
)
