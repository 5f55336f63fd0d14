"""The drawing of dashboards, and what it finds to be wrong with a layout."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.dashboard_body import as_text, bodies, problems
from tools.render_dashboard import draw, main

MARKS = [{"value": 300, "label": "alarm at 5 min", "yAxis": "left"}]


def widget(kind: str = "metric", *, x: int = 0, y: int = 0, width: int = 6, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "x": x, "y": y, "width": width, "height": 6, "properties": {"title": "Age", **properties}}


def graph(**options: Any) -> dict[str, Any]:
    metrics = [
        ["AWS/SQS", "Age", "QueueName", "orders", {"label": "age <b>"}],
        [{"expression": "100 * m1", "label": "share (max ${MAX})"}],
        ["AWS/SQS", "Age", "QueueName", "orders", {"id": "m1", "visible": False}],
        [{"expression": "SEARCH('…')", "label": "retried: ${PROP('Dim.ErrorType')}", "yAxis": "right"}],
    ]
    axes = {"left": {"label": "seconds"}, "right": {"label": "messages"}}
    return widget(metrics=metrics, yAxis=axes, annotations={"horizontal": MARKS}, **options)


def template_with(*widgets: dict[str, Any]) -> dict[str, Any]:
    body = {"Fn::Join": ["", ['{"widgets": ', json.dumps(widgets), "}"]]}
    return {"Resources": {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": body}}}}


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("plain", "plain"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "Orders"}, "Orders"),
        ({"Fn::GetAtt": ["Orders", "QueueName"]}, "Orders"),
        ({"Fn::Join": ["-", ["a", {"Ref": "B"}]]}, "a-B"),
        ({"Fn::If": ["InChina", "cn", {"Ref": "AWS::Partition"}]}, "aws"),
    ],
)
def test_an_expression_is_described_as_it_would_be(expression: Any, text: str) -> None:
    assert as_text(expression) == text


def test_an_expression_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="no expression that is known here"):
        as_text({"Fn::Base64": "x"})


def test_a_good_layout_has_no_problems() -> None:
    assert problems({"widgets": [widget(), widget(x=6), widget(y=6, width=24)]}) == []


@pytest.mark.parametrize(
    ("widgets", "problem"),
    [
        ([widget(x=20)], "Age reaches beyond the 24 columns"),
        ([widget(), widget(x=5, y=5, title="Other")], "Age and Other overlap"),
        ([widget(title="x" * 60)], f"the title {'x' * 60!r} does not fit into 6 columns"),
    ],
)
def test_a_bad_layout_is_reported(widgets: list[dict[str, Any]], problem: str) -> None:
    assert problems({"widgets": widgets}) == [problem]


def test_a_number_is_drawn_with_its_title_and_its_label() -> None:
    metrics = [
        [{"expression": "MAX([m1]) / 60", "label": "minutes"}],
        ["AWS/SQS", "Age", {"id": "m1", "visible": False}],
    ]
    page = draw([{"widgets": [widget(view="singleValue", title="Delayed", metrics=metrics)]}])
    assert "Delayed" in page
    assert page.count('<div class="number">') == 1
    assert "</b> minutes" in page


def test_a_command_is_drawn_as_such() -> None:
    text: dict[str, Any] = {"title": "", "markdown": "## Orders\n- `redrive replay arn:aws:sqs`"}
    assert "<code>redrive replay arn:aws:sqs</code>" in draw([{"widgets": [widget("text", **text)]}])


def test_what_is_drawn_has_titles_labels_marks_and_links() -> None:
    text: dict[str, Any] = {"title": "", "markdown": "## Orders\nLook.\n\n[queue](https://example.com/#/a%2Fb)"}
    page = draw([{"widgets": [graph(), widget("text", y=6, **text), widget("alarm", y=12, alarms=["arn:x:Dead"])]}])
    for part in ("Age", "age &lt;b&gt;", "alarm at 5 min", "seconds", "messages", "Dead", "<h2>Orders</h2>"):
        assert part in page
    assert '<a href="https://example.com/#/a%2Fb">queue</a>' in page
    assert "retried: TimeoutError" in page
    assert "${" not in page
    # One line for the metric, one for the expression, one for each type of error; none for what is not visible.
    assert page.count("<polyline") == 5


def test_the_same_dashboard_is_drawn_the_same() -> None:
    assert draw([{"widgets": [graph()]}]) == draw([{"widgets": [graph()]}])


def test_the_program_draws_a_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template, page = tmp_path / "template.json", tmp_path / "page.html"
    template.write_text(json.dumps(template_with(graph())))
    assert main(str(template), str(page)) == 0
    assert "<polyline" in page.read_text()
    assert "1 dashboard(s), 1 widgets" in capsys.readouterr().out


def test_the_program_reports_a_bad_layout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = tmp_path / "template.json"
    template.write_text(json.dumps(template_with(graph(), graph(x=1))))
    assert main(str(template), str(tmp_path / "page.html")) == 1
    assert "Board: Age and Age overlap" in capsys.readouterr().out


def test_the_program_reports_that_there_is_no_dashboard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = tmp_path / "template.json"
    template.write_text('{"Resources": {}}')
    assert main(str(template), str(tmp_path / "page.html")) == 1
    assert "has no dashboard" in capsys.readouterr().out
    assert bodies(json.loads(template.read_text())) == {}
