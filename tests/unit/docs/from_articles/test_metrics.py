"""docs/migration/from-articles.md, metrics of retries: a throttled CloudWatch fails the article's handler only."""

from __future__ import annotations

from typing import Any

import pytest

from redrive.aws.clients import clients
from redrive.testing import LambdaContext, recorded_calls, sqs_event
from tests.support.docs.articles import COUNTED, COUNTS
from tests.support.runtime.invoker.fake_lambda import refused
from tests.unit.docs.test_docs import run


class CloudWatch:
    """A CloudWatch that throttles."""

    def put_metric_data(self, **request: object) -> None:
        raise refused("Throttling", 400, operation="PutMetricData")


def test_a_throttled_metric_of_an_article_has_a_processed_batch_delivered_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    charged: list[int] = []
    monkeypatch.setattr("boto3.client", lambda service: {"cloudwatch": CloudWatch()}[service])
    handler = run(COUNTS, process=lambda order: charged.append(order["id"]))["handler"]
    with pytest.raises(Exception, match="PutMetricData"):
        handler(sqs_event({"id": 1}), None)
    assert charged == [1]

    monkeypatch.setenv("REDRIVE_METRICS_1", "{}")
    with clients.replaced(no_client):
        handler = run(COUNTED, process=lambda order: charged.append(order["id"]))["handler"]
        assert handler(sqs_event({"id": 2}), LambdaContext()) == {"batchItemFailures": []}
    assert charged == [1, 2]


def no_client(service: str, limits: object) -> Any:
    raise AssertionError(f"{service} was called")


def test_a_throttled_metric_of_an_article_hides_the_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def process(order: object) -> None:
        raise ValueError("an order needs a line")

    monkeypatch.setattr("boto3.client", lambda service: {"cloudwatch": CloudWatch()}[service])
    with pytest.raises(Exception, match="PutMetricData"):
        run(COUNTS, process=process)["handler"](sqs_event({"id": 1}), None)
    with recorded_calls():
        run(COUNTED, process=process)["handler"](sqs_event({"id": 1}), LambdaContext())
    assert "an order needs a line" in caplog.text
