"""One handler by Powertools' idempotency and by the helper's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from redrive import InProgress
from tests.support.runtime.sqs.queue import Context

Handler = Callable[[Any, Any], Any]


@dataclass
class Function:
    """A Lambda handler, and what came of it.

    Attributes:
        runs: The events that it ran for.
        during: Run inside of it.
    """

    runs: list[Any] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def __call__(self, given: Any) -> dict[str, Any]:
        self.runs.append(given)
        self.during()
        return {"receipt": str(uuid4()), "for": given}


@dataclass
class Both:
    """One handler, by Powertools and by the helper."""

    powertools: Handler
    ours: Handler

    def pairs(self) -> list[tuple[Handler, Handler]]:
        return [(self.powertools, self.ours), (self.ours, self.powertools)]


IN_PROGRESS = (IdempotencyAlreadyInProgressError, InProgress)


def in_time(seconds: float = 30) -> Context:
    return Context(time.time, seconds)


def order(**more: Any) -> dict[str, Any]:
    """A new event."""
    return {"id": str(uuid4()), "amount": 7} | more
