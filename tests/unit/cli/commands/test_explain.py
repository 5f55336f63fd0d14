"""`redrive explain`: text in 80 columns, JSON, tables, a diagram, and a page in one file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.cli.shop import run, run_json
from tests.support.cli.world import World
from tests.support.simulator.simulations import async_stack, sqs_stack, stream_stack


@pytest.fixture
def path(tmp_path: Path) -> str:
    found = tmp_path / "template.json"
    found.write_text(json.dumps(sqs_stack(queue={"VisibilityTimeout": 60}, receives=5)))
    return str(found)


def test_text_has_80_columns_and_says_where_failures_end(path: str) -> None:
    shown = run("explain", path, "--outage", "3m").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.startswith("Queue → Function (queue)\n")
    assert "failures    end in DeadLetters" in shown
    assert (
        "the function fails: 5 attempts\n    at 0 s, 60 s, 2 min, 3 min, 4 min\n    dead-lettered after 5 min" in shown
    )
    assert "an outage of 3 min: 5 attempts" in shown
    assert "processed after 3 min" in shown
    assert "warning redrive:dead-letter-retention" in shown


def test_what_is_lost_is_said_loudly(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(stream_stack(destination=False)))
    shown = run("explain", str(tmp_path / "t.json")).stdout
    assert "failures    are LOST: there is no place for them" in shown
    assert "LOST after 1 d" in shown


def test_json(path: str) -> None:
    (way,) = run_json("explain", path)["ways"]
    assert (way["function"], way["source"], way["bridges"], way["places"]) == (
        "Function",
        "Queue",
        240,
        ["DeadLetters"],
    )
    error = way["courses"][0]
    assert [each["earliest"] for each in error["attempts"]] == [0, 60, 120, 180, 240]
    assert error["endings"][0]["end"] == "dead-lettered"


def test_numbers_without_a_limit_are_null_in_json(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(async_stack()))
    assert "Infinity" not in run("explain", str(tmp_path / "t.json"), "--output", "json").stdout


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_the_table_has_a_row_for_each_question(path: str, form: str) -> None:
    shown = run("explain", path, "--table", form).stdout
    for row in ("automatic retries", "who controls them", "interval", "maximum", "order", "partial failures"):
        assert row in shown
    if form == "markdown":
        assert {line.count("|") for line in shown.strip().splitlines()} == {3}
    if form == "html":
        assert ElementTree.fromstring(shown).tag == "table"


def test_the_diagram_has_an_arrow_to_the_place_of_failures(path: str) -> None:
    lines = run("explain", path, "--mermaid").stdout.splitlines()
    assert lines[0] == "flowchart LR"
    names = dict(re.findall(r'(n\d+)\["([^"]+)"\]', "\n".join(lines)))
    arrows = {(names[a], names[b]) for a, b in re.findall(r'(n\d+) -[.-]+>\|"[^"]*"\| (n\d+)', "\n".join(lines))}
    assert arrows == {("Queue", "Function"), ("Queue", "DeadLetters")}


def test_the_page_is_one_file_with_pictures_and_always_the_same(path: str) -> None:
    page = run("explain", path, "--output", "html").stdout
    assert page == run("explain", path, "--output", "html").stdout
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    addresses = set(re.findall(r'(?:src|href)="([^"#]+)"', page))
    assert addresses == set()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len([each for each in ids if each[-1].isdigit()]) == len({each for each in ids if each[-1].isdigit()})


@pytest.mark.parametrize(
    ("mapping", "drawn"),
    [
        ({"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 4}, "A batch of 8 whose record 6 is bad"),
        (
            {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 0, "BatchSize": 3},
            "A batch of 3 whose record 2",
        ),
        ({"BisectBatchOnFunctionError": True, "BatchSize": 1}, ""),
        ({"MaximumRetryAttempts": 4}, ""),
    ],
    ids=["bisected", "a small batch", "a batch of one", "whole"],
)
def test_a_batch_that_is_bisected_is_drawn(tmp_path: Path, mapping: dict[str, Any], drawn: str) -> None:
    (tmp_path / "t.json").write_text(json.dumps(stream_stack(**mapping)))
    page = run("explain", str(tmp_path / "t.json"), "--output", "html").stdout
    assert ("a batch with one bad record" in page) is bool(drawn)
    assert drawn in page
    assert not drawn or "split" in page
    ids = re.findall(r' id="([^"]+\d)"', page)
    assert len(ids) == len(set(ids))


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    source = sqs_stack()
    source["Resources"]["Queue"]["Metadata"] = {"aws:cdk:path": "<script>alert(1)</script>/Resource"}
    (tmp_path / "t.json").write_text(json.dumps(source))
    assert "<script>" not in run("explain", str(tmp_path / "t.json"), "--output", "html").stdout


def test_a_deployed_stack_is_explained_as_it_is(world: World) -> None:
    world.sqs.queues["orders"].policy = None
    ways = {each["source"]: each for each in run_json("explain", "Shop")["ways"]}
    assert ways["Orders"]["places"] == []
    assert ways["Orders"]["courses"][0]["endings"][0]["end"] == "lost"


def test_an_outage_that_is_no_duration_is_refused(path: str) -> None:
    assert run("explain", path, "--outage", "long").exit_code == 252


def test_a_file_is_explained_without_boto3(path: str) -> None:
    script = f"""
import sys
from click.testing import CliRunner
from redrive_cli.app import main
result = CliRunner().invoke(main, ["explain", {path!r}, "--output", "html"])
assert result.exit_code == 0, result.output
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"boto3", "botocore"}.isdisjoint(done.stdout.split())
