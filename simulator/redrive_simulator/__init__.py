"""Runs the real handlers against a synthesized CloudFormation template, in virtual time.

It needs only a template (JSON) and the handlers, and imports neither aws-cdk-lib nor boto3. Names are loaded on first
use, so that pytest, which finds the fixture of `redrive_simulator.pytest_plugin` by itself, starts no slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redrive_simulator.errors import (
        AssemblyError,
        HistoryError,
        NotModelledError,
        NotSimulatedError,
        TemplateError,
        UnknownNameError,
    )
    from redrive_simulator.invoked import Invoked
    from redrive_simulator.outcomes import Ended, Outcome
    from redrive_simulator.parameters import Parameters
    from redrive_simulator.simulation import Simulation, days, hours, minutes
    from redrive_simulator.timeline import Entry, Event, Kind, Timeline

_HOMES = {
    "AssemblyError": "errors",
    "Ended": "outcomes",
    "Entry": "timeline",
    "Event": "timeline",
    "HistoryError": "errors",
    "Invoked": "invoked",
    "Kind": "timeline",
    "NotModelledError": "errors",
    "NotSimulatedError": "errors",
    "Outcome": "outcomes",
    "Parameters": "parameters",
    "Simulation": "simulation",
    "TemplateError": "errors",
    "Timeline": "timeline",
    "UnknownNameError": "errors",
    "days": "simulation",
    "hours": "simulation",
    "minutes": "simulation",
}

__all__ = [
    "AssemblyError",
    "Ended",
    "Entry",
    "Event",
    "HistoryError",
    "Invoked",
    "Kind",
    "NotModelledError",
    "NotSimulatedError",
    "Outcome",
    "Parameters",
    "Simulation",
    "TemplateError",
    "Timeline",
    "UnknownNameError",
    "days",
    "hours",
    "minutes",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'redrive_simulator' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"redrive_simulator.{_HOMES[name]}"), name)
    globals()[name] = value  # the next access does not come here
    return value


def __dir__() -> list[str]:
    return __all__
