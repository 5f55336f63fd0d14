"""Simulates a lane of a shard: one batch at a time, in order; a failing batch blocks all records behind it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from redrive_model.limits import LARGEST_REQUEST
from redrive_model.schedules.streams import retry_wait
from redrive_simulator.delivery import deliver
from redrive_simulator.invocation.responses import WholeBatch, checkpoint
from redrive_simulator.invocation.stream_piece import Piece, Window
from redrive_simulator.invocation.stream_rules import after_attempt, expired_prefix, halves
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.records import Attempted, stream_record
from redrive_simulator.timeline.history import NOTHING, Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.invocation.result import Result
    from redrive_simulator.invocation.stream_mapping import StreamMapping
    from redrive_simulator.services.streams import StreamRecord


_METADATA = 400
FailureCondition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


class Lane:
    """A lane of a shard.

    Attributes:
        buffer: Records that were read and are in no batch yet.
    """

    __slots__ = (
        "_busy",
        "_pieces",
        "_since",
        "_timer",
        "_window",
        "buffer",
        "function",
        "mapping",
        "name",
        "shard_id",
        "spec",
        "world",
    )

    def __init__(self, mapping: StreamMapping, shard_id: str, number: int) -> None:
        self.mapping = mapping
        self.spec = mapping.spec
        self.function = mapping.function
        self.world = mapping.world
        self.shard_id = shard_id
        self.name = f"{shard_id}/{number}" if mapping.spec.parallelization > 1 else shard_id
        self.buffer: deque[StreamRecord] = deque()
        self._pieces: deque[Piece] = deque()
        self._busy = False
        self._since: float | None = None
        self._timer: Timer | None = None
        self._window: Window | None = None

    def add(self, record: StreamRecord) -> None:
        """Add a record that was read from the shard."""
        if self._since is None:
            self._since = self.world.scheduler.now
        self.buffer.append(record)

    def wake(self) -> None:
        """Continue if there is something to do."""
        if not self._busy and (self._pieces or self.buffer or self._window is not None):
            self._busy = True
            self.world.scheduler.cancel(self._timer)
            self._timer = None
            self.world.at(self.world.scheduler.now, self._step)

    def _step(self) -> None:
        self._busy = False
        if not self.mapping.enabled:
            return
        if not self._pieces:
            piece = self._next_batch()
            if piece is None:
                return
            self._pieces.append(piece)
        self._busy = True
        self._attempt(self._pieces[0])

    def _go_on(self, wait: float = 0.0) -> None:
        """Schedule the next step after a wait."""
        if wait > 0:
            self.world.at(self.world.scheduler.now + wait, self._step)
        else:
            self._busy = False
            self.wake()

    # Batches.

    def _next_batch(self) -> Piece | None:
        """Return the next batch if it is due; otherwise schedule the time when it is."""
        now = self.world.scheduler.now
        window = self._window
        if self.spec.tumbling_window and window is None and self.buffer:
            window = self._window = self._window_of(self.buffer[0])
        records = self._gathered(window)
        is_over = not records and (self.buffer or now >= (window.end if window else now))
        if window is not None and (window.is_too_large or is_over):
            piece = Piece([], window=window)
            piece.is_final = True
            return piece
        if records:
            is_full = len(records) >= self.spec.batch_size or len(records) < len(self.buffer)
            due = (self._since or 0.0) + self.spec.window
            if is_full or now >= due:
                for _ in records:
                    self.buffer.popleft()
                self._since = now if self.buffer else None
                return Piece(records, window=window)
            self._timer = self.world.at(due, self.wake)
        elif window is not None:
            self._timer = self.world.at(window.end, self.wake)
        return None

    def _gathered(self, window: Window | None) -> list[StreamRecord]:
        """Return the records of the next batch: from one tumbling window, within the size limits."""
        records: list[StreamRecord] = []
        size = 0
        for record in self.buffer:
            if len(records) >= self.spec.batch_size:
                break
            if window is not None and not window.holds(record.arrived_at):
                break
            size += record.size * 4 // 3 + _METADATA
            if size > LARGEST_REQUEST and records:
                break
            records.append(record)
        return records

    def _window_of(self, record: StreamRecord) -> Window:
        return Window.at(record.arrived_at, self.spec.tumbling_window, self.world.epoch)

    # Attempts.

    def _attempt(self, piece: Piece) -> None:
        self._give_up_old(piece)
        if not piece.records and not piece.is_final:
            self._pieces.popleft()
            self._go_on()
            return
        world, function = self.world, self.function
        event: dict[str, Any] = {"Records": [self.mapping.record(record) for record in piece.records]}
        if piece.window is not None:
            event |= piece.window.fields(self.shard_id, self.spec.stream, world.epoch, is_final=piece.is_final)
        ids = piece.ids
        request_id = world.new_id()
        result = function.call(event, ids, self.spec.function, request_id, self._chain(piece))
        if not result.ran:
            self._refused(piece, result)
            return
        piece.tries += 1
        piece.refusals = 0
        piece.request_id = request_id
        done, kind, reason = self._outcome(piece, result)
        number = world.note(
            kind,
            self.mapping.stream.name,
            self.name,
            function.name,
            ids,
            piece.tries,
            time=result.started,
            duration=world.scheduler.now - result.started,
            parent=piece.parent,
            reason=reason,
        )
        version = function.version_of(self.spec.function)
        raised = result.kind is not Kind.SUCCEEDED
        piece.last = Attempted(version, result.error if raised else result.response, failed=raised)
        if done < len(piece.records) or kind is not Kind.SUCCEEDED:
            piece.failures += 1
        self._follow(piece, done, number, reason, succeeded=kind is Kind.SUCCEEDED)

    def _chain(self, piece: Piece) -> Chain:
        for record in piece.records:
            if record.chain is not None:
                return record.chain
        return None

    def _outcome(self, piece: Piece, result: Result) -> tuple[int, Kind, str]:
        """Return the number of finished records, the kind of entry and the reason."""
        size = len(piece.records)
        if result.kind is not Kind.SUCCEEDED:
            return 0, result.kind, result.reason
        window = piece.window
        if window is not None and not window.take_state(result.response):
            return 0, Kind.FAILED, "the response has no state, which a tumbling window needs"
        if not self.spec.partial_responses:
            return size, Kind.SUCCEEDED, ""
        done = checkpoint(result.response, [record.number for record in piece.records])
        if isinstance(done, WholeBatch):
            return 0, Kind.FAILED, done.reason
        if done == size:
            return size, Kind.SUCCEEDED, ""
        return done, Kind.PARTLY_FAILED, f"checkpoint {piece.records[done].number}"

    def _follow(self, piece: Piece, done: int, number: int, reason: str, *, succeeded: bool) -> None:
        """Carry out the decision after an attempt."""
        if piece.is_final and not piece.records:
            self._after_final(piece, number, reason, succeeded=succeeded)
            return
        step = after_attempt(len(piece.records), done, piece.failures, self.spec)
        if step.done:
            self._pass(piece.records[: step.done], number, Outcome.PROCESSED)
        parameters = self.world.parameters
        match step.then:
            case "finished":
                self._pieces.popleft()
                self._go_on()
            case "fresh":
                self._pieces[0] = Piece(piece.records[step.done :], number, piece.window)
                self._retry(self._pieces[0], parameters.stream_checkpoint_wait, number, 1, reason)
            case "split":
                self._split(piece, number)
                self._go_on(parameters.stream_split_wait)
            case "give up":
                self._pieces.popleft()
                self._give_up(piece, piece.records, "RetryAttemptsExhausted", number, reason)
                self._go_on()
            case "retry":
                self._retry(piece, self._wait(piece.failures), number, piece.tries, reason)

    def _after_final(self, piece: Piece, number: int, reason: str, *, succeeded: bool) -> None:
        """Retry or end the last invocation of a window, which has no records and so no record for a destination."""
        retries = self.spec.max_retries
        if not succeeded and (retries is None or piece.failures <= retries):
            self._retry(piece, self._wait(piece.failures), number, piece.tries, reason)
            return
        self._pieces.popleft()
        assert piece.window is not None
        early = "its state is too large" if piece.window.is_too_large else "its time was over"
        self._end_window(piece.window, early if succeeded else f"given up: {reason}")
        self._go_on()

    def _end_window(self, window: Window, reason: str) -> None:
        self.world.note(Kind.WINDOW, self.mapping.stream.name, self.name, self.function.name, reason=reason)
        if self._window is window:
            self._window = None

    def _split(self, piece: Piece, number: int) -> None:
        earlier, later = halves(len(piece.records))
        self.world.note(
            Kind.SPLIT,
            self.mapping.stream.name,
            self.name,
            self.function.name,
            piece.ids,
            piece.tries,
            parent=number,
            reason=f"{earlier} + {later}",
        )
        self._pieces.popleft()
        self._pieces.appendleft(Piece(piece.records[earlier:], number, piece.window))
        self._pieces.appendleft(Piece(piece.records[:earlier], number, piece.window))

    def _wait(self, failures: int) -> float:
        parameters = self.world.parameters
        return retry_wait(
            failures - 1, parameters.stream_retry_base, parameters.stream_retry_factor, parameters.stream_retry_cap
        )

    def _retry(self, piece: Piece, wait: float, number: int, attempt: int, reason: str) -> None:
        world = self.world
        if wait > 0:
            world.note(
                Kind.RETRY,
                self.mapping.stream.name,
                self.name,
                self.function.name,
                piece.ids,
                attempt,
                until=world.scheduler.now + wait,
                parent=number,
                reason=reason,
            )
        self._go_on(wait)

    def _refused(self, piece: Piece, result: Result) -> None:
        """Retry a batch that Lambda throttled or failed to run, without counting an attempt."""
        piece.refusals += 1
        number = self.world.note(
            result.kind,
            self.mapping.stream.name,
            self.name,
            self.function.name,
            piece.ids,
            piece.tries + 1,
            time=result.started,
            parent=piece.parent,
            reason=result.reason,
        )
        self._retry(piece, self._wait(piece.refusals), number, piece.tries + 1, result.reason)

    # Records that leave the lane.

    def _pass(
        self, records: list[StreamRecord], number: int, outcome: Outcome, place: str = "", reason: str = ""
    ) -> None:
        world, stream = self.world, self.mapping.stream.name
        consumer, function = self.spec.name, self.function.name
        for record in records:
            world.end(record.id, stream, outcome, place, function, reason, consumer)
        world.note(
            Kind.CHECKPOINT,
            stream,
            self.name,
            function,
            tuple([record.id for record in records]),
            parent=number,
            reason=records[-1].number,
        )

    def _give_up_old(self, piece: Piece) -> None:
        """Remove the records that expired in the stream, and give up those older than the mapping's maximum age."""
        if not piece.records:
            return
        now = self.world.scheduler.now
        arrivals = [record.arrived_at for record in piece.records]
        retention = self.mapping.stream.spec.retention
        forgotten = expired_prefix(arrivals, now, retention)
        if forgotten:
            gone, piece.records = piece.records[:forgotten], piece.records[forgotten:]
            reason = f"older than the stream keeps records, {retention:g} s"
            if self.world.parameters.tell_destination_of_expired and self.spec.on_failure is not None:
                self._give_up(piece, gone, "RecordAgeExceeded", NOTHING, reason)
            else:
                self.world.note(
                    Kind.EXPIRED,
                    self.mapping.stream.name,
                    self.name,
                    self.function.name,
                    tuple([record.id for record in gone]),
                    piece.tries,
                    reason=reason,
                )
                self._pass(gone, NOTHING, Outcome.EXPIRED, reason=reason)
            arrivals = arrivals[forgotten:]
        old = expired_prefix(arrivals, now, self.spec.max_age)
        if old:
            gone, piece.records = piece.records[:old], piece.records[old:]
            self._give_up(piece, gone, "RecordAgeExceeded", NOTHING, f"older than {self.spec.max_age:g} s")
            if piece.records:  # the rest is a new batch with a new count of attempts
                piece.failures = piece.tries = piece.refusals = 0
                piece.last = None

    def _give_up(
        self, piece: Piece, records: list[StreamRecord], condition: FailureCondition, number: int, reason: str
    ) -> None:
        world, function, stream = self.world, self.function, self.mapping.stream
        ids = tuple([record.id for record in records])
        arn = self.spec.on_failure
        note: dict[str, Any] = {"attempt": piece.tries, "parent": number}
        if arn is None:
            world.note(Kind.DROPPED, stream.name, self.name, function.name, ids, reason=condition, **note)
            self._pass(records, number, Outcome.DROPPED, reason=f"{condition}: {reason}")
            return
        event = {"Records": [self.mapping.record(record) for record in records]}
        arguments: dict[str, Any] = {
            "kind": stream.spec.kind,
            "request_id": piece.request_id or world.new_id(),
            "function_arn": self.spec.function,
            "condition": condition,
            "invoke_count": piece.tries,
            "last": piece.last if condition == "RetryAttemptsExhausted" else None,
            "shard_id": self.shard_id,
            "sequence_numbers": [record.number for record in records],
            "arrivals": (world.epoch + records[0].arrived_at, world.epoch + records[-1].arrived_at),
            "stream_arn": self.spec.stream,
            "time": world.time,
        }
        delivery = deliver(
            world,
            arn,
            stream_record(**arguments),
            cause=ids[0],
            from_arn=self.spec.function,
            folder=f"aws/lambda/{self.spec.uuid}/{self.shard_id}",
            for_object=stream_record(**arguments, event=event),
        )
        delivered = delivery.refused is None
        world.note(
            Kind.DESTINATION if delivered else Kind.DESTINATION_FAILED,
            stream.name,
            self.name,
            function.name,
            ids,
            place=delivery.place,
            reason=delivery.refused or condition,
            **note,
        )
        outcome = Outcome.DESTINATION if delivered else Outcome.UNDELIVERED
        self._pass(records, number, outcome, delivery.place if delivered else "", f"{condition}: {reason}")
