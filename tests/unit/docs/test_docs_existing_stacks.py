"""The examples of docs/existing-stacks.md, as they stand there."""

from __future__ import annotations

import pytest
from aws_cdk import assertions

from tests.unit.docs.test_docs import ROOT, blocks, run

TAKEN_OVER, GUARDED, OPERATED = blocks("docs/existing-stacks.md")


@pytest.fixture(autouse=True)
def in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples name the functions' folders."""
    monkeypatch.chdir(ROOT)


def test_the_mapping_keeps_its_logical_id() -> None:
    template = assertions.Template.from_stack(run(TAKEN_OVER)["stack"])
    (mapping,) = template.find_resources("AWS::Lambda::EventSourceMapping")
    assert mapping == "HandlerSqsEventSourceShopQueue0BD0D0D5A8F7C1E2"


def test_who_only_looks_has_a_policy_without_deletions() -> None:
    template = assertions.Template.from_stack(run(TAKEN_OVER, OPERATED)["stack"])
    policies = template.find_resources("AWS::IAM::ManagedPolicy")
    assert ["sqs:DeleteMessage" in str(policy) for policy in policies.values()] == [True, False]


def test_the_rule_and_the_subscription_have_dead_letter_queues() -> None:
    template = assertions.Template.from_stack(run(TAKEN_OVER, GUARDED)["stack"])
    (rule,) = template.find_resources("AWS::Events::Rule").values()
    (target,) = rule["Properties"]["Targets"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 7_200}
    (subscription,) = template.find_resources("AWS::SNS::Subscription").values()
    for configuration in (target["DeadLetterConfig"], subscription["Properties"]["RedrivePolicy"]):
        assert "GuardDeadLetterQueue" in str(configuration)
