"""Simulates an S3 bucket."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from redrive_model.resources.bucket import BucketSpec
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.object_rules import stored_headers
from redrive_simulator.services.objects import NULL, StoredObject, Upload, etag_of
from redrive_simulator.services.representations import represented
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.world import World


class Bucket:
    """An S3 bucket.

    Attributes:
        name: Name in the history.
        objects: The current objects by key.
        notify: Called after each change with the name of the event and the object; `None`: nothing is notified.
        uploads: Multipart uploads that are not over, by id.
    """

    __slots__ = ("_keys", "_versions", "notify", "spec", "uploads", "world")

    def __init__(self, spec: BucketSpec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.notify: Callable[[str, StoredObject], None] | None = None
        self.uploads: dict[str, Upload] = {}
        # Versions by key, the newest last; the keys in order, for listings.
        self._versions: dict[str, list[StoredObject]] = {}
        self._keys: list[str] = []

    @property
    def name(self) -> str:
        """Name in the history."""
        return self.spec.name

    @property
    def objects(self) -> Mapping[str, StoredObject]:
        """The current objects by key."""
        return {key: found[-1] for key, found in self._versions.items() if not found[-1].is_marker}

    @property
    def versions(self) -> Iterator[tuple[StoredObject, bool]]:
        """All versions and delete markers by key, the newest first, each with whether it is the latest."""
        for key in self._keys:
            for number, stored in enumerate(reversed(self._versions[key])):
                yield stored, number == 0

    def keys_from(self, start: str) -> Iterator[str]:
        """Yield the keys of the current objects in order, from a text on."""
        for number in range(bisect_left(self._keys, start), len(self._keys)):
            key = self._keys[number]
            if not self._versions[key][-1].is_marker:
                yield key

    def __repr__(self) -> str:
        objects = self.objects
        return represented("Bucket", self.name, len(objects), "object", objects)

    def get(self, key: str) -> StoredObject | None:
        """Return the current object with a key, or `None`."""
        found = self.latest(key)
        return None if found is None or found.is_marker else found

    def latest(self, key: str) -> StoredObject | None:
        """Return the latest version of a key, which may be a delete marker, or `None`."""
        found = self._versions.get(key)
        return found[-1] if found else None

    def version(self, key: str, id: str) -> StoredObject | None:
        """Return a version of an object, or `None`."""
        return next((each for each in self._versions.get(key, ()) if each.version == id), None)

    def put(
        self,
        key: str,
        content: bytes,
        headers: Mapping[str, Any] | None = None,
        by: str = "ObjectCreated:Put",
        etag: str | None = None,
        **more: Any,
    ) -> StoredObject:
        """Write an object.

        Args:
            key: Object key.
            content: Content.
            headers: Headers to store with it. Default: those of an object that is written without any.
            by: Event of S3 that the write is.
            etag: ETag. Default: that of a content which is written at once.
            more: Further fields of `StoredObject`.
        """
        world = self.world
        headers = stored_headers({}, self.spec) if headers is None else headers
        stored = StoredObject(
            key, content, etag or etag_of(content), world.scheduler.now, headers, self._new_version(), **more
        )
        self._add(stored)
        id = self.id_of(key)
        world.add_event(id, self.name, content)
        world.add_entry(Kind.SENT, self.name, events=(id,))
        world.set_outcome(id, self.name, Outcome.KEPT, self.name)
        self._tell(by, stored)
        return stored

    def delete(self, key: str) -> StoredObject | None:
        """Delete an object, if there is one.

        Returns:
            The delete marker, in a bucket with versioning: the object's versions stay.
        """
        there = self.get(key)
        marker = None
        if self.spec.is_versioned:
            marker = StoredObject(
                key, b"", etag_of(b""), self.world.scheduler.now, version=self._new_version(), is_marker=True
            )
            self._add(marker)
        elif there is not None:
            self._remove(there)
        if there is not None:
            self._note_deletion(key)
        if marker is not None:
            self._tell("ObjectRemoved:DeleteMarkerCreated", marker)
        elif there is not None:
            self._tell("ObjectRemoved:Delete", there)
        return marker

    def delete_version(self, stored: StoredObject) -> None:
        """Delete a version of an object, or a delete marker, for good."""
        was_current = self.get(stored.key) is stored
        self._remove(stored)
        if was_current and self.get(stored.key) is None:
            self._note_deletion(stored.key)
        self._tell("ObjectRemoved:Delete", stored)

    def id_of(self, key: str) -> str:
        """Return the event id of an object."""
        return f"s3://{self.spec.bucket_name}/{key}"

    def _new_version(self) -> str:
        return self.world.new_id().replace("-", "") if self.spec.is_versioned else NULL

    def _add(self, stored: StoredObject) -> None:
        versions = self._versions.get(stored.key)
        if versions is None:
            insort(self._keys, stored.key)
            versions = self._versions[stored.key] = []
        if not self.spec.is_versioned:
            versions.clear()
        versions.append(stored)

    def _remove(self, stored: StoredObject) -> None:
        versions = self._versions[stored.key]
        versions.remove(stored)
        if not versions:
            del self._versions[stored.key]
            del self._keys[bisect_left(self._keys, stored.key)]

    def _note_deletion(self, key: str) -> None:
        world, id = self.world, self.id_of(key)
        world.add_entry(Kind.DELETED, self.name, "", world.caller, (id,), reason="by the function itself")
        world.set_outcome(id, self.name, Outcome.PROCESSED, function=world.caller, reason="deleted by the function")

    def _tell(self, event: str, stored: StoredObject) -> None:
        if self.notify is not None:
            self.notify(event, stored)
