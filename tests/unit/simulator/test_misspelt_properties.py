"""A misspelt property is refused as such, before `strict=False` is recommended for a part that is not modelled."""

from __future__ import annotations

import pytest

from redrive_model.template import schemas
from redrive_model.template.errors import TemplateError
from redrive_simulator import NotModelledError, Simulation
from tests.support.simulator.simulations import resource, template

STACK = template(
    Queue=resource("AWS::SQS::Queue", VisibilityTimout=30),
    Other=resource("AWS::S3::Bucket", VersioningConfiguration={"Status": "Suspended"}),
)


def test_the_refusal_of_the_schema_comes_first() -> None:
    with pytest.raises(TemplateError, match=r"VisibilityTimout.*CloudFormation refuses it by its schema"):
        Simulation.from_template(STACK)


def test_without_the_schemas_the_right_name_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "schemas_are_installed", lambda: False)
    with pytest.raises(NotModelledError, match=r"VisibilityTimout \(misspelt\? VisibilityTimeout\)"):
        Simulation.from_template(STACK)


def test_a_part_that_is_right_and_not_modelled_is_named_as_before() -> None:
    made = template(Other=STACK["Resources"]["Other"])
    with pytest.raises(NotModelledError, match="VersioningConfiguration, suspended"):
        Simulation.from_template(made)
