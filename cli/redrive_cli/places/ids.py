"""Takes apart the ids of failures, which say in which place to look."""

from __future__ import annotations

from redrive_cli.errors import Usage


def place_in(id: str) -> str:
    """Return the place that a failure's id names: a queue, an object's address, or an archive.

    Raises:
        Usage: It names none.
    """
    if id.startswith("s3://"):
        return id
    for suffix in (".jsonl/", ".ndjson/"):
        at = id.lower().find(suffix)
        if at >= 0:
            return id[: at + len(suffix) - 1]
    place, _, key = id.rpartition("/")
    if not place or not key:
        raise Usage(f"{id!r} does not say where to look: give WHERE as well, such as `redrive show {id} Shop`")
    return place
