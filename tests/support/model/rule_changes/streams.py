"""Changes that break the rules for streams and tables, and changes that pass them."""

from __future__ import annotations

import json

from tests.support.model.rule_changes.templates import DAY, Change, filters_of, kept_in, stream_template, table_template
from tests.support.model.rules import WILDCARD, pattern
from tests.support.simulator.simulations import arn

DATA = '{"data": {"colour": ["red"]}}'
ASIDE = {"REDRIVE_STREAM_1": "{}"}
ASIDE_KEPT = {"REDRIVE_STREAM_1": json.dumps({"set_aside_bucket": "aside"})}
STREAMS: list[Change] = [
    (
        "filter-quota",
        stream_template(),
        "Mapping",
        {"FilterCriteria": filters_of(*[DATA] * 6)},
        {"FilterCriteria": filters_of(DATA)},
    ),
    (
        "filter-operators",
        stream_template(),
        "Mapping",
        {"FilterCriteria": filters_of(WILDCARD.replace("body", "data"))},
        {"FilterCriteria": filters_of(DATA)},
    ),
    (
        "filter-numbers",
        table_template(),
        "Mapping",
        {"FilterCriteria": filters_of('{"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1]}]}}}}')},
        {"FilterCriteria": filters_of('{"dynamodb": {"NewImage": {"n": {"N": ["1"]}}}}')},
    ),
    (
        "stream-retention-in-range",
        stream_template(),
        "Stream",
        {"RetentionPeriodHours": 23},
        {"RetentionPeriodHours": 24},
    ),
    ("stream-batch-size-in-range", stream_template(), "Mapping", {"BatchSize": 10_001}, {"BatchSize": 10_000}),
    (
        "stream-window-in-range",
        stream_template(),
        "Mapping",
        {"MaximumBatchingWindowInSeconds": 301},
        {"MaximumBatchingWindowInSeconds": 300},
    ),
    (
        "stream-parallelization-in-range",
        stream_template(),
        "Mapping",
        {"ParallelizationFactor": 11},
        {"ParallelizationFactor": 10},
    ),
    (
        "stream-tumbling-window-in-range",
        stream_template(),
        "Mapping",
        {"TumblingWindowInSeconds": 901},
        {"TumblingWindowInSeconds": 900},
    ),
    (
        "stream-retries-in-range",
        stream_template(),
        "Mapping",
        {"MaximumRetryAttempts": 10_001},
        {"MaximumRetryAttempts": 100},
    ),
    (
        "stream-age-in-range",
        stream_template(),
        "Mapping",
        {"MaximumRecordAgeInSeconds": 59},
        {"MaximumRecordAgeInSeconds": 3_600},
    ),
    (
        "stream-settings-are-for-streams",
        stream_template(),
        "Mapping",
        {"ScalingConfig": {"MaximumConcurrency": 2}},
        {"ScalingConfig": None},
    ),
    (
        "stream-starting-position-is-given",
        stream_template(),
        "Mapping",
        {"StartingPosition": None},
        {"StartingPosition": "TRIM_HORIZON"},
    ),
    (
        "stream-starting-position-exists",
        table_template(),
        "Mapping",
        {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1_795_305_600},
        {"StartingPosition": "TRIM_HORIZON"},
    ),
    (
        "stream-timestamp-goes-with-its-position",
        stream_template(),
        "Mapping",
        {"StartingPosition": "AT_TIMESTAMP"},
        {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1_795_305_600},
    ),
    (
        "stream-filters-fit",
        stream_template(),
        "Mapping",
        {"FilterCriteria": filters_of(pattern(4_097))},
        {"FilterCriteria": None},
    ),
    (
        "stream-filters-are-valid",
        stream_template(),
        "Mapping",
        {"FilterCriteria": filters_of('{"data": ["red"]}')},
        {"FilterCriteria": filters_of(DATA)},
    ),
    (
        "stream-filters-have-patterns",
        stream_template(),
        "Mapping",
        {"FilterCriteria": filters_of("")},
        {"FilterCriteria": filters_of(DATA)},
    ),
    (
        "stream-destination-is-queue-topic-or-bucket",
        stream_template(),
        "Mapping",
        {"DestinationConfig": kept_in("Function")},
        {"DestinationConfig": kept_in("Failures")},
    ),
    (
        "stream-no-destination-on-success",
        stream_template(),
        "Mapping",
        {"DestinationConfig": {**kept_in("Failures"), "OnSuccess": {"Destination": arn("Failures")}}},
        {"DestinationConfig": kept_in("Failures")},
    ),
    ("stream-no-fifo", stream_template(), "Failures", {"FifoQueue": True}, {"FifoQueue": None}),
    (
        "infinite-retries",
        stream_template(),
        "Mapping",
        {"MaximumRetryAttempts": None, "MaximumRecordAgeInSeconds": None},
        {"MaximumRecordAgeInSeconds": 3_600},
    ),
    (
        "no-failure-destination",
        stream_template(),
        "Mapping",
        {"DestinationConfig": None},
        {"DestinationConfig": kept_in("Failures")},
    ),
    (
        "record-age",
        stream_template(),
        "Mapping",
        {"MaximumRecordAgeInSeconds": DAY},
        {"MaximumRecordAgeInSeconds": DAY // 2},
    ),
    (
        "no-bisect",
        stream_template(),
        "Mapping",
        {"BisectBatchOnFunctionError": None},
        {"BisectBatchOnFunctionError": True},
    ),
    ("nothing-to-bisect", stream_template(), "Mapping", {"BatchSize": 1}, {"BatchSize": 100}),
    (
        "starting-position",
        stream_template(),
        "Mapping",
        {"StartingPosition": "LATEST"},
        {"StartingPosition": "TRIM_HORIZON"},
    ),
    (
        "parallel-windows",
        stream_template(),
        "Mapping",
        {"TumblingWindowInSeconds": 60, "ParallelizationFactor": 2},
        {"TumblingWindowInSeconds": 60},
    ),
    (
        "nothing-set-aside",
        stream_template(),
        "Function",
        {"Environment": {"Variables": ASIDE}},
        {"Environment": {"Variables": ASIDE_KEPT}},
    ),
]
