"""Settings that a construct gives a function: written, read again, and not fatal when they cannot be read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Backoff, Permanent, SettingsError, SqsMessage, SqsSettings, settings, sqs_handler
from redrive.settings.base import encode, variable
from redrive.settings.sqs import read_sqs
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import (
    DEAD_LETTERS,
    FIFO,
    QUEUE_URL,
    STANDARD,
    Context,
    FakeSqs,
    batch,
    event,
    record,
    returned,
)

OTHER = "arn:aws:sqs:eu-west-1:111122223333:others"
WRITTEN = SqsSettings(
    source_arn=STANDARD,
    queue_url="https://orders",
    dead_letter_queue_url=DEAD_LETTERS,
    max_receive_count=3,
    function_timeout=30,
    retention_period=345_600,
    backoff=Backoff(5, 3, 900, "none"),
)


def written(*settings: SqsSettings | str) -> dict[str, str]:
    """The environment variables that constructs write."""
    return {
        variable(SqsSettings, number): each if isinstance(each, str) else json.dumps(encode(each))
        for number, each in enumerate(settings, start=1)
    }


def seconds(least: float = 0) -> st.SearchStrategy[float]:
    return st.floats(least, 1e9, exclude_min=True) | st.integers(int(least) + 1, 1_209_600)


backoffs = st.builds(
    lambda base, factor, above, jitter: Backoff(base, factor, base + above, jitter),
    seconds(),
    st.floats(1, 100),
    seconds(),
    st.sampled_from(["full", "equal", "none"]),
)
every_settings = st.builds(
    SqsSettings,
    source_arn=st.none() | st.text(min_size=1),
    queue_url=st.none() | st.text(),
    dead_letter_queue_url=st.none() | st.text(),
    max_receive_count=st.none() | st.integers(1, 1000),
    function_timeout=st.none() | seconds(),
    retention_period=st.none() | seconds(),
    backoff=st.none() | backoffs,
)


@given(every_settings)
def test_what_was_written_is_what_is_read(settings: SqsSettings) -> None:
    assert read_sqs(written(settings), settings.source_arn or STANDARD) == settings


@given(every_settings)
def test_what_is_not_known_is_not_written(settings: SqsSettings) -> None:
    """Lambda allows 4 KB for all variables of a function together."""
    assert None not in encode(settings).values()


@given(every_settings, every_settings)
def test_settings_over_others_win_where_they_say_something(mine: SqsSettings, others: SqsSettings) -> None:
    both, theirs = mine.over(others).as_dict(), others.as_dict()
    assert both == {name: theirs[name] if value is None else value for name, value in mine.as_dict().items()}


def test_every_field_of_every_kind_has_a_reader() -> None:
    kinds = [getattr(settings, name) for name in settings.__all__ if name.endswith("Settings") and name != "Settings"]
    assert len(kinds) == 8
    for kind in kinds:
        for name in kind._fields:
            with pytest.raises(SettingsError, match=name):
                kind.from_json({name: object()})


def test_a_variable_has_a_name_that_no_other_settings_take() -> None:
    assert [variable(SqsSettings, number) for number in (1, 2)] == ["REDRIVE_SQS_1", "REDRIVE_SQS_2"]


def test_settings_of_a_usual_source_take_some_400_bytes() -> None:
    assert len(written(WRITTEN)["REDRIVE_SQS_1"]) < 500


def test_a_source_is_found_by_its_arn() -> None:
    environment = written(SqsSettings(source_arn=OTHER, max_receive_count=9), WRITTEN)
    assert read_sqs(environment, STANDARD) == WRITTEN
    assert read_sqs(environment, OTHER).max_receive_count == 9
    assert read_sqs(environment, FIFO) == SqsSettings()
    assert read_sqs({}, STANDARD) == SqsSettings()


def test_a_newer_constructs_words_are_no_trouble() -> None:
    assert read_sqs({"REDRIVE_SQS_1": '{"max_receive_count": 4, "unheard_of": [1]}'}, STANDARD) == SqsSettings(
        max_receive_count=4
    )


UNREADABLE = [
    "",
    "{half",
    "null",
    "[]",
    '"text"',
    '{"max_receive_count": "5"}',
    '{"max_receive_count": true}',
    '{"queue_url": 5}',
    '{"retention_period": "4 days"}',
    '{"retention_period": false}',
    '{"function_timeout": 1' + "0" * 400 + "}",
    '{"backoff": 5}',
    '{"backoff": {"base": -1}}',
    '{"backoff": {"base": NaN}}',
    '{"backoff": {"base": 60}}',
    '{"backoff": {"jitter": "some"}}',
    "[" * 2000,
]


@pytest.mark.parametrize("value", UNREADABLE, ids=lambda value: value[:30])
def test_what_cannot_be_read_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match="REDRIVE_SQS_1") as caught:
        read_sqs({"REDRIVE_SQS_1": value}, STANDARD)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("value", UNREADABLE, ids=lambda value: value[:30])
def test_settings_that_cannot_be_read_are_not_fatal(
    sqs: FakeSqs, context: Context, log: Log, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Slower, and nothing is lost: a permanent failure is retried until SQS moves it."""
    monkeypatch.setenv("REDRIVE_SQS_1", value)
    assert returned(rejecting(batch(1), context)) == ["0"]
    assert "REDRIVE_SQS_1" in log("redrive.settings_unreadable")[0]["error"]


