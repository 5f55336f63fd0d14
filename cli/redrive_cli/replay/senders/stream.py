"""Puts events into a Kinesis stream, in their order."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from redrive.destinations.stream_failure import StreamFailure
from redrive_cli.aws import Aws
from redrive_cli.calls import TRIES, repeated_if_refused, wait
from redrive_cli.replay.destination import Destination
from redrive_cli.replay.item import InDoubt, Item, NotSent, Outcome, Sent
from redrive_cli.replay.order import waves
from redrive_cli.replay.senders.sender import Intend, outcome_of

# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
_MOST = 500


class StreamSender:
    """Puts events into a stream; see `Sender`.

    Args:
        aws: The account.
        to: The stream.
    """

    def __init__(self, aws: Aws, to: Destination) -> None:
        self._kinesis = aws.client("kinesis", to.region, once=True)
        self._stream = {"StreamARN": to.name} if to.name.startswith("arn:") else {"StreamName": to.name}

    def send(self, items: Sequence[Item], intend: Intend) -> Iterator[Mapping[str, Outcome]]:
        """Put events: a batch of records as its records, anything else as one record."""
        for item in items:
            intend([item])
            yield {item.key: self.put(list(records_of(item)))}

    def put(self, records: Sequence[Mapping[str, Any]]) -> Outcome:
        """Put records, those of a partition key one after the other, so that no error changes their order."""
        done: list[tuple[str, str]] = []
        for wave in waves(records, lambda each: each["PartitionKey"]):
            for start in range(0, len(wave), _MOST):
                part = wave[start : start + _MOST]
                try:
                    taken, refused = self._put(part)
                except Exception as error:
                    taken, failed = [], outcome_of(error, "PutRecords")
                    if isinstance(failed, InDoubt):
                        return failed
                    refused = failed.why
                done += taken
                if refused:
                    why = f"Kinesis refused a record: {refused}"
                    return InDoubt(f"{why}, and took {len(done)} of {len(records)}") if done else NotSent(why)
        return Sent(is_marked=False, records=tuple(done))

    def _put(self, records: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[str, str]], str]:
        """Put records with different partition keys; return which were taken, and the error of one that was not."""
        left, why = list(records), ""
        taken: list[tuple[str, str]] = []
        for number in range(TRIES):

            def put(part: Sequence[Mapping[str, Any]] = tuple(left)) -> Any:
                return self._kinesis.put_records(Records=part, **self._stream)

            results = repeated_if_refused(put, "PutRecords")["Records"]
            refused = [at for at, each in enumerate(results) if each.get("ErrorCode")]
            taken += [(each["ShardId"], each["SequenceNumber"]) for each in results if not each.get("ErrorCode")]
            if not refused:
                return taken, ""
            why = f"{results[refused[0]]['ErrorCode']}: {results[refused[0]].get('ErrorMessage', '')}"
            left = [left[at] for at in refused]
            if number < TRIES - 1:
                wait(number)
        return taken, why


def records_of(item: Item) -> Iterator[dict[str, Any]]:
    """Yield what `PutRecords` takes for an event."""
    content = item.content
    if isinstance(item.found.failure, StreamFailure) and isinstance(content, Mapping):
        for record in content.get("Records") or ():  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            yield _of_record(record)  # pyright: ignore[reportUnknownArgumentType]
        return
    yield {"Data": item.body.encode(), "PartitionKey": (item.found.group or item.key)[:256]}


def _of_record(record: Mapping[str, Any]) -> dict[str, Any]:
    kinesis = record.get("kinesis")
    if isinstance(kinesis, Mapping):
        with suppress(KeyError, ValueError, TypeError):
            return {"Data": b64decode(kinesis["data"]), "PartitionKey": str(kinesis["partitionKey"])}  # pyright: ignore[reportUnknownArgumentType]
    change: Mapping[str, Any] = record.get("dynamodb") or {}
    keys: Any = change.get("Keys")
    return {"Data": json.dumps(record).encode(), "PartitionKey": json.dumps(keys, sort_keys=True)[:256] or "redrive"}
