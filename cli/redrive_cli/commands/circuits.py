"""`redrive circuits`: lists circuits, and opens or closes one by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from redrive_cli.circuit_changes import change, mapping_states
from redrive_cli.circuits import Circuit, circuits_in, stored
from redrive_cli.commands.common import YES, Context, confirm
from redrive_cli.commands.common import command as make
from redrive_cli.errors import Exit, Usage
from redrive_cli.failures.found import iso
from redrive_cli.log_lines import last_event
from redrive_cli.output.terminal import table
from redrive_cli.output.words import age, duration
from redrive_cli.places.find import stacks_in
from redrive_cli.selection import seconds_in

_OPENED = ("redrive.circuit.opened", "redrive.circuit.reopened")


@make(
    "circuits",
    """
redrive circuits Shop
redrive circuits Shop --open Warehouse --for 30m
redrive circuits Shop --close Warehouse
""",
)
@click.argument("stacks", nargs=-1, metavar="[STACK]...")
@click.option("--open", "to_open", metavar="NAME", help="Open this circuit: calls stop, and its mappings are paused.")
@click.option("--for", "time", default="10m", show_default=True, metavar="TIME", help="How long it stays open.")
@click.option("--close", "to_close", metavar="NAME", help="Close this circuit, and enable the mappings it paused.")
@YES
def command(
    context: Context, stacks: tuple[str, ...], to_open: str | None, time: str, to_close: str | None, yes: bool
) -> Exit | None:
    """List the circuits of stacks with state, cause and paused mappings; or open or close one by hand."""
    if to_open is not None and to_close is not None:
        raise Usage("--open and --close: give one of them")
    circuits = _circuits(context, stacks)
    named = to_open or to_close
    if named is not None:
        return _change(context, _find(circuits, named), seconds_in(time) if to_open else None, yes=yes)
    rows = [_row(context, each) for each in circuits]
    if not context.output.is_text:
        context.output.data({"circuits": rows}, rows)
    elif not rows:
        context.output.note("no function of these stacks has the settings of a circuit")
    else:
        shown = [(each["name"], each["state"], _until(context, each), _mappings(each), each["cause"]) for each in rows]
        context.output.text(table(("circuit", "state", "until", "mappings", "cause"), shown))
    return None


def _circuits(context: Context, stacks: tuple[str, ...]) -> list[Circuit]:
    found: dict[Circuit, None] = {}
    for known in stacks_in(context.aws, stacks):
        functions = [(spec.function_name, spec.environment) for spec in known.functions.values()]
        found |= dict.fromkeys(circuits_in(functions))
    return list(found)


def _find(circuits: list[Circuit], name: str) -> Circuit:
    named = [each for each in circuits if each.name == name]
    if len(named) == 1:
        return named[0]
    known = ", ".join(f"{each.name} (table {each.table})" for each in circuits) or "none"
    what = "several circuits are" if named else "no circuit is"
    raise Usage(f"{what} called {name!r}; there are: {known}")


def _row(context: Context, circuit: Circuit) -> dict[str, Any]:
    state = stored(context.aws, circuit).state
    status = state.status(context.now.timestamp())
    cause = None
    if status != "closed":
        since = None if state.opened_at is None else datetime.fromtimestamp(state.opened_at, UTC)
        event = last_event(context.aws, circuit.functions, _OPENED, circuit.name, since or context.now - _A_DAY)
        cause = None if event is None else event.get("error")
    return {
        "name": circuit.name,
        "state": status.replace("_", "-"),
        "opened_at": _time(state.opened_at),
        "open_until": _time(state.open_until),
        "openings": state.openings,
        "cause": cause,
        "functions": list(circuit.functions),
        "mappings": mapping_states(context.aws, circuit),
        "table": circuit.table,
    }


_A_DAY = timedelta(days=1)


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else iso(datetime.fromtimestamp(seconds, UTC))


def _until(context: Context, row: dict[str, Any]) -> str | None:
    if row["open_until"] is None:
        return None
    left = (datetime.fromisoformat(row["open_until"]) - context.now).total_seconds()
    if left > 0:
        return f"in {duration(left)}"
    return f"{age(datetime.fromisoformat(row['open_until']), context.now)} ago"


def _mappings(row: dict[str, Any]) -> str | None:
    states = [f"{each['state'].lower()}{', paused' if each['paused'] else ''}" for each in row["mappings"]]
    return ", ".join(states) or None


def _change(context: Context, circuit: Circuit, seconds: float | None, *, yes: bool) -> Exit | None:
    if seconds is None:
        question = f"Close the circuit {circuit.name}, so that calls are made again?"
    else:
        question = f"Open the circuit {circuit.name} for {duration(seconds)}, so that no calls are made?"
    if not confirm(question, yes=yes, output=context.output):
        return None
    done = change(context.aws, circuit, seconds)
    for each in done.problems:
        context.output.warn(each)
    row = _row(context, circuit)
    if context.output.is_text:
        context.output.text(f"the circuit {circuit.name} is {row['state']}; mappings: {_mappings(row) or 'none'}")
    else:
        context.output.data(row)
    return Exit.FAILED if done.problems else None
