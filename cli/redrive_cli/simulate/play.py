"""Plays a scenario in virtual time."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from redrive_cli.errors import Usage
from redrive_cli.simulate.scenario import Fault, Scenario, Send, read_scenario
from redrive_cli.stacks.read import Read
from redrive_simulator import Parameters, Simulation, TemplateError

#: The function that a scenario in Python defines.
_PLAY = "play"


def played(read: Read, scenario: Path, stack: str | None, *, runs_code: bool) -> Simulation:
    """Play a scenario on a stack.

    Args:
        read: The stacks.
        scenario: A scenario in YAML, or in Python: a module with `play(simulation)`.
        stack: Name of the stack, if several were read.
        runs_code: Whether the handlers of a cloud assembly are run; else all of them succeed, but for planned faults.

    Raises:
        Usage: The scenario or the stack cannot be played.
    """
    if scenario.suffix == ".py":
        play = _in_python(scenario)
        simulation = _simulation(read, stack, 0, runs_code=runs_code)
        play(simulation)
        return simulation
    found = read_scenario(scenario)
    simulation = _simulation(read, stack, found.seed, runs_code=runs_code)
    _plan(simulation, found)
    if found.until is None:
        simulation.run()
    else:
        simulation.run_until(found.until)
    return simulation


def _in_python(path: Path) -> Callable[[Simulation], object]:
    if not path.is_file():
        raise Usage(f"{path} is no file: give a scenario in YAML or Python")
    found: Any = runpy.run_path(str(path)).get(_PLAY)
    if not callable(found):
        raise Usage(f"{path} has no function {_PLAY}(simulation): define it; it sends events and runs the simulation")
    return found


def _simulation(read: Read, stack: str | None, seed: int, *, runs_code: bool) -> Simulation:
    sources = {each.stack: each for each in read.sources}
    if stack is None and len(sources) == 1:
        stack = next(iter(sources))
    if stack not in sources:
        raise Usage(f"{read.name} has the stacks {', '.join(sources)}: give --stack with one of them")
    source = sources[stack]
    parameters = Parameters(region=source.place.region, account=source.place.account)
    options: Mapping[str, Any] = {"seed": seed, "parameters": parameters, "strict": False, "echo": False}
    if runs_code and source.file is not None and (source.file.parent / "manifest.json").is_file():
        return Simulation.from_assembly(source.file.parent, stack, default_handler=_stub, **options)
    values = dict(source.values)
    try:
        return Simulation.from_template(source.template, default_handler=_stub, template_parameters=values, **options)
    except TemplateError as error:
        raise Usage(str(error)) from None


def _stub(event: Any, context: Any) -> None:
    """Stand in for a handler: it succeeds."""


def _plan(simulation: Simulation, scenario: Scenario) -> None:
    numbers = count()
    try:
        for fault in scenario.faults:
            _add_fault(simulation, fault)
        for send in scenario.sends:
            for number in range(send.count):
                _add_event(simulation, send, send.at + number * send.every, str(next(numbers)))
    except (LookupError, TypeError, ValueError) as error:
        raise Usage(str(error)) from None


def _add_fault(simulation: Simulation, fault: Fault) -> None:
    name, start, end, probability = fault.name, fault.start, fault.end, fault.probability
    if fault.kind == "unreachable":
        simulation.unreachable(name, start=start, end=end, probability=probability, retried=fault.retried)
    else:
        simulation.fail_by_chance(name, probability, kind=fault.kind, start=start, end=end)


def _add_event(simulation: Simulation, send: Send, at: float, number: str) -> None:
    match send.target:
        case "queue":
            fifo = simulation.queue(send.name).spec.fifo
            group = (send.group or "group") if fifo else send.group
            simulation.send(send.name, send.body, at=at, group_id=group, deduplication_id=number if fifo else None)
        case "stream":
            simulation.put(send.name, send.body, partition_key=send.group or number, at=at)
        case "table":
            simulation.change(send.name, send.body, at=at)
        case "function":
            simulation.invoke(send.name, send.body, asynchronous=True, at=at)
