"""Sends events to a queue, in batches; in a FIFO queue in the order of each group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from redrive.aws.sqs_entries import batches, fits
from redrive.destinations.dead_letter import DeadLetter
from redrive.destinations.history import HISTORY, with_history
from redrive_cli.aws import Aws
from redrive_cli.calls import TRIES, repeated, repeated_if_refused, wait
from redrive_cli.errors import Exit, Problem
from redrive_cli.places.queue import queue_of
from redrive_cli.replay.destination import Destination
from redrive_cli.replay.item import InDoubt, Item, NotSent, Outcome, Sent
from redrive_cli.replay.order import waves
from redrive_cli.replay.senders.sender import Intend, outcome_of

#: Why an event waits for another one.
HELD = "held: an event before it in its message group was not sent"
_OPERATION = "SendMessageBatch"


class QueueSender:
    """Sends events to a queue; see `Sender`.

    Args:
        aws: The account.
        to: The queue.
    """

    def __init__(self, aws: Aws, to: Destination) -> None:
        self._sqs = aws.client("sqs", to.region, once=True)
        self._url = _url_of(aws, to)
        self._fifo = self._url.endswith(".fifo")

    def send(self, items: Sequence[Item], intend: Intend) -> Iterator[Mapping[str, Outcome]]:
        """Send events; a FIFO queue gets those of a group one after the other, so that no error changes their order."""
        failed: set[str] = set()
        for wave in waves(items, _group) if self._fifo else [items]:
            ready = [item for item in wave if not self._fifo or _group(item) not in failed]
            outcomes: dict[str, Outcome] = {item.key: NotSent(HELD) for item in wave if item not in ready}
            outcomes |= self._sent(ready, intend)
            failed |= {_group(item) for item in wave if not isinstance(outcomes[item.key], Sent)}
            yield outcomes

    def _sent(self, items: Sequence[Item], intend: Intend) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        entries: dict[str, dict[str, Any]] = {}
        for item in items:
            entry = entry_of(item, fifo=self._fifo)
            if fits(entry["MessageBody"], entry["MessageAttributes"]):
                entries[item.key] = entry
            else:
                outcomes[item.key] = NotSent("with its attributes it is larger than SQS takes: 1 MiB")
        if entries:
            intend([item for item in items if item.key in entries])
        for number in range(TRIES):
            waiting = [key for key in entries if not isinstance(outcomes.get(key), Sent)]
            again = self._tried({key: entries[key] for key in waiting}, outcomes)
            entries = {key: entries[key] for key in again}
            if not entries:
                break
            if number < TRIES - 1:
                wait(number)
        return outcomes

    def _tried(self, entries: Mapping[str, dict[str, Any]], outcomes: dict[str, Outcome]) -> list[str]:
        """Send entries once, fill in the outcomes, and return the keys of those that SQS may take another time."""
        keys = list(entries)
        again: list[str] = []
        for batch in batches([{"Id": str(number), **entry} for number, entry in enumerate(entries.values())]):
            try:
                reply = self._send(batch)
            except Exception as error:
                outcomes |= {keys[int(entry["Id"])]: outcome_of(error, _OPERATION) for entry in batch}
                continue
            for each in reply.get("Successful") or ():
                number = int(each["Id"])
                marked = HISTORY in entries[keys[number]]["MessageAttributes"]
                outcomes[keys[number]] = Sent(each["MessageId"], marked)
            for each in reply.get("Failed") or ():
                key = keys[int(each["Id"])]
                outcomes[key] = NotSent(f"SQS refused it: {each.get('Code')}: {each.get('Message', '')}")
                if not each.get("SenderFault"):
                    again.append(key)
            for entry in batch:
                outcomes.setdefault(keys[int(entry["Id"])], InDoubt("SQS's reply does not mention it"))
        return again

    def _send(self, batch: list[dict[str, Any]]) -> Any:
        def send() -> Any:
            return self._sqs.send_message_batch(QueueUrl=self._url, Entries=batch)

        # After a lost reply, a FIFO queue takes the same entries once, by their deduplication ids; a standard queue
        # would have them twice.
        return repeated(send) if self._fifo else repeated_if_refused(send, _OPERATION)


def entry_of(item: Item, *, fifo: bool) -> dict[str, Any]:
    """Return the entry of `SendMessageBatch` for an event, without its `Id`."""
    failure = item.found.failure
    if isinstance(failure, DeadLetter):
        return failure.entry(fifo=fifo, history=item.history, body=item.body)
    body = item.body
    entry: dict[str, Any] = {"MessageBody": body, "MessageAttributes": with_history(body, {}, {}, item.history)}
    if fifo:
        entry["MessageGroupId"] = item.found.group or "redrive"
        # The same for a repeated send, and another one for another failure.
        entry["MessageDeduplicationId"] = sha256(item.found.id.encode()).hexdigest()
    return entry


def _group(item: Item) -> str:
    return item.found.group or item.key


def _url_of(aws: Aws, to: Destination) -> str:
    queue = queue_of(aws, to.name)
    if queue is None:
        raise Problem(f"there is no queue {to.name}: look at --to, --to-profile and --to-region", Exit.SERVICE)
    return queue.url
