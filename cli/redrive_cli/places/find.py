"""Finds the places that a person names: a deployed stack, a queue, a bucket prefix, or an archive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from redrive_cli.aws import Aws
from redrive_cli.errors import Exit, Problem, Usage
from redrive_cli.places.place import ArchivePlace, BucketPlace, Place, QueuePlace
from redrive_cli.places.queue import queue_at, queue_named, with_details, with_url
from redrive_cli.places.stack import deployed, stack_names
from redrive_model.findings.kept import KeptPlace, places_of
from redrive_model.findings.known import Known

_ARCHIVE = (".jsonl", ".ndjson")


def find_places(aws: Aws, where: Sequence[str]) -> list[Place]:
    """Return the places, each once.

    Args:
        aws: The account.
        where: What a person gave. Nothing: all stacks of the Region.

    Raises:
        Problem: One of them is nothing that keeps failures.
    """
    found: dict[str, Place] = {}
    if where:
        places = [place for each in where for place in _places(aws, each)]
    else:
        places = [place for name in stack_names(aws) for place in _of_stack(aws, name) or ()]
    for place in places:
        found.setdefault(place.key, place)
    return [each for each in found.values() if not _is_inside(each, found.values())]


def _is_inside(place: Place, others: Iterable[Place]) -> bool:
    """Return whether another place has all objects of this one, so that each failure is found once."""
    return isinstance(place, BucketPlace) and any(
        isinstance(other, BucketPlace)
        and other.bucket == place.bucket
        and other.prefix != place.prefix
        and place.prefix.startswith(other.prefix)
        for other in others
    )


def stacks_in(aws: Aws, where: Sequence[str]) -> list[Known]:
    """Return the resources of stacks; of all stacks of the Region if none is named."""
    found: list[Known] = []
    for name in where or stack_names(aws):
        known = deployed(aws, name)
        if known is None:
            raise unknown_stack(aws, name)
        found.append(known)
    return found


def unknown_stack(aws: Aws, name: str) -> Problem:
    """Return the problem of a name that no stack has."""
    region = aws.account.region or getattr(getattr(aws.client("cloudformation"), "meta", None), "region_name", "")
    return Problem(
        f"no stack is called {name!r}{f' in {region}' if region else ''}: look at the name, --profile and --region",
        Exit.SERVICE,
    )


def _places(aws: Aws, where: str) -> Sequence[Place]:
    if not where.strip():
        raise Usage("an empty WHERE names nothing: give a deployed stack, a queue, a bucket prefix or an archive")
    if where.lower().endswith(_ARCHIVE):
        return [_archive(where)]
    if where.startswith("s3://"):
        return [_bucket(where)]
    if where.startswith("arn:"):
        return [_by_arn(aws, where)]
    if "://" in where:
        return [with_url(aws, where)]
    if "/" in where or "\\" in where:
        return [_archive(where)]
    found = _of_stack(aws, where)
    if found is not None:
        return found
    queue = queue_named(aws, where)
    if queue is None:
        problem = unknown_stack(aws, where)
        raise Problem(str(problem).replace("no stack is", "no stack and no queue is"), problem.code)
    return [queue]


def _archive(where: str) -> ArchivePlace:
    if where.startswith("s3://"):
        return ArchivePlace(name=where)
    path = Path(where)
    if not path.is_file():
        raise Usage(
            f"{where} is no file: WHERE is a deployed stack, a queue (name, URL or ARN), a bucket prefix "
            "(s3://bucket/prefix) or an archive (a .jsonl file)"
        )
    return ArchivePlace(name=where, path=path)


def _bucket(where: str) -> BucketPlace:
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    if not bucket:
        raise Usage(f"{where} names no bucket: give s3://bucket/prefix")
    return BucketPlace(name=where, bucket=bucket, prefix=prefix)


def _by_arn(aws: Aws, arn: str) -> Place:
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service == "sqs":
        return queue_at(aws, arn)
    if service == "s3":
        return _bucket(f"s3://{arn.split(':', 5)[5]}")
    raise Usage(f"{arn} is neither a queue nor a bucket: give the queue or bucket behind it, or the stack")


def _of_stack(aws: Aws, name: str) -> list[Place] | None:
    known = deployed(aws, name)
    if known is None:
        return None
    return [_kept(aws, each, known) for each in places_of(known)]


def _kept(aws: Aws, kept: KeptPlace, known: Known) -> Place:
    if kept.arn.split(":")[2] == "s3":
        bucket = kept.arn.rpartition(":")[2]
        name = f"{kept.name}/{kept.prefix}".removesuffix("/")
        return BucketPlace(name=name, bucket=bucket, prefix=kept.prefix, sources=kept.sources)
    spec = known.queue(kept.arn)
    if spec is None:  # of another stack
        found = queue_at(aws, kept.arn)
        sources = tuple(dict.fromkeys((*kept.sources, *found.sources)))
        return QueuePlace(name=kept.name, url=found.url, arn=found.arn, sources=sources, has_policy=found.has_policy)
    return with_details(aws, QueuePlace(name=kept.name, url=spec.url, arn=kept.arn, sources=kept.sources))
