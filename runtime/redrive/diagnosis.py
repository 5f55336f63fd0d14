"""What an error that a function has raised means, and how it is told to people."""

from __future__ import annotations

from redrive.classification import Classify, FailureClass, classify, leaves
from redrive.errors import Permanent, Retry
from redrive.log import described, shortened, warn


def class_of(error: BaseException, users: Classify | None) -> FailureClass:
    """What kind of failure an error is.

    `Permanent` and `Retry` say it themselves. Of all others the user's classification decides; where that fails in
    turn, it is logged and the helper's own decides.

    Args:
        error: What the function raised.
        users: The user's own classification, if any.

    Returns:
        The class.
    """
    parts = leaves(error)
    if all(isinstance(part, Permanent) for part in parts):
        return FailureClass.PERMANENT
    if any(isinstance(part, Retry) for part in parts):
        return FailureClass.OTHER
    if users is not None:
        try:
            return FailureClass(users(error))  # raises ValueError for what is none
        except KeyboardInterrupt:
            raise
        except BaseException as broken:  # the record has failed already; this is no reason for the batch to
            warn("redrive.classify_failed", error=described(broken), error_type=type(broken).__name__)
    return classify(error)


def explained(error: BaseException) -> tuple[str, str]:
    """The reason and the type of an error.

    `Permanent` and `Retry` raised from another error take that one's type. Of a group, it is what its parts say.
    """
    parts = leaves(error)
    if len(parts) > 1:
        return shortened("; ".join(map(described, parts))), type(error).__name__
    (error,) = parts
    cause = error.__cause__ if type(error) in (Permanent, Retry) else None
    if cause is not None and isinstance(error, Retry):  # it says when to try again, its cause says why
        return shortened(f"{described(error)}: {described(cause)}"), type(cause).__name__
    return described(error), type(cause or error).__name__
