"""Measures how long a large stack takes to be explained and checked: `python -m benchmarks.explain`.

The aim is 3 seconds for 200 functions and 400 event source mappings.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from redrive_cli.explain.text import as_text
from redrive_model.explanation.explain import explain
from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place

FUNCTIONS, MAPPINGS = 200, 400


def stack() -> dict[str, Any]:
    """A template with queues and streams, each read by one of the functions."""
    resources: dict[str, Any] = {
        f"Function{number}": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 10}}
        for number in range(FUNCTIONS)
    }
    for number in range(MAPPINGS):
        is_queue = number % 2 == 0
        source = f"Source{number}"
        target = {"Fn::GetAtt": [f"Kept{number}", "Arn"]}
        resources[f"Kept{number}"] = {"Type": "AWS::SQS::Queue"}
        mapping: dict[str, Any] = {
            "EventSourceArn": {"Fn::GetAtt": [source, "Arn"]},
            "FunctionName": {"Ref": f"Function{number % FUNCTIONS}"},
        }
        if is_queue:
            policy = {"deadLetterTargetArn": target, "maxReceiveCount": 5}
            resources[source] = {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": policy}}
        else:
            resources[source] = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}}
            mapping |= {"StartingPosition": "TRIM_HORIZON", "DestinationConfig": {"OnFailure": {"Destination": target}}}
        resources[f"Mapping{number}"] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping}
    return {"Resources": resources}


def main() -> None:
    source = StackTemplate(stack="", template=stack(), place=Place("eu-west-1", "111111111111"))
    start = perf_counter()
    read = stack_of(merged(read_templates([source])))
    was_read = perf_counter()
    findings = len(list(findings_of(read)))
    was_checked = perf_counter()
    explained = explain(read, outage=2_400)
    lines = len(as_text(explained, 2_400))
    done = perf_counter()
    print(f"read {was_read - start:.2f} s, checked {was_checked - was_read:.2f} s ({findings:,} findings)")
    print(f"explained {done - was_checked:.2f} s ({len(explained.ways):,} ways, {lines:,} lines)")
    print(f"read and explained: {was_read - start + done - was_checked:.2f} s")


if __name__ == "__main__":
    main()
