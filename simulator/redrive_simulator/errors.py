"""Defines the simulator's exceptions."""

from __future__ import annotations

from collections.abc import Iterable


class NotModelledError(ValueError):
    """A template contains parts that are not modelled and may change the outcome.

    Attributes:
        found: Descriptions of these parts, each with its logical id.
    """

    def __init__(self, found: Iterable[str]) -> None:
        self.found = tuple(found)
        super().__init__(
            f"not modelled, and the outcome may depend on it: {'; '.join(self.found)}; to simulate the rest without "
            "it, pass strict=False (simulation.not_modelled then names it)"
        )


class NotSimulatedError(NotImplementedError):
    """A handler called an AWS operation that is not simulated, or an invoked function has no handler."""


class HistoryError(AssertionError):
    """Events were lost or have not ended. The message ends with their timeline."""
