"""Declares the options of the stream handlers for type checkers; nothing loads this module at run time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from redrive.failures.classification import Classify
from redrive.idempotency.options import Idempotency
from redrive.settings.streams import StreamSettings
from redrive.streams.failures import OnFailure
from redrive.streams.succeeded import SucceededRecords
from redrive.streams.window import TumblingWindow


class StreamOptions(TypedDict, total=False):
    """Options of every stream handler."""

    classify: Classify | None
    deadline_margin: float | None
    describe: Callable[[BaseException], str] | None
    on_failure: OnFailure | None
    settings: StreamSettings | None


class OrderOptions(StreamOptions, total=False):
    """Options of handlers without a tumbling window."""

    concurrency: int
    idempotency: Idempotency | None
    succeeded: SucceededRecords | None


#: Called with a window at its end, and with the Lambda context if it has a second parameter without a default.
WindowEnd = Callable[[TumblingWindow], object] | Callable[[TumblingWindow, Any], object]
