"""docs/migration/from-l2.md: the stack after differs from the one before as the page says."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import assertions

from tests.unit.docs.test_docs import ROOT, blocks, run

BEFORE, AFTER = blocks("docs/migration/from-l2.md")
MAPPING, CONFIGURATION = "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"


@pytest.fixture(scope="module")
def resources() -> tuple[dict[str, Any], dict[str, Any]]:
    """The resources before and after."""
    with pytest.MonkeyPatch.context() as in_project:
        in_project.chdir(ROOT)  # the examples name the functions' folders
        before, after = (assertions.Template.from_stack(run(code)["stack"]).to_json() for code in (BEFORE, AFTER))
    return before["Resources"], after["Resources"]


def of_kind(resources: dict[str, Any], *kinds: str) -> dict[str, Any]:
    return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] in kinds}


def test_mapping_and_configuration_are_updated_in_place(resources: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = (of_kind(each, MAPPING, CONFIGURATION) for each in resources)
    assert set(before) == set(after)
    assert len(before) == 2
    for name, properties in before.items():  # what would replace them
        for replaced in ("EventSourceArn", "FunctionName", "Qualifier"):
            assert after[name].get(replaced) == properties.get(replaced)


def test_queues_and_functions_stay(resources: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = (of_kind(each, "AWS::SQS::Queue", "AWS::Lambda::Function") for each in resources)
    assert set(before) <= set(after)


def test_what_was_lost_before_has_a_place(resources: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = resources
    assert "RedrivePolicy" not in (before["Queue4A7E3555"].get("Properties") or {})
    assert "RedrivePolicy" in after["Queue4A7E3555"]["Properties"]
