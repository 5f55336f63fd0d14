"""Creates or takes the places for a stream's failed records."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.destinations import kind_in_role
from redrive_cdk.core.failure_places import make_failure_bucket, make_failure_queue, note_failure_place
from redrive_cdk.core.tree import path_of
from redrive_cdk.core.types import AnyBucket, AnyDeadLetterTarget
from redrive_cdk.streams.alarms import StreamAlarms
from redrive_cdk.streams.options import AnySetAside


class StreamFailurePlaces(StreamAlarms):
    """Places for failed records of `StreamConsumer`, which documents each of them."""

    set_aside: AnySetAside | None

    def _create_failure_bucket(self) -> s3.IBucket:
        """Create the bucket for failed records, if `on_failure` is `"bucket"`."""
        return make_failure_bucket(
            self,
            removal_policy=self._options.failure_removal_policy,
            encryption_key=self._options.encryption_key,
        )

    def _create_failure_queue(self) -> sqs.IQueue:
        """Create the queue for failed records, if `on_failure` is `"queue"`."""
        return make_failure_queue(
            self,
            retention_period=self._options.failure_queue_retention_period,
            removal_policy=self._options.failure_removal_policy,
            encryption_key=self._options.encryption_key,
        )

    def _set_aside_bucket(self) -> s3.IBucket | None:
        """Return the bucket in which the helper sets records aside: all, or those too large for the set-aside queue."""
        if self.facts.set_aside == "bucket":
            return cast("s3.IBucket", self.set_aside)
        # Delivery already has permission to write to this bucket.
        overflows = self.facts.set_aside == "queue" and self.facts.on_failure == "bucket"
        return cast("s3.IBucket", self.on_failure) if overflows else None

    def _take_on_failure(self) -> AnyDeadLetterTarget | AnyBucket | None:
        given = self._options.on_failure
        if given == "bucket":
            self.failure_bucket = self._create_failure_bucket()
            return self.failure_bucket
        if given == "queue":
            self.failure_queue = self._create_failure_queue()
            return self.failure_queue
        if given == "none":
            return None
        if isinstance(given, str):
            raise ValueError(
                f'{path_of(self)}: on_failure {given!r}: give "bucket" or "queue" to have one made, "none", or a '
                "queue, topic or bucket"
            )
        if kind_in_role(self, "on_failure", given) == "queue":
            self.failure_queue = cast("sqs.IQueue", given)
            note_failure_place(self.failure_queue)
        return given

    def _take_set_aside(self) -> AnySetAside | None:
        given, on_failure = self._options.set_aside, self.on_failure
        if given is None:
            usable = on_failure is not None and kind_in_role(self, "on_failure", on_failure) in ("queue", "bucket")
            return cast("AnySetAside", on_failure) if usable else None
        if kind_in_role(self, "set_aside", given) == "queue" and given is not on_failure:
            self.set_aside_queue = cast("sqs.IQueue", given)
            note_failure_place(self.set_aside_queue)
        return given
