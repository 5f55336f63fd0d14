"""app.py's dashboard, deployed: CloudWatch has it, whole and with real names in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.dashboard_body import problems
from tools.local_aws import ACCOUNT, REGION, LocalAws

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def body(aws: LocalAws, shop: dict[str, str]) -> dict[str, Any]:
    found = aws.client("cloudwatch").get_dashboard(DashboardName=shop["DashboardName"])
    return json.loads(found["DashboardBody"])


def test_its_body_is_json_with_all_widgets_in_their_places(body: dict[str, Any]) -> None:
    assert problems(body) == []
    kinds = {widget["type"] for widget in body["widgets"]}
    assert kinds == {"text", "alarm", "metric"}


def test_its_alarms_are_there(aws: LocalAws, body: dict[str, Any]) -> None:
    (status,) = [widget["properties"]["alarms"] for widget in body["widgets"] if widget["type"] == "alarm"]
    deployed = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(status) > 10
    assert set(status) <= {alarm["AlarmArn"] for alarm in deployed}


def test_its_links_lead_to_the_queues_that_were_made(body: dict[str, Any], shop: dict[str, str]) -> None:
    (head,) = [
        widget["properties"]["markdown"]
        for widget in body["widgets"]
        if widget["properties"].get("markdown", "").startswith("## Orders")
    ]
    queue = shop["OrdersDeadLetterQueueUrl"].rpartition("/")[2]
    page = f"https://{REGION}.console.aws.amazon.com/sqs/v3/home?region={REGION}#/queues"
    assert f"[dead-letter queue]({page}/https%3A%2F%2Fsqs.{REGION}.amazonaws.com%2F{ACCOUNT}%2F{queue})" in head
    assert "Fn::" not in json.dumps(body)
    assert "Token[" not in json.dumps(body)


def test_its_metrics_name_the_functions_that_were_made(body: dict[str, Any], shop: dict[str, str]) -> None:
    assert f'\\"{shop["OrdersFunctionName"]}\\"' in json.dumps(body)
    rows = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", ())]
    assert ["Lambda/Retry", "Retried", "FunctionName", shop["OrdersFunctionName"]] in [row[:4] for row in rows]
