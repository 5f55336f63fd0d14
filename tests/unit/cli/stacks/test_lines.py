"""Resources are found in the files of templates, in whatever form these are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redrive_cli.stacks.lines import line_of, lines_of

YAML = """\
Description: "Resources:"
Resources:
  # a comment
  Queue:
    Type: AWS::SQS::Queue
  Function: {Type: AWS::Lambda::Function, Properties: {Code: !Sub "Resources"}}
Outputs:
  Queue: {Value: 1}
"""
TRICKY = {
    "Description": '"Resources": {"No": {',
    "Metadata": {"Resources": {"No": {}}},
    "Parameters": {"No": {"Type": "String"}},
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Resources": {"No": [{"No": 1}]}, "Text": 'a "b": {\\'}},
        "Function": {"Type": "AWS::Lambda::Function"},
    },
    "Outputs": {"No": {"Value": 1}},
}


def test_yaml(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(YAML)
    assert lines_of(path) == {"Queue": 4, "Function": 6}


@pytest.mark.parametrize("indent", [None, 1, "\t"])
def test_json(tmp_path: Path, indent: int | str | None) -> None:
    path = tmp_path / "template.json"
    text = json.dumps(TRICKY, indent=indent)
    path.write_text(text)
    expected = {
        name: 1 if indent is None else text[: text.rindex(f'"{name}": {{')].count("\n") + 1
        for name in ("Queue", "Function")
    }
    assert lines_of(path) == expected


def test_what_sam_has_made_is_at_its_origin() -> None:
    lines = {"Orders": 3, "OrdersQueue": 9}
    assert line_of("OrdersQueueRedrive", lines) == 9
    assert line_of("OrdersRole", lines) == 3
    assert line_of("Other", lines) is None
