"""Invoker."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.failures.backoff import Backoff
from redrive.settings.base import (
    Settings,
    named_settings,
)
from redrive.settings.values import backoff as a_backoff
from redrive.settings.values import seconds, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass


class InvokerSettings(Settings):
    """Settings of `Invoker` for one function that it calls. `None` means not known.

    A construct writes the settings of what it sets up. For callers that the constructs did not make, pass them by hand:
    `Invoker(settings=InvokerSettings(function="prices", function_timeout=10))`.

    Attributes:
        name: The name of the called function in the caller's code: `Invoker("Prices")`.
        function: The called function's name or ARN, with the qualifier if it has one.
        function_timeout: The called function's timeout in seconds. The caller waits at least that long for a reply.
        backoff: The wait between attempts. `None`: the defaults of `Backoff`.
    """

    KIND = "INVOKER"
    FIELDS = {  # noqa: RUF012
        "name": text,
        "function": text,
        "function_timeout": seconds,
        "backoff": a_backoff,
    }
    __slots__ = tuple(FIELDS)
    name: str | None
    function: str | None
    function_timeout: float | None
    backoff: Backoff | None

    def __init__(
        self,
        *,
        name: str | None = None,
        function: str | None = None,
        function_timeout: float | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._set(name=name, function=function, function_timeout=function_timeout, backoff=backoff)


def read_invoker(environment: Mapping[str, str], name: str | None) -> InvokerSettings:
    """Return the settings of one function to call; without a name, the only ones there are."""
    return named_settings(
        InvokerSettings,
        environment,
        name,
        what="function to call",
        remedy="make a SyncInvocation for it, or pass settings=InvokerSettings(function=…, function_timeout=…) by hand",
    )
