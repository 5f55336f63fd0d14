"""docs/guides/without-the-cdk.md: the recipe tests a handler that reads its variables and makes a client at import."""

from __future__ import annotations

import re

import pytest

from tests.support.simulator.inner_runs import run_pytest
from tests.unit.docs.test_docs import ROOT

pytest.importorskip("samtranslator.translator.transform")
pytest_plugins = ["pytester"]

TEXT = (ROOT / "docs/guides/without-the-cdk.md").read_text(encoding="utf-8")
(SAM,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
FILES = dict(re.findall(r"```python\n# (tests/\w+\.py)\n(.*?)```", TEXT, re.DOTALL))
HANDLER = """
import os
import boto3
from redrive import Permanent, sqs_handler

QUEUE = os.environ["REDRIVE_SQS_1"]
sqs = boto3.resource("sqs")
seen = []

@sqs_handler
def handler(message):
    seen.append(message.json()["id"])
    if not message.json()["lines"]:
        raise Permanent(f"an order needs a line; seen: {seen}")
"""
TWICE = """
def test_again(shop):
    shop.send("Orders", {"id": 8, "lines": []})
    shop.run()
    (dead,) = shop.queue("OrdersDeadLetters").messages
    assert "seen: [8]" in dead.attributes["RedriveReason"]["stringValue"]
"""


def test_the_recipe_imports_the_handler_in_the_simulation(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "REDRIVE_SQS_1"):
        monkeypatch.delenv(name, raising=False)
    assert set(FILES) == {"tests/conftest.py", "tests/test_orders.py"}
    files = {**FILES, "template.yaml": SAM, "function/handler.py": HANDLER, "tests/test_again.py": TWICE}
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\npythonpath = ["function"]\n')
    run_pytest(pytester, "-q").assert_outcomes(passed=2)
