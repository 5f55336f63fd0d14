"""Defines what is said of one way of events into a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redrive_model.explanation.paths import Path
from redrive_model.findings import Finding
from redrive_model.schedules.course import Course

#: Kinds of sources that invoke a function.
WayKind = Literal["queue", "FIFO queue", "Kinesis stream", "DynamoDB stream", "asynchronous", "synchronous"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of events into a function. Times are in seconds; `None` is not known.

    Attributes:
        function: Name of the function, with its version or alias.
        kind: What invokes it.
        source: Name of the queue or stream; of the function for invocations.
        places: Names of the places where failed events end; none: they are lost.
        aside: Kind of the place where the helper sets records aside.
        helper: Whether the function has the settings of a helper for this source.
        meanwhile: Where an event is between its attempts.
        blocks: What waits behind it.
        courses: What becomes of an event, for each way to fail; none if too little is known.
        unknown: Names of properties that are not known before the deployment.
        bridges: Length of the longest outage that gives up no event: the function fails for so long.
        bridges_throttling: The same, while Lambda cannot invoke the function.
        before: Paths that lead to the source.
        after: Paths that lead on from the place of failures, and from the destination on success.
        findings: What rules say of it.
        notes: Further sentences.
        controls: Who controls the retries.
        interval: Waits between attempts, in words.
        maximum: Limits of the retries, in words.
        order: Order in which events are processed, in words.
        partial: What is retried of a batch that failed in part, in words.
        halved: Size of the batches that Lambda halves after a failure; `None` if it halves none.
        enabled: Whether the mapping is enabled.
    """

    function: str
    kind: WayKind
    source: str
    places: tuple[str, ...] = ()
    aside: str | None = None
    helper: bool = False
    meanwhile: str = ""
    blocks: str = "nothing"
    courses: tuple[Course, ...] = ()
    unknown: tuple[str, ...] = ()
    bridges: float | None = None
    bridges_throttling: float | None = None
    before: tuple[Path, ...] = ()
    after: tuple[Path, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    controls: str = ""
    interval: str = ""
    maximum: str = ""
    order: str = ""
    partial: str = ""
    halved: int | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The ways of a stack, with the ends of events that fail.

    Attributes:
        ways: The ways into its functions.
        not_reached: Names of functions that nothing in the stack invokes.
        not_modelled: Parts of the stack that are not modelled and may matter, and then those that do not.
        findings: What rules say of other resources.
    """

    ways: tuple[Way, ...]
    not_reached: tuple[str, ...]
    not_modelled: tuple[str, ...]
    findings: tuple[Finding, ...]
