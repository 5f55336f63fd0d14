"""Simulates the event source mapping between a stream and a function.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive_model.filters.records import compiled
from redrive_model.resources.mapping import StreamMappingSpec
from redrive_simulator.invocation.stream_lane import Lane
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.streams import StreamRecord, lambda_record
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.invocation.functions import Function
    from redrive_simulator.services.streams import Stream


class StreamMapping:
    """An event source mapping of a stream.

    Attributes:
        enabled: Whether it reads the stream.
    """

    __slots__ = (
        "_due",
        "_interval",
        "_lanes",
        "_passes",
        "_polled_at",
        "_position",
        "enabled",
        "function",
        "region",
        "spec",
        "stream",
        "world",
    )

    def __init__(self, spec: StreamMappingSpec, stream: Stream, function: Function) -> None:
        self.spec = spec
        self.stream = stream
        self.function = function
        self.world = stream.world
        self.enabled = spec.enabled
        self.region = spec.source.split(":")[3]
        parameters = self.world.parameters
        is_kinesis = stream.spec.kind == "kinesis"
        self._interval = parameters.kinesis_poll_interval if is_kinesis else parameters.dynamodb_poll_interval
        self._passes = compiled(spec.filters, "data" if is_kinesis else "dynamodb")
        self._lanes = [
            [Lane(self, shard.id, number) for number in range(spec.parallelization)] for shard in stream.shards
        ]
        self._position = [0] * len(stream.shards)
        self._polled_at = [-self._interval] * len(stream.shards)
        self._due = [False] * len(stream.shards)

    def written(self, shard: int) -> None:
        """Register the newest record of a shard and schedule a poll."""
        record = self.stream.shards[shard].records[-1]
        world = self.world
        world.set_outcome(record.id, self.stream.name, Outcome.WAITING, "", self.function.name, "", self.spec.name)
        self._plan(shard)

    def switch(self, enabled: bool) -> None:
        """Enable or disable the mapping; enabled again, it continues where it stopped."""
        self.enabled = enabled
        if not enabled:
            self.world.on_switch()
            return
        for shard, lanes in enumerate(self._lanes):
            if self._position[shard] < len(self.stream.shards[shard].records):
                self._plan(shard)
            for lane in lanes:
                lane.wake()
        self.world.on_switch()

    @property
    def is_missed(self) -> bool:
        """True if it is disabled, other than in the template, and records that the stream still keeps wait for it."""
        if self.enabled or not self.spec.enabled:
            return False
        since = self.world.now - self.stream.spec.retention
        positions = zip(self._position, self.stream.shards, strict=True)
        return any(
            shard.records[-1].arrived_at > since for position, shard in positions if position < len(shard.records)
        ) or any(lane.has_records for lanes in self._lanes for lane in lanes)

    def _plan(self, shard: int) -> None:
        if self.enabled and not self._due[shard]:
            self._due[shard] = True
            self.world.at(self._polled_at[shard] + self._interval, self._poll, shard)

    def _poll(self, index: int) -> None:
        """Read the new records of a shard and hand them to the lanes."""
        self._due[index] = False
        if not self.enabled:
            return
        world, spec = self.world, self.spec
        self._polled_at[index] = world.scheduler.now
        shard = self.stream.shards[index]
        lanes = self._lanes[index]
        new = shard.records[self._position[index] :]
        self._position[index] = len(shard.records)
        for record in new:
            if self._is_skipped(record):
                world.set_outcome(
                    record.id, self.stream.name, Outcome.SKIPPED, "", self.function.name, "", self.spec.name
                )
            elif self._passes is not None and not self._passes(self.record(record)):
                world.add_entry(Kind.FILTERED, self.stream.name, shard.id, self.function.name, (record.id,))
                world.set_outcome(record.id, self.stream.name, Outcome.FILTERED, "", self.function.name, "", spec.name)
            else:
                lanes[record.lane % spec.parallelization].add(record)
        for lane in lanes:
            lane.wake()

    def _is_skipped(self, record: StreamRecord) -> bool:
        start = self.spec.starting_time
        if self.spec.starting_position != "AT_TIMESTAMP" or start is None:
            return False  # also for LATEST: the mapping exists before the first record
        return self.world.epoch + record.arrived_at < start

    def record(self, record: StreamRecord) -> dict[str, Any]:
        """Return a record as the function gets it."""
        return lambda_record(record, self.stream.spec, self.spec.source, self.region, self.world.epoch)
