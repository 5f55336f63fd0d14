"""Reads circuits and their paused mappings, and opens or closes a circuit by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from redrive.aws.clients import clients
from redrive.circuit.dynamodb import DynamoDBCircuits
from redrive.circuit.state import StoredCircuit
from redrive.settings.base import every_settings
from redrive.settings.circuit import CircuitSettings, SwitchSettings
from redrive_cli.aws import Aws

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit of a stack.

    Attributes:
        name: Its name.
        table: The table that keeps its state.
        functions: Names of the functions that it protects.
        mappings: Ids of the event source mappings that it pauses.
    """

    name: str
    table: str
    functions: tuple[str, ...]
    mappings: tuple[str, ...] = ()


def circuits_in(environments: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[Circuit]:
    """Yield the circuits that functions have settings for.

    Args:
        environments: Names of functions and their environment variables.
    """
    listed = list(environments)
    functions: dict[tuple[str, str], list[str]] = {}
    mappings: dict[tuple[str, str], tuple[str, ...]] = {}
    for name, environment in listed:
        for each in every_settings(CircuitSettings, environment):
            if each.name is not None and each.table is not None:
                functions.setdefault((each.name, each.table), []).append(name)
        for switch in every_settings(SwitchSettings, environment):
            mappings[switch.name, switch.table] = switch.mappings
            functions.setdefault((switch.name, switch.table), [])
    for (name, table), names in sorted(functions.items()):
        yield Circuit(name, table, tuple(names), mappings.get((name, table), ()))


def stored(aws: Aws, circuit: Circuit) -> StoredCircuit:
    """Return the stored state of a circuit."""
    return with_clients(aws, lambda: DynamoDBCircuits(circuit.table).read(circuit.name))


def with_clients(aws: Aws, call: Callable[[], T]) -> T:
    """Run code of the helpers with the clients of the command line."""
    with clients.replaced(lambda service, limits: aws.client(service)):
        return call()
