"""Derives the values of a stream's consumer again, when nothing changes any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from redrive.settings import Settings, StreamSettings
from redrive_cdk.core import known
from redrive_cdk.core.tree import resource_of
from redrive_cdk.core.types import AnyBucket, AnyDeadLetterTarget
from redrive_cdk.monitoring.alarms import AlarmOptions, set_threshold
from redrive_cdk.streams.alarms import StreamAlarms
from redrive_cdk.streams.facts import StreamSource, gather
from redrive_cdk.streams.options import AnySetAside


class StreamDerived(StreamAlarms):
    """What `StreamConsumer` derives from its function and its stream."""

    function: lambda_.IFunction
    source: StreamSource
    on_failure: AnyDeadLetterTarget | AnyBucket | None
    set_aside: AnySetAside | None
    event_source_mapping: lambda_.EventSourceMapping
    _write_settings: Callable[[Settings], None]

    def _create_settings(self) -> StreamSettings:
        raise NotImplementedError

    def _set_aside_bucket(self) -> s3.IBucket | None:
        """Return the bucket in which the helper sets records aside: all, or those too large for the set-aside queue."""
        if self.facts.set_aside == "bucket":
            return cast("s3.IBucket", self.set_aside)
        # Delivery already has permission to write to this bucket.
        overflows = self.facts.set_aside == "queue" and self.facts.on_failure == "bucket"
        return cast("s3.IBucket", self.on_failure) if overflows else None

    def _final_retention(self) -> float | None:
        """Return the retention of the stream as it is now, in seconds; `None` if it is not known."""
        return self.source.retention

    def _derive(self) -> None:
        """Derive again what depends on values that were changed since, by an Aspect for instance."""
        before, options = self.source, self._options
        self.source = replace(before, retention=self._final_retention())
        if self.source == before and known.function_timeout(self.function) == self.facts.function_timeout:
            return
        mapping = resource_of(self.event_source_mapping)
        if (
            options.max_record_age is None
            and self.source.default_record_age != before.default_record_age
            and isinstance(mapping, lambda_.CfnEventSourceMapping)
            and known.number(mapping.maximum_record_age_in_seconds) == before.default_record_age
        ):
            mapping.maximum_record_age_in_seconds = self.source.default_record_age
        self.facts = gather(
            self, self.function, self.source, options, on_failure=self.on_failure, set_aside=self.set_aside
        )
        self._write_settings(self._create_settings())
        given = options.iterator_age_alarm or AlarmOptions()
        set_threshold(self.iterator_age_alarm, given, self._longest_normal_age())
