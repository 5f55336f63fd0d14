"""Rules for several resources together: one template of a pair breaks the rule, and a similar one passes."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.rules.circuit import PAUSE_RULES
from redrive_model.rules.deliveries import DELIVERY_RULES
from redrive_model.rules.functions import FUNCTION_RULES
from redrive_model.rules.invoker import CALL_RULES
from redrive_model.rules.loops import LOOP_RULES
from redrive_model.rules.notifications import NOTIFICATION_RULES
from redrive_model.rules.queue_settings import QUEUE_SETTINGS_RULES
from redrive_model.rules.sources import SOURCE_RULES
from redrive_model.rules.starts import START_RULES
from redrive_model.rules.subscriptions import SUBSCRIPTION_RULES
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place
from tests.support.model.pairs.all_pairs import PAIRS
from tests.support.simulator.simulations import Template

PLACE = Place("eu-west-1", "111111111111")


def found_in(*sources: Template, **values: Any) -> set[str]:
    """The ids of what templates break together."""
    stacks = [
        StackTemplate(stack=f"Stack{number}", template=each, place=PLACE, values=values)
        for number, each in enumerate(sources)
    ]
    return {each.rule for each in findings_of(stack_of(merged(read_templates(stacks))))}


@pytest.mark.parametrize(
    ("rule", "broken", "passing"), PAIRS, ids=[f"{number} {pair[0]}" for number, pair in enumerate(PAIRS)]
)
def test_one_template_breaks_the_rule_and_the_other_passes(rule: str, broken: Template, passing: Template) -> None:
    assert f"redrive:{rule}" in found_in(broken)
    assert f"redrive:{rule}" not in found_in(passing)


def test_each_rule_for_several_resources_has_a_pair() -> None:
    kinds: list[Any] = [SOURCE_RULES, FUNCTION_RULES, DELIVERY_RULES, LOOP_RULES, CALL_RULES]
    kinds += [QUEUE_SETTINGS_RULES, NOTIFICATION_RULES, START_RULES, SUBSCRIPTION_RULES]
    known = {rules.id_of(each) for rules in kinds for each in rules.refusals}
    known |= {rule for rules in kinds for rule in rules.warnings} | set(PAUSE_RULES.warnings)
    assert known <= {f"redrive:{rule}" for rule, _, _ in PAIRS}


def test_what_passes_breaks_no_other_rule_of_these() -> None:
    """A warning must not come with the advice that another rule gives."""
    for rule, _, passing in PAIRS:
        others = {each for each in found_in(passing) if each in {"redrive:loop", "redrive:unused-destination"}}
        assert not others or rule == "unused-destination", rule
