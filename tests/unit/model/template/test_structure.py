"""A template that CloudFormation refuses by its structure is an error that says what is wrong and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from redrive_model.template.errors import TemplateError
from redrive_model.template.schemas import refusals
from redrive_model.template.template import Place, Template, opened, read_template

PLACE = Place("eu-west-1", "111111111111")
QUEUE = {"Type": "AWS::SQS::Queue"}


def read(resources: dict[str, Any], **sections: Any) -> Template:
    return read_template({"Resources": resources, **sections}, PLACE, {})


def dead_letters(queue: str) -> dict[str, Any]:
    policy = {"deadLetterTargetArn": {"Fn::GetAtt": [queue, "Arn"]}, "maxReceiveCount": 3}
    return {**QUEUE, "Properties": {"RedrivePolicy": policy}}


def role(value: Any) -> dict[str, Any]:
    """A resource that nothing else reads."""
    return {"Type": "AWS::IAM::Role", "Properties": {"Description": value}}


NEVER = {"Never": {"Fn::Equals": ["a", "b"]}}

REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "section": ({}, {"Resorces": {}}, "has the section 'Resorces'.*correct its name"),
    "version": ({}, {"AWSTemplateFormatVersion": "2011-09-09"}, "there is only '2010-09-09'"),
    "attribute": ({"Q": {**QUEUE, "Propertis": {}}}, {}, "Q has 'Propertis', which no resource has"),
    "logical id": ({"my-queue": QUEUE}, {}, "my-queue: .* letters and digits alone"),
    "properties": ({"Q": {**QUEUE, "Properties": "x"}}, {}, "Q: Properties are 'x': give an object"),
    "no transform": ({"F": {"Type": "AWS::Serverless::Function"}}, {}, "add AWS::Serverless-2016-10-31 to Transform"),
    "no type": ({"Q": {"Properties": {}}}, {}, "Q is no resource: give it a Type"),
    "policy": ({"Q": {**QUEUE, "DeletionPolicy": "Keep"}}, {}, "DeletionPolicy is 'Keep'; give one of Delete"),
    "depends": ({"Q": {**QUEUE, "DependsOn": "None"}}, {}, "Q depends on 'None', which is no resource"),
    "depends on several": ({"Q": {**QUEUE, "DependsOn": ["Q2"]}}, {}, "Q depends on 'Q2'"),
    "macro": ({"Fn::Transform": {"Name": "AWS::Include"}}, {}, "made by the macro AWS::Include .*template-stage"),
    "macro inside": ({"Q": {**QUEUE, "Properties": {"DelaySeconds": {"Fn::Transform": {"Name": "M"}}}}}, {}, "macro M"),
    "Ref": ({"R": role({"Ref": "Nothing"})}, {}, "refers to 'Nothing', which is neither a resource nor a parameter"),
    "GetAtt": ({"R": role({"Fn::GetAtt": "Nothing.Arn"})}, {}, "refers to 'Nothing'"),
    "Sub": ({"R": role({"Fn::Sub": "a ${Nothing.Arn}"})}, {}, "refers to 'Nothing'"),
    "Sub with values": ({"R": role({"Fn::Sub": ["${A}", {"A": {"Ref": "Nothing"}}]})}, {}, "refers to 'Nothing'"),
    "output": ({}, {"Outputs": {"O": {"Value": {"Ref": "Nothing"}}}}, "refers to 'Nothing'"),
    "not made": (
        {"Q": {**QUEUE, "Condition": "Never"}, "R": role({"Ref": "Q"})},
        {"Conditions": NEVER},
        "R refers to Q, which is not made, as its condition Never is false",
    ),
    "itself": ({"Q": dead_letters("Q")}, {}, r"need each other.*: Q → Q; CloudFormation refuses"),
    "circle": ({"A": dead_letters("B"), "B": dead_letters("A")}, {}, r"need each other.*: (A → B → A|B → A → B);"),
    "circle of DependsOn": ({"A": {**QUEUE, "DependsOn": "B"}, "B": dead_letters("A")}, {}, "need each other"),
    "Fn::Length": (
        {"R": {**QUEUE, "Properties": {"DelaySeconds": {"Fn::Length": [1]}}}},
        {},
        "AWS::LanguageExtensions",
    ),
    "Fn::ToJsonString": (
        {"Q": {**QUEUE, "Properties": {"QueueName": {"Fn::ToJsonString": {}}}}},
        {},
        "needs the transform AWS::LanguageExtensions: add it",
    ),
    "type of parameter": ({}, {"Parameters": {"P": {"Type": "Strin"}}}, "'P' has the Type Strin: give String"),
    "no type of parameter": ({}, {"Parameters": {"P": {"Default": "x"}}}, "'P' has the Type None: give String"),
    "number": ({}, {"Parameters": {"P": {"Type": "Number", "Default": "NaN"}}}, "give a finite one"),
    "parameter of SSM": (
        {"Q": {**QUEUE, "Properties": {"QueueName": {"Ref": "P"}}}},
        {"Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/queue/name"}}},
        r"'P' is read from SSM at deployment: give its value, template_parameters=\{'P'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cloudformation_refuses_is_an_error(name: str) -> None:
    resources, sections, complaint = REFUSED[name]
    with pytest.raises(TemplateError, match=complaint):
        read(resources, **sections)


TAKEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "all sections": (
        {"Q": {**QUEUE, "DeletionPolicy": "RetainExceptOnCreate", "DependsOn": ["R"]}, "R": role("x")},
        {"AWSTemplateFormatVersion": "2010-09-09", "Description": "d", "Metadata": {}, "Outputs": {}},
    ),
    "branch that is not taken": (
        {"Q": {**QUEUE, "Condition": "Never"}, "R": role({"Fn::If": ["Never", {"Ref": "Q"}, "x"]})},
        {"Conditions": NEVER, "Outputs": {"O": {"Condition": "Never", "Value": {"Ref": "Q"}}}},
    ),
    "names that are no resources": (
        {
            "R": role(
                [{"Fn::Sub": "${AWS::Region} ${!Literal}"}, {"Fn::Sub": ["${A}", {"A": "b"}]}, {"Ref": "AWS::StackId"}]
            )
        },
        {},
    ),
    "what is not made may be depended on": (
        {"Q": {**QUEUE, "Condition": "Never"}, "R": {**role("x"), "DependsOn": "Q"}},
        {"Conditions": NEVER},
    ),
    "condition that is not known": (
        {"R": role({"Fn::If": ["Known", {"Ref": "Nothing"}, "x"]})},
        {
            "Parameters": {"P": {"Type": "String"}},
            "Conditions": {"Known": {"Fn::Equals": [{"Ref": "P"}, "b"]}},
            "Outputs": {"O": {"Condition": "Known", "Value": {"Ref": "Nothing"}}},
        },
    ),
    "parameter of SSM that nothing uses": (
        {"Q": QUEUE},
        {"Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk/version"}}},
    ),
    "another transform may change anything": ({"Q": {**QUEUE, "Twice": True}}, {"Transform": "Macro", "Special": {}}),
    "language extensions": (
        {"Q": {**QUEUE, "Properties": {"DelaySeconds": {"Fn::Length": [1, 2]}}}},
        {"Transform": ["AWS::LanguageExtensions"]},
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_cloudformation_takes_is_none(name: str) -> None:
    resources, sections = TAKEN[name]
    assert "Resources" not in sections
    read(resources, **sections)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::Cidr": ["192.168.0.0/24", 2, 5]}, "192.168.0.0/27,192.168.0.32/27"),
        ({"Fn::Cidr": ["10.0.0.0/16", "3", "8"]}, "10.0.0.0/24,10.0.1.0/24,10.0.2.0/24"),
        ({"Fn::Cidr": ["2001:db8::/56", 1, 64]}, "2001:db8::/64"),
        ({"Fn::Cidr": ["10.0.0.0/16", 300, 8]}, "it has 256 such subnets only"),
        ({"Fn::Cidr": ["10.0.0.0/16", 1, 20]}, "new prefix must be longer"),
        ({"Fn::Cidr": ["10.0.0.1/16", 1, 8]}, "has host bits set"),
    ],
    ids=["24", "text", "IPv6", "too many", "too large", "host"],
)
def test_addresses_of_subnets(value: Any, expected: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html"""
    joined = {**QUEUE, "Properties": {"QueueName": {"Fn::Join": [",", value]}}}
    if "/" in expected:
        assert read({"Q": joined}).resources["Q"].properties["QueueName"] == expected
        return
    with pytest.raises(TemplateError, match=expected):
        read({"Q": joined})


