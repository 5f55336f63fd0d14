"""Settings of asynchronous invocation and of the functions that a function calls: written and read again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import AsyncSettings, Backoff, InvokerSettings, SettingsError
from redrive.settings.asynchronous import NUMBERED_VERSION, read_async
from redrive.settings.base import Settings, encode, variable
from redrive.settings.invoker import read_invoker

LATEST = "$LATEST"


def written(*settings: Settings | str, kind: type[Settings]) -> dict[str, str]:
    """The environment variables that constructs write."""
    return {
        variable(kind, number): each if isinstance(each, str) else json.dumps(encode(each))
        for number, each in enumerate(settings, start=1)
    }


def for_async(*settings: AsyncSettings | str) -> dict[str, str]:
    return written(*settings, kind=AsyncSettings)


def for_invoker(*settings: InvokerSettings | str) -> dict[str, str]:
    return written(*settings, kind=InvokerSettings)


seconds = st.floats(0.001, 1e9) | st.integers(1, 100_000)
names = st.text(min_size=1)
aliases = st.from_regex(r"(?!^[0-9]+$)[a-zA-Z0-9_-]{1,128}", fullmatch=True)
numbers = st.integers(1, 10_000).map(str)
stores: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.just({"counter": "tmp"}),
    st.fixed_dictionaries({"counter": st.just("dynamodb"), "counter_table": names}),
    st.fixed_dictionaries({"counter": st.just("s3"), "counter_bucket": names, "counter_prefix": st.none() | names}),
    st.fixed_dictionaries({"counter": st.just("logs"), "counter_log_group": st.none() | names}),
)


@st.composite
def async_settings(draw: st.DrawFn) -> AsyncSettings:
    return AsyncSettings(
        qualifier=draw(st.none() | st.sampled_from([LATEST, NUMBERED_VERSION]) | aliases),
        retry_attempts=draw(st.none() | st.integers(0, 2)),
        max_event_age=draw(st.none() | seconds),
        **draw(stores),
    )


invoker_settings = st.builds(
    InvokerSettings,
    name=names,
    function=st.none() | names,
    function_timeout=st.none() | seconds,
    backoff=st.none() | st.builds(Backoff, st.floats(0.1, 10), st.floats(1, 5), st.floats(10, 100)),
)


@given(async_settings())
def test_what_was_written_of_a_qualifier_is_what_is_read(settings: AsyncSettings) -> None:
    asked = {None: LATEST, NUMBERED_VERSION: "7"}.get(settings.qualifier, settings.qualifier)
    assert asked is not None
    assert read_async(for_async(settings), asked) == settings


@given(invoker_settings)
def test_what_was_written_of_a_function_is_what_is_read(settings: InvokerSettings) -> None:
    assert read_invoker(for_invoker(settings), settings.name) == settings
    assert read_invoker(for_invoker(settings), None) == settings


@given(async_settings() | invoker_settings)
def test_what_is_not_known_is_not_written(settings: Settings) -> None:
    """Lambda allows 4 KB for all variables of a function together."""
    assert None not in encode(settings).values()


@given(async_settings(), st.just(LATEST) | aliases | numbers)
def test_settings_are_read_for_their_own_qualifier_alone(settings: AsyncSettings, asked: str) -> None:
    own = settings.qualifier in (None, NUMBERED_VERSION if asked.isdecimal() else asked)
    assert read_async(for_async(settings), asked) == (settings if own else AsyncSettings())


@given(st.lists(aliases, unique=True, min_size=1, max_size=5), st.data())
def test_qualifiers_are_kept_apart(qualifiers: list[str], data: st.DataObject) -> None:
    environment = for_async(
        *(AsyncSettings(qualifier=name, max_event_age=60.0 + n) for n, name in enumerate(qualifiers))
    )
    number = data.draw(st.integers(0, len(qualifiers) - 1))
    assert read_async(environment, qualifiers[number]).max_event_age == 60 + number


@pytest.mark.parametrize("version", ["1", "7", "12345"])
def test_a_numbered_version_is_found_whatever_its_number(version: str) -> None:
    """Its number is not known before it is published, and by then its environment is fixed."""
    environment = for_async(
        AsyncSettings(qualifier=LATEST, retry_attempts=0), AsyncSettings(qualifier=NUMBERED_VERSION, retry_attempts=1)
    )
    assert read_async(environment, version).retry_attempts == 1
    assert read_async(environment, LATEST).retry_attempts == 0
    assert read_async(environment, "live") == AsyncSettings()


def test_each_kind_has_variables_of_its_own() -> None:
    assert list(for_async(AsyncSettings(), AsyncSettings())) == ["REDRIVE_ASYNC_1", "REDRIVE_ASYNC_2"]
    assert list(for_invoker(InvokerSettings())) == ["REDRIVE_INVOKER_1"]
    both = for_async(AsyncSettings(retry_attempts=1)) | for_invoker(InvokerSettings(name="Prices", function="prices"))
    assert read_async(both, LATEST).retry_attempts == 1
    assert read_invoker(both, "Prices").function == "prices"


def test_settings_of_a_usual_qualifier_take_some_200_bytes() -> None:
    settings = AsyncSettings(
        qualifier="live", retry_attempts=2, max_event_age=21_600, counter="dynamodb", counter_table="a" * 60
    )
    assert len(for_async(settings)["REDRIVE_ASYNC_1"]) < 250


def test_a_newer_constructs_words_are_no_trouble() -> None:
    environment = {
        "REDRIVE_ASYNC_1": '{"retry_attempts": 1, "unheard_of": [1]}',
        "REDRIVE_INVOKER_1": '{"name": "Prices", "unheard_of": {}}',
    }
    assert read_async(environment, LATEST) == AsyncSettings(retry_attempts=1)
    assert read_invoker(environment, "Prices") == InvokerSettings(name="Prices")


UNREADABLE_ASYNC = [
    "",
    "{half",
    "null",
    "[]",
    '"text"',
    '{"qualifier": 7}',
    '{"retry_attempts": "2"}',
    '{"retry_attempts": true}',
    '{"retry_attempts": 1.5}',
    '{"retry_attempts": 3}',
    '{"retry_attempts": -1}',
    '{"max_event_age": "6 hours"}',
    '{"max_event_age": false}',
    '{"max_event_age": 1' + "0" * 400 + "}",
    '{"counter": "redis"}',
    '{"counter": 5}',
    '{"counter": "dynamodb"}',
    '{"counter": "s3", "counter_table": "attempts"}',
    '{"counter": "s3", "counter_bucket": 5}',
    '{"counter": "logs", "counter_log_group": []}',
    "[" * 2000,
]
UNREADABLE_INVOKER = [
    "",
    "{half",
    "[]",
    '{"name": 5}',
    '{"function": {}}',
    '{"function_timeout": "10 s"}',
    '{"function_timeout": true}',
    '{"backoff": 5}',
    '{"backoff": {"base": -1}}',
    '{"backoff": {"jitter": "some"}}',
]


@pytest.mark.parametrize("value", UNREADABLE_ASYNC, ids=lambda value: value[:40])
def test_what_cannot_be_read_of_a_qualifier_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"REDRIVE_ASYNC_1 cannot be read .* pass settings= by hand") as caught:
        read_async({"REDRIVE_ASYNC_1": value}, LATEST)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("value", UNREADABLE_INVOKER, ids=lambda value: value[:40])
def test_what_cannot_be_read_of_a_function_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"REDRIVE_INVOKER_1 cannot be read .* pass settings= by hand"):
        read_invoker({"REDRIVE_INVOKER_1": value}, "Prices")


def test_settings_that_cannot_be_read_do_not_stand_in_the_way_of_others() -> None:
    qualifiers = for_async("{half", AsyncSettings(qualifier="live", retry_attempts=1))
    assert read_async(qualifiers, "live").retry_attempts == 1
    with pytest.raises(SettingsError, match="REDRIVE_ASYNC_1"):
        read_async(qualifiers, LATEST)
    functions = for_invoker("{half", InvokerSettings(name="Prices", function="prices"))
    assert read_invoker(functions, "Prices").function == "prices"
    with pytest.raises(SettingsError, match="REDRIVE_INVOKER_1"):
        read_invoker(functions, "Stock")


def test_a_function_to_call_that_is_not_configured_is_an_error_that_names_those_that_are() -> None:
    environment = for_invoker(InvokerSettings(name="Prices"), InvokerSettings(name="Stock"))
    with pytest.raises(
        SettingsError, match="no function to call is known as 'Rates'; known are: 'Prices', 'Stock'; give"
    ):
        read_invoker(environment, "Rates")
    with pytest.raises(SettingsError, match="known as None; known are: 'Prices', 'Stock'"):
        read_invoker(environment, None)
    with pytest.raises(SettingsError, match=r"known as 'Prices'; known are: none; .* make a SyncInvocation"):
        read_invoker({}, "Prices")


def test_without_settings_nothing_is_known_of_asynchronous_invocation() -> None:
    assert read_async({}, LATEST) == AsyncSettings()
    assert set(AsyncSettings().as_dict().values()) == {None}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"retry_attempts": 3}, "retry_attempts 3: Lambda takes 0, 1 or 2"),
        ({"counter": "redis"}, "counter 'redis': give 'tmp', 'dynamodb', 's3' or 'logs'"),
        ({"counter": "dynamodb"}, "counter='dynamodb' without counter_table"),
        ({"counter": "dynamodb", "counter_bucket": "attempts"}, "counter='dynamodb' without counter_table"),
        ({"counter": "s3"}, "counter='s3' without counter_bucket"),
    ],
)
def test_settings_by_hand_that_cannot_be_right_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        AsyncSettings(**options)


@given(async_settings(), async_settings())
def test_settings_over_others_win_where_they_say_something(mine: AsyncSettings, others: AsyncSettings) -> None:
    both, theirs = mine.over(others).as_dict(), others.as_dict()
    assert both == {name: theirs[name] if value is None else value for name, value in mine.as_dict().items()}


@given(st.integers(0, 2), st.none() | st.integers(60, 21_600))
def test_the_last_attempt_is_the_one_after_which_no_retry_would_be_young_enough(retries: int, age: int | None) -> None:
    """A minute passes before the first retry, and two more before the second."""
    settings = AsyncSettings(retry_attempts=retries, max_event_age=age)
    tried = [0, 60, 180][: retries + 1]
    assert settings.last_attempt == sum(age is None or moment < age for moment in tried) - 1


@pytest.mark.parametrize("readable", [{}, {"REDRIVE_INVOKER_2": '{"name": "Prices", "function": "prices"}'}])
def test_what_cannot_be_read_may_be_the_function_that_is_meant(readable: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="REDRIVE_INVOKER_1 cannot be read"):
        read_invoker({"REDRIVE_INVOKER_1": "{half", **readable}, None)
