"""Rules for every attempt counter, shown for each of them on the local AWS."""

from __future__ import annotations

import json
import time as real_time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from redrive import (
    AsyncHandler,
    AsyncSettings,
    Attempt,
    AttemptCounter,
    DynamoDBCounter,
    LogsCounter,
    S3Counter,
    TmpCounter,
)
from redrive.aws.clients import clients
from redrive.core.system import clock
from tests.support.integration.attempt_counters import BUCKET, EXPIRY, GROUP, TABLE, Network, Store
from tests.support.integration.tables import make_table
from tests.support.runtime.asynchronous.attempts import AsyncContext, Failed
from tests.support.runtime.sqs.queue import VirtualTime
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def resources(aws: LocalAws) -> None:
    """Creates the resources that a construct would create."""
    make_table(aws, TABLE)
    aws.client("s3").create_bucket(Bucket=BUCKET)
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="one")


@pytest.fixture
def time() -> VirtualTime:
    """It begins with the real one, so that nothing is too old for the stores."""
    return VirtualTime(float(round(real_time.time())))


@pytest.fixture
def network(aws: LocalAws, resources: None, time: VirtualTime) -> Iterator[Network]:
    network = Network()
    with ExitStack() as stack:
        stack.enter_context(clock.replaced(time))
        stack.enter_context(clients.replaced(lambda service, limits: network.client(aws, service)))
        yield network


@pytest.fixture
def make_store(aws: LocalAws, network: Network, time: VirtualTime, tmp_path: Path) -> Callable[[str], Store]:
    logs = aws.client("logs")

    def ship(line: str) -> None:
        event = {"timestamp": int(time() * 1000), "message": line}
        logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=[event])

    (tmp_path / "file").touch()
    counters: dict[str, tuple[AttemptCounter, AttemptCounter]] = {
        "tmp": (TmpCounter(str(tmp_path / "attempts"), EXPIRY), TmpCounter(str(tmp_path / "file"), EXPIRY)),
        "dynamodb": (DynamoDBCounter(TABLE, EXPIRY), DynamoDBCounter("missing", EXPIRY)),
        "s3": (S3Counter(BUCKET, expiry=EXPIRY), S3Counter("missing", expiry=EXPIRY)),
        "logs": (LogsCounter(GROUP, EXPIRY, ship), LogsCounter("missing", EXPIRY, ship)),
    }
    return lambda kind: Store(kind, *counters[kind], network, time)


@pytest.fixture(params=["tmp", "dynamodb", "s3", "logs"])
def store(request: pytest.FixtureRequest, make_store: Callable[[str], Store]) -> Store:
    return make_store(request.param)


@pytest.fixture(params=["dynamodb", "s3", "logs"])
def remote(request: pytest.FixtureRequest, make_store: Callable[[str], Store]) -> Store:
    """A store that is asked over a network. `/tmp` makes no calls."""
    return make_store(request.param)


@pytest.fixture(params=["dynamodb", "s3"])
def ordered(request: pytest.FixtureRequest, make_store: Callable[[str], Store]) -> Store:
    """A store that is written to over a network. What is written to the log has no reply."""
    return make_store(request.param)


@pytest.fixture
def event() -> str:
    """A new request id."""
    return str(uuid4())


@pytest.mark.parametrize("seconds", [None, 30.0])
def test_it_counts_up(store: Store, event: str, seconds: float | None) -> None:
    assert [store.counter.increment(event, seconds) for _ in range(4)] == [0, 1, 2, 3]


def test_each_event_is_counted_by_itself(store: Store, event: str) -> None:
    other = str(uuid4())
    assert [store.counter.increment(each) for each in (event, other, event, other, event)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("seconds", [None, 30.0])
def test_attempts_at_once_get_each_number_once(store: Store, event: str, seconds: float | None) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: store.counter.increment(event, seconds), range(8)))
    assert sorted(numbers) == list(range(8))
    assert store.counter.increment(event) == 8


def test_attempts_at_once_at_several_events_do_not_disturb_each_other(store: Store) -> None:
    events = [str(uuid4()) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(store.counter.increment, events * 2))
    assert sorted(numbers) == [0] * 6 + [1] * 6
    assert [store.counter.increment(each) for each in events] == [2] * 6


def test_attempts_are_remembered_until_they_expire(store: Store, event: str) -> None:
    assert store.counter.increment(event) == 0
    store.time.advance(EXPIRY - 1)
    assert store.counter.increment(event) == 1
    store.time.advance(EXPIRY + 1)
    assert [store.counter.increment(event) for _ in range(2)] == [0, 1]


def test_attempts_at_once_at_an_event_that_has_expired_get_each_number_once(store: Store, event: str) -> None:
    for _ in range(3):
        store.counter.increment(event)
    store.time.advance(EXPIRY + 1)
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(store.counter.increment, [event] * 6)) == list(range(6))


def test_forgetting_an_event_is_no_error_whether_it_is_known_or_not(store: Store, event: str) -> None:
    store.counter.forget(event)
    store.counter.increment(event)
    store.counter.forget(event)
    store.counter.forget(event)


#: Number of requests of a first attempt, and of a retry.
FIRST = {"dynamodb": 1, "s3": 1, "logs": 1}
NEXT = {"dynamodb": 1, "s3": 3, "logs": 1}


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_lost_reply_does_not_count_twice(remote: Store, before: int) -> None:
    """Whichever it is: botocore sends the request again, which has taken effect already."""
    for spare in range((NEXT if before else FIRST)[remote.kind]):
        event = str(uuid4())
        for _ in range(before):
            remote.counter.increment(event)
        remote.network.spare, remote.network.lose = spare, 1
        assert remote.counter.increment(event) == before
        assert remote.network.lose == 0
        assert remote.counter.increment(event) == before + 1


