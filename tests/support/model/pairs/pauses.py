"""Rules for mappings that a circuit pauses."""

from __future__ import annotations

import json

from tests.support.model.pairs.templates import KEPT, reads, reads_stream, settings
from tests.support.simulator.simulations import Template, arn, function, resource, template


def paused(source: Template, cap: float) -> Template:
    """A stack with a switch that pauses the mapping with the logical id `Mapping`."""
    names = {"name": "Payments", "table": "circuits"}
    switch = {
        "Fn::Join": [
            "",
            [json.dumps({**names, "queue_url": "u", "mappings": ["?"]}).partition("?")[0], {"Ref": "Mapping"}, '"]}'],
        ]
    }
    circuit = {**names, "open_time": {"base": 1, "cap": cap, "factor": 2, "jitter": "none"}}
    source["Resources"]["Switch"] = function(Environment={"Variables": {"REDRIVE_SWITCH_1": switch}})
    source["Resources"]["Caller"] = function(**settings(REDRIVE_CIRCUIT_1=circuit))
    return source


#: Rule, template that breaks it, template that passes.
PAUSES: list[tuple[str, Template, Template]] = [
    (
        "pause-beyond-retention",
        paused(
            template(
                Queue=resource("AWS::SQS::Queue", MessageRetentionPeriod=600), Function=function(), Mapping=reads()
            ),
            600,
        ),
        paused(
            template(
                Queue=resource("AWS::SQS::Queue", MessageRetentionPeriod=600), Function=function(), Mapping=reads()
            ),
            599,
        ),
    ),
    (
        "pause-beyond-retention",
        paused(
            template(
                Stream=resource("AWS::Kinesis::Stream"),
                Failures=KEPT,
                Function=function(),
                Mapping=reads_stream(arn("Stream")),
            ),
            601,
        ),
        paused(
            template(
                Stream=resource("AWS::Kinesis::Stream"),
                Failures=KEPT,
                Function=function(),
                Mapping=reads_stream(arn("Stream")),
            ),
            45,
        ),
    ),
    (
        "paused-latest",
        paused(
            template(
                Stream=resource("AWS::Kinesis::Stream"),
                Failures=KEPT,
                Function=function(),
                Mapping=reads_stream(arn("Stream"), StartingPosition="LATEST"),
            ),
            45,
        ),
        template(
            Stream=resource("AWS::Kinesis::Stream"),
            Failures=KEPT,
            Function=function(),
            Mapping=reads_stream(arn("Stream"), StartingPosition="LATEST"),
        ),
    ),
]
