"""Classifies the error that a function has raised, and describes it for people. Loaded at the first failure only."""

from __future__ import annotations

from typing import NamedTuple

from redrive.core.log import described, shortened, warn
from redrive.failures.classification import Classify, FailureClass, class_of, leaves
from redrive.failures.errors import Permanent, Retry


class Diagnosis(NamedTuple):
    """An error, classified and described.

    Attributes:
        parts: The errors of an exception group, otherwise the error alone.
        reason: At most 1 KB.
        error_type: The name of the class of the error, or of the error behind a `Permanent` or `Retry`.
    """

    error: BaseException
    parts: list[BaseException]
    failure: FailureClass
    reason: str
    error_type: str

    @property
    def retry_after(self) -> float | None:
        """The longest wait in seconds that a `Retry` asks for; `None` if none does."""
        waits = [part.after for part in self.parts if isinstance(part, Retry) and part.after is not None]
        return max(waits, default=None)


def diagnose(error: BaseException, users: Classify | None = None) -> Diagnosis:
    """Classify an error, by `Permanent` and `Retry`, else by the user's function, else by `classify`, and describe it.

    Args:
        error: The error that the function raised.
        users: The user's own classification, if any. If it fails, that is logged and `classify` decides.
    """
    parts = leaves(error)
    return Diagnosis(error, parts, _class(error, parts, users), *_description(error, parts))


def _class(error: BaseException, parts: list[BaseException], users: Classify | None) -> FailureClass:
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
    return class_of(parts)


def _description(error: BaseException, parts: list[BaseException]) -> tuple[str, str]:
    if len(parts) > 1:
        return shortened("; ".join(map(described, parts))), type(error).__name__
    (error,) = parts
    cause = error.__cause__ if type(error) in (Permanent, Retry) else None
    if cause is not None and isinstance(error, Retry):  # `Retry` says when to try again, its cause says why
        return shortened(f"{described(error)}: {described(cause)}"), type(cause).__name__
    return described(error), type(cause or error).__name__
