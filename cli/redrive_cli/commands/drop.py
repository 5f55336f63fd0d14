"""`redrive drop`: deletes failures, after they were archived."""

from __future__ import annotations

from collections.abc import Iterator

import click

from redrive_cli.archiving import PART, Writer, archive_line
from redrive_cli.commands.common import YES, Context, confirm, selects
from redrive_cli.commands.common import command as make
from redrive_cli.commands.destinations import resolver
from redrive_cli.errors import Exit
from redrive_cli.failures.found import Found
from redrive_cli.failures.opening import each_in, opened
from redrive_cli.failures.reader import Reader
from redrive_cli.output.words import count
from redrive_cli.places.find import find_places
from redrive_cli.replay.preview import LOOK
from redrive_cli.selection import Selection


@make(
    "drop",
    """
redrive drop orders-dlq --older 7d
redrive drop Shop --type Permanent --archive s3://backups/dropped.jsonl --yes
""",
)
@click.argument("where", nargs=-1, required=True, metavar="WHERE...")
@click.option(
    "--archive", "target", metavar="FILE", help="Where to archive first: a new file, or s3://bucket/key.jsonl."
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@YES
@selects
def command(
    context: Context,
    where: tuple[str, ...],
    selection: Selection,
    target: str | None,
    limit: int | None,
    dry_run: bool,
    yes: bool,
) -> Exit | None:
    """Delete failures, never without a copy: each is archived before it is deleted.

    Without --archive, the copy is a new file redrive-dropped-TIME.jsonl in this folder. `redrive replay FILE` brings
    them back. What is not understood stays.
    """
    target = target or f"redrive-dropped-{context.now:%Y%m%dT%H%M%SZ}.jsonl"
    places = find_places(context.aws, where)
    matched = total = unseen = 0
    if dry_run or not yes:
        for place in places:
            with opened(context.aws, place, yes=yes, expected=LOOK) as reader:
                seen = [selection.verdict(each) for each in each_in(reader, LOOK)]
                total += reader.counts().total
                unseen += max(0, reader.counts().total - len(seen))
                matched += seen.count("selected")
        context.output.note(f"{count(matched, 'failure')} of those seen would be archived to {target} and deleted")
        if dry_run or not matched:
            return None
        matched += unseen if selection.is_everything else 0
        number = count(matched if limit is None else min(matched, limit), "failure")
        if not confirm(f"Delete {number} of {total:,}?", yes=yes, output=context.output):
            return None
    dropped = kept = 0
    problems: list[str] = []
    with Writer(context.aws, target) as archive:
        for place in places:
            with opened(context.aws, place, yes=True, expected=None) as reader:
                for part in _parts(reader, selection, None if limit is None else limit - dropped):
                    done, bad = _drop(context, part, archive, reader)
                    dropped += done
                    kept += len(bad)
                    problems += bad
    for each in problems[:5]:
        context.output.warn(each)
    if context.output.is_text:
        context.output.text(f"{count(dropped, 'failure')} deleted, archived in {', '.join(archive.names) or 'nothing'}")
    else:
        context.output.data({"dropped": dropped, "not_dropped": kept, "files": archive.names, "problems": problems})
    return Exit.FAILED if problems else None


def _parts(reader: Reader, selection: Selection, limit: int | None) -> Iterator[list[Found]]:
    """Yield what is selected, few enough at once that messages stay hidden until they are deleted."""
    part: list[Found] = []
    left = limit
    for found in each_in(reader):
        if left is not None and left <= 0:
            break
        if selection.verdict(found) != "selected":
            continue
        part.append(found)
        left = None if left is None else left - 1
        if len(part) == PART:
            yield part
            part = []
    if part:
        yield part


def _drop(context: Context, part: list[Found], archive: Writer, reader: Reader) -> tuple[int, list[str]]:
    """Archive failures and delete them; what cannot be archived completely stays. Return how many, and problems."""
    resolve = resolver(context.aws)
    ready: list[Found] = []
    problems: list[str] = []
    for found in part:
        line, problem = archive_line(context.aws, found, resolve(found))
        if problem:
            problems.append(f"{found.id} stays: {problem}")
            continue
        archive.add([line])
        ready.append(found)
    archive.flush()
    errors = reader.delete(ready)
    problems += [
        f"{found.id} was archived, but not deleted: {errors[found.key]}" for found in ready if found.key in errors
    ]
    return len(ready) - len(errors), problems
