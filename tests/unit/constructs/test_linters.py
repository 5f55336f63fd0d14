"""cfn-lint, cdk-nag and the CDK's own validator find nothing in what the constructs and app.py make, and would if they
had to.

The apps are synthesized in a process of their own: the validator must be on before `aws_cdk` is imported.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.constructs.cdk import ROOT


@dataclass(frozen=True)
class Linted:
    """An app with its findings.

    Attributes:
        error: Error of its synthesis.
    """

    error: str | None
    #: Findings of cdk-nag's packs and the validator: (rule, path of the construct).
    reported: set[tuple[str, str]]
    #: Findings of cfn-lint: (rule, logical id).
    cfn_lint: set[tuple[str, str]]


RUN = """
import os
import sys

from tests.support.constructs.environment import set_up

set_up()
os.environ.pop("CDK_VALIDATION")  # it counts at the first import of aws_cdk, and the tests turn it off

from tests.support.constructs.linted_app import main

main(sys.argv[1])
"""


class Output(NamedTuple):
    """The output of the synthesis of both apps, and their folders."""

    folder: Path
    text: str
    errors: dict[str, str | None]


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Output:
    """The good app and the bad one, from one process: the validator and cdk-nag take seconds to start."""
    folder = tmp_path_factory.mktemp("linted")
    command = [sys.executable, "-c", RUN, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Output(folder, done.stdout + done.stderr, json.loads((folder / "errors.json").read_text()))


@pytest.fixture(scope="module")
def cfn_lint(output: Output) -> dict[str, set[tuple[str, str]]]:
    """Findings of cfn-lint by app."""
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    templates = sorted(map(str, output.folder.glob("*/*.template.json")))
    command = [str(cfn_lint), "--format", "json", *templates]
    found: dict[str, set[tuple[str, str]]] = {"good": set(), "bad": set()}
    for match in json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout):
        found[Path(match["Filename"]).parent.name].add((match["Rule"]["Id"], match["Location"]["Path"][1]))
    return found


def violations(folder: Path) -> list[Any]:
    report = json.loads((folder / "validation-report.json").read_text())
    return [violation for plugin in report["pluginReports"] for violation in plugin["violations"]]


def linted(which: str, output: Output, cfn_lint: dict[str, set[tuple[str, str]]]) -> Linted:
    reported = {
        (violation["ruleName"], construct["constructPath"])
        for violation in violations(output.folder / which)
        for construct in violation["violatingConstructs"]
    }
    return Linted(output.errors[which], reported, cfn_lint[which])


@pytest.fixture(scope="module")
def good(output: Output, cfn_lint: dict[str, set[tuple[str, str]]]) -> Linted:
    assert len([*(output.folder / "good").glob("*.template.json")]) == 6
    return linted("good", output, cfn_lint)


@pytest.fixture(scope="module")
def bad(output: Output, cfn_lint: dict[str, set[tuple[str, str]]]) -> Linted:
    return linted("bad", output, cfn_lint)


def test_cdk_nag_and_the_validator_find_nothing(good: Linted, output: Output) -> None:
    assert good.reported == set()
    assert good.error is None, output.text


def test_the_packs_for_compliance_find_only_what_is_for_users_to_decide(good: Linted) -> None:
    """`leave_to_users` of the app lists it. What another pack finds, too, the constructs acknowledge in all of them."""
    assert {rule for rule, _ in good.reported if rule.startswith(("HIPAA", "NIST"))} == set()


def test_nothing_is_left_to_warn_of(good: Linted, output: Output) -> None:
    """Whatever is printed is of the bad app's report."""
    assert good.reported == set()
    report = {violation["description"] for violation in violations(output.folder / "bad")}
    warnings = {line for line in output.text.splitlines() if "WARNING" in line}
    assert {line for line in warnings if line.removeprefix("WARNING ").rpartition(" (")[0] not in report} == set()


def test_cfn_lint_finds_nothing_but_what_the_cdk_writes_into_every_function(good: Linted) -> None:
    """`DependsOn` beside a `GetAtt` of the same role."""
    assert {rule for rule, _ in good.cfn_lint} <= {"W3005"}


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("AwsSolutions-SQS2", "Stack/Unsafe/Resource"),
        ("AwsSolutions-SQS3", "Stack/Unsafe/Resource"),
        ("AwsSolutions-SQS4", "Stack/Unsafe/Resource"),
        ("AwsSolutions-IAM5[Action::sqs:*]", "Stack/FunctionRole/DefaultPolicy/Resource"),
        ("AwsSolutions-IAM5[Resource::arn:aws:s3:::orders/*]", "Stack/Invocation/DeliveryPolicy/Resource"),
        ("AwsSolutions-DDB3", "Stack/Table/Resource"),
        ("AwsSolutions-S1", "Stack/Bucket/Resource"),
        ("Serverless-LambdaAsyncFailureDestination", "Stack/Config"),
        ("Serverless-SQSRedrivePolicy", "Stack/Unsafe/Resource"),
        ("Serverless-LambdaEventSourceMappingDestination", "Stack/Mapping/Resource"),
    ],
)
def test_cdk_nag_finds_it_in_what_is_made_by_hand(bad: Linted, rule: str, path: str) -> None:
    """Among these are the findings that the constructs acknowledge for what they make: they exist and they fire."""
    assert (rule, path) in bad.reported


def test_the_constructs_acknowledge_theirs_alone(bad: Linted) -> None:
    """The reported resources were made by hand, and so was the statement in a construct's own policy."""
    acknowledged = {
        "Serverless-SQSRedrivePolicy",
        "Serverless-LambdaEventSourceMappingDestination",
        "AwsSolutions-SQS3",
        "AwsSolutions-DDB3",
        "AwsSolutions-S1",
    }
    assert {path for rule, path in bad.reported if rule in acknowledged} == {
        "Stack/Unsafe/Resource",
        "Stack/Mapping/Resource",
        "Stack/Table/Resource",
        "Stack/Bucket/Resource",
    }
    wildcards = {rule for rule, path in bad.reported if path == "Stack/Invocation/DeliveryPolicy/Resource"}
    assert wildcards == {"AwsSolutions-IAM5[Resource::arn:aws:s3:::orders/*]"}


def test_the_validator_finds_bad_values_in_a_consumers_queues(bad: Linted) -> None:
    assert {("E3505", "Stack/Consumer/Queue/Resource"), ("F3034", "Stack/Consumer/DeadLetterQueue/Resource")} <= (
        bad.reported
    )
    assert bad.error is not None
    assert "ValidationFailed" in bad.error


def test_cfn_lint_finds_bad_values_in_a_consumers_queues(bad: Linted) -> None:
    found = dict(bad.cfn_lint)
    assert found["E3505"].startswith("ConsumerQueue")
    assert found["E3034"].startswith("ConsumerDeadLetterQueue")
