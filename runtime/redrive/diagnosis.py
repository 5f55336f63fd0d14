"""Classifies the error that a function has raised, and describes it for people."""

from __future__ import annotations

from redrive.classification import Classify, FailureClass, classify, leaves
from redrive.errors import Permanent, Retry
from redrive.log import described, shortened, warn


def class_of(error: BaseException, users: Classify | None) -> FailureClass:
    """Return the class of an error: by `Permanent` and `Retry`, else by the user's classification, else by `classify`.

    Args:
        error: The error that the function raised.
        users: The user's own classification, if any. If it fails, that is logged and `classify` decides.
    """
    parts = leaves(error)
    if all(isinstance(part, Permanent) for part in parts):
        return FailureClass.PERMANENT
    if any(isinstance(part, Retry) for part in parts):
        return FailureClass.OTHER
    if users is not None:
        try:
            return FailureClass(users(error))  # raises ValueError if the result is not a class
        except KeyboardInterrupt:
            raise
        except BaseException as broken:  # a broken classification must not fail the whole batch
            warn("redrive.classify_failed", error=described(broken), error_type=type(broken).__name__)
    return classify(error)


def explained(error: BaseException) -> tuple[str, str]:
    """Return the reason and the type name of an error.

    `Permanent` and `Retry` raised from another error take the type of that error. A group gives the reasons of its
    parts.
    """
    parts = leaves(error)
    if len(parts) > 1:
        return shortened("; ".join(map(described, parts))), type(error).__name__
    (error,) = parts
    cause = error.__cause__ if type(error) in (Permanent, Retry) else None
    if cause is not None and isinstance(error, Retry):  # `Retry` says when to try again, its cause says why
        return shortened(f"{described(error)}: {described(cause)}"), type(cause).__name__
    return described(error), type(cause or error).__name__
