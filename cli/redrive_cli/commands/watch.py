"""`redrive watch`: shows live counts."""

from __future__ import annotations

import sys
from typing import Any

import click

from redrive.core.system import pause
from redrive_cli.commands.common import Context
from redrive_cli.commands.common import command as make
from redrive_cli.errors import Exit
from redrive_cli.failures.bucket import BucketReader
from redrive_cli.failures.found import iso
from redrive_cli.failures.reader import Counts
from redrive_cli.output.terminal import is_a_terminal, table
from redrive_cli.places.find import find_places
from redrive_cli.places.place import ArchivePlace, Place, QueuePlace
from redrive_cli.places.queue import attributes_of, counts_of


@make(
    "watch",
    """
redrive watch Shop
redrive watch orders-dlq --every 10 --times 6 --output jsonl
""",
)
@click.argument("where", nargs=-1, metavar="[WHERE]...")
@click.option("--every", type=click.FloatRange(min=1), default=5, show_default=True, metavar="SECONDS", help="Between.")
@click.option("--times", type=click.IntRange(min=1), metavar="N", help="End after N looks; else with Ctrl-C.")
def command(context: Context, where: tuple[str, ...], every: float, times: int | None) -> Exit | None:
    """Show live counts of all places, and how they change. Nothing is received."""
    places = [each for each in find_places(context.aws, where) if not isinstance(each, ArchivePlace)]
    first: dict[str, int] = {}
    number = 0
    live = _live() if context.output.is_text and is_a_terminal(sys.stdout) else None
    try:
        while True:
            counts: list[tuple[Place, Counts]] = [(place, _count(context, place)) for place in places]
            for place, each in counts:
                first.setdefault(place.key, each.total)
            rows = [
                (place.name, f"{each.total:,}", f"{each.in_flight:,}", f"{each.total - first[place.key]:+,}")
                for place, each in counts
            ]
            if not context.output.is_text:
                context.output.data(_as_json(context, counts))
            elif live is not None:
                live.update(table(_COLUMNS, rows, right=_COLUMNS[1:]), refresh=True)
            else:
                context.output.text(table(_COLUMNS, rows, right=_COLUMNS[1:]), "")
            number += 1
            if number == times:
                return None
            pause(every)
    finally:
        if live is not None:
            live.stop()


_COLUMNS = ("place", "failures", "in flight", "since the start")


def _live() -> Any:
    from rich.live import Live

    live = Live(auto_refresh=False)
    live.start()
    return live


def _count(context: Context, place: Place) -> Counts:
    if isinstance(place, QueuePlace):
        counts = counts_of(attributes_of(context.aws, place))
        return Counts(total=counts.total, in_flight=counts.in_flight, delayed=counts.delayed)
    assert not isinstance(place, ArchivePlace)
    return BucketReader(context.aws, place).counts()


def _as_json(context: Context, counts: list[tuple[Place, Counts]]) -> dict[str, Any]:
    places = [
        {"place": place.name, "count": each.total, "in_flight": each.in_flight, "delayed": each.delayed}
        for place, each in counts
    ]
    return {"at": iso(context.now), "places": places}
