"""`redrive check` says of each rule's example what the model says of it: one sentence, through every door."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.template.template import Place, read_template
from tests.support.cli.shop import run
from tests.support.model.rule_examples import examples

EXAMPLES = examples()
#: Rules about Regions and accounts, of which a template in a file says nothing.
OF_PLACES = {id for id in EXAMPLES if id.endswith(("-is-near", "-same-region"))}


@pytest.mark.parametrize("rule", sorted(set(EXAMPLES) - OF_PLACES))
def test_the_command_says_what_the_model_says(rule: str, tmp_path: Path) -> None:
    template = EXAMPLES[rule].broken
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template, indent=1))
    result = run("check", str(path), "--fail-on", "warning", "--output", "json")
    assert result.exit_code == 1
    said = {(each["rule"], each["sentence"]) for each in json.loads(result.stdout)["findings"]}
    stack = stack_of(read_template(template, Place("eu-west-1", "111111111111"), {}))
    assert said == {(each.rule, each.sentence) for each in findings_of(stack)}
    assert rule in {each for each, _ in said}
