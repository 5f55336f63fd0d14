"""Holds the simulated resources of a stack, each of which can be found by any of its names."""

from __future__ import annotations

from redrive_model.template.errors import UnknownNameError
from redrive_model.template.names import Named
from redrive_simulator.invocation.functions import Function
from redrive_simulator.invocation.sqs_mapping import SqsMapping
from redrive_simulator.invocation.stream_mapping import StreamMapping
from redrive_simulator.services.apis import Api
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
        log_groups: Names of the template's log groups.
    """

    def __init__(self) -> None:
        self.queues: Named[Queue] = Named("queue")
        self.functions: Named[Function] = Named("function")
        self.streams: Named[Stream] = Named("stream")
        self.tables: Named[Table] = Named("table")
        self.buckets: Named[Bucket] = Named("bucket")
        self.topics: Named[Topic] = Named("topic")
        self.buses: Named[Bus] = Named("event bus")
        self.apis: Named[Api] = Named("API")
        self.log_groups: set[str] = set()
        self.mappings: dict[str, SqsMapping | StreamMapping] = {}

    def name_of(self, arn: str) -> str:
        """Return the name in the history of what has this ARN: the ARN itself if it is not in the template."""
        for several in (self.queues, self.functions, self.topics, self.buses, self.streams, self.buckets):
            found = several.get(arn)
            if found is not None:
                return found.name
        return arn

    def target(self, name: str) -> str:
        """Return the name in the history of something that AWS delivers to.

        Args:
            name: Name of a queue, function, topic, event bus, stream or bucket, or the ARN of something elsewhere.

        Raises:
            UnknownNameError: Nothing has this name, or more than one thing.
        """
        if name.startswith("arn:"):
            return self.name_of(name)
        missing: list[str] = []
        for several in (self.queues, self.functions, self.topics, self.buses, self.streams, self.buckets):
            try:
                return several.find(name).name
            except UnknownNameError as error:
                missing.append(str(error))
        raise UnknownNameError("; ".join(missing))
