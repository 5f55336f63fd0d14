"""Figures are written in CloudWatch's embedded metric format."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Figures, MetricName, MetricsSettings
from redrive.core.log import write_line
from redrive.metrics.report import MOST_ERROR_TYPES, OTHER, ErrorTypes, error_types, figures_of, lines
from tests.support.runtime.metrics.emf import NotTakenError, data_of

NAMES = [value for name, value in vars(MetricName).items() if name.isupper()]
VALUES = [MetricName.ATTEMPT, MetricName.RECEIVE_COUNT]
COUNTS = [name for name in NAMES if name not in VALUES]


def figures(counted: dict[tuple[str, str | None], int], values: dict[str, int] | None = None, **more: Any) -> Figures:
    given = {"function": "orders", "source": "arn:aws:sqs:q", "request_id": "r", "at": 1_700_000_000.25, **more}
    with error_types.replaced(ErrorTypes()):
        return figures_of(counted, values or {}, **given)


def data(published: Figures, settings: MetricsSettings | None = None) -> dict[tuple[str, tuple[str, ...]], float]:
    """Each value by its metric and the values of its dimensions."""
    found: dict[tuple[str, tuple[str, ...]], float] = {}
    for line in lines(published, settings or MetricsSettings()):
        for datum in data_of(line):
            key = datum.name, tuple(value for _, value in sorted(datum.dimensions, reverse=True))
            assert key not in found, "each is published once"
            found[key] = datum.value
    return found


def test_one_type_of_error_takes_one_line_with_both_dimension_sets() -> None:
    published = figures({("Retried", "KeyError"): 2, ("Deferred", None): 3}, {"ReceiveCount": 4})
    (line,) = lines(published, MetricsSettings())
    assert {(datum.namespace, datum.at) for datum in data_of(line)} == {("Lambda/Retry", 1_700_000_000_250)}
    assert data(published) == {
        ("Retried", ("orders",)): 2,
        ("Retried", ("orders", "KeyError")): 2,
        ("Deferred", ("orders",)): 3,
        ("ReceiveCount", ("orders",)): 4,
    }
    document = json.loads(line)
    assert document["FunctionName"] == "orders"
    assert (document["source"], document["request_id"], document["event"]) == ("arn:aws:sqs:q", "r", "redrive.metrics")


def test_several_types_of_errors_take_one_more_line_each() -> None:
    published = figures({("Retried", "KeyError"): 2, ("Retried", "OSError"): 1, ("Held", None): 5})
    assert len(lines(published, MetricsSettings())) == 3
    assert data(published) == {
        ("Retried", ("orders",)): 3,
        ("Held", ("orders",)): 5,
        ("Retried", ("orders", "KeyError")): 2,
        ("Retried", ("orders", "OSError")): 1,
    }


def test_a_total_that_is_more_than_its_only_type_of_error_has_a_line_besides() -> None:
    published = figures({("CircuitOpened", "OSError"): 1, ("CircuitOpened", None): 1})
    assert data(published) == {("CircuitOpened", ("orders",)): 2, ("CircuitOpened", ("orders", "OSError")): 1}


def test_namespace_and_dimensions_are_as_they_were_set() -> None:
    settings = MetricsSettings(namespace="Shop", dimensions={"Stage": "prod", "Team": "checkout"})
    (line,) = lines(figures({("Retried", "KeyError"): 1}), settings)
    more, function, error = (
        {("Stage", "prod"), ("Team", "checkout")},
        {("FunctionName", "orders")},
        {("ErrorType", "KeyError")},
    )
    assert {datum.namespace for datum in data_of(line)} == {"Shop"}
    # A query for the function alone still finds it.
    assert {datum.dimensions for datum in data_of(line)} == {
        frozenset(each) for each in (function, function | more, function | error, function | error | more)
    }


def test_everything_at_once_is_within_the_limits() -> None:
    settings = MetricsSettings(
        namespace="n" * 255, dimensions={f"{number:03}{'d' * 247}": "v" * 1024 for number in range(28)}
    )
    counted: dict[tuple[str, str | None], int] = {(name, None): 1 for name in COUNTS}
    counted |= {(name, f"{'E' * 300}{number}"): 10**9 for name in COUNTS for number in range(20)}
    published = figures(counted, dict.fromkeys(VALUES, 7))
    for line in lines(published, settings):
        assert data_of(line)


@pytest.mark.parametrize("level", [None, "DEBUG", "ERROR"])
def test_lambda_does_not_drop_the_line_for_its_level(monkeypatch: pytest.MonkeyPatch, level: str | None) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html"""
    if level is not None:
        monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", level)
    (line,) = lines(figures({("Held", None): 1}), MetricsSettings())
    document = json.loads(line)
    assert document["level"] == (level or "INFO")
    assert document["timestamp"] == "2023-11-14T22:13:20.250Z"


