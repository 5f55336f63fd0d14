"""What the simulator raises."""

from __future__ import annotations

from collections.abc import Iterable


class UnknownNameError(LookupError):
    """A name that nothing in the template has, or that more than one thing has. Says what there is."""


class TemplateError(ValueError):
    """A template that cannot be read: an expression that is not known, a parameter without a value."""


class AssemblyError(ValueError):
    """A cloud assembly without what was asked of it."""


class NotModelledError(ValueError):
    """A template that has what would change the outcome and is not modelled.

    Attributes:
        found: What it is, each with its logical id.
    """

    def __init__(self, found: Iterable[str]) -> None:
        self.found = tuple(found)
        super().__init__(
            f"not modelled, and the outcome may depend on it: {'; '.join(self.found)}; to simulate the rest without "
            "it, pass strict=False (simulation.not_modelled then names it)"
        )


class NotSimulatedError(NotImplementedError):
    """A call at AWS that is not answered inside the simulation, or a function without a handler."""


class HistoryError(AssertionError):
    """Events were lost, or are not where they should be. Its text ends with their timeline."""
