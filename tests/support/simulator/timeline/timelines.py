"""Made-up histories of every kind, as a simulation would write them.

`python -m tests.support.simulator.timeline.timelines` draws the picture of the documentation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from redrive_simulator.timeline.entries import NEVER, NOTHING, Entry, Event, Kind
from redrive_simulator.timeline.timeline import Timeline


class HistoryWriter:
    """Writes a timeline."""

    def __init__(self, title: str = "Simulation") -> None:
        self.entries: list[Entry] = []
        self.events: dict[str, Event] = {}
        self.title = title

    def add(self, time: float, kind: Kind, source: str, *events: str, **more: Any) -> int:
        number = len(self.entries)
        self.entries.append(Entry(number, time, kind, source, events=events, **more))
        return number

    def send(
        self,
        time: float,
        source: str,
        id: str,
        payload: Any = None,
        *,
        lane: str = "",
        group: str | None = None,
        cause: str | None = None,
        until: float = NEVER,
    ) -> None:
        self.events[id] = Event(id, source, time, {"id": id} if payload is None else payload, group, cause)
        self.add(time, Kind.SENT, source, id, lane=lane, until=until)

    @property
    def timeline(self) -> Timeline:
        return Timeline(self.entries, self.events, self.title)


def small() -> Timeline:
    """One message that fails once."""
    history = HistoryWriter()
    history.send(0.0, "OrdersQueue", "m-1", {"id": 7})
    failed = history.add(
        0.0, Kind.FAILED, "OrdersQueue", "m-1", function="OrdersFunction", attempt=1, duration=0.2,
        reason="ValueError: boom",
    )  # fmt: skip
    more: dict[str, Any] = {"function": "OrdersFunction", "attempt": 1}
    history.add(0.2, Kind.RETRY, "OrdersQueue", "m-1", until=60.0, parent=failed, reason="ValueError: boom", **more)
    more["attempt"] = 2
    done = history.add(60.0, Kind.SUCCEEDED, "OrdersQueue", "m-1", duration=0.05, **more)
    history.add(60.05, Kind.DELETED, "OrdersQueue", "m-1", function="OrdersFunction", parent=done)
    return history.timeline


def asynchronous(duration: float = 0.3) -> Timeline:
    """The schedule 0, 60, 180 s; then a record to a destination with a reader, and an event without a place to go."""
    history = HistoryWriter("Invoices")
    more: dict[str, Any] = {"function": "Draw"}
    failures = ((Kind.FAILED, "RuntimeError: no paper"), (Kind.TIMED_OUT, "Task timed out after 3.00 seconds"),
                (Kind.CRASHED, "Runtime exited with error: signal: killed"))  # fmt: skip
    numbers: dict[str, int] = {}
    for id in ("req-1", "req-2"):
        history.send(0.0, "Draw", id, {"invoice": id})
    time = 0.0
    for attempt, (kind, reason) in enumerate(failures, start=1):
        for id in ("req-1", "req-2"):
            numbers[id] = history.add(
                time, kind, "Draw", id, attempt=attempt, duration=duration, reason=reason, **more
            )  # fmt: skip
        time += duration
        if attempt < 3:
            for id in ("req-1", "req-2"):
                history.add(time, Kind.RETRY, "Draw", id, attempt=attempt, until=time + 60 * attempt,
                            parent=numbers[id], reason=reason, **more)  # fmt: skip
            time += 60 * attempt
    history.send(
        time, "FailedInvoices", "record-1", {"requestContext": {"condition": "RetriesExhausted"}}, cause="req-1"
    )
    history.add(time, Kind.DESTINATION, "Draw", "req-1", attempt=3, parent=numbers["req-1"], place="FailedInvoices",
                reason="RetriesExhausted", **more)  # fmt: skip
    history.add(
        time, Kind.DROPPED, "Draw", "req-2", attempt=3, parent=numbers["req-2"], reason="RetriesExhausted", **more
    )
    history.add(time, Kind.SUCCEEDED, "FailedInvoices", "record-1", function="Look", attempt=1)
    history.add(time, Kind.DELETED, "FailedInvoices", "record-1", function="Look", parent=len(history.entries) - 1)
    return history.timeline


def bisect(size: int = 100, bad: tuple[int, ...] = (62,), duration: float = 0.0, retries: int = 1) -> Timeline:
    """A stream's batch that is cut in two until its bad records are alone, and given up then."""
    history = HistoryWriter("Readings")
    lane = "shardId-000000000000"
    for record in range(size):
        history.send(0.01 * record, "Readings", f"{lane}:{record:04}", {"celsius": record}, lane=lane, group="a")
    more: dict[str, Any] = {"lane": lane, "function": "Store"}
    time = 1.0

    def run(records: range, parent: int) -> None:
        nonlocal time
        ids = [f"{lane}:{record:04}" for record in records]
        is_bad = any(record in records for record in bad)
        for attempt in range(1, 2 + (retries if is_bad and len(records) == 1 else 0)):
            started = time
            time += duration
            number = history.add(
                started, Kind.FAILED if is_bad else Kind.SUCCEEDED, "Readings", *ids, attempt=attempt,
                duration=duration, parent=parent, reason="ValueError: too cold" if is_bad else "", **more,
            )  # fmt: skip
            if not is_bad:
                history.add(time, Kind.CHECKPOINT, "Readings", *ids, parent=number, reason=f"{records[-1]:04}", **more)
            elif len(records) > 1:
                half = len(records) // 2
                history.add(time, Kind.SPLIT, "Readings", *ids, attempt=attempt, parent=number,
                            reason=f"{half} + {len(records) - half}", **more)  # fmt: skip
                run(records[:half], number)
                run(records[half:], number)
            elif attempt <= retries:
                history.add(time, Kind.RETRY, "Readings", *ids, attempt=attempt, until=time + 1, parent=number,
                            reason="ValueError: too cold", **more)  # fmt: skip
                time += 1
            else:
                history.add(time, Kind.DESTINATION, "Readings", *ids, attempt=attempt, parent=number,
                            place="ReadingsAside", reason="RetryAttemptsExhausted", **more)  # fmt: skip
                history.add(time, Kind.CHECKPOINT, "Readings", *ids, parent=number, reason=f"{records[-1]:04}", **more)

    run(range(size), NOTHING)
    return history.timeline


