"""Builds the simulated resources of a stack and connects them."""

from __future__ import annotations

from redrive_model.findings import findings_of
from redrive_model.resources.bus import BusSpec
from redrive_model.resources.stack import Stack
from redrive_model.template.arns import without_qualifier
from redrive_model.template.errors import TemplateError
from redrive_model.template.template import Resource
from redrive_simulator.delivery.destinations import Destinations
from redrive_simulator.delivery.notifications import notifier, send_test
from redrive_simulator.delivery.rules import Clockwork, Rules
from redrive_simulator.engine.world import World
from redrive_simulator.handlers.runtime import Runtime
from redrive_simulator.invocation.functions import Function
from redrive_simulator.invocation.sqs_mapping import SqsMapping
from redrive_simulator.invocation.stream_mapping import StreamMapping
from redrive_simulator.resources import Resources
from redrive_simulator.services.apis import Api
from redrive_simulator.services.buckets import Bucket
from redrive_simulator.services.buses import Bus
from redrive_simulator.services.fifo_queues import FifoQueue
from redrive_simulator.services.standard_queues import StandardQueue
from redrive_simulator.services.streams import Stream
from redrive_simulator.services.tables import Table
from redrive_simulator.services.topics import Topic

#: What AWS may take, and no simulation can show: of targets with one id EventBridge keeps one, but AWS does not say
#: which, and a schedule that ends before it starts shows nothing.
_SHOWS_NOTHING = frozenset({"redrive:delivery-target-ids-differ", "redrive:start-ends-after-start"})


def build(stack: Stack, world: World, resources: Resources, runtime: Runtime) -> None:
    """Create all resources of a stack, and what delivers between them.

    Raises:
        TemplateError: AWS would refuse to create a resource.
    """
    for finding in findings_of(stack, account_concurrency=world.parameters.account_concurrency):
        if finding.severity == "undeployable" or finding.rule in _SHOWS_NOTHING:
            raise TemplateError(f"{finding.resource}: {finding.sentence}")
    _check_names(stack)
    destinations = Destinations(world, resources)
    world.deliver = destinations.deliver
    for resource, spec in stack.queues:
        names = (spec.arn, spec.url, spec.arn.rpartition(":")[2])
        queue = FifoQueue(spec, world) if spec.fifo else StandardQueue(spec, world)
        resources.queues.add(resource.logical_id, queue, path=resource.path, physical=names)
    for queue in resources.queues.values():
        arn = queue.spec.dead_letter_arn
        dead_letters = None if arn is None else resources.queues.get(arn)
        queue.move_failed_to(dead_letters)
    for resource, spec in stack.functions:
        qualified = [alias for alias, arn in stack.aliases.items() if arn == spec.arn]
        names = (spec.arn, spec.function_name, f"{spec.arn}:$LATEST", *qualified)
        function = Function(spec, world, runtime)
        function.versions.update(
            {arn: version for arn, version in stack.versions.items() if without_qualifier(arn) == spec.arn}
        )
        function.provisioned = frozenset(function.versions[arn] for arn in stack.provisioned & set(function.versions))
        for arn, asynchronous in stack.asynchronous.items():
            if without_qualifier(arn) == spec.arn:
                function.asynchronous[arn] = asynchronous
        resources.functions.add(resource.logical_id, function, path=resource.path, physical=names)
        world.unreserved -= spec.reserved_concurrency or 0
    for resource, spec in stack.streams:
        names = [spec.arn, *(consumer for consumer, stream in stack.consumers.items() if stream == spec.arn)]
        if spec.kind == "kinesis":
            names.append(resource.reference)
        resources.streams.add(resource.logical_id, Stream(spec, world), path=resource.path, physical=names)
    for resource, spec in stack.tables:
        table = Table(spec, world)
        table.stream = None if spec.stream is None else resources.streams.get(spec.stream)
        names = (spec.arn, spec.table_name)
        resources.tables.add(resource.logical_id, table, path=resource.path, physical=names)
    for resource, spec in stack.buckets:
        names = (spec.arn, spec.bucket_name)
        resources.buckets.add(resource.logical_id, Bucket(spec, world), path=resource.path, physical=names)
    for resource, spec in stack.topics:
        resources.topics.add(
            resource.logical_id, Topic(spec, world, destinations.notify), path=resource.path, physical=(spec.arn,)
        )
    for resource, spec in stack.buses:
        names = (spec.arn, resource.reference)
        resources.buses.add(resource.logical_id, Bus(spec, world), path=resource.path, physical=names)
    for resource, spec in stack.apis:
        resources.apis.add(resource.logical_id, Api(spec, world), path=resource.path, physical=(spec.id,))
    resources.log_groups |= stack.log_groups
    _add_default_bus(stack, world, resources)
    _connect(stack, resources)
    _follow(stack, world, resources)


def _check_names(stack: Stack) -> None:
    """Raise an error for a name that two resources have: AWS gives it once."""
    streams = [(resource, spec) for resource, spec in stack.streams if spec.kind == "kinesis"]
    named = (stack.queues, stack.functions, stack.tables, stack.buckets, stack.topics, stack.buses, streams)
    found: dict[str, Resource] = {}
    for resource, spec in (each for several in named for each in several):
        first = found.setdefault(spec.arn, resource)
        if first is not resource:
            raise TemplateError(
                f"{resource.name}: its name is that of {first.name}, and AWS refuses a second one; give another name, "
                "or none"
            )


def _connect(stack: Stack, resources: Resources) -> None:
    """Create the event source mappings between queues, streams and functions."""
    for spec in stack.sqs_mappings:
        queue, function = resources.queues.get(spec.source), resources.functions.get(spec.function)
        if queue is None or function is None:
            continue  # in another stack: `stack_of` has added it to `not_modelled`
        mapping = resources.mappings[spec.uuid] = SqsMapping(spec, queue, function)
        if spec.enabled:
            queue.read_by(mapping.wake, True)
    for spec in stack.stream_mappings:
        stream, function = resources.streams.get(spec.source), resources.functions.get(spec.function)
        if stream is None or function is None:
            continue
        mapping = resources.mappings[spec.uuid] = StreamMapping(spec, stream, function)
        stream.readers.append(mapping.written)


def _add_default_bus(stack: Stack, world: World, resources: Resources) -> None:
    """Create the default event bus, which every account has, if something in the template uses it."""
    parameters = world.parameters
    arn = f"arn:aws:events:{parameters.region}:{parameters.account}:event-bus/default"
    is_used = any(rule.bus in ("default", arn) for _, rule in stack.rules)
    is_used = is_used or any(each.target is None for each in stack.notifications)
    if is_used and resources.buses.get("default") is None:
        resources.buses.add("default", Bus(BusSpec("default", arn), world), path="default", physical=(arn, "default"))


def _follow(stack: Stack, world: World, resources: Resources) -> None:
    """Connect rules with their buses, start schedules, and set up notifications."""
    rules = Rules(world, resources)
    for bus in resources.buses.values():
        rules.follow(bus, [rule for _, rule in stack.rules if resources.buses.get(rule.bus) is bus])
    clockwork = Clockwork(world, rules.send, lambda: any(mapping.is_missed for mapping in resources.mappings.values()))
    world.on_switch = clockwork.replan
    for _, rule in stack.rules:
        if rule.schedule is not None:
            clockwork.start(rule)
    for bucket in resources.buckets.values():
        specs = [each for each in stack.notifications if each.bucket == bucket.spec.bucket_name]
        if specs:
            bucket.notify = notifier(bucket, specs, world, resources)
        for spec in specs:
            send_test(bucket, spec, world, resources)
