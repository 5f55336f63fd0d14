"""Derives the values of a stream's consumer again, when nothing changes any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aws_cdk import aws_lambda as lambda_

from redrive.settings import Settings, StreamSettings
from redrive_cdk.core import known
from redrive_cdk.core.tree import path_of, resource_of
from redrive_cdk.monitoring.alarms import derive_again
from redrive_cdk.streams.facts import StreamSource, gather, plan_for
from redrive_cdk.streams.failure_places import StreamFailurePlaces
from redrive_model.schedules.stream_plan import StreamPlan


class StreamDerived(StreamFailurePlaces):
    """Values that `StreamConsumer` derives from its function and its stream."""

    function: lambda_.IFunction
    source: StreamSource
    event_source_mapping: lambda_.EventSourceMapping
    _plan: StreamPlan
    _write_settings: Callable[[Settings], None]

    def _create_settings(self) -> StreamSettings:
        raise NotImplementedError

    def _final_retention(self) -> float | None:
        """Return the retention of the stream as it is now, in seconds; `None` if it is not known."""
        return self.source.retention

    def _derive(self) -> None:
        """Derive again what depends on values that were changed since, by an Aspect for instance."""
        before, options = self.source, self._options
        self.source = replace(before, retention=self._final_retention())
        if self.source == before and known.function_timeout(self.function) == self.facts.function_timeout:
            return
        planned, self._plan = self._plan, plan_for(path_of(self), self.source, options)
        mapping = resource_of(self.event_source_mapping)
        if (
            options.max_record_age is None
            and self._plan.age != planned.age
            and isinstance(mapping, lambda_.CfnEventSourceMapping)
            and known.number(mapping.maximum_record_age_in_seconds) == planned.age
        ):
            mapping.maximum_record_age_in_seconds = self._plan.age
        self.facts = gather(
            self,
            self.function,
            self.source,
            options,
            self._plan,
            on_failure=self.on_failure,
            set_aside=self.set_aside,
        )
        self._write_settings(self._create_settings())
        derive_again(self.iterator_age_alarm, self, threshold=self._longest_normal_age())
