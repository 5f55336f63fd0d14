"""Builds the simulated resources of a stack and connects them."""

from __future__ import annotations

from dataclasses import dataclass, field

from redrive_model.findings import findings_of
from redrive_model.resources.stack import Stack
from redrive_model.template.arns import without_qualifier
from redrive_model.template.errors import TemplateError
from redrive_simulator.engine.world import World
from redrive_simulator.handlers.runtime import Runtime
from redrive_simulator.invocation.functions import Function
from redrive_simulator.invocation.sqs_mapping import SqsMapping
from redrive_simulator.invocation.stream_mapping import StreamMapping
from redrive_simulator.services.buckets import Bucket
from redrive_simulator.services.queues import Queue
from redrive_simulator.services.streams import Stream
from redrive_simulator.services.tables import Table
from redrive_simulator.services.topics import Bus, Topic


@dataclass(slots=True)
class Built:
    """The event source mappings of a stack.

    Attributes:
        sqs: Mappings of queues by UUID.
        streams: Mappings of streams by UUID.
    """

    sqs: dict[str, SqsMapping] = field(default_factory=dict[str, SqsMapping])
    streams: dict[str, StreamMapping] = field(default_factory=dict[str, StreamMapping])


def build(stack: Stack, world: World, runtime: Runtime) -> Built:
    """Create all resources of a stack in `world`.

    Raises:
        TemplateError: AWS would refuse to create a resource.
    """
    for finding in findings_of(stack, account_concurrency=world.parameters.account_concurrency):
        if finding.severity == "undeployable":
            raise TemplateError(f"{finding.resource}: {finding.sentence}")
    for resource, spec in stack.queues:
        names = (spec.arn, spec.url, spec.arn.rpartition(":")[2])
        world.queues.add(resource.logical_id, Queue(spec, world), path=resource.path, physical=names)
    for queue in world.queues.values():
        queue.find_dead_letters()
    for resource, spec in stack.functions:
        qualified = [alias for alias, arn in stack.aliases.items() if arn == spec.arn]
        names = (spec.arn, spec.function_name, f"{spec.arn}:$LATEST", *qualified)
        function = Function(spec, world, runtime)
        for arn, asynchronous in stack.asynchronous.items():
            if without_qualifier(arn) == spec.arn:
                function.asynchronous[arn] = asynchronous
        world.functions.add(resource.logical_id, function, path=resource.path, physical=names)
        world.unreserved -= spec.reserved_concurrency or 0
    for resource, spec in stack.streams:
        names = [spec.arn, *(consumer for consumer, stream in stack.consumers.items() if stream == spec.arn)]
        if spec.kind == "kinesis":
            names.append(resource.reference)
        world.streams.add(resource.logical_id, Stream(spec, world), path=resource.path, physical=names)
    for resource, spec in stack.tables:
        table = Table(spec, world)
        table.stream = None if spec.stream is None else world.streams.get(spec.stream)
        names = (spec.arn, spec.table_name)
        world.tables.add(resource.logical_id, table, path=resource.path, physical=names)
    for resource, spec in stack.buckets:
        names = (spec.arn, spec.bucket_name)
        world.buckets.add(resource.logical_id, Bucket(spec, world), path=resource.path, physical=names)
    for resource, spec in stack.topics:
        world.topics.add(resource.logical_id, Topic(spec, world), path=resource.path, physical=(spec.arn,))
    for resource, spec in stack.buses:
        names = (spec.arn, resource.reference)
        world.buses.add(resource.logical_id, Bus(spec, world), path=resource.path, physical=names)
    return _connected(stack, world)


def _connected(stack: Stack, world: World) -> Built:
    built = Built()
    for spec in stack.sqs_mappings:
        queue, function = world.queues.get(spec.queue), world.functions.get(spec.function)
        if queue is None or function is None:
            continue  # in another stack: `stack_of` has added it to `not_modelled`
        mapping = built.sqs[spec.uuid] = SqsMapping(spec, queue, function)
        if spec.enabled:
            queue.read_by(mapping.wake, True)
    for spec in stack.stream_mappings:
        stream, function = world.streams.get(spec.stream), world.functions.get(spec.function)
        if stream is None or function is None:
            continue
        mapping = built.streams[spec.uuid] = StreamMapping(spec, stream, function)
        stream.readers.append(mapping.written)
    return built
