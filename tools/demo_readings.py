"""The demonstration's stream: readings that are put into it, and where they have ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from redrive import StreamFailure
from tools.demo_table import Ends
from tools.local_aws import LocalAws
from tools.traffic import log_events

SENSORS = "abcdef"


@dataclass(frozen=True, slots=True)
class Reading:
    """One record of the demonstration.

    Attributes:
        kind: What is said of it in the table.
        sensor: Its partition key.
        id: What it is called.
        data: Its content.
        fails: Whether it should be set aside, and not be processed.
    """

    kind: str
    sensor: str
    id: str
    data: str
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Readings:
    """A deployed consumer of a stream and what is put into that."""

    function: str
    stream: str
    bucket: str
    readings: Sequence[Reading]

    def send(self, aws: LocalAws) -> None:
        """Puts the readings into the stream, in their order.

        Raises:
            RuntimeError: The stream refused one.
        """
        kinesis = aws.client("kinesis")
        for reading in self.readings:
            kinesis.put_record(StreamName=self.stream, Data=reading.data.encode(), PartitionKey=reading.sensor)

    def progress(self, aws: LocalAws) -> tuple[int, str]:
        """Returns how many readings have not ended yet, and a text that says so."""
        taken, failed = len(self.taken(aws)), len(self._keys(aws))
        left = len(self.readings) - taken - failed
        return left, f"Readings: {left:2} waiting, {failed:2} set aside"

    def ends(self, aws: LocalAws) -> dict[str, Ends]:
        """Looks for each reading, among those taken and those set aside."""
        return self.ends_of({identity for _, identity in self.taken(aws)}, self.set_aside(aws))

    def ends_of(self, taken: Collection[str], aside: Mapping[str, str]) -> dict[str, Ends]:
        """The ends of the readings.

        Args:
            taken: The ids of those that were taken.
            aside: The reasons of those set aside, by their content.
        """
        found: dict[str, Ends] = {}
        for reading in self.readings:
            found.setdefault(reading.kind, Ends()).add(
                reading.data,
                done_at=1 if reading.id in taken else None,
                reason=aside.get(reading.data),
                should_fail=reading.fails,
            )
        return found

    def taken(self, aws: LocalAws) -> list[tuple[str, str]]:
        """Sensor and id of each reading that was taken, in that order."""
        return [(line["sensor"], line["taken"]) for _, line in log_events(aws, self.function, "taken")]

    def set_aside(self, aws: LocalAws) -> dict[str, str]:
        """The reasons of those set aside, by their content."""
        s3 = aws.client("s3")
        return set_aside_in(s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in self._keys(aws))

    def disorder(self, aws: LocalAws) -> list[str]:
        """Returns the sensors whose readings were not taken in order."""
        last: dict[str, int] = {}
        found: list[str] = []
        for sensor, identity in self.taken(aws):
            number = int(identity.rpartition("/")[2])
            if number <= last.get(sensor, -1):
                found.append(f"Readings: {identity} was taken after {sensor}/{last[sensor]}")
            last[sensor] = number
        return found

    def _keys(self, aws: LocalAws) -> list[str]:
        pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def readings(outputs: Mapping[str, str]) -> Readings:
    """The consumer of app.py, with 60 readings of six sensors for it, some of them wrong."""
    made: list[Reading] = []
    for number in range(10):
        for sensor in SENSORS:
            identity = f"{sensor}/{number}"
            content = json.dumps({"id": identity, "celsius": 20 + number / 10})
            match sensor, number:
                case (("b" | "c" | "d"), 3):
                    made.append(Reading("malformed", sensor, identity, content[:-1], fails=True))
                case (("d" | "e"), 6):
                    cold = json.dumps({"id": identity, "celsius": -300})
                    made.append(Reading("permanently wrong: too cold", sensor, identity, cold, fails=True))
                case _:
                    made.append(Reading("in order", sensor, identity, content))
    return Readings(
        outputs["ReadingsFunctionName"], outputs["ReadingsStreamName"], outputs["ReadingsFailureBucketName"], made
    )


def set_aside_in(objects: Iterable[bytes]) -> dict[str, str]:
    """The reasons of the readings in a bucket, by their content."""
    found: dict[str, str] = {}
    for content in objects:
        failure = StreamFailure.parse(content)
        (record,) = failure.records().records
        found[_data(record)] = failure.reason or "no reason given"
    return found


def _data(record: Mapping[str, object]) -> str:
    from base64 import b64decode

    kinesis = record["kinesis"]
    assert isinstance(kinesis, dict)
    return b64decode(str(kinesis["data"])).decode()  # pyright: ignore[reportUnknownArgumentType]
