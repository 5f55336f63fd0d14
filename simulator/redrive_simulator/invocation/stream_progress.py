"""Records how the records of a lane leave it: processed, expired in the stream, or given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from redrive_model.resources.mapping import StreamMappingSpec
from redrive_simulator.engine.delivery import Parcel
from redrive_simulator.invocation.responses import UNREAD
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.records import StreamCondition, stream_record
from redrive_simulator.timeline.entries import NOTHING, Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Report
    from redrive_simulator.engine.world import World
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.invocation.stream_piece import Piece
    from redrive_simulator.services.streams import Stream, StreamRecord


class LaneSource(Protocol):
    """The part of an event source mapping that a lane needs."""

    @property
    def enabled(self) -> bool:
        """True while the mapping reads the stream."""
        ...

    @property
    def spec(self) -> StreamMappingSpec:
        """Settings of the mapping."""
        ...

    @property
    def stream(self) -> Stream:
        """Stream that it reads."""
        ...

    @property
    def function(self) -> Function:
        """Function that it invokes."""
        ...

    @property
    def world(self) -> World:
        """Time and history."""
        ...

    def record(self, record: StreamRecord) -> dict[str, Any]:
        """Return a record as the function gets it."""
        ...


class Progress:
    """Writes the history of one lane, and the outcomes of its records.

    Attributes:
        lane: Name of the lane.
    """

    __slots__ = ("_function", "_shard_id", "_source", "_stream", "_world", "lane")

    def __init__(self, source: LaneSource, shard_id: str, lane: str) -> None:
        self.lane = lane
        self._source = source
        self._shard_id = shard_id
        self._world = source.world
        self._stream = source.stream.name
        self._function = source.function.name

    def add_entry(self, kind: Kind, events: tuple[str, ...] = (), attempt: int = 0, **more: Any) -> int:
        """Add an entry about this lane to the history, and return its number."""
        return self._world.add_entry(kind, self._stream, self.lane, self._function, events, attempt, **more)

    def move_past(
        self, records: Sequence[StreamRecord], number: int, outcome: Outcome, place: str = "", reason: str = ""
    ) -> None:
        """Move the lane past records that have an outcome, because of the attempt with this number."""
        for record in records:
            self._world.set_outcome(
                record.id, self._stream, outcome, place, self._function, reason, self._source.spec.name
            )
        self.add_entry(Kind.CHECKPOINT, _ids(records), parent=number, reason=records[-1].number)

    def move_past_done(self, records: Sequence[StreamRecord], number: int, reports: Mapping[str, Report]) -> None:
        """Move the lane past records that the function has finished; some may have been set aside by a helper."""
        self.move_past(records, number, Outcome.PROCESSED)
        for record in records:
            report = reports.get(record.number)
            if report is None or report.outcome != "set_aside":
                continue
            self.add_entry(Kind.SET_ASIDE, (record.id,), parent=number, place=report.place, reason=report.reason)
            self._world.set_outcome(
                *(record.id, self._stream, Outcome.SET_ASIDE, report.place, self._function, report.reason),
                self._source.spec.name,
            )

    def lose_unread(self, records: Sequence[StreamRecord], number: int) -> None:
        """Record that records are lost which the function expects again, and which Lambda takes for processed."""
        self.add_entry(Kind.DROPPED, _ids(records), parent=number, reason=UNREAD)
        for record in records:
            self._world.set_outcome(
                *(record.id, self._stream, Outcome.DROPPED, "", self._function, UNREAD), self._source.spec.name
            )

    def expire(self, piece: Piece, records: Sequence[StreamRecord]) -> None:
        """Move the lane past records that the stream no longer keeps."""
        reason = f"older than the stream keeps records, {self._source.stream.spec.retention:g} s"
        if self._world.parameters.tell_destination_of_expired and self._source.spec.on_failure is not None:
            self.give_up(piece, records, "RecordAgeExceeded", NOTHING, reason)
            return
        self.add_entry(Kind.EXPIRED, _ids(records), piece.tries, reason=reason)
        self.move_past(records, NOTHING, Outcome.EXPIRED, reason=reason)

    def give_up(
        self, piece: Piece, records: Sequence[StreamRecord], condition: StreamCondition, number: int, reason: str
    ) -> None:
        """Give records of a batch up: send a record of them to the on-failure destination, if there is one."""
        ids, arn = _ids(records), self._source.spec.on_failure
        reasons = f"{condition}: {reason}"
        if arn is None:
            self.add_entry(Kind.DROPPED, ids, piece.tries, parent=number, reason=condition)
            self.move_past(records, number, Outcome.DROPPED, reason=reasons)
            return
        spec = self._source.spec
        content, with_event = self._failure_record(piece, records, condition)
        folder = f"aws/lambda/{spec.uuid}/{self._shard_id}"
        parcel = Parcel(arn, content, cause=ids[0], from_arn=spec.function, folder=folder, for_object=with_event)
        delivery = self._world.deliver(parcel)
        kind = Kind.DESTINATION if delivery.arrived else Kind.DESTINATION_FAILED
        place = delivery.place
        self.add_entry(kind, ids, piece.tries, parent=number, place=place, reason=delivery.refused or condition)
        if delivery.arrived:
            self.move_past(records, number, Outcome.DESTINATION, place, reasons)
        else:
            self.move_past(records, number, Outcome.UNDELIVERED, reason=reasons)

    def _failure_record(
        self, piece: Piece, records: Sequence[StreamRecord], condition: StreamCondition
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the record for a queue, topic or function, and that for a bucket, which has the event."""
        world, source = self._world, self._source
        arguments: dict[str, Any] = {
            "kind": source.stream.spec.kind,
            "request_id": piece.request_id or world.new_id(),
            "function_arn": source.spec.function,
            "condition": condition,
            "invoke_count": piece.tries,
            "last": piece.last if condition == "RetryAttemptsExhausted" else None,
            "shard_id": self._shard_id,
            "sequence_numbers": [record.number for record in records],
            "arrivals": (world.epoch + records[0].arrived_at, world.epoch + records[-1].arrived_at),
            "stream_arn": source.spec.source,
            "time": world.time,
        }
        event = {"Records": [source.record(record) for record in records]}
        return stream_record(**arguments), stream_record(**arguments, event=event)


def _ids(records: Sequence[StreamRecord]) -> tuple[str, ...]:
    return tuple([record.id for record in records])
