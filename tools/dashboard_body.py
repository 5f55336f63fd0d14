"""The bodies of CloudWatch dashboards in a synthesized template, and what a reader would trip over in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

COLUMNS = 24
# About what the console takes for a column, and for a character of a title, on a screen of 1,440 pixels.
COLUMN, TITLE_CHARACTER = 60, 7.2
_PSEUDO = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "111111111111",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}


def bodies(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The dashboards of a template, with logical ids for names.

    Args:
        template: The template.

    Returns:
        The bodies, by logical id.
    """
    return {
        name: json.loads(as_text(resource["Properties"]["DashboardBody"]))
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Dashboard"
    }


def as_text(expression: Any) -> str:
    """Evaluates an expression of a template as a deployment would, in a Region of the partition `aws`."""
    match expression:
        case str():
            return expression
        case {"Ref": name}:
            return _PSEUDO.get(str(name), str(name))
        case {"Fn::GetAtt": [name, "Arn"]}:
            return f"arn:aws:::{name}"
        case {"Fn::GetAtt": [name, *_]}:
            return str(name)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(as_text, parts))
        case {"Fn::If": [_, _, otherwise]}:
            return as_text(otherwise)
        case _:
            raise ValueError(f"{expression!r}: no expression that is known here; add it to tools/dashboard_body.py")


def problems(body: dict[str, Any]) -> list[str]:
    """Returns the faults in the layout of a dashboard.

    Args:
        body: Its body.

    Returns:
        A sentence for each widget outside of the grid, each two that overlap, each gap in a row of graphs, and each
        title that is cut off.
    """
    widgets: list[dict[str, Any]] = body["widgets"]
    return [*_outside(widgets), *_overlapping(widgets), *_cut_off(widgets)]


def _outside(widgets: list[dict[str, Any]]) -> Iterator[str]:
    for widget in widgets:
        if widget["x"] < 0 or widget["x"] + widget["width"] > COLUMNS:
            yield f"{name_of(widget)} reaches beyond the {COLUMNS} columns"


def _overlapping(widgets: list[dict[str, Any]]) -> Iterator[str]:
    for one, other in combinations(widgets, 2):
        if all(
            one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
            for start, size in (("x", "width"), ("y", "height"))
        ):
            yield f"{name_of(one)} and {name_of(other)} overlap"


def _cut_off(widgets: list[dict[str, Any]]) -> Iterator[str]:
    for widget in widgets:
        title = widget["properties"].get("title", "")
        if len(title) * TITLE_CHARACTER > widget["width"] * COLUMN - 50:
            yield f"the title {title!r} does not fit into {widget['width']} columns"


def name_of(widget: dict[str, Any]) -> str:
    """A widget's title, or how its text begins."""
    properties = widget["properties"]
    return str(properties.get("title") or properties.get("markdown", "").splitlines()[0])
