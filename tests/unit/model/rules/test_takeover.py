"""Consumers that can take over a deployed mapping, and those for which CloudFormation would replace it."""

from __future__ import annotations

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from redrive_model.rules.takeover import TAKE_OVER_RULES, TakeOverFacts
from tests.support.model.rules import assert_complaints_read_well

GOOD = TakeOverFacts(logical_id="HandlerSqsEventSourceShopOrders2F0E6D1A")
BROKEN = {
    "source-stays": TakeOverFacts(new="a queue"),
    "position-stays": TakeOverFacts(has_position=False),
    "logical-id-is-valid": TakeOverFacts(logical_id="Handler/SqsEventSource"),
}


def test_what_reads_the_same_from_the_same_position_is_taken_over() -> None:
    assert list(TAKE_OVER_RULES.refused(GOOD)) == []


@pytest.mark.parametrize("rule", BROKEN)
def test_what_would_be_replaced_is_refused(rule: str) -> None:
    assert [each.rule for each in TAKE_OVER_RULES.broken(BROKEN[rule])] == [f"redrive:takeover-{rule}"]
    assert_complaints_read_well(TAKE_OVER_RULES, BROKEN[rule], "give", "pass")


@pytest.mark.parametrize("logical_id", ["", "1Mapping", "Map-ping", "M" * 256, "Mäpping"])
def test_a_logical_id_has_letters_and_digits(logical_id: str) -> None:
    assert len(list(TAKE_OVER_RULES.refused(TakeOverFacts(logical_id=logical_id)))) == 1


@pytest.mark.parametrize(
    ("kind", "covered"),
    [
        (
            "AWS::Lambda::EventSourceMapping",
            # The last is for sources that no construct of ours has.
            {"EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "SelfManagedEventSource"},
        ),
        ("AWS::Lambda::EventInvokeConfig", {"FunctionName", "Qualifier"}),
    ],
)
def test_the_rules_cover_each_property_whose_change_replaces(kind: str, covered: set[str]) -> None:
    """The schemas of CloudFormation's registry say which: the properties that can only be set at creation."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    assert {each.rpartition("/")[2] for each in schema["createOnlyProperties"]} == covered
