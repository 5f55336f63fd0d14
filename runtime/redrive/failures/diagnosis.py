"""Classifies the error that a function has raised, and describes it for people. Loaded at the first failure only."""

from __future__ import annotations

from typing import Any, NamedTuple

from redrive.core import Permanent, Retry
from redrive.core.log import described, shortened, type_name, warn
from redrive.failures.classification import Classify, FailureClass, cause_of, class_of, is_of, leaves

# Python's own attributes: a class of errors may define others of these names.
_CONTEXT: Any = BaseException.__dict__["__context__"]
_SUPPRESSES: Any = BaseException.__dict__["__suppress_context__"]
# A group may have any number of errors, and the reason has room for few.
_MOST_PARTS = 100


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
        waits = [_wait_of(part) for part in self.parts if is_of(part, Retry)]
        return max((wait for wait in waits if wait is not None), default=None)


def diagnose(error: BaseException, users: Classify | None = None) -> Diagnosis:
    """Classify an error, by `Permanent` and `Retry`, else by the user's function, else by `classify`, and describe it.

    Never raises, whatever the error's class does.

    Args:
        error: The error that the function raised.
        users: The user's own classification, if any. If it fails, that is logged and `classify` decides.
    """
    try:
        parts = leaves(error)
        return Diagnosis(error, parts, _class(error, parts, users), *_description(error, parts))
    except KeyboardInterrupt:
        raise
    except BaseException as broken:
        name = type_name(error)
        warn("redrive.diagnosis_failed", error=described(broken), error_type=type_name(broken), of=name)
        return Diagnosis(error, [error], FailureClass.OTHER, described(error), name)


def _class(error: BaseException, parts: list[BaseException], users: Classify | None) -> FailureClass:
    if all(is_of(part, Permanent) for part in parts):
        return FailureClass.PERMANENT
    if any(is_of(part, Retry) for part in parts):
        return FailureClass.OTHER
    if users is not None:
        try:
            return FailureClass(users(error))  # raises ValueError if the result is not a class
        except KeyboardInterrupt:
            raise
        except BaseException as broken:  # a broken classification must not fail the whole batch
            warn("redrive.classify_failed", error=described(broken), error_type=type_name(broken))
    return class_of(parts)


def _wait_of(error: BaseException) -> float | None:
    """Return the wait of a `Retry`; a subclass may have made anything of it, or nothing."""
    try:
        return Retry(getattr(error, "after", None)).after
    except Exception:
        return None


def _description(error: BaseException, parts: list[BaseException]) -> tuple[str, str]:
    if len(parts) > 1:
        return shortened("; ".join(map(_with_cause, parts[:_MOST_PARTS]))), type_name(error)
    (error,) = parts
    cause = _cause_of(error) if type(error) in (Permanent, Retry) else None
    return _with_cause(error), type_name(error if cause is None else cause)


def _cause_of(error: BaseException) -> BaseException | None:
    """Return the error from which, or in whose `except` block, an error was raised.

    The only error of a group stands in the place of the group. `raise … from None` says that there is none.
    """
    cause = cause_of(error)
    if cause is None and not _SUPPRESSES.__get__(error):
        cause = _CONTEXT.__get__(error)
    parts = [] if cause is None else leaves(cause)
    return parts[0] if len(parts) == 1 else cause


def _said_by(error: BaseException) -> str:
    """Describe an error; a group says how many errors it has, and only they say why."""
    parts = leaves(error)
    return described(error) if len(parts) == 1 else shortened("; ".join(map(described, parts[:_MOST_PARTS])))


def _has_reason(error: BaseException) -> bool:
    return type(error) is Permanent and described(error) != type_name(error)  # the user's own, which says it all


def _with_cause(error: BaseException) -> str:
    """Describe an error; one without a reason of the user's own, such as a `Retry`, has a cause that says why."""
    text = described(error)
    link, seen = error, {id(error)}
    while is_of(link, (Permanent, Retry)) and not _has_reason(link):
        cause = _cause_of(link)
        if cause is None or id(cause) in seen:
            break
        why = _said_by(cause)
        if not text.endswith(f": {why}"):  # the error may quote its cause
            # The type of the cause is the error's type if the error has none of its own.
            named = type(link) in (Permanent, Retry) or why == type_name(cause)
            text += f": {why}" if named else f": {type_name(cause)}: {why}"
        link = cause
        seen.add(id(link))
    return shortened(text)
