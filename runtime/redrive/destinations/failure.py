"""Defines what all kinds of failures have in common, and the call that brings one back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

#: Kinds of failures. `moved_by_sqs`: a message that SQS moved to a dead-letter queue. `sent_by_helper`: a message that
#: `@sqs_handler` sent there. `invocation_record`: the record of an asynchronous invocation. `function_dead_letter`: an
#: event in the dead-letter queue of a function. `stream_batch`: a batch that Lambda gave up, still in its stream only.
#: `stream_payload`: such a batch, kept with its records. `record_set_aside`: a record that a stream handler set aside.
FailureKind = Literal[
    "moved_by_sqs",
    "sent_by_helper",
    "invocation_record",
    "function_dead_letter",
    "stream_batch",
    "stream_payload",
    "record_set_aside",
]
KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """The AWS call that brings a failure back: `getattr(boto3.client(service), method)(**arguments)`.

    Attributes:
        service: boto3's name of the service: `"sqs"` or `"lambda"`.
        method: The name of the client's method.
        arguments: Its arguments.
    """

    service: Literal["sqs", "lambda"]
    method: Literal["send_message", "invoke"]
    arguments: Mapping[str, Any]


class Failure(Protocol):
    """One event that failed and was kept. Implementations: `DeadLetter`, `InvocationRecord` and `StreamFailure`."""

    @property
    def kind(self) -> FailureKind:
        """The kind of the failure."""
        ...

    @property
    def came_from(self) -> str | None:
        """The ARN of what the event came from: a queue, a function or a stream. `None` if it is not known."""
        ...

    @property
    def failed_function(self) -> str | None:
        """The name or ARN of the function that failed; `None` if it is not known."""
        ...

    @property
    def failed_at(self) -> datetime | None:
        """The time of the failure, in UTC; if that is not known, the time at which the event was sent."""
        ...

    @property
    def cause(self) -> str | None:
        """The reason of the failure, for people; `None` if it is not known."""
        ...

    @property
    def error_type(self) -> str | None:
        """The name of the error's class; `None` if it is not known."""
        ...

    @property
    def event(self) -> Any:
        """The event's content as a JSON value, or text that is not JSON. `None` if it was not kept."""
        ...

    def replay_request(self, to: str | None = None) -> ReplayRequest:
        """Return the call that brings the event back.

        Args:
            to: Where to, if not to where it came from: the URL of a queue, or the name or ARN of a function.
        """
        ...
