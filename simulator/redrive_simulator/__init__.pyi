# Written by `make format` from the table in __init__.py.
from redrive_model.template.errors import AssemblyError as AssemblyError
from redrive_model.template.errors import TemplateError as TemplateError
from redrive_model.template.errors import UnknownNameError as UnknownNameError
from redrive_simulator.errors import HistoryError as HistoryError
from redrive_simulator.errors import NotModelledError as NotModelledError
from redrive_simulator.errors import NotSimulatedError as NotSimulatedError
from redrive_simulator.invocation.synchronous import Invoked as Invoked
from redrive_simulator.outcomes import Ended as Ended
from redrive_simulator.outcomes import Outcome as Outcome
from redrive_simulator.parameters import Parameters as Parameters
from redrive_simulator.services.http_messages import Response as Response
from redrive_simulator.simulation.simulation import Simulation as Simulation
from redrive_simulator.simulation.simulation import days as days
from redrive_simulator.simulation.simulation import hours as hours
from redrive_simulator.simulation.simulation import minutes as minutes
from redrive_simulator.timeline.entries import Entry as Entry
from redrive_simulator.timeline.entries import Event as Event
from redrive_simulator.timeline.entries import Kind as Kind
from redrive_simulator.timeline.timeline import Timeline as Timeline

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
    "Response",
    "Simulation",
    "TemplateError",
    "Timeline",
    "UnknownNameError",
    "days",
    "hours",
    "minutes",
]
