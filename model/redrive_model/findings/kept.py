"""Finds the places of a stack that keep failed events, and whose events they keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal, NamedTuple

from redrive.settings.base import every_settings
from redrive.settings.sqs import SqsSettings
from redrive.settings.streams import StreamSettings
from redrive_model.findings.known import Known
from redrive_model.findings.ways import KEYS, Edge, ways_in
from redrive_model.template.arns import kind_of

#: The way of an event to the place that keeps it.
Feed = Literal["dead-letter queue", "destination on failure", "set aside"]

_PASSED_ON = ("subscription", "rule")


class Source(NamedTuple):
    """One source of the failures in a place.

    Attributes:
        arn: ARN of the queue, function or topic whose events fail, without a version or alias.
        feed: How its events get to the place.
    """

    arn: str
    feed: Feed


class KeptPlace(NamedTuple):
    """A queue or bucket that keeps failed events.

    Attributes:
        arn: Its ARN.
        prefix: Beginning of the keys in a bucket; empty for a queue.
        name: Path of its construct if that is known, else its logical id or name.
        sources: Its sources.
    """

    arn: str
    prefix: str
    name: str
    sources: tuple[Source, ...]


def places_of(known: Known) -> list[KeptPlace]:
    """Return the places that keep failed events, by name.

    A topic or an event bus keeps nothing: the queues behind it do. A function as destination keeps nothing, either.
    """
    found: defaultdict[tuple[str, str], list[Source]] = defaultdict(list)
    edges = ways_in(known)
    for edge in edges:
        if edge.way == "dead-letter queue" or edge.way == "destination on failure":
            source = Source(edge.source, edge.way)
            for place in _behind(edge.target, edges, set()):
                prefix = KEYS if kind_of(place) == "bucket" else ""
                if source not in found[place, prefix]:
                    found[place, prefix].append(source)
    for place, source in _set_aside(known):
        if source not in found[place]:
            found[place].append(source)
    places = [
        KeptPlace(arn, prefix, known.shown(arn).rpartition(":")[2], tuple(sources))
        for (arn, prefix), sources in found.items()
    ]
    return sorted(places, key=lambda each: (each.name, each.prefix))


def _behind(arn: str, edges: list[Edge], seen: set[str]) -> Iterator[str]:
    """Yield the queues and buckets at the end of a destination."""
    if arn in seen:
        return
    seen.add(arn)
    if kind_of(arn) in ("queue", "bucket"):
        yield arn
    for edge in edges:
        if edge.source == arn and edge.way in _PASSED_ON:
            yield from _behind(edge.target, edges, seen)


def _set_aside(known: Known) -> Iterator[tuple[tuple[str, str], Source]]:
    """Yield the places to which helpers write themselves, by their settings."""
    urls = {spec.url: spec.arn for spec in known.queues.values()}
    for function in known.functions.values():
        for stream in every_settings(StreamSettings, function.environment):
            source = Source(function.arn, "set aside")
            if stream.set_aside_queue_url in urls:
                yield (urls[stream.set_aside_queue_url], ""), source
            if stream.set_aside_bucket is not None:
                arn = f"arn:{function.arn.split(':')[1]}:s3:::{stream.set_aside_bucket}"
                yield (arn, stream.set_aside_prefix or ""), source
        for queue in every_settings(SqsSettings, function.environment):
            if queue.dead_letter_queue_url in urls and queue.source_arn is not None:
                yield (urls[queue.dead_letter_queue_url], ""), Source(queue.source_arn, "dead-letter queue")
