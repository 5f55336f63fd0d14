"""docs/reference/cost.md: what it says that constructs create, and its arithmetic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.constructs.monitoring.places import CONSTRUCTS, built, metric_names

PAGE = (Path(__file__).parents[3] / "docs/reference/cost.md").read_text(encoding="utf-8")
COSTS = re.findall(r"^\| (`\w+`.*?) \| (\d+) \| (\d+) \| \$(\d\.\d\d) \|$", PAGE, re.MULTILINE)


def counted(name: str, exists: str = "") -> tuple[int, int]:
    """The number of alarms that a construct creates, and of the metrics that these watch."""
    synthesized, made = built(name, exists)
    watched = [metric_names(synthesized.properties(alarm)) for alarm in made.alarms]
    return len(watched), sum(map(len, watched))


@pytest.mark.parametrize("row", COSTS, ids=[row[0] for row in COSTS])
def test_the_costs_are_those_of_the_templates(row: tuple[str, str, str, str]) -> None:
    """$0.10 a metric: https://aws.amazon.com/cloudwatch/pricing/"""
    what, alarms, metrics, dollars = row
    name = what.split("`")[1]
    found = counted(name)
    for words, exists in (("granted function", "a granted function"), ("switch", "pauses=[consumer]")):
        if words in what:
            less = counted(name, "a granted function") if words == "switch" else found
            more = counted(name, exists)
            found = (more[0] - less[0], more[1] - less[1])
    assert (int(alarms), int(metrics)) == found
    assert float(dollars) == pytest.approx(found[1] / 10)


def test_the_costs_of_every_construct_are_there() -> None:
    assert {row[0].split("`")[1] for row in COSTS} == set(CONSTRUCTS)


def price(row: str, place: int = 0) -> float:
    """A price of the first table."""
    (line,) = re.findall(rf"^\| {row}[^|]*\| ([^|]*) \|", PAGE, re.MULTILINE)
    return float(re.findall(r"\$([\d.]+)", line)[place])


HOURS, RECEIVES = 730, 5 * 3 * 60 * 24 * 30


@pytest.mark.parametrize(
    ("words", "dollars"),
    [
        ("$0.26: Lambda asks an idle queue", RECEIVES / 1e6 * price("a million requests to a standard queue")),
        ("$29.20 for a stream", HOURS * price("a Kinesis stream")),
        ("at most $0.44 a million", 1.1 * price("a million requests to a standard queue")),
        ("`dynamodb()` $0.63", price("a million write units")),
        ("`s3()` $5.00", 1_000 * price("a GB in a bucket", 1)),
        ("$1.25: two write units", 2 * price("a million write units")),
        ("FIFO $1.88", 3 * price("a million write units")),
        ("One that is known already: $0.13", price("a million write units", 1)),
        ("a read in five seconds: $0.06", 30 * 86_400 / 5 / 1e6 * price("a million write units", 1)),
        (
            "$0.28: the queue of its timers",
            RECEIVES / 1e6 * price("a million requests to a standard queue")
            + 43_200 / 1e6 * (price("a million invocations") + price("a million write units", 1))
            + 43_200 * 0.05 / 4 * price("a million invocations", 1),  # 50 ms with 256 MB
        ),
        ("$1.20 at most", 4 * price("a custom metric")),
        ("would be $2.10", 7 * price("a custom metric")),
        ("| `FailureDashboard` | $3.00", price("a dashboard")),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else "",
)
def test_the_arithmetic(words: str, dollars: float) -> None:
    assert words in PAGE
    (said,) = re.findall(r"\$([\d.]+\d)", words)
    assert float(said) == pytest.approx(dollars, abs=0.006)


def test_what_is_created_for_nothing_is_nothing_that_costs() -> None:
    kinds = {each["Type"] for each in built("SqsConsumer", "")[0].template["Resources"].values()}
    assert "AWS::Kinesis::Stream" not in kinds
    kinds = {each["Type"] for each in built("KinesisConsumer", "")[0].template["Resources"].values()}
    assert "AWS::Kinesis::Stream" in kinds