def test_a_lost_reply_at_an_event_that_has_expired_does_not_count_twice(remote: Store, event: str) -> None:
    remote.counter.increment(event)
    remote.time.advance(EXPIRY + 1)
    remote.network.lose = 1
    assert [remote.counter.increment(event) for _ in range(2)] == [0, 1]
    assert remote.network.lose == 0


def test_an_attempt_whose_reply_was_lost_does_not_count_the_one_after_it(ordered: Store, event: str) -> None:
    ordered.counter.increment(event)
    other: list[int] = []
    ordered.network.meanwhile = lambda: other.append(ordered.counter.increment(event))
    ordered.network.spare, ordered.network.lose = NEXT[ordered.kind] - 1, 1  # the one that writes
    assert ordered.counter.increment(event) == 1
    assert other == [2]


def test_an_attempt_that_was_recorded_without_any_reply_counts_for_the_next_one(remote: Store, event: str) -> None:
    remote.network.lose = 100
    with pytest.raises(BotoCoreError):
        remote.counter.increment(event)
    remote.network.lose = 0
    assert remote.counter.increment(event) == 1


CALLS = {"dynamodb": {"UpdateItem"}, "s3": {"PutObject", "GetObject"}, "logs": {"FilterLogEvents"}}


def test_it_makes_only_the_calls_that_it_names(remote: Store, event: str) -> None:
    """So that a function is allowed no more than these."""
    for _ in range(3):
        remote.counter.increment(event)
    remote.time.advance(EXPIRY + 1)
    remote.counter.increment(event)
    remote.counter.forget(event)
    assert set(remote.network.operations) == CALLS[remote.kind]


def test_it_makes_no_more_calls_than_it_says(remote: Store, event: str) -> None:
    remote.counter.increment(event)
    assert len(remote.network.operations) == FIRST[remote.kind]
    remote.counter.increment(event)
    assert len(remote.network.operations) - FIRST[remote.kind] == NEXT[remote.kind]


# Clean-up.


def test_tmp_holds_a_file_for_each_event_that_failed_and_no_more(
    network: Network, tmp_path: Path, time: VirtualTime
) -> None:
    folder = tmp_path / "attempts"
    counter = TmpCounter(str(folder), EXPIRY, most=20)
    for _ in range(50):
        event = str(uuid4())
        counter.increment(event)
        counter.forget(event)
    assert list(folder.iterdir()) == []
    for _ in range(100):
        time.advance(1)
        counter.increment(str(uuid4()))
    assert len(list(folder.iterdir())) <= 20
    time.advance(EXPIRY + 1)
    counter.increment(str(uuid4()))
    assert len(list(folder.iterdir())) == 1


def test_the_table_holds_an_item_that_ttl_removes(
    aws: LocalAws, network: Network, event: str, time: VirtualTime
) -> None:
    counter = DynamoDBCounter(TABLE, EXPIRY)
    for _ in range(3):
        counter.increment(event)
    found = aws.client("dynamodb").get_item(TableName=TABLE, Key={"id": {"S": f"attempts#{event}"}})["Item"]
    assert set(found) == {"id", "tokens", "expiration"}
    assert found["expiration"] == {"N": str(round(time.now) + EXPIRY)}
    assert len(found["tokens"]["L"]) == 3


def test_the_bucket_holds_one_object_under_the_prefix(aws: LocalAws, network: Network, event: str) -> None:
    counter = S3Counter(BUCKET, f"{event}/", EXPIRY)
    for _ in range(3):
        counter.increment(event)
    s3 = aws.client("s3")
    (found,) = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{event}/")["Contents"]
    assert found["Key"] == f"{event}/{event}"
    assert len(json.loads(s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read())["tokens"]) == 3


def attempts_of(
    counter: AttemptCounter,
    event: str,
    time: VirtualTime,
    raises: tuple[type[Exception], ...] = (Failed,),
    **options: Any,
) -> list[Attempt]:
    """Returns the attempts that a function sees if it fails each time."""
    seen: list[Attempt] = []

    def fail(event: object, attempt: Attempt) -> None:
        seen.append(attempt)
        raise Failed

    handler = AsyncHandler(fail, counter=counter, settings=AsyncSettings(retry_attempts=2), **options)
    for wait in (0, 60, 30):
        time.advance(wait)
        with pytest.raises(raises):
            handler({}, AsyncContext(time, aws_request_id=event))
    return seen


# In a handler.


def test_a_function_sees_each_attempt(store: Store, event: str) -> None:
    seen = attempts_of(store.counter, event, store.time)
    assert [(each.number, each.is_last, each.is_counted) for each in seen] == [
        (0, False, True),
        (1, False, True),
        (2, True, True),
    ]


def test_a_store_that_fails_makes_it_a_first_attempt(store: Store, event: str) -> None:
    seen = attempts_of(store.broken, event, store.time)
    assert [(each.number, each.is_counted) for each in seen] == [(0, False)] * 3


def test_a_store_that_fails_can_fail_the_invocation(store: Store, event: str) -> None:
    errors = (ClientError, OSError)  # from AWS, and from the file system
    assert attempts_of(store.broken, event, store.time, errors, on_counter_failure="fail") == []
