"""Describes each kind of way into a function, from its facts."""

from __future__ import annotations

from math import ceil, inf, log2
from typing import Any

from redrive_model.explanation.way import WayKind
from redrive_model.explanation.words import duration
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.facts.sqs import SqsFacts
from redrive_model.facts.streams import StreamFacts
from redrive_model.schedules import courses
from redrive_model.schedules.course import Course

#: Members of `Way`.
Said = dict[str, Any]
_ASYNC_JITTER = "Lambda's waits are about 1 and 2 minutes: differences of 15 s were observed"
_THROTTLED = "the waits after throttling grow from 1 s to 5 minutes; AWS does not publish the curve"
_ESTIMATE = "AWS does not publish the waits between a stream's retries: they are estimates"


def of_queue(facts: SqsFacts, outage: float | None) -> Said:
    """Describe the mapping of a queue."""
    kind: WayKind = "FIFO queue" if facts.fifo else "queue"
    found = courses.queue_courses(facts, outage)
    helper = facts.backoff is not None
    visibility = facts.visibility_timeout
    notes: list[str] = []
    if not helper and visibility is not None:
        notes.append("while the function is throttled, receives are spent without a run")
    if courses.gathers_too_long(facts):
        notes.append(
            "the batching window and a run outlast the visibility timeout: messages may become visible again before "
            "their batch has been run, and spend receives"
        )
    if facts.bridged is None and facts.has_dead_letter_queue is False:
        notes.append("nothing limits the receives but the queue's retention")
    interval = "" if visibility is None else f"visibility timeout, {duration(visibility)}"
    if facts.backoff is not None:
        waits = facts.backoff
        interval = f"the helper's backoff, {duration(waits.plain(0))} to {duration(waits.cap)} ({waits.jitter} jitter)"
        if visibility is not None:
            interval += f"; after a crash the visibility timeout, {duration(visibility)}"
    most = "" if facts.max_receive_count is None else f"{facts.max_receive_count:,} receives"
    kept = "" if facts.retention is None else f"the queue's retention, {duration(facts.retention)}"
    partial = "whole batch: every message of it comes back"
    if facts.partial_failures:
        partial = "the messages that the function reports"
    return {
        "kind": kind,
        "helper": helper,
        "courses": tuple(found),
        "bridges": _bridged(facts.bridged, found),
        "bridges_throttling": courses.bridged_when_throttled(courses.queue_policy(facts, with_helper=False)),
        "meanwhile": "in its queue, invisible until the next receive",
        "blocks": "its message group: later messages of the group wait" if facts.fifo else "nothing: others go on",
        "controls": "the queue: redrive policy and visibility timeout" + (", and the helper" if helper else ""),
        "interval": interval,
        "maximum": "; ".join(filter(None, (most, kept))),
        "order": "within a message group" if facts.fifo else "none",
        "partial": partial,
        "notes": tuple(notes),
    }


def of_stream(facts: StreamFacts, outage: float | None) -> Said:
    """Describe the mapping of a stream."""
    found = courses.stream_courses(facts, outage)
    kind: WayKind = "Kinesis stream" if facts.kind == "Kinesis" else "DynamoDB stream"
    factor = facts.parallelization_factor or 1
    blocks = "its shard: all later records of it wait"
    if factor > 1:
        blocks = f"its lane, one of {factor:,} of the shard: later records of the same keys wait"
    retries, age = facts.retry_attempts, facts.max_record_age
    limits = [
        "" if retries is None else "unlimited retries" if retries == inf else f"{retries:,} retries",
        "" if age is None else "no maximum record age" if age == inf else f"record age {duration(age)}",
        "" if facts.retention is None else f"the stream's retention, {duration(facts.retention)}",
    ]
    notes = [_ESTIMATE]
    if facts.retention is None:
        notes.append("the stream's retention is not known, so neither is when its records are lost")
    size = facts.batch_size
    if facts.bisects and size is not None and size > 1:
        splits = ceil(log2(size))
        notes.append(
            f"a failed batch of {size:,} is first halved up to {splits} times, which takes no retries: the attempts "
            "are those of the bad record alone"
        )
    elif size is not None and size > 1:
        notes.append(f"all records that are left of a batch of up to {size:,} are given up with the bad one")
    if facts.on_failure in ("queue", "topic"):
        notes.append(f"the {facts.on_failure} gets positions only: read the records before the stream's retention ends")
    return {
        "kind": kind,
        "helper": facts.has_helper and facts.set_aside is not None,
        "aside": facts.set_aside,
        "courses": tuple(found),
        "bridges": _bridged(facts.bridged, found),
        "bridges_throttling": courses.bridged_when_throttled(courses.stream_policy(facts, counts=False)),
        "meanwhile": "in its stream",
        "blocks": blocks,
        "controls": "the event source mapping",
        "interval": "growing, about 1 s to 1 min (not published)",
        "maximum": "; ".join(filter(None, limits)),
        "order": "within a shard" if factor == 1 else "within a partition key",
        "partial": _partial(facts),
        "halved": size if facts.bisects and size is not None and size > 1 else None,
        "notes": tuple(notes),
    }


def _partial(facts: StreamFacts) -> str:
    return "halves of the batch, down to the bad record" if facts.bisects else "whole batch, or from the checkpoint on"


def of_events(facts: AsyncFacts, outage: float | None) -> Said:
    """Describe the asynchronous invocation of a function."""
    found = courses.async_courses(facts, outage)
    retries, age = facts.retry_attempts, facts.max_event_age
    limits = ["" if retries is None else f"{retries:,.0f} retries after errors", "" if age is None else _age(age)]
    notes = [_ASYNC_JITTER, _THROTTLED]
    if facts.reserved_concurrency == 0:
        notes = ["the reserved concurrency is 0: nothing is attempted"]
    elif facts.reserved_concurrency:
        notes.append(
            f"with a reserved concurrency of {facts.reserved_concurrency:,}, events beyond it are throttled and end at "
            "their maximum age"
        )
    return {
        "kind": "asynchronous",
        "courses": tuple(found),
        "bridges": _bridged(facts.bridged, found),
        "bridges_throttling": courses.bridged_when_throttled(courses.async_policy(facts, counts=False)),
        "meanwhile": "in Lambda's own queue, which nobody can look into",
        "blocks": "nothing: others go on",
        "controls": "Lambda: the function's asynchronous configuration",
        "interval": "1 min, then 2 min; after throttling 1 s to 5 min",
        "maximum": "; ".join(filter(None, limits)),
        "order": "none",
        "partial": "one event at a time",
        "notes": tuple(notes),
    }


def _age(age: float) -> str:
    return f"event age {duration(age)}"


def _bridged(known: float | None, found: list[Course]) -> float | None:
    """Return the published figure; the time until an event is lost where nothing limits the attempts."""
    if known is not None or not found:
        return known
    first = found[0]
    return min((each.earliest for each in first.endings), default=None) if first.count[1] != inf else None


#: The explanation of synchronous invocation.
SYNCHRONOUS: Said = {
    "kind": "synchronous",
    "meanwhile": "with its caller, who waits for the answer",
    "controls": "the caller",
    "interval": "the caller's",
    "maximum": "the caller's",
    "order": "the caller's",
    "partial": "one event at a time",
    "notes": ("Lambda does not retry: the caller gets the error, and decides",),
}
