"""Collects the facts about event source mappings that a circuit breaker pauses."""

from __future__ import annotations

from redrive_model.facts.streams import StreamFacts
from redrive_model.findings.known import Known, plain
from redrive_model.findings.sources import queue_facts, stream_facts
from redrive_model.resources.mapping import MappingSpec, StreamMappingSpec
from redrive_model.rules.circuit import PauseFacts


def pause_facts(mapping: MappingSpec, known: Known) -> PauseFacts | None:
    """Collect the facts about a mapping; `None` if no circuit pauses it."""
    circuit = known.paused.get(mapping.uuid)
    if circuit is None:
        return None
    name = known.shown_mapping(mapping)
    pause = None if circuit.open_time is None else plain(circuit.open_time.cap)
    if isinstance(mapping, StreamMappingSpec):
        kept, ends_with = time_of_records(stream_facts(mapping, known))
        return PauseFacts(consumer=name, longest_pause=pause, kept=kept, ends_with=ends_with)
    queue = known.queue(mapping.source)
    kept = None if queue is None else queue_facts(queue, known).retention
    return PauseFacts(consumer=name, longest_pause=pause, kept=kept, ends_with="the queue's retention")


def time_of_records(facts: StreamFacts) -> tuple[float | None, str]:
    """Return the time for which the records of a stream can be delivered, and what ends it."""
    age, kept = facts.max_record_age, facts.retention
    if age is not None and (kept is None or age < kept):
        return age, "max_record_age"
    return kept, "the stream's retention"
