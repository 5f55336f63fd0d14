"""Simulates an S3 bucket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_model.resources.bucket import BucketSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World


_NOTHING: Mapping[str, Any] = {}


class StoredObject(NamedTuple):
    """An object in a bucket.

    Attributes:
        key: Object key.
        content: Content in bytes.
        etag: Quoted hash of the content.
        time: Time of the write, in seconds from the simulation's start.
        headers: Headers stored with it, by the names that boto3 gives them, such as `ContentType` and `Metadata`.
    """

    key: str
    content: bytes
    etag: str
    time: float
    headers: Mapping[str, Any] = _NOTHING

    def json(self) -> Any:
        """Return the content parsed as JSON."""
        return json.loads(self.content)

    def as_received(self) -> bytes:
        """Return the content, for readers such as `StreamFailure.parse`."""
        return self.content


class Bucket:
    """An S3 bucket.

    Attributes:
        name: Name in the history.
        objects: The objects by key.
        notify: Called after each change with the name of the event and the object; `None`: nothing is notified.
    """

    __slots__ = ("_objects", "notify", "spec", "world")

    def __init__(self, spec: BucketSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.notify: Callable[[str, StoredObject], None] | None = None
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

    def put(
        self, key: str, content: bytes, headers: Mapping[str, Any] = _NOTHING, by: str = "ObjectCreated:Put"
    ) -> StoredObject:
        """Write an object.

        Args:
            key: Object key.
            content: Content.
            headers: Headers to store with it.
            by: Event of S3 that the write is.
        """
        world = self.world
        etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        stored = self._objects[key] = StoredObject(key, content, etag, world.scheduler.now, headers)
        id = self.id_of(key)
        world.add_event(id, self.name, content)
        world.add_entry(Kind.SENT, self.name, events=(id,))
        world.set_outcome(id, self.name, Outcome.KEPT, self.name)
        if self.notify is not None:
            self.notify(by, stored)
        return stored

    def delete(self, key: str) -> None:
        """Delete an object, if there is one."""
        stored = self._objects.pop(key, None)
        if stored is None:
            return
        world = self.world
        id = self.id_of(key)
        world.add_entry(Kind.DELETED, self.name, "", world.caller, (id,), reason="by the function itself")
        world.set_outcome(id, self.name, Outcome.PROCESSED, function=world.caller, reason="deleted by the function")
        if self.notify is not None:
            self.notify("ObjectRemoved:Delete", stored)

    def id_of(self, key: str) -> str:
        """Return the event id of an object."""
        return f"s3://{self.spec.bucket_name}/{key}"
