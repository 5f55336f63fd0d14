"""Finds what stands in the way of a replay: disabled mappings, open circuits, causes that nobody fixed yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from redrive.settings.circuit import PAUSED_BY
from redrive_cli.aws import Aws
from redrive_cli.circuits import circuits_in, stored
from redrive_cli.errors import explained
from redrive_cli.output.words import age
from redrive_cli.places.functions import MappingState, function_state, mappings_of
from redrive_cli.replay.destination import Destination


def obstacles(aws: Aws, destinations: Iterable[Destination], latest: datetime | None, now: datetime) -> list[str]:
    """Return sentences about what stands in the way; what cannot be looked at is said, too.

    Args:
        aws: The account of the destinations.
        destinations: Where events go.
        latest: The latest failure; `None` if its time is not known.
        now: The time.
    """
    found: dict[str, None] = {}
    for to in destinations:
        try:
            found |= dict.fromkeys(_of(aws, to, latest, now))
        except Exception as error:
            found[f"{to.short} was not checked: {explained(error)}"] = None
    return list(found)


def _of(aws: Aws, to: Destination, latest: datetime | None, now: datetime) -> Iterator[str]:
    if to.kind == "function":
        yield from _of_function(aws, to.name, latest, now)
    elif to.kind == "queue" and to.name.startswith("arn:"):
        mappings = mappings_of(aws, source=to.name)
        for each in mappings:
            if each.is_off:
                yield _off(aws, to, each)
            yield from _of_function(aws, each.function, latest, now)


def _off(aws: Aws, to: Destination, mapping: MappingState) -> str:
    function = mapping.function.rpartition(":function:")[2]
    tags: dict[str, str] = {}
    if mapping.arn:
        tags = aws.client("lambda", to.region).list_tags(Resource=mapping.arn).get("Tags") or {}
    circuit = tags.get(PAUSED_BY)
    if circuit is not None:
        return f"the circuit {circuit} is open and has paused the mapping from {to.short} to {function}"
    return f"the mapping from {to.short} to {function} is {mapping.state.lower()}: events will wait there"


def _of_function(aws: Aws, name: str, latest: datetime | None, now: datetime) -> Iterator[str]:
    state = function_state(aws, name)
    if state is None:
        yield f"the function {name.rpartition(':function:')[2] or name} does not exist"
        return
    if state.modified is not None and latest is not None and state.modified < latest:
        yield (
            f"{state.name} was last deployed {age(state.modified, now)} ago, before the latest failure: its cause may "
            "not be fixed"
        )
    for circuit in circuits_in([(state.name, state.environment)]):
        status = stored(aws, circuit).state.status(now.timestamp())
        if status != "closed":
            yield f"the circuit {circuit.name}, which protects {state.name}, is {status.replace('_', '-')}"
