"""`redrive failures`: lists what has failed."""

from __future__ import annotations

from typing import Any

import click

from redrive_cli.commands.common import YES, Context, selects
from redrive_cli.commands.common import command as make
from redrive_cli.errors import Exit
from redrive_cli.failures.found import WORDS, Found, facts_of
from redrive_cli.failures.opening import each_in, opened
from redrive_cli.output.terminal import table
from redrive_cli.output.words import age, bars, count
from redrive_cli.places.find import find_places
from redrive_cli.selection import Selection
from redrive_cli.summary import By, OverTime, PlaceSummary

#: Failures that are read of each place by default.
LOOK = 1000
_BARS = 24
# Reasons of what is not understood that a table shows.
_MOST_REASONS = 3


@make(
    "failures",
    """
redrive failures Shop
redrive failures Shop --by type --newer 6h
redrive failures orders-dlq --list --where "payload.total > `100`"
""",
)
@click.argument("where", nargs=-1, metavar="[WHERE]...")
@click.option("--by", type=click.Choice(["reason", "type", "function", "hour"]), help="Count against time.")
@click.option("--list", "listed", is_flag=True, help="List each failure with its id.")
@click.option(
    "--look",
    type=click.IntRange(min=0),
    default=LOOK,
    show_default=True,
    metavar="N",
    help="Read at most N failures of each place; 0 only counts.",
)
@YES
@selects
def command(
    context: Context,
    where: tuple[str, ...],
    selection: Selection,
    by: By | None,
    listed: bool,
    look: int,
    yes: bool,
) -> Exit | None:
    """List what has failed, by place, kind, count, age and reason.

    Without WHERE, all stacks of the Region. Looking changes nothing but the receive count of messages: they are given
    back at the end. What nobody here understands is counted and never touched.
    """
    places = find_places(context.aws, where)
    summaries: list[PlaceSummary] = []
    over_time = OverTime(by or "reason")
    rows: list[Found] = []
    for place in places:
        with opened(context.aws, place, yes=yes or not look, expected=look) as reader:
            summary = PlaceSummary(place, reader.counts())
            summaries.append(summary)
            for found in each_in(reader, look if summary.counts.total else 0):
                if selection.verdict(found) == "not_selected":
                    summary.passed_over += 1
                    continue
                summary.add(found)
                over_time.add(found)
                if listed:
                    rows.append(found)
            summary.note = reader.note
    if not context.output.is_text:
        _write_json(context, summaries, over_time if by else None, rows if listed else None)
    elif by is not None:
        _show_over_time(context, over_time, by)
    else:
        _show_places(context, summaries, rows if listed else None)
    return None


def _write_json(
    context: Context, summaries: list[PlaceSummary], over_time: OverTime | None, rows: list[Found] | None
) -> None:
    value: dict[str, Any] = {"places": [each.as_json() for each in summaries]}
    lines = value["places"]
    if over_time is not None:
        lines = value["over_time"] = over_time.as_json()
    if rows is not None:
        lines = value["failures"] = [facts_of(each) for each in rows]
    context.output.data(value, lines)


def _show_places(context: Context, summaries: list[PlaceSummary], listed: list[Found] | None) -> None:
    if not summaries:
        context.output.note("no place keeps failures here: no dead-letter queue and no destination on failure")
    empty = [each.place.name for each in summaries if not each.counts.total and not each.note]
    for summary in summaries:
        counts = summary.counts
        if summary.place.name in empty:
            continue
        said = [count(counts.total, "failure")]
        said += [f"{counts.in_flight:,} in flight"] if counts.in_flight else []
        said += [f"{counts.delayed:,} delayed"] if counts.delayed else []
        said += [f"{summary.unseen:,} not seen"] if summary.unseen else []
        said += [f"{summary.passed_over:,} not selected"] if summary.passed_over else []
        context.output.text(f"{summary.place.name}: {', '.join(said)}")
        if summary.note:
            context.output.warn(summary.note)
        if listed is not None:
            _show_rows(context, [each for each in listed if each.place == summary.place])
            continue
        rows: list[tuple[object, ...]] = [
            (f"{group.count:,}", age(group.first, context.now), WORDS[kind], error or None, reason or None)
            for (kind, reason, error), group in summary.sorted_groups()
        ]
        rows += [
            (f"{number:,}", "", WORDS["not_understood"], None, f"{why[:60]}…")
            for why, number in summary.not_understood.most_common(_MOST_REASONS)
        ]
        rest = summary.not_understood.most_common()[_MOST_REASONS:]
        if rest:
            others = f"{count(len(rest), 'other reason')}: --list has all"
            rows.append((f"{sum(number for _, number in rest):,}", "", WORDS["not_understood"], None, others))
        if rows:
            columns = ("count", "oldest", "kind", "error", "reason")
            context.output.text(table(columns, rows, right=("count", "oldest")), "")
    if empty:
        context.output.text(f"no failures: {', '.join(empty)}")


def _show_over_time(context: Context, over_time: OverTime, by: By) -> None:
    period = over_time.period()
    rows: list[tuple[object, ...]] = []
    most = max((group.count for group in over_time.groups.values()), default=0)
    for value, group in over_time.sorted_groups():
        if by == "hour":
            shown = "█" * max(1, round(group.count / most * _BARS))
        else:
            shown = "" if period is None else bars(group.spread(*period, _BARS))
        rows.append((value, f"{group.count:,}", age(group.first, context.now), age(group.last, context.now), shown))
    if not rows:
        context.output.note("nothing has failed")
        return
    title = "failures" if period is None or by == "hour" else f"{period[0]:%d %b %H:%M} – {period[1]:%d %b %H:%M} UTC"
    context.output.text(table((by, "count", "first", "last", title), rows, right=("count", "first", "last")))


def _show_rows(context: Context, rows: list[Found]) -> None:
    """Show what a place has. Its name is above, so that ids are those with which `show ID WHERE` finds them."""
    shown = [(each.key, age(each.at, context.now), each.reason) for each in rows]
    if shown:
        context.output.text(table(("id", "age", "reason"), shown, right=("age",)), "")
