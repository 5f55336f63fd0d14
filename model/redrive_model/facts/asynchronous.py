"""Known facts about the configuration of asynchronous invocation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncFacts:
    """Known facts about a configuration. Times are in seconds; `None` is unknown or unset.

    Attributes:
        last_attempt: The number of the last attempt, counted from 0, that retries and age allow.
        bridged: Length of the outage in which no event is given up after function errors.
        on_success: Kind of the on-success destination.
        on_failure: Kind of the on-failure destination.
        dead_letter_queue: Kind of the function's dead-letter queue.
        fifo: The FIFO queues and topics among the destinations: role and path of each.
        own_destination: The roles in which the function is its own destination.
        region: The Region of the configuration.
        others: Names of other configurations of the same function, version or alias.
    """

    sets_something: bool = True
    retry_attempts: float | None = None
    max_event_age: float | None = None
    last_attempt: int | None = None
    bridged: float | None = None
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter_queue: str | None = None
    fifo: tuple[tuple[str, str], ...] = ()
    own_destination: tuple[str, ...] = ()
    function_timeout: float | None = None
    reserved_concurrency: float | None = None
    region: str | None = None
    function_region: str | None = None
    others: tuple[str, ...] = ()
