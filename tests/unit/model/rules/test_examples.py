"""Each rule has a template that breaks it, and one that passes."""

from __future__ import annotations

import pytest

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.rules.catalogue import all_rules
from redrive_model.template.template import Place, read_template
from tests.support.model.rule_examples import WITHOUT_TEMPLATE, examples
from tests.support.simulator.simulations import Template

EXAMPLES = examples()
#: The change that passes the rule is all that the template is about, and something else may be said of it.
NOT_ALL = {"redrive:async-dead-letter-queue-is-queue-or-topic"}


def rules_in(source: Template) -> list[str]:
    return [each.rule for each in findings_of(stack_of(read_template(source, Place("eu-west-1", "111111111111"), {})))]


def test_every_rule_of_templates_has_an_example() -> None:
    assert {each.id for each in all_rules()} == set(EXAMPLES) | WITHOUT_TEMPLATE
    assert WITHOUT_TEMPLATE.isdisjoint(EXAMPLES)


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_one_template_breaks_the_rule_and_the_other_passes(rule: str) -> None:
    assert rule in rules_in(EXAMPLES[rule].broken)
    assert rule not in rules_in(EXAMPLES[rule].passing)
