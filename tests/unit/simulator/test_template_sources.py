"""Templates in any form: YAML with short tags, SAM, loops; and the values of their parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from redrive_simulator import NotModelledError, Simulation, TemplateError
from tests.support.simulator.simulations import Template, resource, sqs_stack, template

YAML = """\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Receives: {Type: Number, Default: 2}
Conditions:
  IsSmall: !Equals [!Ref Receives, 2]
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: !If [IsSmall, 2, !Ref Receives]}
  DeadLetters:
    Type: AWS::SQS::Queue
  Function:
    Type: AWS::Lambda::Function
    Properties: {Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/Function', Code: {ZipFile: '-'}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Orders.Arn, FunctionName: !Ref Function}
"""
SAM = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Timeout: 5}
Resources:
  Orders: {Type: AWS::SQS::Queue}
  Uploads: {Type: AWS::S3::Bucket}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: src/
      Events:
        Orders:
          Type: SQS
          Properties: {Queue: !GetAtt Orders.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures]}
        Hourly:
          Type: Schedule
          Properties: {Schedule: rate(1 hour), Input: '"hourly"'}
        Uploaded:
          Type: S3
          Properties: {Bucket: !Ref Uploads, Events: 's3:ObjectCreated:*'}
"""


def file(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def fails(event: Any, context: Any) -> None:
    raise ValueError("boom")


def test_a_template_in_yaml_has_short_tags(tmp_path: Path) -> None:
    simulation = Simulation.from_template(
        file(tmp_path, YAML), {"Function": fails}, template_parameters={"Receives": 3}
    )
    simulation.send("Orders", "x")
    simulation.run()
    assert simulation.function("Function").calls == 3
    assert simulation.queue("DeadLetters").bodies == ["x"]


def test_events_of_sam_reach_their_function(tmp_path: Path) -> None:
    pytest.importorskip("samtranslator")
    heard: list[Any] = []
    simulation = Simulation.from_template(file(tmp_path, SAM), {"Function": lambda event, context: heard.append(event)})
    simulation.send("Orders", "x")
    simulation.client("s3").put_object(Bucket=simulation.bucket("Uploads").spec.bucket_name, Key="a", Body=b"1")
    simulation.run_until(3_601)
    sources = [event if isinstance(event, str) else event["Records"][0]["eventSource"] for event in heard]
    assert sorted(sources) == ["aws:s3", "aws:sqs", "hourly"]


def test_what_sam_refuses_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("samtranslator")
    with pytest.raises(TemplateError, match="SAM refuses the template"):
        Simulation.from_template(file(tmp_path, SAM.replace("Type: Schedule", "Type: Nothing")))


@pytest.mark.parametrize("text", ["Resources: [", "just text", "Resources: 1", "{}"])
def test_what_is_no_template_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(TemplateError, match=r"template\.yaml (cannot be read|is no template)"):
        Simulation.from_template(file(tmp_path, text))


def test_a_resource_without_a_type_is_an_error() -> None:
    for wrong in ({"Properties": {}}, "AWS::SQS::Queue"):
        with pytest.raises(TemplateError, match="Wrong is no resource: give it a Type"):
            Simulation.from_template({"Resources": {"Wrong": wrong}})


def test_a_macro_is_an_error_by_name() -> None:
    stack = {"Transform": ["Own"], **sqs_stack()}
    with pytest.raises(NotModelledError, match="the transform Own, which runs at deployment"):
        Simulation.from_template(stack)


# Loops: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html


def looped(loop: list[Any], **more: Any) -> Template:
    return {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "One,Two"}},
        "Resources": {"Fn::ForEach::Queues": loop, **more},
    }


QUEUE = resource(
    "AWS::SQS::Queue", QueueName={"Fn::Sub": "q-${Name}"}, Tags=[{"Key": "name", "Value": {"Ref": "Name"}}]
)


def test_a_loop_makes_a_resource_for_each_item() -> None:
    for names in (["One", "Two"], {"Ref": "Names"}):
        simulation = Simulation.from_template(looped(["Name", names, {"Queue${Name}": QUEUE}]))
        assert [simulation.queue(f"Queue{each}").spec.arn.rpartition(":")[2] for each in ("One", "Two")] == [
            "q-One",
            "q-Two",
        ]


def test_loops_within_loops_and_names_without_punctuation() -> None:
    inner = {"Fn::ForEach::Kinds": ["Kind", ["a.b"], {"Queue${Name}&{Kind}": resource("AWS::SQS::Queue")}]}
    simulation = Simulation.from_template(looped(["Name", ["One", "Two"], inner]))
    assert [simulation.queue(f"Queue{each}ab").name for each in ("One", "Two")] == ["QueueOneab", "QueueTwoab"]


def test_a_loop_within_properties() -> None:
    policy = {"Fn::ForEach::Fields": ["Field", ["deadLetterTargetArn"], {"${Field}": {"Fn::GetAtt": ["Other", "Arn"]}}]}
    queue = resource("AWS::SQS::Queue", RedrivePolicy={**policy, "maxReceiveCount": 1})
    stack = looped(["Name", ["Other"], {"${Name}": resource("AWS::SQS::Queue")}], Queue=queue)
    assert Simulation.from_template(stack).queue("Queue").spec.dead_letter_arn is not None


