"""Runs a replay over its places, with its journal, and follows its events."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from redrive_cli.aws import Aws
from redrive_cli.commands.common import Context
from redrive_cli.commands.destinations import resolver
from redrive_cli.errors import Exit, explained
from redrive_cli.failures.opening import opened
from redrive_cli.failures.reader import Reader
from redrive_cli.output.progress import progress
from redrive_cli.places.behind import behind_function, behind_queue, behind_stream
from redrive_cli.places.place import Place, QueuePlace
from redrive_cli.places.queue import queue_of
from redrive_cli.replay.destination import Destination
from redrive_cli.replay.engine import INTERRUPTED, Engine
from redrive_cli.replay.follow import Followed, follow
from redrive_cli.replay.interrupts import instead_of_interrupts
from redrive_cli.replay.journal import Header, Journal, Pending, folder, pending
from redrive_cli.replay.plan import Plan
from redrive_cli.replay.rest import Rest
from redrive_cli.replay.tally import Tally


@dataclass(slots=True)
class Outcomes:
    """The outcomes of a replay.

    Attributes:
        run: Id of the run.
        tally: Its counts.
        unseen: How many were not seen although nothing stopped the run.
        followed: What became of the events afterwards; `None` if nobody waited.
        error: What ended it; `None` if nothing did.
    """

    run: str
    tally: Tally
    unseen: int = 0
    followed: Followed | None = None
    error: Exception | None = None

    @property
    def processed(self) -> int:
        """The number of processed events, if nothing more is expected of the others."""
        counts = self.tally.counts
        waiting = self.followed.waiting if self.followed is not None else 0
        return max(0, counts["replayed"] + counts["already_sent"] - counts["failed_again"] - waiting)

    def as_json(self) -> dict[str, Any]:
        """Return the outcomes as JSON values."""
        followed = self.followed
        return {
            "run": self.run,
            **self.tally.as_json(),
            "error": None if self.error is None else str(explained(self.error)),
            "unseen": self.unseen,
            "followed": None
            if followed is None
            else {
                "waiting": followed.waiting,
                "complete": followed.is_complete,
                "processed": self.processed if followed.is_complete else None,
            },
        }


def replay_all(
    context: Context, target: Aws, places: list[Place], plan: Plan, *, yes: bool, follow: float | None
) -> Outcomes:
    """Replay what the places have.

    Args:
        context: The context of the command.
        target: The account of the destinations.
        places: The places.
        plan: What to do.
        yes: Whether a person agreed.
        follow: Seconds to wait for what becomes of the events; `None`: do not wait.
    """
    header, before = interrupted(target, places, plan)
    rest = Rest(before)
    tally = Tally()
    outcomes = Outcomes(plan.run, tally)
    journal = Journal(folder() / f"{plan.run}.jsonl", header)
    journal.take_over(before)
    open_readers = ExitStack()
    watches = follow is not None or plan.stop_at is not None
    engine = Engine(
        context.aws,
        target,
        plan,
        journal,
        rest=rest,
        resolve=resolver(context.aws),
        tally=tally,
        behind=_behind(context, target, places, open_readers) if watches else lambda to: [],
    )
    try:
        # A reader does not take the failures that it has in hand for events that failed again.
        with instead_of_interrupts(engine.interrupt), open_readers:
            readers: list[Reader] = []
            for place in places:
                if engine.stop.is_set():
                    break
                reader = open_readers.enter_context(opened(context.aws, place, yes=yes, expected=plan.limit))
                _replay_place(context, place, plan, engine, outcomes, reader)
                if not tally.stopped and (plan.keep or place.kind == "archive"):
                    rest.forget(place.short)  # nothing is deleted there, so what was sent is done
                if follow is None:
                    reader.close()
                readers.append(reader)
            if follow is not None and tally.counts["replayed"] and not tally.stopped:
                outcomes.followed = _follow(readers, engine, target, follow)
        # The next run finds in this journal what was sent and not deleted, and what may have been sent.
        if not tally.stopped and rest.is_empty and not tally.counts["not_deleted"] and not tally.in_doubt:
            journal.end("complete")
    except KeyboardInterrupt:  # the second one
        tally.stop(INTERRUPTED)
    except Exception as error:
        tally.stop("an error")
        outcomes.error = error
    finally:
        journal.close()
    return outcomes


def _behind(
    context: Context, target: Aws, places: list[Place], open_readers: ExitStack
) -> Callable[[Destination], list[Reader]]:
    """Return what opens the places behind a destination that the replay itself does not read."""
    known = {place.key for place in places}

    def behind(to: Destination) -> list[Reader]:
        readers: list[Reader] = []
        for place in _places_behind(target, to):
            if place.key in known:
                continue
            known.add(place.key)
            if isinstance(place, QueuePlace) and place.has_policy:
                context.output.warn(f"{place.name} has a redrive policy, so nobody looks there for what fails again")
                continue
            readers.append(open_readers.enter_context(opened(target, place, yes=True)))
        return readers

    return behind


def _places_behind(aws: Aws, to: Destination) -> list[Place]:
    if to.kind == "function":
        return behind_function(aws, to.name)
    if to.kind == "stream":
        return behind_stream(aws, to.name)
    queue = queue_of(aws, to.name)
    return [] if queue is None else behind_queue(aws, queue)


def interrupted(target: Aws, places: list[Place], plan: Plan) -> tuple[Header, list[Pending]]:
    """Return the header of a replay's journal, and what interrupted replays left that it continues.

    Raises:
        Problem: Another replay of one of the places is running.
    """
    to = "" if plan.to is None else f"{plan.to.name} {target.account.profile or ''} {target.account.region or ''}"
    header = Header(run=plan.run, places=tuple(each.key for each in places), to=to.strip(), keep=plan.keep)
    before = pending(header, folder())
    # The rest of places that this run does not have stays in its journal.
    of_all = dict.fromkeys([*header.places, *(each for left in before for each in left.header.places)])
    return replace(header, places=tuple(of_all)), before


def _replay_place(
    context: Context, place: Place, plan: Plan, engine: Engine, outcomes: Outcomes, reader: Reader
) -> None:
    tally = outcomes.tally
    counts = reader.counts()
    seen_before = tally.counts["seen"]
    with progress(place.name, counts.total) as advance:
        tally.on_change = lambda: advance(tally.counts["seen"] - seen_before, "")
        engine.run(reader, fifo=isinstance(place, QueuePlace) and place.fifo, total=counts.total)
    tally.on_change = lambda: None
    if reader.note:
        context.output.warn(reader.note)
    if not tally.stopped and plan.limit is None and not plan.selection.ids:
        seen = tally.counts["seen"] - seen_before
        outcomes.unseen += max(0, counts.total - counts.in_flight - counts.delayed - seen)


def _follow(readers: list[Reader], engine: Engine, target: Aws, seconds: float) -> Followed:
    queues = [queue for to in engine.queues if (queue := queue_of(target, to.name)) is not None]
    if not queues and not engine.has_invoked:  # functions have answered for batches of streams
        engine.look_for_returned(readers)
        return Followed(0, is_complete=True)
    return follow(target, queues, lambda: engine.look_for_returned(readers), seconds, engine.stop.is_set)


def exit_of(outcomes: Outcomes) -> Exit:
    """Return the exit code of a replay's outcomes."""
    tally = outcomes.tally
    if tally.stopped == INTERRUPTED:
        return Exit.INTERRUPTED
    counts = tally.counts
    if tally.stopped or counts["failed_again"] or counts["not_sent"] or counts["not_deleted"] or counts["gone"]:
        return Exit.FAILED
    return Exit.SKIPPED if counts["held_back"] or counts["in_doubt"] or outcomes.unseen else Exit.OK
