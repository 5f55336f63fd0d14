"""Describes a call under idempotency: what identifies it, and what `Claims.begin` makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive.core.frozen import Frozen

if TYPE_CHECKING:
    from redrive.idempotency.record import Claim


class Call(NamedTuple):
    """A call that may be a duplicate.

    Attributes:
        arguments: The arguments of the user's functions that make a key.
        content: Returns the value in which paths are looked up.
        default: Identifies the call if no key is configured. `None`: nothing does.
        context: Lambda's context.
        delivery: Identifies the delivery of the event, as in `Claim`. `None`: not known.
        was_delivered: Whether the call is known to have been delivered before, so that it is probably claimed.
        where: What the content is, for error messages.
        receiver: The object or class of a method that is called. `None`: there is none.
        is_by_arguments: Whether the default is all arguments, and not what a source says of its records.
        function: The name of the Lambda function to which the event was first delivered. Empty: the current one.
        alias: Identifies the call in place of `default` once the source has moved the event. `None`: as before.
        lacks_default: Why the default may be missing, and what to do, for the error. Empty: nothing is known.
    """

    arguments: tuple[Any, ...]
    content: Callable[[], object]
    default: object
    context: Any
    delivery: str | None = None
    was_delivered: bool = False
    where: str = "the event"
    receiver: object = None
    is_by_arguments: bool = False
    function: str = ""
    alias: object = None
    lacks_default: str = ""


class Started(Frozen):
    """A call that must run.

    Attributes:
        claim: Its claim. `None`: the call has no key, and runs without one.
        context: Lambda's context.
    """

    claim: Claim | None
    context: Any


class Answered(Frozen):
    """A call that was completed before, with its result."""

    result: Any
