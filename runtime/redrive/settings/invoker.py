"""Defines and reads the settings of synchronous calls, one set for each function to call."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.settings.base import NamedSettings, named_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.failures.backoff import Backoff
    from redrive.settings.values import FunctionName, Seconds


class InvokerSettings(NamedSettings, kw_only=True):
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

    function: FunctionName | None = None
    function_timeout: Seconds | None = None
    backoff: Backoff | None = None


def read_invoker(environment: Mapping[str, str], name: str | None) -> InvokerSettings:
    """Return the settings of one function to call; without a name, the only ones there are."""
    return named_settings(
        InvokerSettings,
        environment,
        name,
        what="function to call",
        remedy="make a SyncInvocation for it, or pass settings=InvokerSettings(function=…, function_timeout=…) by hand",
    )
