"""Records in message attributes that a message was brought back: in which run, how often, and a person's note."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from redrive.aws.sqs_entries import with_texts
from redrive.sqs.message import MessageAttribute

#: The attribute with the run and the number of replays, and the one with the note.
HISTORY = "RedriveReplay"
NOTE = "RedriveNote"


class History(NamedTuple):
    """The replays of a message so far.

    Attributes:
        times: How often it was brought back.
        run: The run that did so last; empty if it never was.
        note: The note of that run; empty if it has none.
    """

    times: int = 0
    run: str = ""
    note: str = ""


def history_of(attributes: Mapping[str, MessageAttribute]) -> History:
    """Return the replays that a message's attributes record; none if they are not the command line's."""
    attribute = attributes.get(HISTORY)
    if attribute is None:
        return History()
    try:
        said: Any = json.loads(attribute.value)
    except (ValueError, RecursionError):
        return History()
    if not isinstance(said, dict):
        return History()
    members = cast("dict[str, object]", said)
    times, run = members.get("times"), members.get("run")
    if not isinstance(times, int) or isinstance(times, bool) or times < 1 or not isinstance(run, str):
        return History()
    note = attributes.get(NOTE)
    return History(times, run, str(note.value) if note is not None else "")


def with_history(
    body: str, attributes: Mapping[str, dict[str, Any]], ids: Mapping[str, str], history: History
) -> dict[str, dict[str, Any]]:
    """Return message attributes with the message's ids and its history, as far as SQS's limits leave room.

    Args:
        body: The message's body.
        attributes: The sender's attributes, in the form of `SendMessage`. They stay whole.
        ids: Values of attributes that identify the message, by name. They go before the history.
        history: The replays, this one included.
    """
    texts = {**ids}
    if history.times:
        texts[HISTORY] = json.dumps({"times": history.times, "run": history.run})
    if history.note:
        texts[NOTE] = history.note
    return with_texts(body, attributes, texts, whole=(*ids, HISTORY))
