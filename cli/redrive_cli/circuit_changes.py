"""Opens and closes circuits by hand, with the mappings that they pause."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from redrive.circuit.dynamodb import DynamoDBCircuits
from redrive.circuit.state import CLOSED, CircuitState, StoredCircuit
from redrive.circuit.switch.calls import is_gone, lookup, perform
from redrive.circuit.switch.decision import decide
from redrive.core.system import new_token, now
from redrive_cli.aws import Aws
from redrive_cli.circuits import Circuit, with_clients
from redrive_cli.errors import Exit, Problem, explained

# Members of the circuit may write at the same time.
_TRIES = 5
# Pause and look; or enable, look, remove the tag, look.
_STEPS = 4


@dataclass(slots=True)
class Changed:
    """The result of a change.

    Attributes:
        problems: A sentence for each mapping that was not changed.
    """

    problems: list[str] = field(default_factory=list[str])


def change(aws: Aws, circuit: Circuit, seconds: float | None) -> Changed:
    """Open a circuit for some seconds, or close it (`None`), and pause or resume its mappings.

    Raises:
        Problem: Members of the circuit have changed its state each time in between.
    """
    return with_clients(aws, lambda: _change(circuit, seconds))


def _change(circuit: Circuit, seconds: float | None) -> Changed:
    store = DynamoDBCircuits(circuit.table)
    before = store.read(circuit.name)
    for _ in range(_TRIES):
        state = CLOSED
        if seconds is not None:
            state = CircuitState(open_until=now() + seconds, opened_at=now(), openings=max(1, before.state.openings))
        after = StoredCircuit(new_token(), state)
        found = store.swap(circuit.name, before.version, after)
        if found.version == after.version:
            break
        before = found
    else:
        raise Problem(f"the state of {circuit.name} changed {_TRIES} times in between: try again", Exit.OTHER)
    changed = Changed()
    for uuid in circuit.mappings:
        try:
            _adjust(circuit, uuid, state)
        except Exception as error:
            changed.problems.append(f"the mapping {uuid} was not changed: {explained(error)}")
    return changed


def _adjust(circuit: Circuit, uuid: str, state: CircuitState) -> None:
    for _ in range(_STEPS):
        mapping = lookup(uuid)
        step = decide(state.status(now()), mapping.state)
        if step in ("nothing", "later"):  # the switch takes care of what changes now
            return
        perform(step, mapping, circuit.name)


def mapping_states(aws: Aws, circuit: Circuit) -> list[dict[str, Any]]:
    """Return the state of each mapping that a circuit pauses, and whether it has paused it."""

    def states() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for uuid in circuit.mappings:
            try:
                mapping = lookup(uuid)
            except Exception as error:
                if not is_gone(error):
                    raise
                found.append({"uuid": uuid, "state": "Gone", "paused": False})
                continue
            found.append({"uuid": uuid, "state": mapping.state.state, "paused": mapping.state.is_paused})
        return found

    return with_clients(aws, states) if circuit.mappings else []
