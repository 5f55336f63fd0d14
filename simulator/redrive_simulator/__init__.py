"""Runs the real handlers against a synthesized template, in virtual time.

A template (JSON) and the handlers are all it needs; it imports neither aws-cdk-lib nor boto3. A name is loaded when it
is first asked for, so that pytest, which finds the fixture of `redrive_simulator.pytest_plugin` by itself, starts no
slower.
"""

from redrive.core import attach

# `make format` writes `__init__.pyi` from this table.
NAMES = {
    "redrive_model.template.errors": "AssemblyError TemplateError UnknownNameError",
    "redrive_simulator.errors": "HistoryError NotModelledError NotSimulatedError",
    "redrive_simulator.invocation.synchronous": "Invoked",
    "redrive_simulator.outcomes": "Ended Outcome",
    "redrive_simulator.parameters": "Parameters",
    "redrive_simulator.services.http_messages": "Response",
    "redrive_simulator.simulation.simulation": "Simulation days hours minutes",
    "redrive_simulator.timeline.entries": "Entry Event Kind",
    "redrive_simulator.timeline.timeline": "Timeline",
}

__getattr__, __dir__ = attach(__name__, NAMES)