def test_an_element_before_the_first_is_not_selected() -> None:
    with pytest.raises(TemplateError, match=r"Fn::Select of -1 .*: there is none"):
        read({"Q": {**QUEUE, "Properties": {"QueueName": {"Fn::Select": [-1, ["a"]]}}}})


def test_a_parameter_of_ssm_has_the_value_that_is_given() -> None:
    kind = "AWS::SSM::Parameter::Value<List<String>>"
    template = {
        "Parameters": {"P": {"Type": kind, "Default": "/names"}},
        "Resources": {"Q": {**QUEUE, "Properties": {"QueueName": {"Fn::Select": [1, {"Ref": "P"}]}}}},
    }
    assert read_template(template, PLACE, {"P": "a, b"}).resources["Q"].properties == {"QueueName": "b"}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"Description: \xe4\nResources: {}", "is no text in UTF-8 .*: save it as UTF-8"),
        ("Resources: {}".encode("utf-16"), "is no text in UTF-8"),
        (b"", "it has no Resources"),
        (b'{"Resources": {},}', "cannot be read as JSON or YAML"),
        (None, r"is a folder: give the file .* Simulation\.from_assembly"),
    ],
    ids=["latin", "utf-16", "empty", "comma", "folder"],
)
def test_a_file_that_is_no_template_is_an_error_that_names_it(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    path = tmp_path / "template"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(TemplateError, match=rf"{path} .*{complaint}"):
        read_template(path, PLACE, {})


def test_a_byte_order_mark_is_no_part_of_a_template(tmp_path: Path) -> None:
    for name, text in (("t.json", '{"Resources": {}}'), ("t.yaml", "Resources: {}")):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8-sig")
        assert read_template(path, PLACE, {}).resources == {}


def test_the_translator_of_sam_writes_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("samtranslator")
    one = {"InlineCode": "x", "Handler": "index.x", "Runtime": "python3.13"}
    for _ in range(2):  # the second translator takes the place of the first, which warns as it goes
        read({"F": {"Type": "AWS::Serverless::Function", "Properties": one}}, Transform="AWS::Serverless-2016-10-31")
    assert [each.getMessage() for each in caplog.records if each.name.startswith("samtranslator")] == []


def test_a_template_has_500_resources_at_most() -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    read({f"Q{number}": QUEUE for number in range(500)})
    with pytest.raises(TemplateError, match="has 501 resources: CloudFormation takes 500"):
        read({f"Q{number}": QUEUE for number in range(501)})


def test_sam_leaves_out_attributes_and_makes_resources_that_others_depend_on() -> None:
    """As in templates of https://github.com/aws-samples/serverless-patterns."""
    pytest.importorskip("samtranslator")
    one = {"InlineCode": "x", "Handler": "index.x", "Runtime": "python3.13", "AutoPublishAlias": "live"}
    found = read(
        {
            "F": {"Type": "AWS::Serverless::Function", "Description": "it does", "Properties": one},
            "Q": {**QUEUE, "DependsOn": "FAliaslive"},
        },
        Transform="AWS::Serverless-2016-10-31",
    )
    assert "FAliaslive" in found.resources


@pytest.mark.parametrize(
    ("resource", "refused"),
    [
        ({**QUEUE, "Properties": {"QueueName": "{{resolve:ssm:/queue/name}}"}}, None),
        ({**QUEUE, "Properties": {"DelaySeconds": "x", "Fn::Transform": {"Name": "Macro"}}}, None),
        ({**QUEUE, "Properties": {"Tags": {"Fn::Transform": {"Name": "Macro"}}}}, None),
        ({**QUEUE, "Properties": {"QueueName": "a", "DelaySeconds": "x"}}, "DelaySeconds"),
    ],
    ids=["dynamic reference", "macro", "macro inside", "text"],
)
def test_what_a_deployment_resolves_is_not_held_against_schemas(resource: dict[str, Any], refused: str | None) -> None:
    pytest.importorskip("cfnlint")
    template = opened({"Resources": {"Q": resource}}, PLACE, {})
    found = [each.sentence for each in refusals(template, "eu-west-1")]
    assert (refused in found[0]) if refused else found == []
