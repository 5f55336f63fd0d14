"""Known facts about an event source mapping of an SQS queue, and about its queues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redrive.settings import Backoff
from redrive_model.template.arns import Elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsFacts:
    """Known facts about a mapping and its queues. Times are in seconds; `None` is unknown or unset.

    Attributes:
        has_dead_letter_queue: Whether the queue has a dead-letter queue.
        partial_failures: Whether Lambda heeds the batch item failures that the function reports.
        keeps_failures: Whether the queue itself is a dead-letter queue or the destination of failures.
        dead_letter_is_source: Whether the queue is its own dead-letter queue.
        elsewhere: Where the queue is, if that is not the place of the mapping.
        dead_letters_elsewhere: Where the dead-letter queue is, if that is not the place of the queue.
        backoff: Time for which the helper hides a message after a failure; `None` without the helper.
        bridged: Length of the outage in which no message is given up.
        unsupported: Settings of the mapping that Lambda has for streams only.
        filters: Number of filter patterns.
        patterns: The known filter patterns.
        no_patterns: What was given in place of filters that have a pattern.
    """

    fifo: bool | None = None
    dead_letter_fifo: bool | None = None
    has_dead_letter_queue: bool | None = None
    partial_failures: bool | None = None
    keeps_failures: bool = False
    dead_letter_is_source: bool = False
    elsewhere: Elsewhere | None = None
    dead_letters_elsewhere: Elsewhere | None = None
    function_timeout: float | None = None
    reserved_concurrency: float | None = None
    visibility_timeout: float | None = None
    delivery_delay: float | None = None
    retention: float | None = None
    dead_letter_retention: float | None = None
    max_receive_count: float | None = None
    batch_size: float | None = None
    batching_window: float | None = None
    max_concurrency: float | None = None
    minimum_pollers: float | None = None
    maximum_pollers: float | None = None
    backoff: Backoff | None = None
    bridged: float | None = None
    unsupported: tuple[str, ...] = ()
    filters: int = 0
    patterns: tuple[str, ...] = ()
    no_patterns: tuple[str, ...] = ()

    @property
    def data_key(self) -> Literal["body"]:
        """Member of a message with the data that filters see."""
        return "body"
