"""Holds the simulated resources of a stack, each of which can be found by any of its names."""

from __future__ import annotations

from redrive_model.template.names import Named
from redrive_simulator.invocation.functions import Function
from redrive_simulator.invocation.sqs_mapping import SqsMapping
from redrive_simulator.invocation.stream_mapping import StreamMapping
from redrive_simulator.services.buckets import Bucket
from redrive_simulator.services.buses import Bus
from redrive_simulator.services.queues import Queue
from redrive_simulator.services.streams import Stream
from redrive_simulator.services.tables import Table
from redrive_simulator.services.topics import Topic


class Resources:
    """The resources of one simulation; `build` fills it.

    Attributes:
        mappings: Event source mappings by UUID.
    """

    def __init__(self) -> None:
        self.queues: Named[Queue] = Named("queue")
        self.functions: Named[Function] = Named("function")
        self.streams: Named[Stream] = Named("stream")
        self.tables: Named[Table] = Named("table")
        self.buckets: Named[Bucket] = Named("bucket")
        self.topics: Named[Topic] = Named("topic")
        self.buses: Named[Bus] = Named("event bus")
        self.mappings: dict[str, SqsMapping | StreamMapping] = {}
