"""Sends events to a simulation from outside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from redrive_model.limits import LARGEST_EVENT, LARGEST_RECORD, LARGEST_REQUEST, LONGEST_PARTITION_KEY
from redrive_model.template.arns import invoked_arn
from redrive_model.template.errors import UnknownNameError
from redrive_simulator.arguments import as_json, check_type
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.invocation.context import Caller
from redrive_simulator.invocation.functions import Function
from redrive_simulator.invocation.result import Result
from redrive_simulator.invocation.synchronous import Invoked, invoke_in_turn, invoked
from redrive_simulator.services.message_rules import check_message
from redrive_simulator.services.messages import string_attributes
from redrive_simulator.services.tables import stored
from redrive_simulator.simulation.run import Run


class Events(Run):
    """Sends, invokes, puts and changes, as a part of `Simulation`."""

    def send(
        self,
        queue: str,
        body: Any,
        *,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        delay: float | None = None,
        attributes: Mapping[str, str | Mapping[str, Any]] | None = None,
        at: float | None = None,
    ) -> str:
        """Send a message to a queue.

        Args:
            queue: Name of the queue.
            body: Body: text as it is, anything else as JSON.
            group_id: Message group; for a fair queue, the tenant.
            deduplication_id: Deduplication id, for a FIFO queue without content-based deduplication.
            delay: `DelaySeconds`. Default: the delay of the queue.
            attributes: Message attributes: texts, or values in Lambda's format, as `message.attributes` of a message of
                a queue has them. Default: none.
            at: Time, in seconds from the simulation's start. Default: now.

        Returns:
            The id of the message.

        Raises:
            UnknownNameError: No queue, or more than one, has this name.
            ValueError: SQS would refuse the message, or `at` is in the past.
        """
        found = self._resources.queues.find(queue)
        check_type("group_id", group_id, str, "give text")
        check_type("deduplication_id", deduplication_id, str, "give text")
        check_type("delay", delay, (int, float), "give a number of seconds")
        check_type("attributes", attributes, Mapping, "give a dictionary of texts by name")
        text = body if isinstance(body, str) else as_json("body", body)
        id = self._world.new_id()
        check_message(found.spec, text, group_id, deduplication_id)
        given = _in_lambda_format(attributes) if attributes else None
        send = partial(
            found.send,
            text,
            attributes=given,
            group_id=group_id,
            deduplication_id=deduplication_id,
            delay=delay,
            id=id,
        )
        self._do(send, at)
        return id

    def invoke(
        self,
        function: str,
        event: Any = None,
        *,
        asynchronous: bool = False,
        at: float | None = None,
        client_context: Mapping[str, Any] | None = None,
        tenant_id: str | None = None,
    ) -> Invoked:
        """Invoke a function.

        Args:
            function: Name of the function, followed by a colon and a qualifier if one is to be invoked.
            event: A JSON value. Default: `None`.
            asynchronous: Whether to put the event into the function's asynchronous queue, for `run` to handle.
                Otherwise the call waits for the answer, in virtual time. Default: no.
            at: Time of an asynchronous invocation, in seconds from the simulation's start. Default: now.
            client_context: Client context of a synchronous invocation: `custom`, `env` and `client`. Default: none.
            tenant_id: Tenant of a function with tenant isolation. Default: none.

        Returns:
            The request id, and for a synchronous invocation Lambda's answer.

        Raises:
            NotSimulatedError: A handler used something that is not simulated, or the function has no handler.
            RuntimeError: A handler called this method, or works for longer than `Parameters.longest_work`.
            UnknownNameError: No function, or more than one, has this name.
            ValueError: The event is larger than Lambda accepts (1 MiB asynchronously, 6 MiB otherwise), `at` is given
                for a synchronous invocation, or `at` is in the past.
        """
        __tracebackhide__ = True
        found, arn = self._function_and_arn(function)
        size, most = len(as_json("event", event).encode()), LARGEST_EVENT if asynchronous else LARGEST_REQUEST
        if size > most:
            raise ValueError(f"an event of {size:,} bytes for {found.name}: Lambda takes up to {most:,} bytes here")
        id = self._world.new_id()
        if asynchronous:
            self._do(lambda: invoke_later(found, event, arn, id=id), at)
            return Invoked(id, 202)
        if at is not None:
            raise ValueError("at= is for asynchronous invocation: use run_until(…) before a call that is waited for")
        results: list[Result] = []
        caller = Caller(client_context, tenant_id)
        self._run(None, invoke_in_turn(found, event, arn, id, None, results, caller))
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
        found = self._resources.streams.find(stream)
        if found.spec.kind != "kinesis":
            raise UnknownNameError(f"{stream!r} is a table's stream: use change(table, …) to write to it")
        content = (
            data if isinstance(data, bytes) else (data if isinstance(data, str) else as_json("data", data)).encode()
        )
        size = len(content) + len(partition_key.encode())
        if not 1 <= len(partition_key) <= LONGEST_PARTITION_KEY or size > LARGEST_RECORD:
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
        if (new is None) == (delete is None):
            raise ValueError("give change(table, item), or change(table, delete=key)")
        found = self._resources.tables.find(table)
        item = {name: stored(value) for name, value in (new or delete or {}).items()}
        if new is not None:
            self._do(lambda: found.put(item), at)
        else:
            self._do(lambda: found.delete(item), at)

    def _function_and_arn(self, name: str) -> tuple[Function, str]:
        functions = self._resources.functions
        function = functions.get(name)
        if function is not None:
            return function, name if name.startswith("arn:") else function.spec.arn
        head, colon, qualifier = name.rpartition(":")
        is_qualified = bool(colon) and (name.count(":") == 7 or not name.startswith("arn:"))
        function = functions.find(head if is_qualified else name)
        arn = invoked_arn(function.spec.arn, qualifier if is_qualified else None)
        if not function.is_there(arn):
            known = ", ".join(sorted(each.rpartition(":")[2] for each in function.versions)) or "none"
            raise UnknownNameError(
                f"function {function.name!r} has no version or alias {qualifier!r}: the template has {known}"
            )
        return function, arn


def _in_lambda_format(attributes: Mapping[str, str | Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {
        name: string_attributes({name: ("String", value)})[name] if isinstance(value, str) else value
        for name, value in attributes.items()
    }
