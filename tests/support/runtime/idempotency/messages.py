"""Handlers of SQS messages under idempotency, and the functions they call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from redrive import Idempotency, SqsHandler, SqsSettings, sqs_handler
from tests.support.runtime.sqs.queue import DEAD_LETTERS, FIFO, record

SETTINGS = SqsSettings(dead_letter_queue_url=DEAD_LETTERS)


class Function:
    """A function of one message, which keeps account of the bodies it was called with.

    Attributes:
        during: Run for each message; may raise.
    """

    def __init__(self, during: Callable[[Any], object] = lambda message: None) -> None:
        self.ran: list[str] = []
        self.during = during

    def plain(self, message: Any) -> None:
        self.ran.append(message.body)
        self.during(message)

    async def in_task(self, message: Any) -> None:
        await asyncio.sleep(0)
        self.plain(message)

    def awaited(self, message: Any) -> Any:
        return self.in_task(message)


Make = Callable[..., SqsHandler]
WAYS: dict[str, tuple[str, int]] = {
    "one after the other": ("plain", 1),
    "threads": ("plain", 3),
    "tasks": ("in_task", 3),
    "one task": ("in_task", 1),
    "awaited": ("awaited", 1),
}


def sequential(function: Function, store: Any, **options: Any) -> SqsHandler:
    """A handler that runs one message after the other."""
    return sqs_handler(idempotency=Idempotency(store=store, **options), settings=SETTINGS)(function.plain)


def raises_for(*bodies: str, error: BaseException | None = None) -> Callable[[Any], object]:
    def during(message: Any) -> None:
        if message.body in bodies:
            raise error or OSError("disk full")

    return during


def fifo(number: int, group: str, body: str | None = None, **more: Any) -> dict[str, Any]:
    return record(str(number), body or str(number), arn=FIFO, group=group, **more)
