"""`redrive check`: findings with their lines, as text, JSON and SARIF; acknowledgements; exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive_model.rules.catalogue import all_rules
from tests.support.cli.shop import run, run_json
from tests.support.cli.world import World
from tests.support.simulator.simulations import sqs_stack

WARNING = "redrive:visibility-timeout"
ERROR = "redrive:sqs-visibility-covers-function"
YAML = """\
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: {visibility}
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead.Arn
        maxReceiveCount: 5
  Dead:
    Type: AWS::SQS::Queue
    Properties: {{MessageRetentionPeriod: 1209600}}
  Function:
    Type: AWS::Lambda::Function
    Properties: {{Timeout: 10}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Metadata: {metadata}
    Properties:
      EventSourceArn: !GetAtt Queue.Arn
      FunctionName: !Ref Function
      FunctionResponseTypes: [ReportBatchItemFailures]
"""
#: `check.yaml` has these visibility timeouts: with a warning, an error (and the warning), nothing.
RISKY, REFUSED, GOOD = 30, 5, 60


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes the template, in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)

    def written(visibility: int = RISKY, metadata: str = "{}") -> str:
        (tmp_path / "check.yaml").write_text(YAML.format(visibility=visibility, metadata=metadata))
        return "check.yaml"

    return written


Write = Callable[..., str]


def found(*arguments: str) -> list[dict[str, Any]]:
    return json.loads(run("check", *arguments, "--output", "json").stdout)["findings"]


@pytest.mark.parametrize(
    ("visibility", "options", "code"),
    [
        (GOOD, (), 0),
        (GOOD, ("--fail-on", "warning"), 0),
        (RISKY, (), 0),
        (RISKY, ("--fail-on", "warning"), 1),
        (RISKY, ("--fail-on", "warning", "--ignore", f"{WARNING}=known"), 0),
        (REFUSED, (), 1),
        (REFUSED, ("--fail-on", "never"), 0),
        (REFUSED, ("--ignore", f"{ERROR}=known"), 0),
        (REFUSED, ("--ignore", f"{WARNING}=known"), 1),
    ],
)
def test_exit_codes(write: Write, visibility: int, options: tuple[str, ...], code: int) -> None:
    assert run("check", write(visibility), *options).exit_code == code


def test_a_finding_as_json(write: Write) -> None:
    (finding,) = run_json("check", write())["findings"]
    assert (finding["rule"], finding["level"], finding["acknowledged"]) == (WARNING, "warning", None)
    assert finding["sentence"].startswith("visibility timeout 30 s is below 6 × the function's timeout of 10 s")
    (where,) = finding["where"]
    assert (where["logical_id"], where["file"], where["line"]) == ("Mapping", "check.yaml", 15)


def test_findings_as_text_in_80_columns(write: Write) -> None:
    shown = run("check", write(REFUSED)).stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "error: Mapping\n  check.yaml:15\n  redrive:sqs-visibility-covers-function\n" in shown
    assert shown.endswith("1 error, 2 warnings\n")


def test_a_good_template_says_so(write: Write) -> None:
    assert run("check", write(GOOD)).stdout == "no findings\n"


def test_sarif(write: Write) -> None:
    log = json.loads(run("check", write(), "--ignore", f"{WARNING}=known", "--output", "sarif").stdout)
    assert log["version"] == "2.1.0"
    (made,) = log["runs"]
    (rule,) = made["tool"]["driver"]["rules"]
    assert (rule["id"], rule["defaultConfiguration"]) == (WARNING, {"level": "warning"})
    (result,) = made["results"]
    assert made["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "check.yaml"}, "region": {"startLine": 15}}
    assert result["suppressions"] == [{"kind": "external", "justification": "known"}]


def test_lines_of_json(write: Write, tmp_path: Path) -> None:
    (tmp_path / "check.json").write_text(json.dumps(sqs_stack(receives=1), indent=1))
    places = {each["rule"]: each["where"][0]["line"] for each in found("check.json")}
    text = (tmp_path / "check.json").read_text()
    assert places["redrive:max-receive-count"] == text[: text.index('"Mapping"')].count("\n") + 1


ACKNOWLEDGED = {
    "metadata": "",
    "a project": f'[tool.redrive.check.ignore]\n"{WARNING}" = "short runs"\n',
    "a project, for one resource": f'[tool.redrive.check.ignore]\n"{WARNING}" = '
    '[{resource = "Other", reason = "other"}, {resource = "Map*", reason = "short runs"}]\n',
    "a project, without a prefix": '[tool.redrive.check.ignore]\nvisibility-timeout = "short runs"\n',
}


@pytest.mark.parametrize("way", ACKNOWLEDGED)
def test_an_acknowledgement_has_its_reason(write: Write, tmp_path: Path, way: str) -> None:
    (tmp_path / "pyproject.toml").write_text(ACKNOWLEDGED[way])
    metadata = (
        f'{{"aws:cdk:acknowledged-rules": {{"annotation::{WARNING}": short runs}}}}' if way == "metadata" else "{}"
    )
    path = write(metadata=metadata)
    (finding,) = found(path)
    assert finding["acknowledged"]["reason"] == "short runs"
    assert run("check", path, "--fail-on", "warning").exit_code == 0
    assert "1 acknowledged" in run("check", path).stdout
    assert "short runs" in run("check", path, "--acknowledged").stdout


@pytest.mark.parametrize(
    ("project", "metadata", "options", "said"),
    [
        ("", "{}", ("--ignore", WARNING), "has no reason"),
        ("", "{}", ("--ignore", f"{WARNING}= "), "has no reason"),
        (f'[tool.redrive.check.ignore]\n"{WARNING}" = ""\n', "{}", (), "has no reason"),
        (f'[tool.redrive.check.ignore]\n"{WARNING}" = 1\n', "{}", (), "has no reason"),
        ("[tool", "{}", (), "cannot be read"),
        ("", f'{{"aws:cdk:acknowledged-rules": {{"{WARNING}": ""}}}}', (), "has no reason"),
        ("", f'{{"aws:cdk:acknowledged-rules": ["{WARNING}"]}}', (), "an object of reasons"),
    ],
)
def test_an_acknowledgement_without_a_reason_is_refused(
    write: Write, tmp_path: Path, project: str, metadata: str, options: tuple[str, ...], said: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(project)
    result = run("check", write(metadata=metadata), *options)
    assert result.exit_code == 252
    assert said in result.stderr


def test_an_acknowledgement_of_another_resource_does_not_count(write: Write, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.redrive.check.ignore]\n"{WARNING}" = {{resource = "Queue", reason = "x"}}\n'
    )
    (finding,) = found(write())
    assert finding["acknowledged"] is None


def test_an_ignored_rule_without_findings_is_named(write: Write) -> None:
    result = run("check", write(GOOD), "--ignore", "redrive:no-bisect=x")
    assert "--ignore redrive:no-bisect is about no finding" in result.stderr


def assembly(folder: Path) -> Path:
    """A cloud assembly as the CDK writes it: paths and acknowledgements are in the manifest."""
    (folder / "Shop.template.json").write_text(json.dumps(sqs_stack(queue={"VisibilityTimeout": 30}, receives=5)))
    entries = {
        "/Shop/Orders/Mapping/Resource": [{"type": "aws:cdk:logicalId", "data": "Mapping"}],
        "/Shop/Orders": [{"type": "aws:cdk:acknowledged-rules", "data": {f"annotation::{WARNING}": "short runs"}}],
    }
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "Shop.template.json"},
        "metadata": entries,
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "40.0.0", "artifacts": {"Shop": stack}}))
    return folder


def test_a_cloud_assembly_with_acknowledgements_of_the_cdk(tmp_path: Path) -> None:
    findings = {each["rule"]: each for each in found(str(assembly(tmp_path)))}
    assert findings[WARNING]["acknowledged"]["reason"] == "short runs"
    assert findings[WARNING]["where"][0]["path"] == "Shop/Orders/Mapping"
    assert findings["redrive:dead-letter-retention"]["acknowledged"] is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.yaml", None, "is neither a file nor a folder"),
        ("folder/missing", None, "is neither a file nor a folder"),
        ("broken.yaml", "Resources: [", "cannot be read as JSON or YAML"),
        ("broken.json", '{"Resources": ', "cannot be read as JSON or YAML"),
        ("other.json", '{"name": "x"}', "is no template of CloudFormation"),
        ("other.yaml", "- 1", "is no template of CloudFormation"),
        ("typeless.yaml", "Resources: {A: {}}", "is no template of CloudFormation"),
        (".", None, "is no cloud assembly"),
    ],
)
def test_what_cannot_be_read_is_an_error(
    write: Write, tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    result = run("check", name)
    assert result.exit_code == 252
    assert said in result.stderr


def test_transforms_and_nested_stacks_are_named(write: Write, tmp_path: Path) -> None:
    nested = "Transform: [AWS::LanguageExtensions, Mine]\nResources: {Inner: {Type: 'AWS::CloudFormation::Stack'}}"
    (tmp_path / "nested.yaml").write_text(nested)
    said = run("check", "nested.yaml").stderr
    assert "the transform Mine runs at deployment" in said
    assert "the nested stack Inner is not read" in said
    assert "LanguageExtensions" not in said


def test_a_deployed_stack_is_checked_as_it_is(world: World) -> None:
    world.functions.mappings[2] |= {"MaximumRetryAttempts": 3, "DestinationConfig": {"OnFailure": {}}}
    findings = found("Shop")
    assert "redrive:no-failure-destination" in {each["rule"] for each in findings}
    assert all(place["file"] is None for each in findings for place in each["where"])


def test_an_unknown_stack_is_an_error(world: World) -> None:
    result = run("check", "Shopp")
    assert result.exit_code == 254
    assert "no stack is called 'Shopp'" in result.stderr


def test_a_file_is_checked_without_boto3(write: Write) -> None:
    script = f"""
import sys
from click.testing import CliRunner
from redrive_cli.app import main
result = CliRunner().invoke(main, ["check", {write()!r}])
assert result.exit_code == 0, result.output
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"boto3", "botocore"}.isdisjoint(done.stdout.split())


def test_every_rule_says_why() -> None:
    for rule in all_rules():
        assert all(each.endswith(".") for each in rule.why), rule
        assert "http" not in " ".join(rule.why)
