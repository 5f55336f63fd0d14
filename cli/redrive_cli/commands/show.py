"""`redrive show`: shows one failure."""

from __future__ import annotations

import json
from typing import Any, cast

import click

from redrive.destinations.invocation_record import InvocationRecord
from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import StreamReadError, StreamRecords
from redrive_cli.commands.common import YES, Context
from redrive_cli.commands.common import command as make
from redrive_cli.errors import Exit, Problem
from redrive_cli.failures.found import WORDS, Found, facts_of, iso
from redrive_cli.failures.opening import each_in, opened
from redrive_cli.log_lines import LogLine, lines_about
from redrive_cli.output.terminal import printable
from redrive_cli.output.words import age
from redrive_cli.places.find import find_places
from redrive_cli.places.ids import place_in
from redrive_cli.selection import Selection
from redrive_cli.stream_records import read_records


@make(
    "show",
    """
redrive show 5fb0f5a2-8f3d-4f8f-9e2f-5d0a9d5f7c11 Shop --logs
redrive show orders-dlq/5fb0f5a2-8f3d-4f8f-9e2f-5d0a9d5f7c11
""",
)
@click.argument("id", metavar="ID")
@click.argument("where", nargs=-1, metavar="[WHERE]...")
@click.option("--logs", is_flag=True, help="Add the lines about it from the logs of its functions.")
@click.option("--records", is_flag=True, help="Read the records of a stream's batch from the stream.")
@YES
def command(context: Context, id: str, where: tuple[str, ...], logs: bool, records: bool, yes: bool) -> Exit | None:
    """Show one failure: payload, reason, error, function, ids, times, receives and earlier replays.

    ID is what `redrive failures WHERE --list` prints. Without WHERE, give the name of the queue before it, as in
    orders-dlq/ID, or the full address of an object or line.
    """
    selection = Selection(ids=frozenset({id}))
    try:
        found = _find(context, where or (place_in(id),), selection, yes=yes)
    except Problem as error:
        if where:
            raise
        raise Problem(f"{error}; or give WHERE as well, such as `redrive show {id} Shop`", error.code) from error
    if found is None:
        raise Problem(
            f"{id} was not found in {' or '.join(where) or place_in(id)}: it may be in flight, deleted or moved on",
            Exit.FAILED,
        )
    lines = lines_about(context.aws, found, context.now) if logs else []
    read: StreamRecords | str | None = None
    if records and isinstance(found.failure, StreamFailure):
        try:
            read = read_records(context.aws, found.failure)
        except (StreamReadError, TimeoutError) as error:
            read = str(error)
    if context.output.is_text:
        _show(context, found, lines, read, with_logs=logs)
    else:
        context.output.data(_as_json(found, lines, read, with_logs=logs))
    return None


def _find(context: Context, where: tuple[str, ...], selection: Selection, *, yes: bool) -> Found | None:
    for place in find_places(context.aws, where):
        with opened(context.aws, place, yes=yes) as reader:
            for each in each_in(reader):
                if selection.verdict(each) != "not_selected":
                    return each
    return None


def _more(found: Found) -> dict[str, Any]:
    failure = found.failure
    if isinstance(failure, InvocationRecord):
        return {
            "condition": failure.condition,
            "attempts": failure.approximate_invoke_count,
            "stack_trace": list(failure.stack_trace),
        }
    if isinstance(failure, StreamFailure):
        return {
            "condition": failure.condition,
            "attempts": failure.approximate_invoke_count,
            "stream": failure.came_from,
            "shard": failure.shard_id,
            "records": failure.batch_size,
            "first_arrived_at": iso(failure.first_arrived_at),
        }
    return {}


def _as_json(
    found: Found, lines: list[LogLine], read: StreamRecords | str | None, *, with_logs: bool
) -> dict[str, Any]:
    value = {**facts_of(found), **_more(found)}
    if isinstance(read, StreamRecords):
        gone = read.gone
        value["stream_records"] = read.records
        value["gone"] = None if gone is None else {"count": gone.count, "from": gone.start_sequence_number}
    elif read is not None:
        value["stream_error"] = read
    if with_logs:
        value["logs"] = [{"at": iso(each.at), "function": each.function, "line": each.text} for each in lines]
    return value


def _show(
    context: Context, found: Found, lines: list[LogLine], read: StreamRecords | str | None, *, with_logs: bool
) -> None:
    facts = facts_of(found)
    payload = facts.pop("payload")
    facts["kind"] = WORDS[found.kind]
    facts["at"] = f"{facts['at']} ({age(found.at, context.now)} ago)" if facts["at"] else None
    facts["attributes"] = ", ".join(f"{name}={value}" for name, value in facts["attributes"].items())
    more = _more(found)
    trace: list[str] = more.pop("stack_trace", None) or []
    for name, value in {**facts, **more}.items():
        if value not in (None, "", 0):
            context.output.plain(printable(f"{name.replace('_', ' ') + ':':<18} {value}"))
    for line in ("stack trace:", *(f"  {line}" for line in trace)) if trace else ():
        context.output.plain(printable(line))
    shown = payload if isinstance(payload, str) else json.dumps(payload, indent=2, ensure_ascii=False)
    if payload is not None:
        context.output.plain(f"payload:\n{printable(shown)}")
    if isinstance(read, StreamRecords):
        records = json.dumps(read.records, indent=2, ensure_ascii=False)
        context.output.plain(f"records of the stream:\n{printable(records)}")
        if read.gone is not None:
            gone = read.gone
            context.output.warn(f"{gone.count} or more records from {gone.start_sequence_number} on are gone")
    elif read is not None:
        context.output.warn(read)
    if with_logs:
        context.output.plain("log lines:" if lines else "no log lines name it: look into the log of its function")
        for each in lines:
            context.output.plain(printable(f"  {iso(each.at)} {_brief(each.text)}"))


_TOLD = ("outcome", "receive_count", "error_type", "error", "request_id")


def _brief(text: str) -> str:
    """Return a line of a log for people: of the helpers' lines what is not shown above, any other one as it is."""
    start = text.find("{")
    try:
        members: Any = json.loads(text[start:]) if start >= 0 else None
    except ValueError:
        return text
    if not isinstance(members, dict) or "event" not in members:
        return text
    told = cast("dict[str, Any]", members)
    return " ".join([str(told["event"]), *(f"{name}={told[name]}" for name in _TOLD if name in told)])
