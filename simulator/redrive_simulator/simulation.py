"""Simulates a stack and its handlers in virtual time."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from redrive_model.limits import LARGEST_EVENT, LARGEST_RECORD, LARGEST_REQUEST, LONGEST_PARTITION_KEY
from redrive_model.resources.stack import stack_of
from redrive_model.resources.stream import StreamDefaults
from redrive_model.template.errors import UnknownNameError
from redrive_model.template.template import Place, TemplateSource, read_template
from redrive_simulator.build import build
from redrive_simulator.engine.invocation import Handler
from redrive_simulator.engine.scheduler import Pause
from redrive_simulator.engine.world import World
from redrive_simulator.errors import HistoryError, NotModelledError
from redrive_simulator.faults import FaultRule, PlannedFaults
from redrive_simulator.handlers.assets import handler_of
from redrive_simulator.handlers.clients.factory import Clients
from redrive_simulator.handlers.runtime import Runtime
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.invocation.functions import Function
from redrive_simulator.invocation.synchronous import Invoked, invoke_now, invoked
from redrive_simulator.outcomes import Ended
from redrive_simulator.parameters import Parameters
from redrive_simulator.services.buckets import Bucket
from redrive_simulator.services.queues import Queue
from redrive_simulator.services.streams import Stream
from redrive_simulator.services.tables import Table
from redrive_simulator.services.topics import Bus, Topic
from redrive_simulator.timeline.history import Timeline


def minutes(number: float) -> float:
    """Convert minutes to seconds."""
    return number * 60


def hours(number: float) -> float:
    """Convert hours to seconds."""
    return number * 3600


def days(number: float) -> float:
    """Convert days to seconds."""
    return number * 86_400


class Simulation(PlannedFaults):
    """Simulates Lambda and its event sources, from an event to the handler, in virtual time. Made by `from_template`.

    Times are in seconds from the simulation's start. Names are logical ids, with or without the CDK's hash, construct
    paths, or an ending that only one of them has. The template, the handlers, the events sent and the seed fully
    determine the history.

    Attributes:
        not_modelled: Parts of the template that are not simulated, each with its logical id.
    """

    def __init__(
        self,
        template: TemplateSource,
        handlers: Mapping[str, Handler],
        *,
        seed: int | str,
        parameters: Parameters,
        template_parameters: Mapping[str, Any],
        strict: bool,
        echo: bool,
    ) -> None:
        self._parameters = parameters
        place = Place(parameters.region, parameters.account)
        self._template = read_template(template, place, template_parameters)
        defaults = StreamDefaults(
            on_demand_shards=parameters.on_demand_shards,
            dynamodb_shards=parameters.dynamodb_shards,
            dynamodb_retention=parameters.dynamodb_retention,
        )
        stack = stack_of(self._template, defaults)
        self.not_modelled: tuple[str, ...] = tuple(each.text for each in stack.not_modelled)
        serious = [each.text for each in stack.not_modelled if each.matters]
        if strict and serious:
            raise NotModelledError(serious)
        self._world = World(parameters, seed)
        self._clients = Clients(self._world)
        self._runtime = Runtime(self._world, seed, self._clients.make)
        self._runtime.echo = echo
        self._clients.runtime = self._runtime
        self._clients.simulation = weakref.proxy(self)
        self._built = build(stack, self._world, self._runtime)
        for name, handler in handlers.items():
            if not callable(handler):
                raise TypeError(f"handlers[{name!r}] is {handler!r}: give the function itself")
            self._function(name).handler = handler

    @classmethod
    def from_template(
        cls,
        template: TemplateSource,
        handlers: Mapping[str, Handler] | None = None,
        *,
        seed: int | str = 0,
        parameters: Parameters | None = None,
        template_parameters: Mapping[str, Any] | None = None,
        strict: bool = True,
        echo: bool = True,
    ) -> Simulation:
        """Simulate a template.

        Args:
            template: The template: a dictionary, the path of a JSON file, or `aws_cdk.assertions.Template`.
            handlers: Handlers by the names of their functions. A function without a handler must not be invoked.
                Default: none.
            seed: Seed of all random numbers. The same seed gives the same history. Default: 0.
            parameters: Values for behavior that AWS leaves open. Default: `Parameters()`.
            template_parameters: Values for the template's parameters. Default: their own defaults.
            strict: Whether to raise an error if the template contains parts that are not modelled and may change the
                outcome. `not_modelled` lists all such parts in any case. Default: yes.
            echo: Whether to print the output of handlers, in addition to keeping it in `function(name).log`. Default:
                yes.

        Returns:
            The simulation, at time 0.

        Raises:
            NotModelledError: See `strict`.
            TemplateError: The template cannot be read, or AWS would refuse to deploy it.
            TypeError: A handler is not callable.
            UnknownNameError: A handler is for a function that the template does not have.
        """
        return cls(
            template,
            handlers or {},
            seed=seed,
            parameters=parameters or Parameters(),
            template_parameters=template_parameters or {},
            strict=strict,
            echo=echo,
        )

    @classmethod
    def from_assembly(
        cls,
        folder: str | Path,
        stack: str | None = None,
        handlers: Mapping[str, Handler] | None = None,
        *,
        seed: int | str = 0,
        parameters: Parameters | None = None,
        template_parameters: Mapping[str, Any] | None = None,
        strict: bool = True,
        echo: bool = True,
    ) -> Simulation:
        """Simulate a stack of a cloud assembly (the output of `cdk synth`) with the code of its functions.

        The handlers are imported from the functions' assets, each in its own set of modules: two functions may both
        have a `handler.py`. Everything else that they import comes from this Python environment.

        Args:
            folder: Folder of the assembly, such as `cdk.out`.
            stack: Name of the stack. Default: the only one.
            handlers: Handlers that replace those of the assets. Default: none.
            seed: As in `from_template`.
            parameters: As in `from_template`.
            template_parameters: As in `from_template`.
            strict: As in `from_template`.
            echo: As in `from_template`.

        Returns:
            The simulation, at time 0.

        Raises:
            AssemblyError: The assembly or the stack does not exist, or the handler of an asset cannot be imported.
            NotModelledError: As in `from_template`.
            TemplateError: As in `from_template`.
            TypeError: As in `from_template`.
            UnknownNameError: As in `from_template`.
        """
        from redrive_model.template.assembly import Assembly

        assembly = Assembly(Path(folder))
        simulation = cls.from_template(
            assembly.template_of(stack),
            handlers,
            seed=seed,
            parameters=parameters,
            template_parameters=template_parameters,
            strict=strict,
            echo=echo,
        )
        for logical_id, function in simulation._world.functions.items():
            if function.handler is None:
                metadata = simulation._template.resources[logical_id].metadata
                with simulation._runtime.importing(function):
                    function.handler = handler_of(assembly, function.spec, metadata)
        return simulation

    # Events from outside.

    def send(
        self,
        queue: str,
        body: Any,
        *,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        delay: float | None = None,
        attributes: Mapping[str, str] | None = None,
        at: float | None = None,
    ) -> str:
        """Send a message to a queue.

        Args:
            queue: Name of the queue.
            body: Body: text as it is, anything else as JSON.
            group_id: Message group; for a fair queue, the tenant.
            deduplication_id: Deduplication id, for a FIFO queue without content-based deduplication.
            delay: `DelaySeconds`. Default: the delay of the queue.
            attributes: Message attributes, as text. Default: none.
            at: Time, in seconds from the simulation's start. Default: now.

        Returns:
            The id of the message.

        Raises:
            UnknownNameError: No queue, or more than one, has this name.
            ValueError: SQS would refuse the message, or `at` is in the past.
        """
        found = self._world.queues.find(queue)
        text = body if isinstance(body, str) else json.dumps(body)
        id = self._world.new_id()
        from redrive_simulator.services.messages import string_attributes

        given = string_attributes({name: ("String", value) for name, value in (attributes or {}).items()}) or None

        def send() -> str:
            message = found.send(
                text,
                attributes=given,
                group_id=group_id,
                deduplication_id=deduplication_id,
                delay=delay,
                id=id,
            )
            return message.id

        self._do(send, at)
        return id

    def invoke(
        self, function: str, event: Any = None, *, asynchronous: bool = False, at: float | None = None
    ) -> Invoked:
        """Invoke a function.

        Args:
            function: Name of the function, followed by a colon and a qualifier if one is to be invoked.
            event: A JSON value. Default: `None`.
            asynchronous: Whether to put the event into the function's asynchronous queue, for `run` to handle.
                Otherwise the call waits for the answer, in virtual time. Default: no.
            at: Time of an asynchronous invocation, in seconds from the simulation's start. Default: now.

        Returns:
            The request id, and for a synchronous invocation Lambda's answer.

        Raises:
            NotSimulatedError: A handler used something that is not simulated, or the function has no handler.
            UnknownNameError: No function, or more than one, has this name.
            ValueError: The event is larger than Lambda accepts (1 MiB asynchronously, 6 MiB otherwise), `at` is given
                for a synchronous invocation, or `at` is in the past.
        """
        found, arn = self._function_and_arn(function)
        size, most = len(json.dumps(event).encode()), LARGEST_EVENT if asynchronous else LARGEST_REQUEST
        if size > most:
            raise ValueError(f"an event of {size:,} bytes for {found.name}: Lambda takes up to {most:,} bytes here")
        id = self._world.new_id()
        if asynchronous:
            self._do(lambda: invoke_later(found, event, arn, id=id), at)
            return Invoked(id, 202)
        if at is not None:
            raise ValueError("at= is for asynchronous invocation: use run_until(…) before a call that is waited for")
        answered = Pause()
        results: list[Any] = []

        def run() -> None:
            try:
                results.append(invoke_now(found, event, arn, id, None))
            finally:
                self._world.scheduler.wake(answered)

        self._world.at(self._world.now, run)
        self._run(None, answered)
        return invoked(id, results[0])

    def put(self, stream: str, data: Any, *, partition_key: str, at: float | None = None) -> None:
        """Write a record to a Kinesis stream.

        Args:
            stream: Name of the stream.
            data: Data: bytes and text as they are, anything else as JSON.
            partition_key: Partition key; records with the same key stay in order.
            at: Time, in seconds from the simulation's start. Default: now.

        Raises:
            UnknownNameError: No Kinesis stream, or more than one, has this name.
            ValueError: Kinesis would refuse the record, or `at` is in the past.
        """
        found = self._world.streams.find(stream)
        if found.spec.kind != "kinesis":
            raise UnknownNameError(f"{stream!r} is a table's stream: use change(table, …) to write to it")
        content = data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()
        if not 1 <= len(partition_key) <= LONGEST_PARTITION_KEY or len(content) > LARGEST_RECORD:
            raise ValueError(
                f"a record of {len(content):,} bytes with a partition key of {len(partition_key)} characters: Kinesis "
                f"takes up to 10 MiB, and 1 to {LONGEST_PARTITION_KEY} characters"
            )
        self._do(lambda: found.put(content, partition_key), at)

    def change(
        self,
        table: str,
        new: Mapping[str, Any] | None = None,
        *,
        delete: Mapping[str, Any] | None = None,
        at: float | None = None,
    ) -> None:
        """Write an item to a table or delete one; the table's stream, if it has one, gets a record of the change.

        Args:
            table: Name of the table.
            new: The item, as plain values: text, numbers, booleans, lists, dictionaries.
            delete: Key of the item to delete, instead of `new`.
            at: Time, in seconds from the simulation's start. Default: now.

        Raises:
            TypeError: A value cannot be stored in an item.
            UnknownNameError: No table, or more than one, has this name.
            ValueError: Not exactly one of `new` and `delete` is given, the key is incomplete, or `at` is in the past.
        """
        from redrive_simulator.services.tables import stored

        if (new is None) == (delete is None):
            raise ValueError("give change(table, item), or change(table, delete=key)")
        found = self._world.tables.find(table)
        item = {name: stored(value) for name, value in (new or delete or {}).items()}
        if new is not None:
            self._do(lambda: found.put(item, None, {}, {}), at)
        else:
            self._do(lambda: found.delete(item, None, {}, {}), at)

    # Virtual time.

    @property
    def now(self) -> float:
        """Virtual time, in seconds from the simulation's start."""
        return self._world.now

    def take(self, seconds: float) -> None:
        """Let virtual time pass inside a handler, as `time.sleep` does there.

        Args:
            seconds: Duration. Lambda ends the invocation at the function's timeout.

        Raises:
            RuntimeError: No handler is running.
        """
        self._runtime.take(seconds)

    def run(self) -> None:
        """Run until nothing is left to happen.

        Messages in a queue that nothing reads stay there: the run does not wait for the end of their retention.

        Raises:
            NotSimulatedError: A handler used something that is not simulated, or an invoked function has no handler.
            RuntimeError: A handler called this method.
        """
        self._run(None, None)

    def run_until(self, seconds: float) -> None:
        """Run until a time.

        Args:
            seconds: Time in seconds from the simulation's start, such as `hours(2)`.

        Raises:
            NotSimulatedError: A handler used something that is not simulated, or an invoked function has no handler.
            RuntimeError: A handler called this method.
            ValueError: The time is in the past.
        """
        if seconds < self.now:
            raise ValueError(f"run_until({seconds:g}): it is {self.now:g} s already, and time does not go back")
        self._run(seconds, None)

    # State and history.

    def queue(self, name: str) -> Queue:
        """Return a queue, with its `messages` and `bodies`.

        Args:
            name: Name of the queue.

        Raises:
            UnknownNameError: No queue, or more than one, has this name.
        """
        return self._world.queues.find(name)

    def function(self, name: str) -> Function:
        """Return a function, with its `calls` and `log`.

        Args:
            name: Name of the function.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
        """
        return self._function(name)

    def stream(self, name: str) -> Stream:
        """Return a stream, with its `records`.

        Args:
            name: Name of the stream.

        Raises:
            UnknownNameError: No stream, or more than one, has this name.
        """
        return self._world.streams.find(name)

    def table(self, name: str) -> Table:
        """Return a table, with its `items`.

        Args:
            name: Name of the table.

        Raises:
            UnknownNameError: No table, or more than one, has this name.
        """
        return self._world.tables.find(name)

    def bucket(self, name: str) -> Bucket:
        """Return a bucket, with its `objects`.

        Args:
            name: Name of the bucket.

        Raises:
            UnknownNameError: No bucket, or more than one, has this name.
        """
        return self._world.buckets.find(name)

    def topic(self, name: str) -> Topic:
        """Return a topic, with the published `messages`.

        Args:
            name: Name of the topic.

        Raises:
            UnknownNameError: No topic, or more than one, has this name.
        """
        return self._world.topics.find(name)

    def bus(self, name: str) -> Bus:
        """Return an event bus, with its `events`.

        Args:
            name: Name of the event bus.

        Raises:
            UnknownNameError: No event bus, or more than one, has this name.
        """
        return self._world.buses.find(name)

    @property
    def timeline(self) -> Timeline:
        """The timeline of everything that has happened."""
        return self._world.timeline

    @property
    def ended(self) -> list[Ended]:
        """The outcome of every event, including those that are still waiting."""
        return list(self._world.endings.values())

    @property
    def lost(self) -> list[Ended]:
        """The lost events: nothing is left of them that can be seen or replayed."""
        return [ended for ended in self._world.endings.values() if ended.is_lost]

    def assert_nothing_lost(self) -> None:
        """Check that every event was processed, is in a place where it can be seen, or is still waiting.

        Raises:
            HistoryError: Events were lost. The message ends with their timeline.
        """
        lost = self.lost
        if lost:
            raise HistoryError(
                f"{len(lost)} of {len(self._world.endings)} events were lost: {_shown(lost)}\n"
                f"{self.timeline.of_events(*(ended.event for ended in lost[:_MOST_SHOWN]))}"
            )

    def assert_ended(self) -> None:
        """Check that no event is still waiting, and that none was lost.

        Raises:
            HistoryError: Events are waiting or were lost. The message ends with their timeline.
        """
        waiting = [ended for ended in self.ended if ended.outcome == "waiting"]
        if waiting:
            raise HistoryError(
                f"{len(waiting)} events wait still at {self.now:g} s: {_shown(waiting)}\n"
                f"{self.timeline.of_events(*(ended.event for ended in waiting[:_MOST_SHOWN]))}"
            )
        self.assert_nothing_lost()

    # Internals.

    def mapping_state(self, uuid: str, missing: Exception) -> dict[str, Any]:
        """Return the answer of `GetEventSourceMapping`; for the simulated clients.

        Args:
            uuid: UUID of the event source mapping.
            missing: Error to raise if it does not exist.
        """
        mapping = self._built.sqs.get(uuid) or self._built.streams.get(uuid)
        if mapping is None:
            raise missing
        parameters = self._parameters
        arn = f"arn:aws:lambda:{parameters.region}:{parameters.account}:event-source-mapping:{uuid}"
        state = "Enabled" if mapping.enabled else "Disabled"
        return {"UUID": uuid, "EventSourceMappingArn": arn, "State": state}

    def switch_mapping(self, uuid: str, enabled: bool | None, missing: Exception) -> dict[str, Any]:
        """Enable or disable an event source mapping and return its state; for the simulated clients.

        Args:
            uuid: UUID of the event source mapping.
            enabled: Whether to enable it. `None`: leave it as it is.
            missing: Error to raise if it does not exist.
        """
        state = self.mapping_state(uuid, missing)
        queue_mapping, stream_mapping = self._built.sqs.get(uuid), self._built.streams.get(uuid)
        if enabled is None:
            return state
        if queue_mapping is not None:
            queue_mapping.switch(enabled)
        elif stream_mapping is not None:
            stream_mapping.switch(enabled)
        return self.mapping_state(uuid, missing)

    def _do(self, action: Callable[[], object], at: float | None) -> None:
        if at is None or at == self.now:
            action()
        elif at < self.now:
            raise ValueError(f"at={at:g}: it is {self.now:g} s already, and time does not go back")
        else:
            self._world.at(at, action)

    def _run(self, until: float | None, while_waiting: Pause | None) -> None:
        with self._runtime:
            self._world.scheduler.run(until, while_waiting=while_waiting)
        if self._clients.problems:
            problem = self._clients.problems[0]
            self._clients.problems.clear()
            raise problem

    def _fault(self, function: str, rule: FaultRule) -> None:
        self._function(function).faults.append(rule)

    @property
    def _chance(self) -> Random:
        return self._world.chance

    def _function(self, name: str) -> Function:
        return self._world.functions.find(name)

    def _function_and_arn(self, name: str) -> tuple[Function, str]:
        function = self._world.functions.get(name)
        if function is not None or not name.rpartition(":")[0] or name.startswith("arn:"):
            function = function or self._function(name)
            return function, name if name.startswith("arn:") else function.spec.arn
        head, _, qualifier = name.rpartition(":")
        function = self._function(head)
        return function, function.spec.arn if qualifier == "$LATEST" else f"{function.spec.arn}:{qualifier}"


_MOST_SHOWN = 20


def _shown(ended: Iterable[Ended]) -> str:
    shown: list[str] = []
    for each in ended:
        if len(shown) == _MOST_SHOWN:
            return f"{', '.join(shown)}, …"
        shown.append(f"{each.event} ({each.outcome}: {each.reason or each.source})")
    return ", ".join(shown)
