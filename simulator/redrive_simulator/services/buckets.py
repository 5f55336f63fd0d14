"""Simulates an S3 bucket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_model.resources.bucket import BucketSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World


class StoredObject(NamedTuple):
    """An object in a bucket.

    Attributes:
        key: Object key.
        content: Content in bytes.
        etag: Quoted hash of the content.
        time: Time of the write, in seconds from the simulation's start.
    """

    key: str
    content: bytes
    etag: str
    time: float

    def json(self) -> Any:
        """Return the content parsed as JSON."""
        return json.loads(self.content)


class Bucket:
    """An S3 bucket.

    Attributes:
        name: Name in the history.
        objects: The objects by key.
    """

    __slots__ = ("_objects", "spec", "world")

    def __init__(self, spec: BucketSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self._objects: dict[str, StoredObject] = {}

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    @property
    def objects(self) -> Mapping[str, StoredObject]:
        """The objects by key."""
        return dict(self._objects)

    def get(self, key: str) -> StoredObject | None:
        """Return the object with a key, or `None`."""
        return self._objects.get(key)

    def put(self, key: str, content: bytes) -> StoredObject:
        """Write an object."""
        world = self.world
        etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        stored = self._objects[key] = StoredObject(key, content, etag, world.scheduler.now)
        id = f"s3://{self.spec.bucket_name}/{key}"
        world.add_event(id, self.name, content)
        world.add_entry(Kind.SENT, self.name, events=(id,))
        world.set_outcome(id, self.name, Outcome.KEPT, self.name)
        return stored
