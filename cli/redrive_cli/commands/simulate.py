"""`redrive simulate`: plays a scenario on a stack in virtual time."""

from __future__ import annotations

from pathlib import Path

import click

from redrive_cli.commands.common import Context
from redrive_cli.commands.common import command as make
from redrive_cli.errors import Exit
from redrive_cli.output.terminal import table
from redrive_cli.output.words import count
from redrive_cli.stacks.read import read
from redrive_model.explanation.words import duration


@make(
    "simulate",
    """
redrive simulate cdk.out outage.yaml
redrive simulate template.yaml outage.yaml --timeline outage.html
""",
)
@click.argument("what")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--stack", metavar="NAME", help="The stack to play, if WHAT has several.")
@click.option("--stubs", is_flag=True, help="Let all functions succeed but for the faults, without running code.")
@click.option("--timeline", type=click.Path(path_type=Path), metavar="FILE", help="Write the timeline as a page.")
def command(
    context: Context, what: str, scenario: Path, stack: str | None, stubs: bool, timeline: Path | None
) -> Exit | None:
    """Play a scenario on a stack in virtual time, and count what becomes of each event.

    The handlers of a cloud assembly run if they are in Python; a stub that succeeds stands in for all others. The exit
    code is 1 if an event is lost.
    """
    from redrive_cli.simulate.account import account_of, as_data
    from redrive_cli.simulate.play import played

    stacks = read(context.aws, what)
    for note in stacks.notes:
        context.output.warn(note)
    if stacks.notes and not stacks.files:
        context.output.warn("the template is played, without what differs from it in the deployed stack")
    simulation = played(stacks, scenario, stack, runs_code=not stubs)
    for each in simulation.not_modelled:
        context.output.warn(f"not modelled: {each}")
    lines = account_of(simulation.ended)
    lost = sum(each.events for each in lines if each.is_lost)
    if timeline is not None:
        simulation.timeline.write_html(timeline)
    if context.output.is_text:
        rows = [(each.source, each.outcome, each.place, each.events, each.reason) for each in lines]
        context.output.text(table(("sent to", "outcome", "place", "events", "reason"), rows, right=("events",)))
        total = count(sum(each.events for each in lines), "event")
        context.output.plain(f"\n{total} in {duration(simulation.timeline.end)}, {lost:,} lost")
    else:
        account = as_data(lines)
        context.output.data({"what": what, "lost": lost, "end": simulation.timeline.end, "account": account}, account)
    return Exit.FAILED if lost else None
