"""Runs a replay: takes, decides, journals, sends, journals, deletes; in several threads, with little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from threading import Event, Lock

from redrive.core.system import now
from redrive.destinations.stream_failure import StreamFailure
from redrive_cli.aws import Aws
from redrive_cli.errors import Usage
from redrive_cli.failures.found import Found
from redrive_cli.failures.reader import MOST, WRITTEN_AGAIN, Reader
from redrive_cli.replay.busy import Busy
from redrive_cli.replay.destination import Destination, Unknown
from redrive_cli.replay.intents import Intents
from redrive_cli.replay.item import InDoubt, Item, NotSent, Outcome, Sent
from redrive_cli.replay.journal import Journal
from redrive_cli.replay.plan import Plan
from redrive_cli.replay.rate import Rate
from redrive_cli.replay.rest import Rest
from redrive_cli.replay.returned import Returned
from redrive_cli.replay.senders.function import FunctionSender
from redrive_cli.replay.senders.queue import HELD, QueueSender
from redrive_cli.replay.senders.sender import Sender
from redrive_cli.replay.senders.stream import StreamSender
from redrive_cli.replay.streams import StreamBatches, lanes, run_lane
from redrive_cli.replay.tally import Tally

#: Why a run ends that a person stops.
INTERRUPTED = "interrupted"
#: Why a failure is in doubt from the beginning of a run.
BEFORE = "a replay that was interrupted may have sent it"
#: Threads that replay one place.
THREADS = 16
# Seconds after which what was taken is hidden anew before it is sent, and for how long.
_LATE, _HIDDEN = 10.0, 60
# Seconds to wait for threads that have messages of all groups in hand.
_FOR_OTHERS = 0.1
# A function may run for 15 minutes with a batch of a stream.
_HIDDEN_FOR_FUNCTION = 1000

Resolve = Callable[[Found], Destination | Unknown]


class Engine:
    """One run over one or more places, one after the other.

    Args:
        source: The account of the places.
        target: The account of the destinations.
        plan: What to do.
        journal: Where to note each step.
        rest: What interrupted runs left.
        resolve: Decides where a failure came from.
        tally: Counts.
        behind: Opens the places to which a destination gives what fails again, if that is to be counted.
        threads: Threads for each place. Default: `THREADS`.
    """

    def __init__(
        self,
        source: Aws,
        target: Aws,
        plan: Plan,
        journal: Journal,
        *,
        rest: Rest,
        resolve: Resolve,
        tally: Tally,
        behind: Callable[[Destination], list[Reader]] = lambda to: [],
        threads: int | None = None,
    ) -> None:
        self.stop = Event()
        self._target = target
        self._plan = plan
        self._journal = journal
        self._rest = rest
        self._resolve = resolve
        self._tally = tally
        self._open_behind = behind
        self._threads = threads or THREADS
        self._rate = Rate(plan.rate, self.stop)
        self._lock = Lock()
        self._busy = Busy()
        self._left = plan.limit
        self._full = False
        self._senders: dict[Destination, Sender] = {}
        self._returned = Returned(plan.run)
        self._watched: set[Destination] = set()
        self._behind: list[Reader] = []
        self._looking = Lock()
        self._blocked: set[tuple[str, str]] = set()
        self._batches = StreamBatches(target, source, lambda number, why: tally.add("gone", number, why))

    def run(self, reader: Reader, *, fifo: bool = False, total: int | None = None) -> None:
        """Replay what a reader has.

        Args:
            reader: The reader.
            fifo: Whether it reads a FIFO queue.
            total: About how many failures it has; few of them need few threads.

        Raises:
            Exception: Nothing more can be sent, such as for a missing permission. What was sent is journalled.
        """
        streams: list[Item] = []
        threads = self._threads if total is None else min(self._threads, total // MOST + 1)
        with ThreadPoolExecutor(self._threads) as pool:
            self._finish([pool.submit(self._work, reader, streams, fifo) for _ in range(threads)])
            if streams and not self.stop.is_set():
                self._finish([pool.submit(self._run_lane, reader, lane) for lane in lanes(streams)])

    def interrupt(self) -> None:
        """End soon: each thread ends with the batch that it has in hand."""
        self._tally.stop(INTERRUPTED)
        self.stop.set()

    @property
    def queues(self) -> list[Destination]:
        """The queues to which events were sent."""
        return [to for to in self._watched if to.kind == "queue"]

    @property
    def has_invoked(self) -> bool:
        """True if functions were invoked asynchronously."""
        return any(to.kind == "function" for to in self._senders)

    def look_for_returned(self, readers: Iterable[Reader]) -> int:
        """Count what this run has brought back and what has failed again since the last look; return how many."""
        number = 0
        for reader in (*readers, *self._behind):
            reader.again()
            while not reader.exhausted and not self.stop.is_set():
                number += self._returned.count(reader.take())
        self._tally.add("failed_again", number)
        return number

    def _finish(self, tasks: Sequence[Future[None]]) -> None:
        done, _ = wait(tasks, return_when=FIRST_EXCEPTION)
        if any(each.exception() is not None for each in done):
            self.stop.set()
        for each in tasks:
            each.result()

    def _work(self, reader: Reader, streams: list[Item], fifo: bool) -> None:
        while not (self.stop.is_set() or self._full):
            started = now()
            taken = reader.take(self._rate.batch(MOST, _LATE))
            if taken:
                with self._busy:
                    self._replay(reader, taken, streams, fifo, started)
            if taken or not reader.exhausted:
                continue
            # Messages that other threads have in hand hide those behind them in their groups.
            if not (fifo and self._busy.others):
                return
            self.stop.wait(_FOR_OTHERS)

    def _replay(self, reader: Reader, taken: Sequence[Found], streams: list[Item], fifo: bool, started: float) -> None:
        items, sent_before = self._decide(taken, streams, fifo)
        if sent_before:
            self._tally.add("already_sent", len(sent_before))
            self._delete(reader, sent_before)
        if items and self._rate.wait(len(items)):
            if now() - started > _LATE:
                reader.keep([item.found for item in items], _HIDDEN)
            self._send(reader, items, fifo)
        self._stop_if_failing(())

    def _stop_if_failing(self, readers: Sequence[Reader]) -> None:
        """End the run if too much has failed again; one thread at a time looks for that where nothing else does."""
        if self._plan.stop_at is None:
            return
        if (readers or self._behind) and self._looking.acquire(blocking=False):
            try:
                self.look_for_returned(readers)
            finally:
                self._looking.release()
        if self._tally.has_failed_too_often(self._plan.stop_at):
            self._tally.stop("replayed events failed again")
            self.stop.set()

    def _decide(self, taken: Sequence[Found], streams: list[Item], fifo: bool) -> tuple[list[Item], list[Found]]:
        """Return what is to be sent, and what was sent before and is only to be deleted."""
        items: list[Item] = []
        sent_before: list[Found] = []
        for found in taken:
            self._tally.add("seen")
            if self._rest.was_sent(found.id):
                sent_before.append(found)
            elif self._returned.has(found):
                self._tally.add("failed_again", self._returned.count([found]))
            elif (item := self._selected(found)) is not None:
                if isinstance(found.failure, StreamFailure):
                    with self._lock:
                        streams.append(item)
                elif fifo and (found.place.key, found.group or "") in self._blocked:
                    self._tally.add("not_sent", why=HELD)
                elif self._is_in_doubt(item):
                    self._settle(item, InDoubt(BEFORE), fifo)
                else:
                    items.append(item)
        return items, sent_before

    def _selected(self, found: Found) -> Item | None:
        verdict = self._plan.selection.verdict(found)
        if verdict != "selected":
            self._tally.add(verdict)
            if verdict == "held_back":
                self._tally.held_back.append(found.id)
            return None
        to = self._plan.to or self._resolve(found)
        if isinstance(to, Unknown):
            self._tally.add("not_sent", why=to.why)
            return None
        try:
            item = self._plan.item(found, to)
        except Usage as error:
            self._tally.add("not_sent", why=str(error))
            return None
        with self._lock:
            if self._left is not None:
                if not self._left:
                    self._full = True
                    self._tally.add("not_selected")
                    return None
                self._left -= 1
        return item

    def _is_in_doubt(self, item: Item) -> bool:
        """Return whether an event may have been sent, and nobody asked to send it again."""
        return self._plan.selection.in_doubt is None and self._rest.is_in_doubt(item.found.id, item.to)

    def _send(self, reader: Reader, items: Sequence[Item], fifo: bool) -> None:
        by_destination: dict[Destination, list[Item]] = {}
        for item in items:
            by_destination.setdefault(item.to, []).append(item)
        for to, several in by_destination.items():
            sent: list[Found] = []
            with Intents(self._journal, self._rest) as intents:
                for outcomes in self._sender(to).send(several, intents.begin):
                    known = [(item, outcomes[item.key]) for item in several if item.key in outcomes]
                    intents.end(known)
                    sent += [item.found for item, outcome in known if self._settle(item, outcome, fifo)]
            self._delete(reader, sent)

    def _settle(self, item: Item, outcome: Outcome, fifo: bool = False) -> bool:
        """Count an outcome, and return whether the event was sent, so that its failure is to be deleted."""
        if isinstance(outcome, Sent):
            self._returned.add(outcome)
            self._tally.add("replayed")
            self._rest.settle([item.found.id])
            return True
        if fifo:
            self._blocked.add((item.found.place.key, item.found.group or ""))
        if isinstance(outcome, InDoubt):
            self._tally.add("in_doubt", why=outcome.why)
            self._tally.in_doubt.append(item.found.id)
        elif outcome.failed_again:
            self._tally.add("failed_again", why=outcome.why)
            self._tally.add("replayed")
            self._rest.settle([item.found.id])
        else:
            self._tally.add("not_sent", why=outcome.why)
        return False

    def _delete(self, reader: Reader, several: Sequence[Found]) -> None:
        # An archive stays, and its journal must say what was sent of it until the run is complete.
        several = [] if self._plan.keep else [each for each in several if each.place.kind != "archive"]
        if not several:
            return
        errors = reader.delete(several)
        deleted = [found for found in several if found.key not in errors]
        again = [found.id for found in several if errors.get(found.key) == WRITTEN_AGAIN]
        ended = [*(found.id for found in deleted), *again]
        self._journal.note("deleted", ended)
        self._rest.settle(ended)
        self._tally.add("deleted", len(deleted))
        self._tally.add("failed_again", self._returned.mark(again), why=WRITTEN_AGAIN if again else "")
        for why in errors.values():
            if why != WRITTEN_AGAIN:
                self._tally.add("not_deleted", why=f"sent, but not deleted; the next replay deletes it: {why}")

    def _run_lane(self, reader: Reader, lane: Sequence[Item]) -> None:
        def send(item: Item) -> Outcome:
            if self._is_in_doubt(item):
                return InDoubt(BEFORE)
            if not self._rate.wait(1):
                return NotSent("the run was stopped")
            reader.keep([each.found for each in lane], _HIDDEN_FOR_FUNCTION)
            self._watch(item.to)
            self._returned.expect(item)
            with Intents(self._journal, self._rest) as intents:
                outcome = self._batches.send(item, intents.begin)
                intents.end([(item, outcome)])
            return outcome

        for item, outcome in run_lane(lane, send, self.stop):
            if self._settle(item, outcome):
                self._delete(reader, [item.found])
            self._stop_if_failing([reader])

    def _sender(self, to: Destination) -> Sender:
        with self._lock:
            if to not in self._senders:
                self._senders[to] = _sender(self._target, to, identity=self._plan.identity)
        self._watch(to)
        return self._senders[to]

    def _watch(self, to: Destination) -> None:
        with self._lock:
            if to not in self._watched:
                self._watched.add(to)
                self._behind += self._open_behind(to)


def _sender(aws: Aws, to: Destination, *, identity: bool) -> Sender:
    if to.kind == "queue":
        return QueueSender(aws, to)
    return FunctionSender(aws, to, identity=identity) if to.kind == "function" else StreamSender(aws, to)
