"""Rules for the mappings of a source together."""

from __future__ import annotations

from tests.support.model.pairs.templates import queue_with, reads, table_read_by
from tests.support.simulator.simulations import Template, arn, resource

RED, BLUE = {"body": {"colour": ["red"]}}, {"body": {"colour": ["blue"]}}

#: Rule, template that breaks it, template that passes.
SOURCES: list[tuple[str, Template, Template]] = [
    (
        "source-mapped-once",
        queue_with(One=reads(), Two=reads()),
        queue_with(One=reads(), Two=reads(by="Other")),
    ),
    (
        "source-mapped-once",
        queue_with(
            One=reads(),
            Two=resource("AWS::Lambda::EventSourceMapping", EventSourceArn=arn("Queue"), FunctionName=arn("Function")),
        ),
        queue_with(
            One=reads(),
            Version=resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
            Two=reads(by="Version"),
        ),
    ),
    (
        "source-filters-agree",
        queue_with(One=reads(patterns=(RED,)), Two=reads(by="Other", patterns=(BLUE,))),
        queue_with(One=reads(patterns=(RED, BLUE)), Two=reads(by="Other", patterns=(BLUE, RED))),
    ),
    (
        "source-filters-agree",
        queue_with(One=reads(patterns=(RED,)), Two=reads(by="Other")),
        queue_with(One=reads(patterns=(RED,)), Two=reads(by="Other", Enabled=False)),
    ),
    ("filtered-messages", queue_with(One=reads(patterns=(RED,))), queue_with(One=reads())),
    ("sqs-filters-have-patterns", queue_with(One=reads(patterns=(None,))), queue_with(One=reads(patterns=(RED,)))),
    ("sqs-filters-fit", queue_with(One=reads(patterns=(RED,) * 11)), queue_with(One=reads(patterns=(RED,) * 10))),
    (
        "sqs-filters-are-valid",
        queue_with(One=reads(patterns=({"body": {"colour": "red"}},))),
        queue_with(One=reads(patterns=({"body": {"colour": ["red"]}},))),
    ),
    (
        "filter-operators",
        queue_with(One=reads(patterns=({"body": {"colour": [{"wildcard": "r*"}]}},))),
        queue_with(One=reads(patterns=({"body": {"colour": [{"prefix": "r"}]}},))),
    ),
    ("filter-quota", queue_with(One=reads(patterns=(RED,) * 6)), queue_with(One=reads(patterns=(RED,) * 5))),
    ("stream-readers", table_read_by(3), table_read_by(2)),
    ("stream-readers", table_read_by(2, replicas=2), table_read_by(1, replicas=2)),
]
