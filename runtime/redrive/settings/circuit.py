"""Defines and reads the settings of circuits, and of the function that pauses event source mappings for one."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.core import SettingsError
from redrive.settings.base import NamedSettings, Settings, first_settings, named_settings, variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.failures.backoff import Backoff
    from redrive.settings.values import Seconds, TableName


#: The tag on an event source mapping that names the circuit that paused it.
PAUSED_BY = "redrive:paused-by"
#: The handler of the function that pauses event source mappings.
SWITCH_HANDLER = "redrive.circuit.switch.handler.handler"


class CircuitSettings(NamedSettings, kw_only=True):
    """Settings of `CircuitBreaker` for one circuit. `None` means not known; `CircuitPolicy` has the defaults.

    A construct writes the settings of what it sets up. For functions that the constructs did not make, pass them by
    hand: `CircuitBreaker("Payments", settings=CircuitSettings(table="circuits"))`.

    Attributes:
        name: The name in the function's code: `CircuitBreaker("Payments")`. A construct uses its id.
        table: The name or ARN of the table that stores the circuit's state.
        failure_threshold: The number of failures that opens the circuit.
        failure_rate: The share of failed calls that opens the circuit.
        minimum_calls: The number of calls below which a failure rate does not open the circuit.
        window: Seconds for which failures count.
        open_time: The time that the circuit stays open. Missing fields have the defaults of `Backoff`.
        success_threshold: The number of probes in a row that must succeed to close the circuit.
        lease: Seconds that a probe may take.
        cache_age: Seconds for which a closed circuit is not read again.
    """

    KIND = "CIRCUIT"

    table: TableName | None = None
    failure_threshold: int | None = None
    failure_rate: float | None = None
    minimum_calls: int | None = None
    window: Seconds | None = None
    open_time: Backoff | None = None
    success_threshold: int | None = None
    lease: Seconds | None = None
    cache_age: Seconds | None = None


class SwitchSettings(Settings, kw_only=True):
    """Settings of the function that pauses event source mappings while a circuit is open. All are required.

    Attributes:
        name: The circuit's name.
        table: The name of the table that stores the circuit's state.
        queue_url: The URL of the queue that delivers the function's timers.
        mappings: The ids of the event source mappings.

    Raises:
        SettingsError: A value is missing.
    """

    KIND = "SWITCH"

    name: str = ""
    table: str = ""
    queue_url: str = ""
    mappings: tuple[str, ...] = ()

    def _check(self) -> None:
        for field, value in self.as_dict().items():
            if not value:
                raise SettingsError(f"{field} is missing")


def read_circuit(environment: Mapping[str, str], name: str | None) -> CircuitSettings:
    """Return the settings of one circuit; without a name, the only ones there are."""
    return named_settings(
        CircuitSettings,
        environment,
        name,
        what="circuit",
        remedy="have a CircuitBreaker construct grant the function, pass settings=CircuitSettings(table=…) by hand, or "
        "store=LocalCircuits() for a state in this process alone",
    )


def read_switch(environment: Mapping[str, str]) -> SwitchSettings:
    """Return the settings of the function that pauses event source mappings."""
    found = first_settings(SwitchSettings, environment, lambda _: True)
    if found is None:
        raise SettingsError(
            f"environment variable {variable(SwitchSettings, 1)} is not there: this function is made by the construct "
            "CircuitBreaker, which writes it"
        )
    return found
