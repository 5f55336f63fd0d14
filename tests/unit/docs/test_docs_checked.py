"""The examples of docs/checks.md and docs/explain.md; and that each page with code has a test that names it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.cli.shop import run as command
from tests.support.constructs.cdk import warnings_of
from tests.support.simulator.simulations import arn, function, mapping, resource, template
from tests.unit.docs.test_docs import ROOT, blocks, run

EVERYTHING, ACKNOWLEDGED = blocks("docs/checks.md")


def in_page(page: str, language: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE)
    return found[1]


def test_everything_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert run(EVERYTHING)["app"].synth() is not None


def test_the_warning_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    warning = "redrive:filtered-messages"
    assert warning in warnings_of(run(ACKNOWLEDGED.rpartition("\nAnnotations.of")[0])["stack"])
    assert warning not in warnings_of(run(ACKNOWLEDGED)["stack"])


def test_the_project_acknowledges_with_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stack = template(
        Queue=resource("AWS::SQS::Queue", VisibilityTimeout=60),
        Function=function(),
        Mapping=mapping(
            arn("Queue"),
            FunctionResponseTypes=["ReportBatchItemFailures"],
            FilterCriteria={"Filters": [{"Pattern": '{"body": {"colour": ["red"]}}'}]},
        ),
    )
    (tmp_path / "t.json").write_text(json.dumps(stack))
    before = {each["rule"] for each in json.loads(command("check", "t.json", "--output", "json").stdout)["findings"]}
    toml = in_page("docs/checks.md", "toml")
    (tmp_path / "pyproject.toml").write_text("\n".join(line.strip() for line in toml.splitlines()))
    found = json.loads(command("check", "t.json", "--output", "json").stdout)["findings"]
    left = {each["rule"] for each in found if not each.get("acknowledged")}
    assert before - left == {"redrive:filtered-messages"}


def test_the_scenario_is_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stack = template(
        Orders=resource(
            "AWS::SQS::Queue",
            VisibilityTimeout=60,
            RedrivePolicy={"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 5},
        ),
        DeadLetters=resource("AWS::SQS::Queue"),
        Handler=function(),
        Mapping=resource(
            "AWS::Lambda::EventSourceMapping", EventSourceArn=arn("Orders"), FunctionName={"Ref": "Handler"}
        ),
        Invoices=function(),
    )
    (tmp_path / "t.json").write_text(json.dumps(stack))
    (tmp_path / "s.yaml").write_text(in_page("docs/explain.md", "yaml"))
    result = command("simulate", "t.json", "s.yaml", "--output", "json")
    assert result.exit_code == 0, result.stderr
    account = {(each["source"], each["outcome"]): each["events"] for each in json.loads(result.stdout)["account"]}
    assert account == {("Orders", "dead-lettered"): 100, ("Invoices", "processed"): 1}


def test_each_page_with_python_has_a_test_that_names_it() -> None:
    files = [*(ROOT / "tests/unit").rglob("test_docs*.py"), *(ROOT / "tests/unit/docs").glob("*/test_*.py")]
    tests = "\n".join(file.read_text(encoding="utf-8") for file in files)
    pages = [page for page in (ROOT / "docs").rglob("*.md") if "```python" in page.read_text(encoding="utf-8")]
    assert len(pages) > 15
    untested = {str(page.relative_to(ROOT)) for page in pages if page.parent.name not in ("decisions", "reference")}
    assert {page for page in untested if page not in tests and page.rpartition("/")[2] not in tests} == set()
