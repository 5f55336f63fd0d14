"""Lets a person edit payloads in their editor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from redrive_cli.errors import Usage
from redrive_cli.failures.found import Found

#: Most failures that are edited at once; more are changed in an archive.
MOST = 200


def edited_payloads(selected: Sequence[Found]) -> dict[str, Any]:
    """Return the payloads that a person has saved, by the ids of their failures; without those that were deleted.

    Raises:
        Usage: There are too many, the editor was left without saving, or a line is not as it was.
    """
    if len(selected) > MOST:
        raise Usage(
            f"{len(selected)} failures are too many for --edit, which takes {MOST}: select fewer, or run "
            "`redrive archive`, change the file, and replay that"
        )
    lines = [json.dumps({"id": each.id, "payload": each.payload}, ensure_ascii=False) for each in selected]
    saved = click.edit("\n".join(lines) + "\n", extension=".jsonl", require_save=False)
    known = {each.id for each in selected}
    payloads: dict[str, Any] = {}
    for number, line in enumerate((saved or "").splitlines(), 1):
        if not line.strip():
            continue
        try:
            value: Any = json.loads(line)
            id, payload = value["id"], value["payload"]
        except (ValueError, LookupError, TypeError) as error:
            raise Usage(f"line {number} of the edited text is no failure ({error}): keep id and payload") from error
        if id not in known:
            raise Usage(f"line {number} of the edited text has the id {id!r}, which was not there: keep the ids")
        payloads[id] = payload
    if not payloads:
        raise Usage("the edited text has no failures left: nothing was replayed")
    return payloads