@pytest.mark.parametrize(
    ("stack", "sentence"),
    [
        ({"Resources": looped([])["Resources"]}, "without the transform for it: add AWS::LanguageExtensions"),
        (looped(["Name", ["One"]]), r"give \[identifier, collection, \{key: value\}\]"),
        (looped(["Name", "One", {"Queue${Name}": QUEUE}]), "runs over 'One': give a list"),
        (looped(["Name", ["One", "Two"], {"Queue": QUEUE}]), "makes 'Queue' twice"),
    ],
    ids=["no transform", "no body", "no list", "the same key"],
)
def test_a_loop_that_cloudformation_refuses_is_an_error(stack: Template, sentence: str) -> None:
    with pytest.raises(TemplateError, match=sentence):
        Simulation.from_template(stack)


def test_the_functions_that_come_with_loops() -> None:
    stack = looped(
        ["Name", ["One"], {"Queue${Name}": resource("AWS::SQS::Queue", DelaySeconds={"Fn::Length": [1, 2]})}]
    )
    stack["Mappings"] = {"Waits": {"eu": {"seconds": 5}}}
    visible = {"Fn::FindInMap": ["Waits", "us", "seconds", {"DefaultValue": 7}]}
    name = {"Fn::ToJsonString": {"deadLetterTargetArn": {"Fn::GetAtt": ["QueueOne", "Arn"]}, "maxReceiveCount": 4}}
    stack["Resources"]["Other"] = resource("AWS::SQS::Queue", VisibilityTimeout=visible, RedrivePolicy=name)
    simulation = Simulation.from_template(stack)
    assert simulation.queue("QueueOne").spec.delay == 2
    other = simulation.queue("Other").spec
    assert (other.visibility_timeout, other.max_receive_count) == (7, 4)


# Parameters: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html


def parametrized(**parameter: Any) -> Template:
    stack = template(Queue=resource("AWS::SQS::Queue", QueueName={"Ref": "Given"}))
    return {"Parameters": {"Given": {"Type": "String", **parameter}}, **stack}


@pytest.mark.parametrize(
    ("parameter", "good", "bad", "rule"),
    [
        ({"AllowedValues": ["a", "b"]}, "b", "c", "AllowedValues are a, b; give one of them"),
        ({"AllowedPattern": "[a-z]+"}, "abc", "abc1", r"AllowedPattern is \[a-z\]\+"),
        ({"MinLength": 2}, "ab", "a", "MinLength is 2"),
        ({"MaxLength": "2"}, "ab", "abc", "MaxLength is 2"),
        ({"Type": "Number", "MinValue": 2}, 2, "1.5", "MinValue is 2"),
        ({"Type": "Number", "MaxValue": 2}, "2", 3, "MaxValue is 2"),
        ({"Type": "Number"}, "2", "two", "its type is Number; give a number"),
        ({"Type": "String"}, "2", ["2"], "its type is String; give a text or a number"),
        ({"AllowedPattern": "[a-z]+", "ConstraintDescription": "small letters"}, "a", "A", r"\(small letters\)"),
        ({"AllowedPattern": r"\p{Lower}+"}, "a", None, ""),
        ({"Type": "AWS::SSM::Parameter::Value<Number>", "AllowedValues": ["/b"]}, "/a/name", None, ""),
        ({"NoEcho": True, "MinLength": 8}, "****", None, ""),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_the_value_of_a_parameter_fits_its_constraints(
    parameter: dict[str, Any], good: Any, bad: Any, rule: str
) -> None:
    Simulation.from_template(parametrized(**parameter), template_parameters={"Given": good})
    if bad is None:
        return
    with pytest.raises(TemplateError, match=f"parameter 'Given' is .*: .*{rule}"):
        Simulation.from_template(parametrized(**parameter), template_parameters={"Given": bad})
    with pytest.raises(TemplateError, match=rule):
        Simulation.from_template(parametrized(**parameter, Default=bad))


def test_each_member_of_a_list_fits_the_constraints() -> None:
    stack = parametrized()
    stack["Parameters"]["Sizes"] = {"Type": "List<Number>", "MaxValue": 5, "Default": "1, 2"}
    Simulation.from_template(stack, template_parameters={"Given": "a", "Sizes": [4, 5]})
    with pytest.raises(TemplateError, match="MaxValue is 5"):
        Simulation.from_template(stack, template_parameters={"Given": "a", "Sizes": "5,6"})


def test_a_name_that_is_not_declared_and_a_missing_value_are_errors() -> None:
    with pytest.raises(TemplateError, match="has 'Givn', and the template declares no such parameter: it has Given"):
        Simulation.from_template(parametrized(), template_parameters={"Givn": "a"})
    with pytest.raises(TemplateError, match="'Given' has no default: give it a value, template_parameters="):
        Simulation.from_template(parametrized())


@pytest.mark.parametrize("source", [None, 7, object], ids=["nothing", "number", "type"])
def test_what_is_no_template_is_an_error_that_says_what_to_give(source: Any) -> None:
    with pytest.raises(TypeError, match=r"is no template: give a dictionary.*Template\.from_stack"):
        Simulation.from_template(source)
