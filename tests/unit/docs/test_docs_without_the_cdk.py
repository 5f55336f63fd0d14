"""docs/guides/without-the-cdk.md: the template passes the checks and bridges an hour; Terraform has the same values."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from redrive import Permanent, sqs_handler
from redrive.settings import (
    AsyncSettings,
    CircuitSettings,
    IdempotencySettings,
    InvokerSettings,
    SqsSettings,
    StreamSettings,
)
from redrive_cli.stacks.files import of_file
from redrive_cli.stacks.read import ANYWHERE
from redrive_simulator import Simulation, minutes
from tests.support.cli.shop import run as command
from tests.unit.docs.test_docs import ROOT

pytest.importorskip("samtranslator")
TEXT = (ROOT / "docs/guides/without-the-cdk.md").read_text(encoding="utf-8")
(SAM,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
(TERRAFORM,) = re.findall(r"```terraform\n(.*?)```", TEXT, re.DOTALL)


def findings(folder: Path, template: str) -> list[dict[str, Any]]:
    path = folder / "template.yaml"
    path.write_text(template, encoding="utf-8")
    return json.loads(command("check", str(path), "--output", "json").stdout)["findings"]


def test_the_template_passes_the_checks(tmp_path: Path) -> None:
    assert findings(tmp_path, SAM) == []


@pytest.mark.parametrize(
    "part",
    [
        "            FunctionResponseTypes: [ReportBatchItemFailures]\n",
        "      VisibilityTimeout: 240\n",
        "      RedrivePolicy: { deadLetterTargetArn: !GetAtt OrdersDeadLetters.Arn, maxReceiveCount: 16 }\n",
        "      MessageRetentionPeriod: 1209600\n",
    ],
    ids=["response-types", "visibility-timeout", "redrive-policy", "retention"],
)
def test_each_part_that_is_missing_is_found(tmp_path: Path, part: str) -> None:
    assert part in SAM
    assert findings(tmp_path, SAM.replace(part, "")) != []


def simulated(folder: Path, handler: Any) -> Simulation:
    path = folder / "template.yaml"
    path.write_text(SAM, encoding="utf-8")
    (source,), _ = of_file(path, ANYWHERE)
    return Simulation.from_template(dict(source.template), handlers={"Handler": handler}, seed=1, echo=False)


def test_the_template_bridges_an_hour_and_dead_letters_with_a_reason(tmp_path: Path) -> None:
    charged: list[int] = []

    @sqs_handler
    def handler(message: Any) -> None:
        if message.json()["id"] == 8:
            raise Permanent("an order needs a line")
        if simulation.now < minutes(60):
            raise OSError("down")
        charged.append(message.json()["id"])

    simulation = simulated(tmp_path, handler)
    simulation.send("Orders", {"id": 7})
    simulation.send("Orders", {"id": 8})
    simulation.run()
    assert charged == [7]
    (dead,) = simulation.queue("OrdersDeadLetters").messages
    assert dead.attributes is not None
    assert "RedriveReason" in dead.attributes
    simulation.assert_nothing_lost()


def test_terraform_has_the_values_of_the_template() -> None:
    for number in ("VisibilityTimeout: (240)", "maxReceiveCount: (16)", "RetentionPeriod: (1209600)", "Timeout: (10)"):
        (value,) = re.findall(number, SAM)
        assert re.search(rf"= {value}$", TERRAFORM, re.MULTILINE)
    assert set(re.findall(r"sqs:\w+", SAM)) == set(re.findall(r"sqs:\w+", TERRAFORM))
    assert 'function_response_types = ["ReportBatchItemFailures"]' in TERRAFORM
    (variable,) = re.findall(r"REDRIVE_SQS_1 = jsonencode\(\{(.*?)\}\)", TERRAFORM, re.DOTALL)
    assert set(re.findall(r"^\s+(\w+) +=", variable, re.MULTILINE)) == set(re.findall(r'"(\w+)": ', SAM))


KINDS = {
    each.KIND: each
    for each in (AsyncSettings, CircuitSettings, IdempotencySettings, InvokerSettings, SqsSettings, StreamSettings)
}


def test_the_variables_of_the_page_can_be_read() -> None:
    variables = re.findall(r"`REDRIVE_(\w+)_1`: `(\{.*?\})`", TEXT)
    assert len(variables) == 5
    for kind, value in variables:
        KINDS[kind](**json.loads(value))
    (backoff,) = re.findall(r'`"backoff": (\{.*?\})`', TEXT)
    assert set(json.loads(backoff)) == {"base", "cap", "jitter"}
