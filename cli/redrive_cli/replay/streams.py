"""Brings batches of streams back: each shard's in their order, as events of the original shape."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event, Lock
from typing import Any, cast

from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import StreamReadError
from redrive.invoker.errors import FunctionError
from redrive_cli.aws import Aws
from redrive_cli.replay.destination import Destination
from redrive_cli.replay.item import Item, NotSent, Outcome, Sent
from redrive_cli.replay.senders.function import FunctionSender, failed_ids
from redrive_cli.replay.senders.sender import Intend, Sender, outcome_of
from redrive_cli.replay.senders.stream import StreamSender
from redrive_cli.stream_records import read_records

# Bytes of an event: Lambda takes 6 MB for a synchronous invocation.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LARGEST = 5_500_000
_ID_PATHS = (("kinesis", "sequenceNumber"), ("dynamodb", "SequenceNumber"))

Record = Mapping[str, Any]


def lanes(items: Sequence[Item]) -> list[list[Item]]:
    """Return the failures of each shard, in the order of the stream."""
    found: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        failure = cast("StreamFailure", item.found.failure)
        found[failure.came_from or "", failure.shard_id or ""].append(item)
    return [
        sorted(lane, key=lambda item: int(cast("StreamFailure", item.found.failure).start_sequence_number))
        for lane in found.values()
    ]


class StreamBatches:
    """Sends batches of streams.

    Args:
        aws: The account.
        source: The account of the streams, to read records again.
        gone: Called with how many records of a batch their stream no longer has, at least, and with a sentence.
    """

    def __init__(self, aws: Aws, source: Aws, gone: Callable[[int, str], None]) -> None:
        self._aws = aws
        self._source = source
        self._gone = gone
        self._reading = Lock()
        self._functions: dict[Destination, FunctionSender] = {}

    def send(self, item: Item, intend: Intend) -> Outcome:
        """Send a batch to its function and wait for the answer, or put its records into a stream."""
        try:
            records = self._records(item)
        except (StreamReadError, TimeoutError) as error:
            return NotSent(str(error))
        if not records:
            return NotSent("the stream no longer has any of its records")
        if item.to.kind == "function":
            intend([item])
            return self._run(item, records)
        edited = Item(item.found, item.to, item.history, {"Records": records}, is_edited=True)
        (outcomes,) = self._sender(item.to).send([edited], intend)
        return outcomes[item.key]

    def _sender(self, to: Destination) -> Sender:
        if to.kind == "stream":
            return StreamSender(self._aws, to)
        from redrive_cli.replay.senders.queue import QueueSender

        return QueueSender(self._aws, to)

    def _records(self, item: Item) -> list[Record]:
        content = item.content
        if item.is_edited or item.found.is_edited:
            if isinstance(content, Mapping) and isinstance(content.get("Records"), list):  # pyright: ignore[reportUnknownMemberType]
                return content["Records"]  # pyright: ignore[reportUnknownVariableType]
            raise StreamReadError("its payload must be an event: an object with the list Records")
        failure = cast("StreamFailure", item.found.failure)
        with self._reading:
            found = read_records(self._source, failure)
        if found.gone is not None:
            gone = found.gone
            why = (
                f"{failure.came_from} {failure.shard_id}: records from {gone.start_sequence_number} on are gone, since "
                "the stream's retention has ended for them"
            )
            self._gone(gone.count, why)
        return [*found.records]

    def _run(self, item: Item, records: list[Record]) -> Outcome:
        sender = self._functions.setdefault(item.to, FunctionSender(self._aws, item.to))
        done = 0
        for part in _parts(records):
            try:
                failed = failed_ids(sender.run({"Records": part}))
            except FunctionError as error:
                return NotSent(f"{error}{_after(done, records)}", failed_again=True)
            except Exception as error:
                outcome = outcome_of(error, "Invoke")
                return type(outcome)(f"{outcome.why}{_after(done, records)}")
            if failed is None or failed:
                first = first_failed(part, failed)
                where = f" from {number_of(part[first])} on" if first else ""
                return NotSent(
                    f"the function returned records{where} as failed{_after(done + first, records)}", failed_again=True
                )
            done += len(part)
        return Sent()


def first_failed(records: Sequence[Record], failed: set[str] | None) -> int:
    """Return the index of the lowest record that an answer names, 0 if it names none of them: as Lambda reads it.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    if failed is None:
        return 0
    at = [index for index, record in enumerate(records) if number_of(record) in failed]
    return min(at, default=0) if len(at) == len(failed) else 0


def number_of(record: Record) -> str:
    """Return the sequence number of a record of a Lambda event; empty if it has none."""
    for member, name in _ID_PATHS:
        inner: Any = record.get(member)
        if isinstance(inner, Mapping):
            return str(inner.get(name, ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return ""


def run_lane(lane: Sequence[Item], send: Callable[[Item], Outcome], stop: Event) -> Iterator[tuple[Item, Outcome]]:
    """Send the failures of a shard in their order; after one that was not sent, the others are held."""
    held = ""
    for item in lane:
        if stop.is_set():
            return
        outcome = NotSent(held) if held else send(item)
        if not isinstance(outcome, Sent) and not held:
            held = f"held: {item.found.id}, before it in its shard, was not processed"
        yield item, outcome


def _parts(records: list[Record]) -> Iterator[list[Record]]:
    part: list[Record] = []
    size = 0
    for record in records:
        length = len(json.dumps(record))
        if part and size + length > _LARGEST:
            yield part
            part, size = [], 0
        part.append(record)
        size += length
    yield part


def _after(done: int, records: Sequence[Record]) -> str:
    return f" ({done} of {len(records)} records were processed before)" if done else ""
