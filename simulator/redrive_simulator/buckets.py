"""`Bucket`: an S3 bucket that keeps what is put into it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_simulator.outcomes import Outcome
from redrive_simulator.specifications import BucketSpec
from redrive_simulator.timeline import Kind

if TYPE_CHECKING:
    from redrive_simulator.world import World


class StoredObject(NamedTuple):
    """An object of a bucket.

    Attributes:
        key: Its key.
        content: Its content.
        etag: Changes with the content, in quotes.
        time: When it was written, in seconds from the simulation's start.
    """

    key: str
    content: bytes
    etag: str
    time: float

    def json(self) -> Any:
        """The content as JSON."""
        return json.loads(self.content)


class Bucket:
    """A bucket.

    Args:
        spec: What the template says of it.
        world: The simulation.

    Attributes:
        objects: What is in it, by key.
    """

    __slots__ = ("_objects", "spec", "world")

    def __init__(self, spec: BucketSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self._objects: dict[str, StoredObject] = {}

    @property
    def name(self) -> str:
        """What it is called in the history."""
        return self.spec.name

    @property
    def objects(self) -> Mapping[str, StoredObject]:
        """What is in it, by key."""
        return dict(self._objects)

    def get(self, key: str) -> StoredObject | None:
        """An object, if there is one of that key."""
        return self._objects.get(key)

    def put(self, key: str, content: bytes) -> StoredObject:
        """Write an object.

        Args:
            key: Its key.
            content: Its content.
        """
        world = self.world
        etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        stored = self._objects[key] = StoredObject(key, content, etag, world.scheduler.now)
        id = f"s3://{self.spec.bucket_name}/{key}"
        world.sent(id, self.name, content)
        world.note(Kind.SENT, self.name, events=(id,))
        world.end(id, self.name, Outcome.KEPT, self.name)
        return stored
