"""`redrive replay`: brings failures back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from redrive_cli.aws import Account, Aws
from redrive_cli.commands.common import MAX_REPLAYS_OPTION, YES, Context, confirm, selects
from redrive_cli.commands.common import command as make
from redrive_cli.commands.destinations import resolver
from redrive_cli.commands.editing import edited_payloads
from redrive_cli.commands.replaying import Outcomes, exit_of, interrupted, replay_all
from redrive_cli.commands.server_side import replay_server_side
from redrive_cli.errors import Exit, Problem, Usage
from redrive_cli.failures.found import WORDS, Found
from redrive_cli.failures.opening import each_in, opened
from redrive_cli.output.terminal import Output, printable, shortened, table
from redrive_cli.output.words import count, duration
from redrive_cli.places.find import find_places
from redrive_cli.places.place import Place
from redrive_cli.replay.destination import read_destination
from redrive_cli.replay.item import as_text
from redrive_cli.replay.obstacles import obstacles
from redrive_cli.replay.plan import Plan, setting
from redrive_cli.replay.preview import LOOK, Preview
from redrive_cli.replay.rest import Rest
from redrive_cli.replay.run import new_run
from redrive_cli.selection import Selection, seconds_in


@make(
    "replay",
    """
redrive replay Shop --reason "timed out" --note "fixed in release 42"
redrive replay orders-dlq --where "payload.total > `100`" --rate 5 --stop-at 10% --follow
redrive replay saved.jsonl --to queue:orders --to-region eu-west-1
""",
)
@click.argument("where", nargs=-1, required=True, metavar="WHERE...")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@YES
@click.option("--to", metavar="WHAT", help="To another queue, function or stream: ARN, URL, queue:NAME, function:NAME.")
@click.option("--to-profile", metavar="NAME", help="Profile for --to, if it is another one.")
@click.option("--to-region", metavar="REGION", help="Region for --to, if it is another one.")
@click.option("--keep", is_flag=True, help="Leave the originals where they are.")
@click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help="Change the payload, for example a.b[0]=1.")
@click.option("--edit", is_flag=True, help="Edit the payloads in $EDITOR; a line that is deleted is not replayed.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Replay at most N.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), metavar="N", help="At most N events a second.")
@click.option("--stop-at", metavar="PERCENT", help="Stop when this share of the replayed events failed again: 10%.")
@click.option("--follow", is_flag=True, help="Wait, and count what becomes of the events.")
@click.option("--follow-for", default="15m", show_default=True, metavar="TIME", help="How long to follow at most.")
@MAX_REPLAYS_OPTION
@click.option("--note", default="", metavar="TEXT", help="Travels with the events, as the attribute RedriveNote.")
@click.option("--with-identity", is_flag=True, help="Give asynchronous events their first request id; see the page.")
@click.option("--server-side", is_flag=True, help="Let SQS move everything unchanged, with its own task.")
@selects
def command(
    context: Context,
    where: tuple[str, ...],
    selection: Selection,
    dry_run: bool,
    yes: bool,
    to: str | None,
    to_profile: str | None,
    to_region: str | None,
    keep: bool,
    changes: tuple[str, ...],
    edit: bool,
    limit: int | None,
    rate: float | None,
    stop_at: str | None,
    follow: bool,
    follow_for: str,
    note: str,
    with_identity: bool,
    server_side: bool,
) -> Exit | None:
    """Bring failures back to where they came from, after a preview and a question.

    Messages go to their queue, asynchronous events to their function and qualifier, batches of streams to their
    function in the order of each shard. A replay that is interrupted continues when it is run again.
    """
    if (to_profile or to_region) and to is None:
        raise Usage("--to-profile and --to-region say where --to is: give --to as well")
    plan = Plan(
        run=new_run(context.now),
        selection=selection,
        to=None if to is None else read_destination(to),
        keep=keep,
        limit=limit,
        rate=rate,
        stop_at=None if stop_at is None else share_in(stop_at),
        note=note,
        edits=tuple(map(setting, changes)),
        identity=with_identity,
    )
    account = context.aws.account
    target = context.aws
    if to_profile or to_region:
        region = to_region or (account.region if to_profile is None else None)
        target = Aws(Account(profile=to_profile or account.profile, region=region, endpoint_url=account.endpoint_url))
    places = find_places(context.aws, where)
    if server_side:
        return replay_server_side(context, places, plan, edit=edit, follow=follow, dry_run=dry_run, yes=yes)
    if dry_run or edit or not yes:
        rest = Rest(interrupted(target, places, plan)[1])
        preview, selected = _look(context, places, plan, rest, yes=yes, everything=edit)
        stand = obstacles(target, preview.destinations, preview.latest, context.now)
        _show(context, preview, plan, stand, dry_run=dry_run)
        if dry_run:
            return None
        if not preview.expected(plan):
            if preview.held_back or preview.in_doubt:
                return Exit.SKIPPED
            if preview.unknown:
                raise Problem(next(iter(preview.unknown)), Exit.FAILED)
            context.output.note("nothing to replay")
            return None
        if edit:
            payloads = edited_payloads(selected)
            plan = replace(plan, edited=payloads, selection=Selection(ids=frozenset(payloads)))
            preview.matched = len(payloads)
        number = len(plan.edited) if edit else preview.expected(plan)
        names = ", ".join(each.short for each in preview.destinations)
        if not confirm(f"Replay {count(number, 'failure')} to {names}?", yes=yes, output=context.output):
            return Exit.OK
    outcomes = replay_all(context, target, places, plan, yes=True, follow=seconds_in(follow_for) if follow else None)
    return _report(context, outcomes)


def share_in(text: str) -> float:
    """Return the share in a percentage such as `10%`; `Usage` if it is none."""
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise Usage(f"--stop-at {text!r} is no percentage above 0: give one such as 10%")
    return share


def _look(
    context: Context, places: list[Place], plan: Plan, rest: Rest, *, yes: bool, everything: bool
) -> tuple[Preview, list[Found]]:
    preview = Preview()
    resolve = resolver(context.aws)
    selected: list[Found] = []
    for place in places:
        with opened(context.aws, place, yes=yes, expected=LOOK) as reader:
            preview.total += reader.counts().total
            found = preview.add(each_in(reader, LOOK), plan, resolve, rest)
            selected += found if everything else []
    return preview, selected


def _show(context: Context, preview: Preview, plan: Plan, stand: list[str], *, dry_run: bool) -> None:
    output = context.output
    if not output.is_text:
        if dry_run:
            output.data({"run": plan.run, "preview": preview.as_json(plan, stand)})
        return
    expected = preview.expected(plan)
    soon = f", in about {_time(preview, plan)}" if expected else ""
    output.note(f"{count(expected, 'failure')} of {preview.total:,} would be replayed{soon}")
    if preview.unseen and not plan.selection.is_everything:
        output.note(f"{preview.unseen:,} were not looked at: what matches of them is replayed as well")
    rows = [(to.kind, to.short, f"{number:,}") for to, number in preview.destinations.most_common()]
    if rows:
        output.text(table(("destination", "name", "of those seen"), rows, right=("of those seen",)), "")
    for each in preview.samples:
        payload = shortened(as_text(plan.item(each, next(iter(preview.destinations))).content))
        output.plain(f"{WORDS[each.kind]}: {printable(shortened(each.reason or 'no reason'))}")
        output.plain(f"  {printable(payload)}")
    for why, number in preview.unknown.most_common():
        output.warn(f"{count(number, 'failure')} cannot be replayed: {why}")
    if preview.held_back:
        most = plan.selection.max_replays
        output.warn(
            f"{count(len(preview.held_back), 'failure')} held back, since they were brought back {most} times: "
            f"{', '.join(preview.held_back[:5])}; --max-replays {(most or 0) + 1} includes them"
        )
    _warn_in_doubt(output, preview.in_doubt)
    if preview.not_understood:
        output.note(f"{preview.not_understood:,} are not understood and stay as they are")
    for each in stand:
        output.warn(each)


def _warn_in_doubt(output: Output, ids: list[str]) -> None:
    if ids:
        output.warn(
            f"{count(len(ids), 'failure')} may have been sent before, and stay where they are: {', '.join(ids[:5])}. "
            "Look whether they were processed (`redrive failures --in-doubt --list` has all); then the same command "
            "with --in-doubt sends them again, and `redrive drop --in-doubt` archives and deletes them"
        )


def _time(preview: Preview, plan: Plan) -> str:
    return duration(max(1.0, preview.seconds(plan)))


def _report(context: Context, outcomes: Outcomes) -> Exit:
    tally = outcomes.tally
    output = context.output
    if outcomes.error is not None and not tally.counts["seen"]:
        raise outcomes.error
    if not output.is_text:
        output.data(outcomes.as_json())
    else:
        output.text(_sentence(outcomes))
        for why, number in tally.problems.most_common(5):
            output.warn(f"{number:,}: {why}")
        if tally.held_back:
            output.warn(f"held back: {', '.join(tally.held_back[:5])}")
        _warn_in_doubt(output, tally.in_doubt)
        if tally.stopped:
            output.note(f"stopped: {tally.stopped}; run the same command to continue")
    if outcomes.error is not None:
        raise outcomes.error
    return exit_of(outcomes)


def _sentence(outcomes: Outcomes) -> str:
    counts: Any = outcomes.tally.counts
    parts = [f"{counts['replayed']:,} replayed"]
    shown = ("already_sent", "failed_again", "not_sent", "in_doubt", "not_deleted", "held_back", "not_understood")
    for name in (*shown, "gone"):
        parts += [f"{counts[name]:,} {name.replace('_', ' ')}"] if counts[name] else []
    if outcomes.unseen:
        parts.append(f"{outcomes.unseen:,} not seen")
    if outcomes.followed is not None:
        parts.append(f"{outcomes.followed.waiting:,} still waiting")
        if outcomes.followed.is_complete:
            parts.append(f"{outcomes.processed:,} processed")
    return ", ".join(parts)