def receives(visibility: float = 30.0, most: int = 4) -> Timeline:
    """Messages received until they are moved to the dead-letter queue, one of which is done and one delayed."""
    history = HistoryWriter("Orders")
    queue, more = "OrdersQueue", {"function": "OrdersFunction"}
    ids = ("m-bad", "m-good", "m-worse")
    for id in ids:
        history.send(0.0, queue, id, {"id": id, "lines": ["a", "b"]})
    history.send(0.0, queue, "m-late", {"id": "m-late"}, until=45.0)
    numbers: dict[str, int] = {}
    number = history.add(0.0, Kind.PARTLY_FAILED, queue, *ids, attempt=1, duration=0.8, reason="2 of 3 failed", **more)
    history.add(0.5, Kind.VISIBILITY, queue, "m-worse", until=3600.5, **more)
    history.add(0.8, Kind.DELETED, queue, "m-good", parent=number, **more)
    for id, until in (("m-bad", visibility), ("m-worse", 3600.5)):
        history.add(0.8, Kind.RETRY, queue, id, attempt=1, until=until, parent=number, reason="2 of 3 failed", **more)
    late = history.add(45.0, Kind.SUCCEEDED, queue, "m-late", attempt=1, duration=0.1, **more)
    history.add(45.1, Kind.DELETED, queue, "m-late", parent=late, **more)
    for id, first in (("m-bad", visibility), ("m-worse", 3600.5)):
        time = first
        for attempt in range(2, most + 1):
            kind, reason = ((Kind.FAILED, "ClientError: ThrottlingException"), (Kind.TIMED_OUT, "Task timed out"),
                            (Kind.THROTTLED, "reserved concurrency of 2"))[attempt % 3]  # fmt: skip
            took = 0.0 if kind is Kind.THROTTLED else 0.7
            numbers[id] = history.add(time, kind, queue, id, attempt=attempt, duration=took, reason=reason, **more)
            history.add(time + took, Kind.RETRY, queue, id, attempt=attempt, until=time + visibility,
                        parent=numbers[id], reason=reason, **more)  # fmt: skip
            time += visibility
        history.add(time, Kind.DEAD_LETTERED, queue, id, attempt=most, place="OrdersDeadLetters",
                    reason=f"received {most} times")  # fmt: skip
    return history.timeline