def test_a_line_is_written_whole(capsys: pytest.CaptureFixture[str]) -> None:
    write_line("{}")
    assert capsys.readouterr().out == "{}\n"


def test_the_check_refuses_what_cloudwatch_does() -> None:
    (good,) = lines(figures({("Retried", "KeyError"): 1}), MetricsSettings())
    document = json.loads(good)
    metrics = document["_aws"]["CloudWatchMetrics"][0]
    for change in (
        {"FunctionName": 7},
        {"FunctionName": ""},
        {"ErrorType": "Fehlschlägt"},
        {"Retried": "1"},
        {"_aws": {**document["_aws"], "Timestamp": "now"}},
        {"_aws": {**document["_aws"], "CloudWatchMetrics": [{**metrics, "Metrics": metrics["Metrics"] * 101}]}},
        {"_aws": {**document["_aws"], "CloudWatchMetrics": [{**metrics, "Dimensions": [[str(n) for n in range(31)]]}]}},
    ):
        with pytest.raises(NotTakenError):
            data_of(json.dumps({**document, **change}))


# Number of types of errors.


def test_after_so_many_types_of_errors_the_rest_are_others() -> None:
    types = ErrorTypes()
    names = [types.name(f"Error{number}") for number in range(100)]
    assert names[:MOST_ERROR_TYPES] == [f"Error{number}" for number in range(MOST_ERROR_TYPES)]
    assert set(names[MOST_ERROR_TYPES:]) == {OTHER}
    assert types.name("Error3") == "Error3"


def test_the_frequent_types_keep_their_names() -> None:
    with error_types.replaced(ErrorTypes(1)):
        published = figures_of(
            {("Retried", "Rare"): 1, ("Retried", "Frequent"): 5, ("DeadLettered", "Seldom"): 2},
            {},
            function="f",
            source="",
            request_id="",
            at=0,
        )
    assert published.counts_by_error == {("Retried", "Frequent"): 5, ("Retried", OTHER): 1, ("DeadLettered", OTHER): 2}
    assert published.counts == {"Retried": 6, "DeadLettered": 2}


@pytest.mark.parametrize(
    ("error_type", "name"),
    [("", OTHER), ("  ", OTHER), ("Fehlschlägt", "Fehlschl?gt"), ("a\nb", "a?b"), ("x" * 5000, "x" * 255)],
)
def test_a_name_is_made_one_that_cloudwatch_takes(error_type: str, name: str) -> None:
    assert ErrorTypes().name(error_type) == name


def test_figures_cannot_be_changed() -> None:
    published = figures({("Retried", "KeyError"): 1})
    with pytest.raises(TypeError):
        published.counts["Retried"] = 2  # pyright: ignore[reportIndexIssue]
    with pytest.raises(AttributeError):
        published.source = ""  # pyright: ignore[reportAttributeAccessIssue]


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(COUNTS), st.none() | st.text(max_size=12)), st.integers(1, 10_000), max_size=40
    ),
    st.dictionaries(st.sampled_from(VALUES), st.integers(0, 1000)),
    st.sampled_from([None, MetricsSettings(namespace="Shop", dimensions={"Stage": "prod", "source": "x"})]),
)
def test_whatever_was_counted_cloudwatch_reads_the_same(
    counted: dict[tuple[str, str | None], int], values: dict[str, int], settings: MetricsSettings | None
) -> None:
    if not counted and not values:
        return
    published = figures(counted, values)
    found = data(published, settings)
    assert len({error for _, error in published.counts_by_error}) <= MOST_ERROR_TYPES + 1
    more = {} if settings is None else dict(settings.dimensions or {})

    def key(name: str, **error: str) -> tuple[str, tuple[str, ...]]:
        dimensions = {"FunctionName": "orders", **error}
        return name, tuple(value for _, value in sorted(dimensions.items(), reverse=True))

    expected = {key(name): number for name, number in {**published.counts, **published.values}.items()}
    expected |= {key(name, ErrorType=error): number for (name, error), number in published.counts_by_error.items()}
    if more:
        with_more = {key(name, **more): number for name, number in {**published.counts, **published.values}.items()}
        with_more |= {
            key(name, ErrorType=error, **more): number for (name, error), number in published.counts_by_error.items()
        }
        expected |= with_more
    assert found == expected
    sums: Counter[str] = Counter()
    for (name, _), number in counted.items():
        sums[name] += number
    assert published.counts == sums
