"""Filters in a template: what only the deployment knows is not judged."""

from typing import Any

import pytest

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place
from tests.support.simulator.simulations import sqs_stack

UNKNOWN: list[Any] = [
    {"Ref": "Given"},
    {"Fn::Sub": '{"body": {"kind": ["${Given}"]}}'},
    {"Fn::ImportValue": "Pattern"},
    {"Fn::Join": ["", ['{"body": {"kind": ["', {"Ref": "Given"}, '"]}}']]},
]


def broken_rules(pattern: Any) -> set[str]:
    """The rules about filters that a template with a pattern breaks, read as at synthesis."""
    source = sqs_stack(FilterCriteria={"Filters": [{"Pattern": pattern}]})
    source["Parameters"] = {"Given": {"Type": "String"}}
    part = StackTemplate(stack="Stack", template=source, place=Place("eu-west-1", "111111111111"))
    return {each.rule for each in findings_of(stack_of(merged(read_templates([part])))) if "filters" in each.rule}


@pytest.mark.parametrize("pattern", UNKNOWN)
def test_a_pattern_that_only_the_deployment_knows_is_not_judged(pattern: Any) -> None:
    assert broken_rules(pattern) == set()
    assert broken_rules("no pattern") == {"redrive:sqs-filters-are-valid"}