def groups() -> Timeline:
    """A FIFO queue: a failing message holds up its group, another group goes on; what comes twice is left out."""
    history = HistoryWriter("Parcels")
    queue = "Parcels.fifo"
    for number in range(12):
        group = "abc"[number % 3]
        history.send(0.2 * number, queue, f"{group}-{number // 3}", {"parcel": number}, group=group)
    history.events["a-0-again"] = Event("a-0-again", queue, 2.5, {"parcel": 0}, "a")
    history.add(2.5, Kind.DEDUPLICATED, queue, "a-0-again", reason="the same as a-0")
    for column, group in enumerate("bc"):
        for number in range(4):
            time = 3.0 + number * 0.5 + column * 0.1
            done = history.add(
                time, Kind.SUCCEEDED, queue, f"{group}-{number}", function="Pack", attempt=1, duration=0.4
            )
            history.add(time + 0.4, Kind.DELETED, queue, f"{group}-{number}", function="Pack", parent=done)
    time = 3.0
    for attempt, kind in enumerate((Kind.FAILED, Kind.CRASHED, Kind.REFUSED), start=1):
        failed = history.add(time, kind, queue, "a-0", function="Pack", attempt=attempt, duration=0.4 * (attempt < 3),
                             reason="KeyError: 'street'")  # fmt: skip
        history.add(time + 0.4 * (attempt < 3), Kind.RETRY, queue, "a-0", function="Pack", attempt=attempt,
                    until=time + 20, parent=failed, reason="KeyError: 'street'")  # fmt: skip
        time += 20
    history.add(time, Kind.DEAD_LETTERED, queue, "a-0", attempt=3, place="ParcelsLost.fifo", reason="received 3 times")
    for number in range(1, 4):
        done = history.add(time, Kind.SUCCEEDED, queue, f"a-{number}", function="Pack", attempt=1, duration=0.4)
        time += 0.4
        history.add(time, Kind.DELETED, queue, f"a-{number}", function="Pack", parent=done)
    return history.timeline


def shards(shards: int = 3, lanes: int = 2, batches: int = 6) -> Timeline:
    """Shards with lanes; one with a checkpoint in a batch, one with a throttle, one whose records expire."""
    history = HistoryWriter("Clicks")
    for shard in range(shards):
        for part in range(lanes):
            lane = f"shardId-{shard:012}/{part}"
            for batch in range(batches):
                ids = [f"{lane}:{batch}:{record}" for record in range(5)]
                arrived = batch * 1.3 + shard * 0.17
                for record, id in enumerate(ids):
                    history.send(arrived, "Clicks", id, {"page": record}, lane=f"shardId-{shard:012}", group=str(part))
                time = arrived + 0.4 + part * 0.1
                more: dict[str, Any] = {"lane": lane, "function": "Count"}
                if (shard, part, batch) == (0, 1, 2):
                    first = history.add(time, Kind.PARTLY_FAILED, "Clicks", *ids, attempt=1, duration=0.1,
                                        reason="checkpoint 2", **more)  # fmt: skip
                    history.add(time + 0.1, Kind.CHECKPOINT, "Clicks", *ids[:2], parent=first, reason="1", **more)
                    history.add(time + 0.1, Kind.RETRY, "Clicks", *ids[2:], attempt=1, until=time + 0.5, parent=first,
                                reason="checkpoint 2", **more)  # fmt: skip
                    ids, time, parent = ids[2:], time + 0.5, first
                elif (shard, part, batch) == (1, 0, 3):
                    refused = history.add(time, Kind.THROTTLED, "Clicks", *ids, attempt=1, reason="concurrency", **more)
                    history.add(time, Kind.RETRY, "Clicks", *ids, attempt=1, until=time + 1, parent=refused, **more)
                    time, parent = time + 1, NOTHING
                elif (shard, part, batch) == (2, 1, batches - 1):
                    failed = history.add(time, Kind.FAILED, "Clicks", *ids, attempt=1, reason="OSError: full", **more)
                    history.add(time, Kind.RETRY, "Clicks", *ids, attempt=1, until=86_400.0, parent=failed, **more)
                    history.add(86_400.0, Kind.EXPIRED, "Clicks", *ids, attempt=1,
                                reason="older than the stream keeps records, 86400 s", **more)  # fmt: skip
                    history.add(86_400.0, Kind.CHECKPOINT, "Clicks", *ids, reason="5", **more)
                    continue
                else:
                    parent = NOTHING
                done = history.add(time, Kind.SUCCEEDED, "Clicks", *ids, attempt=1, duration=0.1, parent=parent, **more)
                history.add(time + 0.1, Kind.CHECKPOINT, "Clicks", *ids, parent=done, reason="5", **more)
    history.add(9.0, Kind.WINDOW, "Clicks", lane="shardId-000000000000/0", function="Count", reason="its time was over")
    return history.timeline