@sqs_handler
def rejecting(message: SqsMessage[str]) -> None:
    raise Permanent("x")


def test_settings_that_cannot_be_read_do_not_stand_in_the_way_of_others(
    sqs: FakeSqs, context: Context, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in written("{half", WRITTEN).items():
        monkeypatch.setenv(name, value)
    assert returned(rejecting(batch(1), context)) == []
    assert len(sqs.sent) == 1
    assert log("redrive.settings_unreadable") == []


def test_a_function_finds_what_the_construct_has_set_up(
    sqs: FakeSqs, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in written(SqsSettings(source_arn=OTHER), WRITTEN).items():
        monkeypatch.setenv(name, value)
    last: list[bool | None] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        last.append(message.is_last_receive)
        raise Permanent("x") if message.id == "dead" else ValueError

    records = [record("a", receive_count=2), record("b", receive_count=3), record("dead")]
    assert returned(handler(event(*records), context)) == ["b", "a"]
    assert last == [True, False, False]
    assert sqs.visibility == {"handle-a": 15, "handle-b": 45}
    assert {url for _, url, _ in sqs.requests} == {DEAD_LETTERS, "https://orders"}


def test_a_function_of_several_sources_keeps_them_apart(
    sqs: FakeSqs, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in written(WRITTEN, SqsSettings(source_arn=OTHER, backoff=Backoff(7, jitter="none"))).items():
        monkeypatch.setenv(name, value)
    seen: list[int | None] = []

    @sqs_handler
    def handler(message: SqsMessage[str]) -> None:
        seen.append(message.max_receive_count)
        raise ValueError

    handler(event(record("a")), context)
    handler(event(record("b", arn=OTHER)), context)
    assert sqs.visibility == {"handle-a": 5, "handle-b": 7}
    assert seen == [3, None]


def test_what_is_passed_by_hand_wins(sqs: FakeSqs, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRIVE_SQS_1", written(WRITTEN)["REDRIVE_SQS_1"])

    @sqs_handler(backoff=Backoff(11, jitter="none"), settings=SqsSettings(max_receive_count=8))
    def handler(message: SqsMessage[str]) -> None:
        assert message.max_receive_count == 8
        raise Permanent("x") if message.id == "dead" else ValueError

    assert returned(handler(event(record("a"), record("dead")), context)) == ["a"]
    assert sqs.visibility == {"handle-a": 11}
    assert len(sqs.sent) == 1


def test_settings_by_hand_for_one_queue_are_not_applied_to_another(sqs: FakeSqs, context: Context) -> None:
    """Its messages would end in the wrong dead-letter queue."""
    settings = SqsSettings(source_arn=OTHER, queue_url="https://sqs/1/other", dead_letter_queue_url=DEAD_LETTERS)

    @sqs_handler(settings=settings, backoff=Backoff(11, jitter="none"))
    def handler(message: SqsMessage[str]) -> None:
        raise Permanent("x")

    assert returned(handler(event(record("a")), context)) == ["a"]
    assert [url for _, url, _ in sqs.requests] == [QUEUE_URL]
    assert sqs.visibility == {"handle-a": 11}
    assert returned(handler(event(record("b", arn=OTHER)), context)) == []
    assert len(sqs.sent) == 1
