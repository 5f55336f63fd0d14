"""Stands in for Kinesis."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.limits import LARGEST_RECORD, LARGEST_RECORDS
from redrive_simulator.handlers.clients.base import Client
from redrive_simulator.services.refusals import Refused
from redrive_simulator.services.streams import HASHES

if TYPE_CHECKING:
    from redrive_simulator.services.streams import Stream


class Kinesis(Client):
    """Answers for writing to streams: https://docs.aws.amazon.com/kinesis/latest/APIReference/."""

    def put_record(
        self,
        *,
        Data: bytes | str,
        PartitionKey: str,
        ExplicitHashKey: str | None = None,
        SequenceNumberForOrdering: str | None = None,
        StreamName: str | None = None,
        StreamARN: str | None = None,
    ) -> dict[str, Any]:
        """`PutRecord`; sequence numbers grow anyway, so that `SequenceNumberForOrdering` has nothing to do."""
        record = {"Data": Data, "PartitionKey": PartitionKey, "ExplicitHashKey": ExplicitHashKey}
        return self._put_all(self._stream(StreamName, StreamARN), [record])[0]

    def put_records(
        self, *, Records: Sequence[Mapping[str, Any]], StreamName: str | None = None, StreamARN: str | None = None
    ) -> dict[str, Any]:
        """`PutRecords`."""
        stream = self._stream(StreamName, StreamARN)
        return {"FailedRecordCount": 0, "Records": self._put_all(stream, Records)}

    def _stream(self, name: str | None, arn: str | None) -> Stream:
        """Return a stream by its name, its ARN, or both."""
        if name is None and arn is None:
            raise _wrong("either StreamName or StreamARN must be given")
        found = [self._named(each) for each in (name, arn) if each is not None]
        if None in found:
            account = self._world.parameters.account  # as recorded: test_cbor_exceptions of localstack/localstack
            shown = name or str(arn).rpartition("/")[2]
            message = f"Stream {shown} under account {account} not found."
            raise Refused("ResourceNotFoundException", message)
        first, last = found[0], found[-1]
        if first is None or first is not last:
            raise _wrong(f"StreamName {name} and StreamARN {arn} are not of the same stream")
        return first

    def _named(self, name: str) -> Stream | None:
        """Return the Kinesis stream with an ARN or a name, of which a logical id is none."""
        streams = [each for each in self._resources.streams.values() if each.spec.kind == "kinesis"]
        return next((each for each in streams if name in (each.spec.arn, each.spec.arn.rpartition("/")[2])), None)

    def _put_all(self, stream: Stream, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Write records, or refuse all of them."""
        contents = [_content(each) for each in entries]
        if sum(map(_size, contents, entries)) > LARGEST_RECORDS:
            raise _wrong(f"the records of a request may have {LARGEST_RECORDS} bytes, with their partition keys")
        hashes = [_hash(each.get("ExplicitHashKey")) for each in entries]
        # No chain: Lambda does not detect loops through Kinesis.
        records = [
            stream.put(content, each["PartitionKey"], hash_key=hash_key)
            for content, each, hash_key in zip(contents, entries, hashes, strict=True)
        ]
        return [{"ShardId": each.id.partition(":")[0], "SequenceNumber": each.number} for each in records]


def _content(entry: Mapping[str, Any]) -> bytes:
    """Return the content of a record, or refuse it: the limit is for content and partition key together."""
    data = entry["Data"]
    content = data.encode() if isinstance(data, str) else bytes(data)
    size = _size(content, entry)
    if size > LARGEST_RECORD:
        raise _wrong(f"a record may have {LARGEST_RECORD} bytes, with its partition key: this one has {size}")
    return content


def _size(content: bytes, entry: Mapping[str, Any]) -> int:
    return len(content) + len(entry["PartitionKey"].encode())


def _hash(given: str | None) -> int | None:
    if given is not None and int(given) >= HASHES:
        raise _wrong(f"ExplicitHashKey must be between 0 and {HASHES - 1}: {given}")
    return None if given is None else int(given)


def _wrong(message: str) -> Refused:
    return Refused("InvalidArgumentException", message)
