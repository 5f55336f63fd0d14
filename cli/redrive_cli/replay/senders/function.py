"""Invokes functions: asynchronously with the events of invocation records, else with a batch and its answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from redrive.destinations.dead_letter import DeadLetter
from redrive.destinations.invocation_record import InvocationRecord
from redrive.invoker.errors import FunctionError
from redrive.invoker.reply import read_receipt, read_result
from redrive_cli.aws import Aws
from redrive_cli.calls import repeated_if_refused
from redrive_cli.errors import code_of, explained
from redrive_cli.replay.destination import Destination
from redrive_cli.replay.item import Item, NotSent, Outcome, Sent, as_text
from redrive_cli.replay.senders.sender import Intend, outcome_of

# Seconds to wait for a function, which may take 15 minutes.
_LONGEST = 930.0
_TOO_LARGE = ("RequestTooLargeException", "RequestEntityTooLargeException", "InvalidRequestContentException")


class FunctionSender:
    """Invokes a function; see `Sender`.

    Args:
        aws: The account.
        to: The function.
        identity: Whether events carry the request id of their first invocation, which only `@async_handler` takes off.
    """

    def __init__(self, aws: Aws, to: Destination, *, identity: bool = False) -> None:
        self._lambda = aws.client("lambda", to.region, once=True)
        self._waiting = aws.client("lambda", to.region, read=_LONGEST, once=True)
        self._name = to.name
        self._identity = identity

    def send(self, items: Sequence[Item], intend: Intend) -> Iterator[Mapping[str, Outcome]]:
        """Invoke the function with all messages together, and with each event of a record."""
        messages = [item for item in items if isinstance(item.found.failure, DeadLetter)]
        if messages:
            intend(messages)
            yield self._run_messages(messages)
        for item in items:
            if item not in messages:
                intend([item])
                yield {item.key: self._put(item)}

    def run(self, event: object) -> Any:
        """Invoke the function, wait for its answer and return that.

        Raises:
            FunctionError: The function ran and failed.
            Exception: Lambda refused the call, or the answer did not come, so that the function may have run.
        """
        payload = json.dumps(event).encode()

        def invoke() -> Any:
            return self._waiting.invoke(FunctionName=self._name, InvocationType="RequestResponse", Payload=payload)

        return read_result(repeated_if_refused(invoke, "Invoke"), self._name)

    def _put(self, item: Item) -> Outcome:
        payload = self._payload(item)
        try:
            reply = repeated_if_refused(
                lambda: self._lambda.invoke(FunctionName=self._name, InvocationType="Event", Payload=payload), "Invoke"
            )
            return Sent(read_receipt(reply, self._name), is_marked=False)
        except Exception as error:
            if code_of(error) in _TOO_LARGE or isinstance(error, FunctionError):
                return NotSent(str(explained(error)))
            return outcome_of(error, "Invoke")

    def _payload(self, item: Item) -> bytes:
        failure = item.found.failure
        if not isinstance(failure, InvocationRecord):
            return as_text(item.content).encode()
        if item.is_edited or item.found.is_edited:
            failure = replace(failure, payload=item.content)
        return failure.invoke_arguments(self._name, with_identity=self._identity)["Payload"]

    def _run_messages(self, items: Sequence[Item]) -> dict[str, Outcome]:
        """Invoke a function of another queue with messages, as its event source mapping would."""
        event = {"Records": [_record(item) for item in items]}
        try:
            failed = failed_ids(self.run(event))
        except FunctionError as error:
            return {item.key: NotSent(str(error), failed_again=True) for item in items}
        except Exception as error:
            return {item.key: outcome_of(error, "Invoke") for item in items}
        known = {item.key for item in items}
        if failed is None or not failed <= known:  # as Lambda does: the whole batch has failed
            failed = known
        return {
            item.key: NotSent("the function returned it as failed", failed_again=True) if item.key in failed else Sent()
            for item in items
        }


def failed_ids(response: Any) -> set[str] | None:
    """Return the ids that a function's answer names as failed; `None` if the answer fails all.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if not isinstance(response, Mapping):
        return set()
    named: Any = cast("Mapping[str, Any]", response).get("batchItemFailures")
    if not named:
        return set()
    if not isinstance(named, list):
        return None
    ids: set[str] = set()
    for each in cast("list[Any]", named):
        id: Any = cast("Mapping[str, Any]", each).get("itemIdentifier") if isinstance(each, Mapping) else None
        if not isinstance(id, str) or not id:
            return None
        ids.add(id)
    return ids


def _record(item: Item) -> dict[str, Any]:
    """Return a message as Lambda's event has it."""
    letter = cast("DeadLetter", item.found.failure)
    raw: Mapping[str, Any] = item.found.raw
    return {
        "messageId": item.key,
        "receiptHandle": item.found.handle,
        "body": item.body,
        "attributes": dict(raw.get("Attributes") or {}),
        "messageAttributes": {
            name: {
                "dataType": each.data_type,
                "stringListValues": [],
                "binaryListValues": [],
                **_value(each.value),
            }
            for name, each in letter.message_attributes.items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": letter.source_arn or "",
        "awsRegion": (letter.source_arn or ":::").split(":")[3],
    }


def _value(value: str | bytes) -> dict[str, str]:
    if isinstance(value, str):
        return {"stringValue": value}
    from base64 import b64encode

    return {"binaryValue": b64encode(value).decode()}
