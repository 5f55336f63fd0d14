"""Defines the places that keep failures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from redrive_model.findings.kept import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """A queue that keeps failures.

    Attributes:
        name: How people call it: the path of its construct, or the queue's name.
        url: URL.
        arn: ARN.
        sources: What is known to fail into it.
        has_policy: Whether it has a redrive policy of its own: then each look brings a message closer to being moved.
    """

    name: str
    url: str
    arn: str
    sources: tuple[Source, ...] = ()
    has_policy: bool = False

    @property
    def kind(self) -> Literal["queue"]:
        """Its kind."""
        return "queue"

    @property
    def key(self) -> str:
        """Its identity in journals."""
        return self.arn

    @property
    def short(self) -> str:
        """The first part of the ids of its failures: the queue's name."""
        return self.arn.rpartition(":")[2]

    @property
    def region(self) -> str | None:
        """Its Region; `None` if its ARN does not say."""
        return self.arn.split(":")[3] or None

    @property
    def fifo(self) -> bool:
        """True for a FIFO queue."""
        return self.arn.endswith(".fifo")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlace:
    """The objects of a bucket whose keys begin alike.

    Attributes:
        name: How people call it: the path of its construct, or its address.
        bucket: Name of the bucket.
        prefix: Beginning of the keys.
        sources: What is known to fail into it.
    """

    name: str
    bucket: str
    prefix: str = ""
    sources: tuple[Source, ...] = ()

    @property
    def kind(self) -> Literal["bucket"]:
        """Its kind."""
        return "bucket"

    @property
    def key(self) -> str:
        """Its identity in journals."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def short(self) -> str:
        """The first part of the ids of its failures."""
        return f"s3://{self.bucket}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePlace:
    """A file of failures in JSON, one a line.

    Attributes:
        name: How people call it: its path or `s3://` address.
        path: Path of the file; `None` if it is in S3.
    """

    name: str
    path: Path | None = None

    @property
    def kind(self) -> Literal["archive"]:
        """Its kind."""
        return "archive"

    @property
    def key(self) -> str:
        """Its identity in journals."""
        return self.name if self.path is None else str(self.path.resolve())

    @property
    def short(self) -> str:
        """The first part of the ids of its failures."""
        return self.name

    @property
    def sources(self) -> tuple[Source, ...]:
        """Nothing: each line says where its failure came from."""
        return ()


Place = QueuePlace | BucketPlace | ArchivePlace
