"""cfn-lint, cdk-nag and the CDK's own validator find nothing in what the constructs and app.py make, and would if they
had to.

Each of the two apps is synthesized in a process of its own: the validator must be on before `aws_cdk` is imported.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.constructs.cdk import ROOT


@dataclass(frozen=True)
class Linted:
    returncode: int
    output: str
    #: Findings of cdk-nag's packs and the validator: (rule, path of the construct).
    reported: set[tuple[str, str]]
    #: Findings of cfn-lint: (rule, logical id).
    cfn_lint: set[tuple[str, str]]
    templates: int


def lint(which: str, outdir: Path) -> Linted:
    command = [sys.executable, "-m", "tests.support.constructs.linted_app", which, str(outdir)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    report = outdir / "validation-report.json"
    assert report.is_file(), output
    reported = {
        (violation["ruleName"], construct["constructPath"])
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    templates = sorted(map(str, outdir.glob("*.template.json")))
    command = [str(cfn_lint), "--format", "json", *templates]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    matches = {(match["Rule"]["Id"], match["Location"]["Path"][1]) for match in found}
    return Linted(done.returncode, output, reported, matches, len(templates))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Linted:
    """All that is good, in one app, since the validator and cdk-nag take seconds to start."""
    linted = lint("good", tmp_path_factory.mktemp("good") / "cdk.out")
    assert linted.templates == 6
    return linted


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Linted:
    return lint("bad", tmp_path_factory.mktemp("bad") / "cdk.out")


def test_cdk_nag_and_the_validator_find_nothing(good: Linted) -> None:
    assert good.reported == set()
    assert good.returncode == 0, good.output


def test_the_packs_for_compliance_find_only_what_is_for_users_to_decide(good: Linted) -> None:
    """`leave_to_users` of the app lists it. What another pack finds, too, the constructs acknowledge in all of them."""
    assert {rule for rule, _ in good.reported if rule.startswith(("HIPAA", "NIST"))} == set()


def test_nothing_is_left_to_warn_of(good: Linted) -> None:
    assert "WARNING" not in good.output


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
    assert bad.returncode != 0


def test_cfn_lint_finds_bad_values_in_a_consumers_queues(bad: Linted) -> None:
    found = dict(bad.cfn_lint)
    assert found["E3505"].startswith("ConsumerQueue")
    assert found["E3034"].startswith("ConsumerDeadLetterQueue")
