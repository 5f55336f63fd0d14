"""`redrive forget`: deletes an idempotency record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from redrive.idempotency.dynamodb_items import stored_of
from redrive.idempotency.record import Stored
from redrive.settings.base import every_settings
from redrive.settings.idempotency import IdempotencySettings
from redrive_cli.commands.common import YES, Context, confirm
from redrive_cli.commands.common import command as make
from redrive_cli.errors import Exit, Problem, Usage, code_of
from redrive_cli.failures.found import iso
from redrive_cli.output.terminal import printable
from redrive_cli.places.find import stacks_in


@make(
    "forget",
    """
redrive forget "orders.handler#b5bb9d8014a0f9b1d61e21e796d78dcc" --table shop-done
redrive forget "orders.handler#b5bb9d8014a0f9b1d61e21e796d78dcc" --stack Shop --yes
""",
)
@click.argument("key", metavar="KEY")
@click.option("--table", metavar="NAME", help="Name of the table with the record.")
@click.option("--stack", metavar="STACK", help="Look in the idempotency tables of this stack.")
@YES
def command(context: Context, key: str, table: str | None, stack: str | None, yes: bool) -> Exit | None:
    """Delete an idempotency record, after showing it: an event with this key runs again.

    KEY is the record's `id`. The record is deleted only as it was shown: if it changes in between, it stays.
    """
    if (table is None) == (stack is None):
        raise Usage("say where the record is: give either --table or --stack")
    dynamodb = context.aws.client("dynamodb")
    for name in [table] if table is not None else _tables(context, str(stack)):
        reply = dynamodb.get_item(TableName=name, Key={"id": {"S": key}}, ConsistentRead=True)
        item: dict[str, Any] | None = reply.get("Item")
        if item is not None:
            return _forget(context, str(name), key, item, yes=yes)
    raise Problem(f"no record has the key {key!r} in {table or f'the tables of {stack}'}", Exit.FAILED)


def _tables(context: Context, stack: str) -> list[str]:
    found: dict[str, None] = {}
    for known in stacks_in(context.aws, [stack]):
        for function in known.functions.values():
            for each in every_settings(IdempotencySettings, function.environment):
                found |= {each.table: None} if each.table else {}
    if not found:
        raise Usage(f"no function of {stack} has the settings of an idempotency table: give --table")
    return list(found)


def _forget(context: Context, table: str, key: str, item: dict[str, Any], *, yes: bool) -> Exit | None:
    stored = stored_of(item)
    shown = {"key": key, "table": table, **_facts(stored)}
    if context.output.is_text:
        for name, value in shown.items():
            if value is not None:
                context.output.text(printable(f"{name.replace('_', ' ') + ':':<12} {value}"))
    running = " It is in progress: a second call may run beside the first." if stored.status == "INPROGRESS" else ""
    if not confirm(f"Delete this record, so that the event runs again?{running}", yes=yes, output=context.output):
        return None
    compared = {name: item[name] for name in ("status", "owner", "expiration") if name in item}
    try:
        context.aws.client("dynamodb").delete_item(
            TableName=table,
            Key={"id": {"S": key}},
            ConditionExpression=" AND ".join(f"#{name} = :{name}" for name in compared),
            ExpressionAttributeNames={f"#{name}": name for name in compared},
            ExpressionAttributeValues={f":{name}": value for name, value in compared.items()},
        )
    except Exception as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        raise Problem("the record has changed since it was shown, and stays: look at it again", Exit.FAILED) from error
    if context.output.is_text:
        context.output.text("deleted")
    else:
        context.output.data({**shown, "deleted": True})
    return None


def _facts(stored: Stored) -> dict[str, Any]:
    return {
        "status": stored.status,
        "expires": iso(datetime.fromtimestamp(min(stored.expiration, 253_402_300_799), UTC)),
        "owner": stored.owner,
        "result": stored.data,
        "error": stored.error,
    }
