"""Finds the resources of a stack by ARN, and knows which of their properties are not known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from redrive.settings.base import every_settings
from redrive.settings.circuit import CircuitSettings, SwitchSettings
from redrive_model.resources import values
from redrive_model.resources.function import FunctionSpec
from redrive_model.resources.mapping import MappingSpec
from redrive_model.resources.queue import QueueSpec
from redrive_model.resources.stack import Stack
from redrive_model.resources.stream import StreamSpec
from redrive_model.resources.table import TableSpec
from redrive_model.template.arns import Elsewhere, elsewhere, kind_of, place_in, service_of, without_qualifier
from redrive_model.template.template import Resource


class Known:
    """Finds the resources of a stack by ARN.

    Attributes:
        stack: The stack.
        queues: The queues by ARN.
        functions: The functions by ARN, without a qualifier.
        resources: The template's resources of queues, functions, streams, topics and buckets by ARN.
        failure_places: ARNs of dead-letter queues and destinations on failure.
        paused: The circuit that pauses a mapping, with the settings it has in some function, by the mapping's UUID.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.queues: Mapping[str, QueueSpec] = {spec.arn: spec for _, spec in stack.queues}
        self.functions: Mapping[str, FunctionSpec] = {spec.arn: spec for _, spec in stack.functions}
        self._streams: Mapping[str, StreamSpec] = {spec.arn: spec for _, spec in stack.streams}
        self._tables: Mapping[str, TableSpec] = {spec.stream: spec for _, spec in stack.tables if spec.stream}
        named = (*stack.queues, *stack.functions, *stack.streams, *stack.topics, *stack.buckets, *stack.buses)
        self.resources: Mapping[str, Resource] = {spec.arn: resource for resource, spec in named}
        self.failure_places = frozenset(self._places())
        self.paused = dict(self._pauses())

    def queue(self, arn: str | None) -> QueueSpec | None:
        """Return the queue with an ARN."""
        return None if arn is None else self.queues.get(arn)

    def function(self, arn: str) -> FunctionSpec | None:
        """Return the function with an ARN, with or without a qualifier."""
        return self.functions.get(without_qualifier(arn))

    def stream(self, arn: str) -> StreamSpec | None:
        """Return the stream with an ARN, or with a consumer of that ARN."""
        return self._streams.get(self.source(arn))

    def table(self, stream: str) -> TableSpec | None:
        """Return the table with a stream."""
        return self._tables.get(stream)

    def source(self, arn: str) -> str:
        """Return the ARN of a queue or stream, also for a registered consumer of the stream."""
        return self.stack.consumers.get(arn, arn)

    def shown(self, arn: str) -> str:
        """Return how sentences name what has an ARN."""
        resource = self.resources.get(without_qualifier(arn) if kind_of(arn) == "function" else arn)
        return arn if resource is None else resource.shown

    def shown_mapping(self, mapping: MappingSpec) -> str:
        """Return how sentences name a mapping."""
        return self.stack.mapped[mapping.uuid].shown

    def is_known(self, resource: Resource | None, name: str) -> bool:
        """Return whether a property is known, as its value or as unset."""
        return resource is not None and name not in resource.unknown

    def fifo(self, **destinations: str | None) -> tuple[tuple[str, str], ...]:
        """Return the roles and names of FIFO queues and topics among some destinations."""
        return tuple(
            (role, arn.rpartition(":")[2])
            for role, arn in destinations.items()
            if arn is not None and kind_of(arn) in ("queue", "topic") and arn.endswith(".fifo")
        )

    def is_fifo(self, arn: str | None) -> bool | None:
        """Return whether the queue or topic with an ARN is FIFO; `None` if that is not known, or it is neither."""
        if arn is None or kind_of(arn) not in ("queue", "topic") or not service_of(arn):
            return None
        found = self.resources.get(arn)
        if found is None:
            return arn.endswith(".fifo")
        name = "FifoQueue" if kind_of(arn) == "queue" else "FifoTopic"
        return values.flag(found.properties.get(name)) if self.is_known(found, name) else None

    def elsewhere(self, arn: str | None, resource: Resource) -> Elsewhere | None:
        """Return what the resource with an ARN has not in common with another one, as far as both places are known."""
        other = None if arn is None else self.resources.get(arn)
        if arn is None or not resource.bound or not (other is None or other.bound):
            return None
        return elsewhere(place_in(arn), place_in(resource.arn))

    def elsewhere_than_topic(self, queue: str | None, subscription: Resource) -> Elsewhere | None:
        """Return what a queue has not in common with a subscription, which is in its topic's Region."""
        topic = str(subscription.properties["TopicArn"])
        found, queue_resource = self.resources.get(topic), None if queue is None else self.resources.get(queue)
        places = [each for each in (found, queue_resource, subscription) if each is not None]
        if queue is None or not all(each.bound for each in places):
            return None
        account, region = place_in(subscription.arn)
        return elsewhere(place_in(queue), (account, place_in(topic)[1] or region))

    def _places(self) -> Iterator[str]:
        for queue in self.queues.values():
            yield from () if queue.dead_letter_arn is None else (queue.dead_letter_arn,)
        for function in self.functions.values():
            yield from () if function.dead_letter_arn is None else (function.dead_letter_arn,)
        for each in (*self.stack.stream_mappings, *(spec for *_, spec in self.stack.configurations)):
            yield from () if each.on_failure is None else (each.on_failure,)

    def _pauses(self) -> Iterator[tuple[str, CircuitSettings]]:
        circuits: defaultdict[str | None, list[CircuitSettings]] = defaultdict(list)
        for function in self.functions.values():
            for settings in every_settings(CircuitSettings, function.environment):
                circuits[settings.name].append(settings)
        for function in self.functions.values():
            for switch in every_settings(SwitchSettings, function.environment):
                named = [each for each in circuits[switch.name] if each.table == switch.table]
                for mapping in switch.mappings:
                    yield mapping, named[0] if named else CircuitSettings(name=switch.name, table=switch.table)


def plain(value: float) -> float:
    """Return a number without a fraction as a whole number, so that sentences show it as such."""
    return int(value) if value % 1 == 0 else value
