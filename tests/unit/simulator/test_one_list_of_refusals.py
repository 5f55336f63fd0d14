"""What AWS refuses of a template is listed once: the simulator and `redrive check` refuse the same, for one reason."""

from __future__ import annotations

import pytest

from redrive_model.findings import Finding, findings_of
from redrive_model.resources.stack import Stack, stack_of
from redrive_model.rules.catalogue import all_rules
from redrive_model.template.template import Place, read_template
from redrive_simulator import Parameters, TemplateError, build
from redrive_simulator.engine.world import World
from redrive_simulator.handlers.runtime import Runtime
from redrive_simulator.resources import Resources
from tests.support.model.rule_examples import WITHOUT_TEMPLATE, examples
from tests.support.simulator.simulations import Template

EXAMPLES = examples()
REFUSED = sorted({each.id for each in all_rules() if each.severity == "undeployable"} - WITHOUT_TEMPLATE)


def stack_in(template: Template) -> Stack:
    return stack_of(read_template(template, Place("eu-west-1", "111111111111"), {}))


def built(stack: Stack) -> None:
    """Build what a simulation has of a stack, without CloudFormation's schemas in front of it."""
    world, resources = World(Parameters(), 0), Resources()
    build.build(stack, world, resources, Runtime(world, resources, 0, echo=False, allow_network=False))


def check_of(stack: Stack, rule: str) -> list[Finding]:
    """What `redrive check` says."""
    return [each for each in findings_of(stack) if each.rule == rule]


@pytest.mark.parametrize("rule", REFUSED)
def test_the_simulator_refuses_what_the_check_refuses_and_nothing_by_itself(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = stack_in(EXAMPLES[rule].broken)
    finding = check_of(stack, rule)[0]
    monkeypatch.setattr(build, "findings_of", lambda stack, **_: iter([finding]))  # whatever else the example breaks
    with pytest.raises(TemplateError) as caught:
        built(stack)
    assert str(caught.value) == f"{finding.resource}: {finding.sentence}"
    monkeypatch.setattr(build, "findings_of", lambda stack, **_: iter(()))
    try:
        built(stack)
    except TemplateError as error:
        pytest.fail(f"the simulator has a refusal of its own: {error}")
    except ValueError:
        pass  # a pattern, policy or expression that cannot be read


def test_the_simulator_asks_for_the_findings_of_the_check() -> None:
    assert build.findings_of is findings_of
