"""Decides where a failure is brought back to. All of it is pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from redrive.destinations.dead_letter import DeadLetter
from redrive.destinations.invocation_record import InvocationRecord
from redrive.destinations.stream_failure import StreamFailure
from redrive_cli.errors import Usage
from redrive_cli.failures.found import Found

Kind = Literal["queue", "function", "stream"]
_SERVICES: dict[str, Kind] = {"sqs": "queue", "lambda": "function", "kinesis": "stream"}
_QUEUE_URL = re.compile(r"https?://[^/]+/(\d{12}|queue)/([\w-]+(?:\.fifo)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Destination:
    """A queue, function or stream to which failures are brought back.

    Attributes:
        kind: A queue, a function or a stream.
        name: ARN, URL or name.
    """

    kind: Kind
    name: str

    @property
    def region(self) -> str | None:
        """The Region in its ARN; `None` if there is none."""
        return self.name.split(":")[3] or None if self.name.startswith("arn:") else None

    @property
    def short(self) -> str:
        """Its name for people, with the qualifier of a function."""
        if self.name.startswith("arn:"):
            parts = self.name.split(":")
            return ":".join(parts[6:]) if self.kind == "function" else parts[5].rpartition("/")[2]
        return self.name.rpartition("/")[2]

    @property
    def is_fifo(self) -> bool:
        """True for a FIFO queue."""
        return self.kind == "queue" and self.name.endswith(".fifo")


@dataclass(frozen=True, slots=True)
class Unknown:
    """The reason why it is not known where a failure came from."""

    why: str


#: Returns the queues from which a function, given by name or ARN, gets messages.
SourcesOf = Callable[[str], Sequence[str]]


def read_destination(text: str) -> Destination:
    """Return what a person gave with `--to`.

    Raises:
        Usage: It is neither an ARN nor a name with its kind.
    """
    if text.startswith("arn:") and text.count(":") >= 5:
        kind = _SERVICES.get(text.split(":")[2])
        if kind is not None:
            return Destination(kind, text)
    elif _QUEUE_URL.fullmatch(text):
        return Destination("queue", text)
    else:
        kind, colon, name = text.partition(":")
        for each in ("queue", "function", "stream"):
            if colon and name and kind == each:
                return Destination(each, name)
    raise Usage(
        f"--to {text!r} is no destination: give an ARN, a queue's URL, or queue:NAME, function:NAME, "
        "function:NAME:ALIAS or stream:NAME"
    )


def destination_of(found: Found, sources_of: SourcesOf = lambda function: ()) -> Destination | Unknown:
    """Return where a failure came from: the queue, or the function and qualifier.

    Args:
        found: The failure.
        sources_of: Asked only for messages of a dead-letter queue that several queues share.
    """
    if found.destination is not None:
        try:
            return read_destination(found.destination)
        except Usage:
            return Unknown(f"the archive says {found.destination!r}, which is no destination: correct it, or give --to")
    failure = found.failure
    if isinstance(failure, DeadLetter):
        return _of_dead_letter(failure, found, sources_of)
    if isinstance(failure, InvocationRecord):
        if failure.came_from is not None:
            return Destination("function", failure.came_from)
        return _only(found, "lambda", "functions", "a function's dead letter does not name the function")
    if isinstance(failure, StreamFailure):
        if failure.failed_function is None:
            return Unknown("a pipe's batch names no function: give --to")
        return Destination("function", failure.failed_function.removesuffix(":$LATEST"))
    return Unknown("it is not understood")


def _of_dead_letter(letter: DeadLetter, found: Found, sources_of: SourcesOf) -> Destination | Unknown:
    if letter.source_arn is not None:
        return Destination("queue", letter.source_arn)
    known = _only(found, "sqs", "queues", "the helper does not name the queue of what it dead-letters")
    queues = {each.arn for each in found.place.sources if _service(each.arn) == "sqs"}
    if isinstance(known, Unknown) and letter.function and len(queues) > 1:
        consumed = [arn for arn in sources_of(letter.function) if arn in queues]
        if len(consumed) == 1:
            return Destination("queue", consumed[0])
    return known


def _only(found: Found, service: str, several: str, why: str) -> Destination | Unknown:
    arns = sorted({each.arn for each in found.place.sources if _service(each.arn) == service})
    if len(arns) == 1:
        return Destination("queue" if service == "sqs" else "function", arns[0])
    known = ", ".join(arn.split(":", 5)[5] for arn in arns) or "none is known"
    return Unknown(f"{why}, and it is not clear which of its {several} it was ({known}): give --to, or name the stack")


def _service(arn: str) -> str:
    return arn.split(":")[2] if arn.count(":") >= 5 else ""
