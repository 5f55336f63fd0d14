"""Writes docs/reference/facts.md, with the facts that the simulator follows: `python -m tools.facts_page`."""

from __future__ import annotations

from tests.support.simulator.delivery.fact import Fact
from tests.support.simulator.facts import FACTS
from tools.node import ROOT

PAGE = ROOT / "docs" / "reference" / "facts.md"
INTRODUCTION = """\
# Facts about AWS in the simulator

Each fact about delivery that the [simulator](../simulator.md) follows, with its source and the test that checks it,
below `tests/unit/simulator/`. *Documented*: a page of AWS says so. *Recorded*: it was observed on AWS, and no page says
it. *Assumed*: neither; a field of `Parameters` changes it.

`python -m tools.facts_page` writes this page from `tests/support/simulator/delivery/`.
"""


def page() -> str:
    """Return the page's text."""
    lines = [INTRODUCTION]
    for title, facts in FACTS.items():
        lines += [f"## {title}", "", "| fact | known | test |", "|---|---|---|", *map(_row, facts), ""]
    return "\n".join(lines)


def _row(fact: Fact) -> str:
    file, _, test = fact.test.partition("::")
    parameter = f", `{fact.parameter}`" if fact.parameter else ""
    return f"| {fact.text} | [{fact.mark}]({fact.source}){parameter} | `{file}`: `{test}` |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
