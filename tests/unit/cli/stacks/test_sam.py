"""SAM templates are translated as AWS does it, and what they become is found at the lines of their origin."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.cli.shop import run

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 5}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      Timeout: 10
      CodeUri: src/
      Events:
        Queue:
          Type: SQS
          Properties: {Queue: !GetAtt Orders.Arn}
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    found = tmp_path / "template.yaml"
    found.write_text(TEMPLATE)
    return str(found)


def test_without_the_translator_the_error_says_what_to_install(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("samtranslator", "samtranslator.model"):  # another test may have imported both
        monkeypatch.setitem(sys.modules, name, None)
    result = run("check", path)
    assert result.exit_code == 253
    assert "pip install 'redrive[sam]'" in result.stderr


def test_findings_are_at_the_lines_of_the_template(path: str) -> None:
    pytest.importorskip("samtranslator")
    found = json.loads(run("check", path, "--output", "json").stdout)["findings"]
    places = {(each["rule"], each["where"][0]["logical_id"], each["where"][0]["line"]) for each in found}
    assert ("redrive:sqs-visibility-covers-function", "FunctionQueue", 6) in places


def test_what_sam_refuses_is_an_error(path: str) -> None:
    pytest.importorskip("samtranslator")
    Path(path).write_text(TEMPLATE.replace("Type: SQS", "Type: Nothing"))
    result = run("check", path)
    assert result.exit_code == 252
    assert "SAM refuses the template" in result.stderr


def test_loops_are_written_out_before(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        """\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Queues:
    - Name
    - [One, Two]
    - Queue${Name}: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 5}}
  Function: {Type: AWS::Lambda::Function, Properties: {Timeout: 10}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt QueueTwo.Arn, FunctionName: !Ref Function}
"""
    )
    found = json.loads(run("check", str(path), "--output", "json").stdout)["findings"]
    assert "redrive:sqs-visibility-covers-function" in {each["rule"] for each in found}