def shop() -> Timeline:
    """The picture in the documentation: a queue, an asynchronous function and a stream, side by side."""
    parts = (receives(60.0, 3), asynchronous(), bisect(16, (9,), retries=2))
    entries: list[Entry] = []
    events: dict[str, Event] = {}
    for part in parts:
        moved = len(entries)
        entries += [
            entry._replace(number=entry.number + moved, parent=entry.parent + moved * (entry.parent != NOTHING))
            for entry in part.between(0.0, 300.0)
        ]
        entries = [entry for entry in entries if "m-worse" not in entry.events[:1]]
        events |= part.events
    return Timeline(entries, events, "A shop, three minutes")


def every_kind() -> Timeline:
    """An entry of every kind, alone, one every ten seconds."""
    history = HistoryWriter("Every kind")
    for number, kind in enumerate(Kind):
        id = f"event-{number}"
        history.events[id] = Event(id, "Queue", 10.0 * number, f"payload {number}")
        until = 10.0 * number + 5 if kind in (Kind.RETRY, Kind.VISIBILITY) else NEVER
        history.add(10.0 * number, kind, "Queue", id, function="Function", until=until,
                    place="Elsewhere" if kind in (Kind.DEAD_LETTERED, Kind.DESTINATION, Kind.NOTIFIED) else "",
                    reason=f"because {number}")  # fmt: skip
    return history.timeline


def hostile() -> Timeline:
    """Text from outside that would break out of a page, a drawing or a terminal."""
    history = HistoryWriter("</title><script>alert('title')</script>")
    nasty = (
        "</script><script>alert(1)</script><!-- \"quotes' ]]> & \x00\x1b[31m \u202egnp.exe\u202c \ud800 \uffff \u2028"
    )
    history.send(0.0, f"Queue{nasty}", nasty, nasty, lane=nasty, group=nasty)
    history.add(1.0, Kind.FAILED, f"Queue{nasty}", nasty, lane=nasty, function=nasty, attempt=1, reason=nasty)
    history.add(1.0, Kind.DEAD_LETTERED, f"Queue{nasty}", nasty, lane=nasty, parent=1, place=nasty, reason=nasty)
    history.add(2.0, Kind.FAILED, "Unknown", "an id that no event has", function="F", attempt=1, parent=77)
    return history.timeline


def huge(size: int = 100_000, poison: int = 100) -> Timeline:
    """Four lanes with batches of ten, one in `poison` of which fails and is given up; at least `size` entries."""
    history = HistoryWriter("A stream of many records")
    batch = 0
    while len(history.entries) < size:
        lane = f"shardId-{batch % 4:012}"
        time = (batch // 4) * 0.25
        ids = [f"{lane}:{batch * 10 + record:08}" for record in range(10)]
        for id in ids:
            history.send(time, "Stream", id, {"n": id}, lane=lane)
        more: dict[str, Any] = {"lane": lane, "function": "Store"}
        is_bad = batch % poison == poison - 1
        number = history.add(time + 0.1, Kind.FAILED if is_bad else Kind.SUCCEEDED, "Stream", *ids, attempt=1,
                             duration=0.05, reason="ValueError: poison" if is_bad else "", **more)  # fmt: skip
        if is_bad:
            kind = Kind.DROPPED if batch % (10 * poison) == 10 * poison - 1 else Kind.DESTINATION
            history.add(time + 0.15, kind, "Stream", *ids, parent=number, reason="RetryAttemptsExhausted",
                        place="" if kind is Kind.DROPPED else "Aside", **more)  # fmt: skip
        history.add(time + 0.15, Kind.CHECKPOINT, "Stream", *ids, parent=number, reason=ids[-1][-4:], **more)
        batch += 1
    return history.timeline


ALL = {
    "small": small,
    "asynchronous": asynchronous,
    "asynchronous, no time taken": lambda: asynchronous(0.0),
    "bisect": bisect,
    "bisect of neighbours": lambda: bisect(16, (7, 8), duration=0.05),
    "bisect, all bad": lambda: bisect(8, tuple(range(8))),
    "receives": receives,
    "receives, half a day apart": lambda: receives(43_200.0),
    "groups": groups,
    "shards": shards,
    "shop": shop,
    "every kind": every_kind,
    "hostile": hostile,
    "empty": Timeline,
}


if __name__ == "__main__":
    picture = Path(__file__).parents[4] / "docs" / "pictures" / "timeline.svg"
    picture.parent.mkdir(exist_ok=True)
    picture.write_text(shop().svg(width=900), encoding="utf-8")
