"""`redrive archive`: writes failures to a file or to S3."""

from __future__ import annotations

import click

from redrive_cli.archiving import Writer, archive_line
from redrive_cli.commands.common import YES, Context, selects
from redrive_cli.commands.common import command as make
from redrive_cli.commands.destinations import resolver
from redrive_cli.errors import Exit
from redrive_cli.failures.opening import each_in, opened
from redrive_cli.output.words import count
from redrive_cli.places.find import find_places
from redrive_cli.selection import Selection


@make(
    "archive",
    """
redrive archive Shop --to failures.jsonl
redrive archive orders-dlq --newer 1d --to s3://backups/orders/2026-11-26.jsonl
""",
)
@click.argument("where", nargs=-1, required=True, metavar="WHERE...")
@click.option("--to", "target", required=True, metavar="FILE", help="A new file, or s3://bucket/key.jsonl.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N.")
@YES
@selects
def command(
    context: Context, where: tuple[str, ...], selection: Selection, target: str, limit: int | None, yes: bool
) -> Exit | None:
    """Write failures as lines of JSON, with everything needed to replay them later or elsewhere.

    Nothing is deleted: `redrive drop` does that. Records of streams are read and written, since they will be gone.
    Change the payloads in the file, and `redrive replay FILE` sends the changed ones.
    """
    resolve = resolver(context.aws)
    written = 0
    incomplete = 0
    with Writer(context.aws, target) as archive:
        for place in find_places(context.aws, where):
            with opened(context.aws, place, yes=yes, expected=None) as reader:
                for found in each_in(reader):
                    if limit is not None and written >= limit:
                        break
                    if selection.verdict(found) != "selected":
                        continue
                    line, problem = archive_line(context.aws, found, resolve(found))
                    if problem:
                        incomplete += 1
                        context.output.warn(f"{found.id}: {problem}")
                    archive.add([line])
                    written += 1
    if context.output.is_text:
        context.output.text(f"{count(written, 'failure')} written to {', '.join(archive.names) or target}")
    else:
        context.output.data({"archived": written, "incomplete": incomplete, "files": archive.names})
    return Exit.FAILED if incomplete else None
