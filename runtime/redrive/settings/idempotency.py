"""Defines and reads the settings of idempotency, one set for each table."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.core import SettingsError
from redrive.settings.base import NamedSettings, named_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.settings.values import Seconds, TableName


_IDEMPOTENCY = "REDRIVE_IDEMPOTENCY"

#: The keys of all owner records begin with this; the keys of calls begin with the function's name or a prefix.
OWNER_KEYS = "redrive-owner-"


class IdempotencySettings(NamedSettings, kw_only=True):
    """Settings of `Idempotency` for one table of idempotency records. `None` means not known.

    A construct writes the settings of what it sets up. For functions that the constructs did not make, pass them by
    hand: `Idempotency(settings=IdempotencySettings(table="orders-idempotency"))`.

    Attributes:
        name: The name in the function's code: `Idempotency("Orders")`. A construct uses its id.
        table: The table's name.
        expiry: Seconds for which a completed call or record is remembered.
    """

    KIND = "IDEMPOTENCY"

    table: TableName | None = None
    expiry: Seconds | None = None


def read_idempotency(environment: Mapping[str, str], name: str | None) -> IdempotencySettings:
    """Return the settings of one idempotency table; without a name, the only ones there are."""
    return named_settings(
        IdempotencySettings,
        environment,
        name,
        what="idempotency table",
        remedy="have an IdempotencyTable grant the function, or pass settings=IdempotencySettings(table=…) by hand",
    )


def idempotency_is_off(environment: Mapping[str, str]) -> bool:
    """Return true if the environment variable `REDRIVE_IDEMPOTENCY` turns idempotency off, for tests."""
    # Any other value is an error: a mistake in it must not turn idempotency off, or leave it on, unnoticed.
    value = environment.get(_IDEMPOTENCY)
    if value not in (None, "on", "off"):
        raise SettingsError(f"environment variable {_IDEMPOTENCY} is {value!r}: give 'on' or 'off'")
    return value == "off"
