"""Places of dead-letter queues: what is not bound to an account and a Region is nowhere else."""

from __future__ import annotations

import pytest

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place
from tests.support.model.dead_letter_queues import OTHER_REGION, keeps_in, moves_to
from tests.support.simulator.simulations import Template, arn, resource, template

HERE = Place("eu-west-1", "111111111111")
ANYWHERE = Place("eu-west-1", "111111111111", bound=False)


def found_in(*stacks: tuple[Template, Place]) -> set[str]:
    """The ids of what stacks break together."""
    read = [
        StackTemplate(stack=f"Stack{number}", template=each, place=place, values={})
        for number, (each, place) in enumerate(stacks)
    ]
    return {each.rule for each in findings_of(stack_of(merged(read_templates(read)))) if each.rule.endswith("-is-near")}


@pytest.mark.parametrize(
    "source", [keeps_in(OTHER_REGION), template(Queue=moves_to(OTHER_REGION))], ids=["a rule", "a queue"]
)
def test_a_stack_that_is_not_bound_may_be_deployed_where_its_dead_letter_queue_is(source: Template) -> None:
    assert found_in((source, HERE))
    assert not found_in((source, ANYWHERE))


def test_the_queue_of_a_stack_that_is_not_bound_may_be_deployed_where_it_is_used() -> None:
    failures = template(Failures=resource("AWS::SQS::Queue", QueueName="failures"))
    uses = template(Queue=moves_to(OTHER_REGION))
    elsewhere = Place("eu-west-2", "111111111111")
    assert found_in((uses, HERE), (failures, elsewhere))
    assert not found_in((uses, elsewhere), (failures, elsewhere))
    by_name = template(Queue=moves_to("arn:aws:sqs:eu-west-1:111111111111:failures"))
    assert not found_in((by_name, elsewhere), (failures, ANYWHERE))


def test_a_reference_of_the_same_stack_is_near() -> None:
    source = template(Queue=resource("AWS::SQS::Queue", RedrivePolicy=policy()), Failures=resource("AWS::SQS::Queue"))
    assert not found_in((source, HERE))


def policy() -> dict[str, object]:
    return {"deadLetterTargetArn": arn("Failures"), "maxReceiveCount": 5}
