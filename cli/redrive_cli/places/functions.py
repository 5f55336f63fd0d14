"""Looks up functions, and what they consume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redrive_cli.aws import Aws, pages
from redrive_cli.errors import code_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingState:
    """An event source mapping.

    Attributes:
        uuid: Id.
        arn: ARN of the mapping.
        source: ARN of the queue or stream.
        function: Invoked ARN.
        state: Such as `Enabled` or `Disabled`.
        on_failure: ARN of its destination on failure; `None` if it has none.
    """

    uuid: str
    arn: str
    source: str
    function: str
    state: str
    on_failure: str | None = None

    @property
    def is_off(self) -> bool:
        """True if nothing is delivered through it."""
        return self.state in ("Disabled", "Disabling", "Deleting")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionState:
    """A function as it is deployed.

    Attributes:
        name: Name.
        modified: When its code or configuration was last changed.
        environment: Environment variables.
        log_group: Name of its log group.
        dead_letters: ARN of its dead-letter queue or topic; `None` if it has none.
    """

    name: str
    modified: datetime | None
    environment: Mapping[str, str]
    log_group: str
    dead_letters: str | None


def mappings_of(aws: Aws, *, source: str | None = None, function: str | None = None) -> list[MappingState]:
    """Return the event source mappings of a source or of a function."""
    request = {"EventSourceArn": source} if source is not None else {"FunctionName": function}
    lambda_ = aws.client("lambda", _region(source or function or ""))
    found = pages(lambda_.list_event_source_mappings, "NextMarker", "Marker", **request)
    return [
        MappingState(
            uuid=each["UUID"],
            arn=each.get("EventSourceMappingArn", ""),
            source=each.get("EventSourceArn", ""),
            function=each["FunctionArn"],
            state=each.get("State", ""),
            on_failure=on_failure_of(each),
        )
        for page in found
        for each in page["EventSourceMappings"]
    ]


def function_state(aws: Aws, name: str) -> FunctionState | None:
    """Return a function as it is deployed, by its name or ARN; `None` if there is none."""
    try:
        found: Any = aws.client("lambda", _region(name)).get_function_configuration(FunctionName=name)
    except Exception as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise
    logging: dict[str, str] = found.get("LoggingConfig") or {}
    environment: dict[str, dict[str, str]] = found.get("Environment") or {}
    dead_letters: dict[str, str] = found.get("DeadLetterConfig") or {}
    return FunctionState(
        name=found["FunctionName"],
        modified=_time(found.get("LastModified")),
        environment=environment.get("Variables") or {},
        log_group=logging.get("LogGroup") or f"/aws/lambda/{found['FunctionName']}",
        dead_letters=dead_letters.get("TargetArn") or None,
    )


def on_failure_of(configured: Mapping[str, Any]) -> str | None:
    """Return the ARN of the destination on failure in the reply about a mapping or a configuration."""
    destinations: dict[str, dict[str, str]] = configured.get("DestinationConfig") or {}
    return (destinations.get("OnFailure") or {}).get("Destination") or None


def _region(arn: str) -> str | None:
    return arn.split(":")[3] or None if arn.startswith("arn:") else None


def _time(text: str | None) -> datetime | None:
    # https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html: 2026-11-26T08:00:00.000+0000
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
