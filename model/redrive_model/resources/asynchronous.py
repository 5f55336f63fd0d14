"""Reads the settings of asynchronous invocation."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model import limits
from redrive_model.resources import values
from redrive_model.template.template import Resource

_SETTINGS = frozenset({"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"})


@dataclass(frozen=True, slots=True)
class AsyncSpec:
    """An `AWS::Lambda::EventInvokeConfig`: asynchronous invocation settings of a function, version or alias.

    Attributes:
        max_retries: `MaximumRetryAttempts`.
        max_age: `MaximumEventAgeInSeconds`.
        on_success: ARN of the on-success destination.
        on_failure: ARN of the on-failure destination.
        is_empty: Whether it sets nothing.
    """

    max_retries: int = limits.ASYNC_RETRIES.most
    max_age: float = float(limits.EVENT_AGE.most)
    on_success: str | None = None
    on_failure: str | None = None
    is_empty: bool = False


def read_async(resource: Resource) -> AsyncSpec:
    """Read an `AWS::Lambda::EventInvokeConfig`."""
    given = resource.properties
    destinations = values.fields(given.get("DestinationConfig"))
    return AsyncSpec(
        int(given.get("MaximumRetryAttempts", limits.ASYNC_RETRIES.most)),
        values.seconds(given.get("MaximumEventAgeInSeconds"), limits.EVENT_AGE.most),
        values.fields(destinations.get("OnSuccess")).get("Destination"),
        values.fields(destinations.get("OnFailure")).get("Destination"),
        is_empty=not _SETTINGS.intersection(given),
    )
