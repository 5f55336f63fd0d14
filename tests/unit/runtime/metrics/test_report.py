"""Publishing metrics changes nothing else: where they go, and what happens if they cannot get there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from redrive import (
    CircuitBreaker,
    CircuitOpen,
    CircuitPolicy,
    Figures,
    LocalCircuits,
    MetricsSettings,
    SettingsError,
    meters,
    metrics_settings,
    sqs_handler,
)
from redrive.core.log import write_line
from redrive.metrics.report import output
from redrive.settings.base import encode
from redrive.settings.metrics import read_metrics
from tests.support.runtime.log import Log
from tests.support.runtime.metrics.emf import Published, data_of, published
from tests.support.runtime.sqs.queue import Context, FakeSqs, VirtualTime, batch, returned
from tests.unit.runtime.test_imports import HANDLING, HEAVY, loaded_by


@pytest.fixture
def seen() -> Iterator[Published]:
    with published() as found:
        yield found


@pytest.fixture(autouse=True)
def unchanged() -> Iterator[None]:
    yield
    meters.reset()
    metrics_settings.reset()


class Declined(Exception):
    pass


@sqs_handler
def handler(message: Any) -> None:
    raise Declined


def answer(context: Any = None) -> list[str]:
    return returned(handler(batch(2), context))


def test_it_goes_to_standard_output(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(context) == ["0", "1"]
    (line,) = capsys.readouterr().out.splitlines()
    assert {datum.name for datum in data_of(line)} == {"Retried", "ReceiveCount"}


def test_outside_of_lambda_nothing_is_written_and_the_hook_is_called(seen: Published) -> None:
    """A script that uses a helper has its own standard output, from which no metrics are read."""
    answer(None)
    assert seen.lines == []
    assert seen.figures[0].counts == {"Retried": 2}


# The hook.


def test_the_hook_is_handed_what_is_written(context: Context, seen: Published) -> None:
    answer(context)
    (figures,) = seen.figures
    assert isinstance(figures, Figures)
    assert {**figures.counts, **figures.values} == seen.totals()
    assert figures.counts_by_error == seen.by_error()


@pytest.mark.parametrize("error", [ValueError("no such meter"), SystemExit(3)])
def test_a_hook_that_raises_changes_nothing(context: Context, seen: Published, log: Log, error: BaseException) -> None:
    def hook(figures: Figures) -> None:
        raise error

    meters.use(hook)
    assert answer(context) == ["0", "1"]
    assert len(seen.lines) == 1
    (line,) = log("redrive.metrics_hook_failed")
    assert line["error_type"] == type(error).__name__


def test_a_hook_is_left_out_where_the_invocation_has_no_time_for_it(
    sqs: FakeSqs, time: VirtualTime, seen: Published
) -> None:
    assert answer(Context(time, 0.2)) == ["0", "1"]
    assert seen.totals() == {"Deferred": 1, "Retried": 1, "ReceiveCount": 1}  # the first record always starts
    assert seen.figures == []


def test_a_hook_that_uses_a_helper_does_not_bring_about_itself(context: Context, seen: Published) -> None:
    breaker = CircuitBreaker("Telemetry", policy=CircuitPolicy(failure_threshold=1), store=LocalCircuits())
    calls: list[Figures] = []

    def hook(figures: Figures) -> None:
        calls.append(figures)
        with breaker.guard():
            raise Declined

    meters.use(hook)
    for _ in range(3):
        answer(context)
    assert len(calls) == 3
    with pytest.raises(CircuitOpen), breaker.guard():
        pass
    assert len(calls) == 4


# Figures that cannot be written.


@pytest.mark.parametrize("error", [OSError("no space left"), UnicodeEncodeError("ascii", "é", 0, 1, "no")])
def test_what_cannot_be_written_changes_nothing(context: Context, seen: Published, log: Log, error: Exception) -> None:
    def fail(line: str) -> None:
        raise error

    with output.replaced(fail):
        assert answer(context) == ["0", "1"]
    (line,) = log("redrive.metrics_failed")
    assert line["error_type"] == type(error).__name__


def test_a_closed_standard_output_changes_nothing(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with published(), output.replaced(write_line):
        assert answer(context) == ["0", "1"]


def test_a_function_name_that_is_none_changes_nothing(seen: Published, time: VirtualTime, log: Log) -> None:
    context = Context(time, function_name=object())  # pyright: ignore[reportArgumentType]
    assert answer(context) == ["0", "1"]
    assert not log("redrive.metrics_failed")
    assert [figures.function for figures in seen.figures] == [""]


# Settings.

SHOP = MetricsSettings(namespace="Shop", dimensions={"Stage": "prod"})


def namespaces(seen: Published) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    return {
        (datum.namespace, frozenset(each for each in datum.dimensions if each[0] not in ("FunctionName", "ErrorType")))
        for line in seen.lines
        for datum in data_of(line)
    }


def test_what_a_construct_has_written_is_used(
    context: Context, seen: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRIVE_METRICS_1", '{"namespace": "Shop", "dimensions": {"Stage": "prod"}}')
    answer(context)
    assert namespaces(seen) == {("Shop", frozenset()), ("Shop", frozenset({("Stage", "prod")}))}


def test_what_is_said_in_code_wins(context: Context, seen: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRIVE_METRICS_1", '{"namespace": "Shop", "dimensions": {"Stage": "prod"}}')
    metrics_settings.use(MetricsSettings(namespace="Store"))
    answer(context)
    assert namespaces(seen) == {("Store", frozenset()), ("Store", frozenset({("Stage", "prod")}))}


def test_writing_can_be_turned_off_for_the_hook_alone(context: Context, seen: Published) -> None:
    metrics_settings.use(MetricsSettings(enabled=False))
    answer(context)
    assert seen.lines == []
    assert len(seen.figures) == 1


def test_writing_can_be_turned_on_outside_of_lambda(seen: Published) -> None:
    metrics_settings.use(MetricsSettings(enabled=True))
    answer(None)
    assert seen.by_error() == {("Retried", "Declined"): 2}
    assert '"FunctionName": "unknown"' in seen.lines[0]


def test_what_cannot_be_read_is_logged_and_the_defaults_hold(
    context: Context, seen: Published, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRIVE_METRICS_1", '{"namespace": "AWS/Lambda"}')
    assert answer(context) == ["0", "1"]
    assert namespaces(seen) == {("Lambda/Retry", frozenset())}
    assert "AWS/Lambda" in log("redrive.settings_unreadable")[0]["error"]


@pytest.mark.parametrize("settings", [MetricsSettings(), SHOP, MetricsSettings(enabled=False)])
def test_what_was_written_is_what_is_read(settings: MetricsSettings) -> None:
    import json

    assert read_metrics({"REDRIVE_METRICS_1": json.dumps(encode(settings))}) == settings
    assert hash(settings) == hash(settings.replace())
    assert read_metrics({}) == MetricsSettings()


@pytest.mark.parametrize(
    "fields",
    [
        {"namespace": ""},
        {"namespace": " "},
        {"namespace": ":shop"},
        {"namespace": "AWS/Shop"},
        {"namespace": "Geschäft"},
        {"namespace": "n" * 256},
        {"namespace": 7},
        {"dimensions": []},
        {"dimensions": {"": "x"}},
        {"dimensions": {"Stage": ""}},
        {"dimensions": {"Stage": 7}},
        {"dimensions": {":Stage": "prod"}},
        {"dimensions": {"Stage": "a\nb"}},
        {"dimensions": {"Stage": "v" * 1025}},
        {"dimensions": {"d" * 251: "v"}},
        {"dimensions": {str(number): "v" for number in range(29)}},
        {"dimensions": {"FunctionName": "mine"}},
        {"dimensions": {"ErrorType": "mine"}},
        {"dimensions": {"Retried": "mine"}},
        {"dimensions": {"level": "gold"}},
        {"dimensions": {"_aws": "mine"}},
    ],
    ids=str,
)
def test_what_cloudwatch_does_not_take_is_refused(fields: dict[str, Any]) -> None:
    import json

    with pytest.raises(SettingsError):
        MetricsSettings(**fields)
    with pytest.raises(SettingsError, match="REDRIVE_METRICS_1"):
        read_metrics({"REDRIVE_METRICS_1": json.dumps(fields)})


def test_enabled_is_true_or_false() -> None:
    with pytest.raises(SettingsError, match="true or false"):
        read_metrics({"REDRIVE_METRICS_1": '{"enabled": "no"}'})


# A cold start.


def test_an_invocation_without_figures_loads_nothing_that_writes_them() -> None:
    loaded = loaded_by(HANDLING)
    assert loaded.isdisjoint(HEAVY)
    assert {name for name in loaded if name.startswith("redrive.metrics")} == {"redrive.metrics"}
