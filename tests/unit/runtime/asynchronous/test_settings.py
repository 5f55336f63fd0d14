"""Settings of `@async_handler`: retries and age for `is_last`, and where to count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import (
    AsyncSettings,
    Attempt,
    AttemptCounter,
    DynamoDBCounter,
    LogsCounter,
    S3Counter,
    TmpCounter,
    async_handler,
)
from redrive.asynchronous.counters import base as attempt_counter
from redrive.asynchronous.handler import counter_for
from redrive.core.system import clock
from tests.support.runtime.asynchronous.attempts import (
    FUNCTION_ARN,
    REQUEST_ID,
    AsyncContext,
    Failed,
    MemoryCounter,
    written,
)
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import VirtualTime


def attempt_seen(context: Any, count: int = 0, **options: Any) -> Attempt:
    """The attempt that a function gets for an event that was tried some times before."""
    seen: list[Attempt] = []
    counter = MemoryCounter({REQUEST_ID: count})
    async_handler(counter=counter, **options)(lambda event, attempt: seen.append(attempt))({}, context)
    return seen[0]


def last_of(context: Any, **options: Any) -> int | None:
    """The number of the first attempt that is a last one."""
    attempts = [attempt_seen(context, count, **options) for count in range(4)]
    return next((count for count, each in enumerate(attempts) if each.is_last), None)


@pytest.mark.parametrize(
    ("retry_attempts", "max_event_age", "last"),
    [
        (2, None, 2),
        (2, 21_600, 2),
        (2, 60, 0),  # dropped after the first failure: recorded on AWS
        (2, 90, 1),  # one retry after a minute, then dropped: recorded on AWS
        (2, 61, 1),
        (2, 180, 1),
        (2, 181, 2),
        (1, None, 1),
        (1, 60, 0),
        (1, 90, 1),
        (0, None, 0),
        (0, 60, 0),
        (None, 60, None),
        (None, None, None),
    ],
)
def test_retries_and_age_say_which_attempt_is_the_last(
    time: VirtualTime, retry_attempts: int | None, max_event_age: float | None, last: int | None
) -> None:
    settings = AsyncSettings(retry_attempts=retry_attempts, max_event_age=max_event_age)
    assert last_of(AsyncContext(time), settings=settings) == last


def simulated(retry_attempts: int, max_event_age: float) -> int:
    """The number of the attempt after which Lambda gives up an event that always fails, and is a little late."""
    age, number = 0.01, 0
    while number < retry_attempts and age + (60, 120)[number] <= max_event_age:
        age += (60, 120)[number] + 0.01
        number += 1
    return number


@given(st.integers(0, 2), st.integers(60, 400) | st.integers(60, 21_600))
def test_the_last_attempt_is_the_one_lambda_gives_up_after(retry_attempts: int, max_event_age: int) -> None:
    settings = AsyncSettings(retry_attempts=retry_attempts, max_event_age=max_event_age)
    assert settings.last_attempt == simulated(retry_attempts, max_event_age)


@pytest.mark.parametrize(
    ("qualifier", "last"),
    [("", 0), (":$LATEST", 0), (":live", 1), (":7", 2), (":12", 2), (":beta", None)],
)
def test_each_qualifier_finds_its_own_settings(
    time: VirtualTime, monkeypatch: pytest.MonkeyPatch, qualifier: str, last: int | None
) -> None:
    every = {"$LATEST": 0, "live": 1, "#": 2}
    for name, value in written(
        *(AsyncSettings(qualifier=each, retry_attempts=retries) for each, retries in every.items())
    ).items():
        monkeypatch.setenv(name, value)
    context = AsyncContext(time, invoked_function_arn=FUNCTION_ARN + qualifier)
    assert last_of(context) == last


def test_a_context_that_does_not_say_what_was_invoked_means_the_function_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in written(AsyncSettings(qualifier="$LATEST", retry_attempts=0)).items():
        monkeypatch.setenv(name, value)
    assert attempt_seen(None).is_last is True


def test_what_is_passed_by_hand_wins_and_the_rest_is_read(time: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in written(AsyncSettings(retry_attempts=2, max_event_age=90)).items():
        monkeypatch.setenv(name, value)
    context = AsyncContext(time)
    assert last_of(context) == 1
    assert last_of(context, settings=AsyncSettings(max_event_age=60)) == 0
    assert last_of(context, settings=AsyncSettings(max_event_age=600)) == 2


@pytest.mark.parametrize(
    ("passed", "invoked", "last"),
    [("live", ":live", 0), ("live", "", 2), ("#", ":7", 0), ("#", ":live", 2), ("$LATEST", "", 0)],
)
def test_what_is_passed_by_hand_for_a_qualifier_is_for_that_one(
    time: VirtualTime, monkeypatch: pytest.MonkeyPatch, passed: str, invoked: str, last: int
) -> None:
    for name, value in written(AsyncSettings(retry_attempts=2)).items():
        monkeypatch.setenv(name, value)
    context = AsyncContext(time, invoked_function_arn=FUNCTION_ARN + invoked)
    assert last_of(context, settings=AsyncSettings(qualifier=passed, retry_attempts=0)) == last


def test_settings_that_cannot_be_read_are_logged_and_not_fatal(
    time: VirtualTime, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    for name, value in written("{").items():
        monkeypatch.setenv(name, value)
    attempt = attempt_seen(AsyncContext(time), 1, settings=AsyncSettings(retry_attempts=1))
    assert (attempt.number, attempt.is_last) == (1, True)
    (line,) = log("redrive.settings_unreadable")
    assert "REDRIVE_ASYNC_1" in line["error"]


# Places where attempts are counted.


@pytest.mark.parametrize(
    ("settings", "kind", "fields"),
    [
        (AsyncSettings(), TmpCounter, {"_folder": "/tmp/redrive-attempts"}),
        (AsyncSettings(counter="tmp"), TmpCounter, {}),
        (AsyncSettings(counter="dynamodb", counter_table="attempts"), DynamoDBCounter, {"_table": "attempts"}),
        (
            AsyncSettings(counter="s3", counter_bucket="bucket"),
            S3Counter,
            {"_bucket": "bucket", "_prefix": "redrive-attempts/"},
        ),
        (AsyncSettings(counter="s3", counter_bucket="bucket", counter_prefix="p/"), S3Counter, {"_prefix": "p/"}),
        (AsyncSettings(counter="logs"), LogsCounter, {"_log_group": None}),
    ],
)
@pytest.mark.parametrize("max_event_age", [None, 3600])
def test_the_settings_name_the_counter(
    settings: AsyncSettings, kind: type[AttemptCounter], fields: dict[str, object], max_event_age: float | None
) -> None:
    counter = counter_for(settings.replace(max_event_age=max_event_age))
    assert type(counter) is kind
    expiry = (max_event_age or 21_600) + 900 + 300
    assert {name: getattr(counter, name) for name in (*fields, "_expiry")} == {**fields, "_expiry": expiry}


def test_the_counter_that_was_chosen_is_kept(
    time: VirtualTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[AsyncSettings] = []

    def make(settings: AsyncSettings) -> AttemptCounter:
        made.append(settings)
        return TmpCounter(str(tmp_path))

    monkeypatch.setattr("redrive.asynchronous.handler.counter_for", make)
    for name, value in written(
        AsyncSettings(qualifier="live"), AsyncSettings(qualifier="beta", max_event_age=60)
    ).items():
        monkeypatch.setenv(name, value)
    numbers: list[int] = []

    @async_handler
    def handler(event: Any, attempt: Attempt) -> None:
        numbers.append(attempt.number)
        raise Failed

    with clock.replaced(time):
        for qualifier in ("live", "beta", "live", "beta"):
            with pytest.raises(Failed):
                handler({}, AsyncContext(time, invoked_function_arn=f"{FUNCTION_ARN}:{qualifier}"))
    assert [settings.qualifier for settings in made] == ["live", "beta"]
    assert numbers == [0, 1, 2, 3]


def test_a_counter_that_cannot_be_made_counts_as_one_that_fails(
    time: VirtualTime, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    def make(settings: AsyncSettings) -> AttemptCounter:
        raise ImportError("no boto3 here")

    monkeypatch.setattr("redrive.asynchronous.handler.counter_for", make)
    seen: list[Attempt] = []
    settings = AsyncSettings(counter="dynamodb", counter_table="attempts")
    async_handler(settings=settings)(lambda event, attempt: seen.append(attempt))({}, AsyncContext(time))
    assert (seen[0].number, seen[0].is_counted) == (0, False)
    (line,) = log("redrive.attempt.counter_failed")
    assert line["counter"] == "dynamodb"


@pytest.mark.parametrize("age", [None, 60, 21_600])
def test_attempts_are_remembered_for_longer_than_an_event_lives(age: float | None) -> None:
    assert attempt_counter.expiry_for(age) > (age or 21_600) + 900
