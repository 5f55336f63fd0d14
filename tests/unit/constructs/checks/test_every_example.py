"""The third door: `FailureChecks` says of each rule's example what the model, and so `redrive check`, says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk import CfnResource, Stack

from redrive_cdk import FailureChecks
from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.rules.wording import for_constructs
from redrive_model.template.template import Place, read_template
from tests.support.constructs.cdk import new_app
from tests.support.model.rule_examples import examples

EXAMPLES = examples()
#: About all functions of an account together, whose stacks these are not.
OF_ACCOUNTS = {"redrive:account-reserved-concurrency-exists"}
#: Examples that call a resource by its name, which is longer in a stack.
BY_NAME = {
    *("redrive:call-callee-timeout-is-told", "redrive:sqs-dead-letter-queue-is-another", "redrive:environment-size"),
    *("redrive:circuit-key-can-be-written", "redrive:circuit-replicas", "redrive:circuit-ttl"),
}
RULES = sorted(set(EXAMPLES) - OF_ACCOUNTS - BY_NAME)


def stack_name(rule: str) -> str:
    return "".join(part.capitalize() for part in rule.removeprefix("redrive:").split("-"))


def put(stack: Stack, resources: Mapping[str, Any]) -> None:
    for id, each in resources.items():
        made = CfnResource(stack, id, type=each["Type"], properties=each.get("Properties"))
        made.override_logical_id(id)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The sentences of the CDK's report by rule and stack, all stacks in one app."""
    folder = tmp_path_factory.mktemp("cdk.out")
    app = new_app(outdir=str(folder))
    FailureChecks.apply(app)
    for rule in RULES:
        put(Stack(app, stack_name(rule)), EXAMPLES[rule].broken["Resources"])
    with pytest.raises(RuntimeError):
        app.synth()
    report = json.loads((folder / "validation-report.json").read_text())
    (ours,) = (plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "Redrive")
    found: dict[str, set[str]] = {}
    for each in ours["violations"]:
        for construct in each["violatingConstructs"]:
            found.setdefault(construct["constructPath"].partition("/")[0], set()).add(each["description"])
    return found


@pytest.mark.parametrize("rule", RULES)
def test_it_says_what_the_model_says(rule: str, said: dict[str, set[str]]) -> None:
    stack = stack_of(read_template(EXAMPLES[rule].broken, Place("eu-west-1", "111111111111", bound=False), {}))
    expected = {each.sentence for each in findings_of(stack, wording=for_constructs)}
    # In an app, resources go by their paths, and names begin with that of the stack.
    name = stack_name(rule)
    found = {each.replace(f"{name}/", "").replace(f"{name}-", "") for each in said.get(name, ())}
    # Circuits of one name are one circuit, in whatever stacks they are.
    assert expected <= found if "REDRIVE_CIRCUIT" in json.dumps(EXAMPLES[rule].broken) else expected == found
