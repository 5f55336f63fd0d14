"""Replays with AWS's own task, where that applies: everything, unchanged, moved by SQS."""

from __future__ import annotations

from redrive_cli.commands.common import Context, confirm
from redrive_cli.errors import Exit, Usage
from redrive_cli.output.progress import progress
from redrive_cli.output.words import count
from redrive_cli.places.place import Place, QueuePlace
from redrive_cli.places.queue import attributes_of, counts_of
from redrive_cli.replay.plan import Plan
from redrive_cli.replay.server_side import FASTEST, Moved, move


def replay_server_side(
    context: Context, places: list[Place], plan: Plan, *, edit: bool, follow: bool, dry_run: bool, yes: bool
) -> Exit:
    """Move all messages of the queues back.

    Raises:
        Usage: SQS cannot do what was asked for.
    """
    if plan.keep or plan.edits or edit or plan.limit or plan.note or follow or plan.stop_at is not None:
        raise Usage("--server-side moves everything unchanged: leave out --keep, --set, --edit, --limit, --note, …")
    if not plan.selection.is_everything:
        raise Usage("--server-side moves everything: leave out what selects, or leave out --server-side")
    if plan.rate is not None and plan.rate > FASTEST:
        raise Usage(f"--rate {plan.rate:g}: SQS moves at most {FASTEST} messages a second")
    to = None if plan.to is None else plan.to.name
    if to is not None and not to.startswith("arn:aws"):
        raise Usage("--server-side takes the ARN of a queue for --to")
    result = Exit.OK
    rows: list[dict[str, object]] = []
    for place in places:
        if not isinstance(place, QueuePlace):
            raise Usage(f"{place.name} is no queue, and --server-side moves messages between queues")
        total = counts_of(attributes_of(context.aws, place)).total
        if dry_run or not total:
            context.output.note(f"{place.name}: {count(total, 'message')} would be moved by SQS")
            continue
        if not confirm(f"Have SQS move {count(total, 'message')} of {place.name}?", yes=yes, output=context.output):
            continue
        with progress(place.name, total) as advance:

            def show(moved: Moved, advance: object = advance) -> None:
                if callable(advance):
                    advance(moved.moved, moved.status.lower())

            done = move(context.aws, place, to, plan.rate, show)
        rows.append({"place": place.name, "status": done.status, "moved": done.moved, "why": done.why or None})
        if context.output.is_text:
            context.output.text(f"{place.name}: {done.status.lower()}, {count(done.moved, 'message')} moved")
        if done.status != "COMPLETED":
            result = Exit.FAILED
            context.output.warn(done.why or f"the task ended as {done.status}")
    if not context.output.is_text:
        context.output.data({"tasks": rows}, rows)
    return result
