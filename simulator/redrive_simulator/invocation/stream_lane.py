"""Simulates a lane of a shard: one batch at a time, in order; a failing batch blocks all records behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from redrive_model.schedules.streams import retry_wait
from redrive_simulator.invocation.responses import WholeBatch, checkpoint, unread_failures
from redrive_simulator.invocation.stream_buffer import Buffer
from redrive_simulator.invocation.stream_piece import Piece
from redrive_simulator.invocation.stream_progress import LaneSource, Progress
from redrive_simulator.invocation.stream_rules import after_attempt, expired_prefix, halves
from redrive_simulator.services.records import Attempted
from redrive_simulator.timeline.entries import NOTHING, Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.invocation import Chain, Report
    from redrive_simulator.invocation.result import Result
    from redrive_simulator.services.streams import StreamRecord


class Lane:
    """A lane of a shard."""

    __slots__ = ("_buffer", "_busy", "_pieces", "_progress", "_shard_id", "_source", "function", "spec", "world")

    def __init__(self, source: LaneSource, shard_id: str, number: int) -> None:
        self.spec = source.spec
        self.function = source.function
        self.world = source.world
        self._source = source
        self._shard_id = shard_id
        name = f"{shard_id}/{number}" if source.spec.parallelization > 1 else shard_id
        self._progress = Progress(source, shard_id, name)
        self._buffer = Buffer(source.spec, source.world, self.wake)
        self._pieces: deque[Piece] = deque()
        self._busy = False

    def add(self, record: StreamRecord) -> None:
        """Add a record that was read from the shard."""
        self._buffer.add(record)

    @property
    def has_records(self) -> bool:
        """True if records were read for it that are not done."""
        return bool(self._pieces or self._buffer)

    def wake(self) -> None:
        """Continue if there is something to do."""
        if not self._busy and (self._pieces or self._buffer):
            self._busy = True
            self._buffer.cancel_timer()
            self.world.at(self.world.scheduler.now, self._step)

    def _step(self) -> None:
        self._busy = False
        if not self._source.enabled:
            return
        if not self._pieces:
            piece = self._buffer.next_batch()
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

    def _attempt(self, piece: Piece) -> None:
        self._give_up_old(piece)
        if not piece.records and not piece.is_final:
            self._pieces.popleft()
            self._go_on()
            return
        world, function = self.world, self.function
        event: dict[str, Any] = {"Records": [self._source.record(record) for record in piece.records]}
        if piece.window is not None:
            event |= piece.window.fields(self._shard_id, self.spec.source, world.epoch, is_final=piece.is_final)
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
        number = self._progress.add_entry(
            kind,
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
        records = list(piece.records)
        self._follow(piece, done, number, reason, result.reports, succeeded=kind is Kind.SUCCEEDED)
        if result.kind is Kind.SUCCEEDED and kind is Kind.SUCCEEDED and not self.spec.partial_responses:
            numbers = [record.number for record in records]
            unread = unread_failures(result.response, numbers)
            if unread:
                # From the first of them on, the function expects everything again.
                first = min(numbers.index(each) for each in unread)
                self._progress.lose_unread(records[first:], number)

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

    def _follow(
        self, piece: Piece, done: int, number: int, reason: str, reports: Mapping[str, Report], *, succeeded: bool
    ) -> None:
        """Carry out the decision after an attempt."""
        if piece.is_final and not piece.records:
            self._after_final(piece, number, reason, succeeded=succeeded)
            return
        step = after_attempt(len(piece.records), done, piece.failures, self.spec)
        if step.done:
            self._progress.move_past_done(piece.records[: step.done], number, reports)
        parameters = self.world.parameters
        match step.then:
            case "finished":
                self._pieces.popleft()
                self._go_on()
            case "fresh":
                self._pieces[0] = Piece(piece.records[step.done :], number, piece.window)
                why = _reason_of(self._pieces[0], reports, reason)
                self._retry(self._pieces[0], parameters.stream_checkpoint_wait, number, 1, why)
            case "split":
                self._split(piece, number)
                self._go_on(parameters.stream_split_wait)
            case "give up":
                self._pieces.popleft()
                why = _reason_of(piece, reports, reason)
                self._progress.give_up(piece, piece.records, "RetryAttemptsExhausted", number, why)
                self._go_on()
            case "retry":
                why = _reason_of(piece, reports, reason)
                self._retry(piece, self._wait(piece.failures), number, piece.tries, why)

    def _after_final(self, piece: Piece, number: int, reason: str, *, succeeded: bool) -> None:
        """Retry or end the last invocation of a window, which has no records and so no record for a destination."""
        retries = self.spec.max_retries
        if not succeeded and (retries is None or piece.failures <= retries):
            self._retry(piece, self._wait(piece.failures), number, piece.tries, reason)
            return
        self._pieces.popleft()
        assert piece.window is not None
        early = "its state is too large" if piece.window.is_too_large else "its time was over"
        self._progress.add_entry(Kind.WINDOW, reason=early if succeeded else f"given up: {reason}")
        self._buffer.end_window(piece.window)
        self._go_on()

    def _split(self, piece: Piece, number: int) -> None:
        earlier, later = halves(len(piece.records))
        self._progress.add_entry(
            Kind.SPLIT,
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
            self._progress.add_entry(
                Kind.RETRY,
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
        number = self._progress.add_entry(
            result.kind,
            piece.ids,
            piece.tries + 1,
            time=result.started,
            parent=piece.parent,
            reason=result.reason,
        )
        self._retry(piece, self._wait(piece.refusals), number, piece.tries + 1, result.reason)

    def _give_up_old(self, piece: Piece) -> None:
        """Remove the records that expired in the stream, and give up those older than the mapping's maximum age."""
        now = self.world.scheduler.now
        arrivals = [record.arrived_at for record in piece.records]
        expired = expired_prefix(arrivals, now, self._source.stream.spec.retention)
        if expired:
            gone, piece.records = piece.records[:expired], piece.records[expired:]
            self._progress.expire(piece, gone)
        old = expired_prefix(arrivals[expired:], now, self.spec.max_age)
        if old:
            gone, piece.records = piece.records[:old], piece.records[old:]
            reason = f"older than {self.spec.max_age:g} s"
            self._progress.give_up(piece, gone, "RecordAgeExceeded", NOTHING, reason)
            if piece.records:  # the rest is a new batch with a new count of attempts
                piece.failures = piece.tries = piece.refusals = 0
                piece.last = None


def _reason_of(piece: Piece, reports: Mapping[str, Report], reason: str) -> str:
    """Return the reason that a helper gives for the first record of a batch, or that of the attempt."""
    report = reports.get(piece.records[0].number) if piece.records else None
    return reason if report is None else report.reason
