"""The examples of docs/metrics.md, as they stand there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import metrics as telemetry
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from redrive import CircuitPolicy, MetricName, meters, metrics_settings, sqs_handler
from tests.support.runtime.metrics.emf import Published, data_of, published
from tests.support.runtime.sqs.queue import Context, VirtualTime, record
from tests.unit.docs.test_docs import ROOT, blocks, event, run

PLAIN, SETTINGS, POWERTOOLS, OPENTELEMETRY = blocks("docs/metrics.md")
CONTEXT = Context(VirtualTime())


@pytest.fixture(autouse=True)
def seen() -> Iterator[Published]:
    with published() as found:
        yield found
    metrics_settings.reset()


def test_every_metric_is_on_the_page() -> None:
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    names = {value for name, value in vars(MetricName).items() if name.isupper()}
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_a_metered_handler_publishes_its_rejections_together(seen: Published) -> None:
    def fetch(item: str) -> None:
        raise OSError("down")

    names = run(PLAIN, fetch=fetch)
    for _ in range(CircuitPolicy().failure_threshold):
        with pytest.raises(OSError, match="down"):
            names["handler"]({"items": ["a", "b"]}, CONTEXT)
    assert seen.by_error() == {("CircuitOpened", "OSError"): 1}
    assert 0 < names["handler"]({"items": ["a", "b"]}, CONTEXT)["again_in"] <= 60
    assert seen.totals() == {"CircuitOpened": 1, "CircuitRejections": 1}


def fail(message: Any) -> None:
    raise ValueError


def test_the_settings_hold(seen: Published) -> None:
    run(SETTINGS)
    sqs_handler(fail)(event("{}"), CONTEXT)
    assert {datum.namespace for datum in data_of(seen.lines[0])} == {"Shop"}
    assert any(("Stage", "prod") in datum.dimensions for datum in data_of(seen.lines[0]))


def test_powertools_writes_them_in_its_own_line(seen: Published, capsys: pytest.CaptureFixture[str]) -> None:
    def charge(order: Any) -> None:
        raise ValueError

    handler = run(POWERTOOLS, charge=charge)["handler"]
    incoming = {"Records": [record("1"), record("2", receive_count=3)]}
    assert len(handler(incoming, CONTEXT)["batchItemFailures"]) == 2
    assert seen.lines == []
    (line,) = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    assert (written["Retried"], written["ReceiveCount"], written["service"]) == ([2], [3], "orders")
    assert written["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Shop"


def test_opentelemetry_counts_them(seen: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    monkeypatch.setattr(telemetry, "get_meter", provider.get_meter)
    run(OPENTELEMETRY)
    before = len(seen.figures)

    @sqs_handler
    def handler(message: Any) -> None:
        raise {"1": ValueError, "2": KeyError, "3": ValueError}[message.id]

    for _ in range(2):
        handler({"Records": [record(each) for each in "123"]}, CONTEXT)
    assert len(seen.figures) == before, "the hook is in the place of the one before it"
    assert meters.get() is not None
    data: Any = reader.get_metrics_data()
    points = {
        (metric.name, point.attributes.get("error.type")): (getattr(point, "value", None), dict(point.attributes))
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        for point in metric.data.data_points
    }
    assert points["retried", "ValueError"] == (4, {"faas.name": "orders-function", "error.type": "ValueError"})
    assert points["retried", "KeyError"][0] == 2
    assert set(points) == {("retried", "ValueError"), ("retried", "KeyError"), ("receivecount", None)}
    provider.shutdown()
