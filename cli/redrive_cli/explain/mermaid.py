"""Writes an explanation as a diagram for Mermaid, which many code hosts draw."""

from __future__ import annotations

from collections.abc import Iterator

from redrive_cli.explain.text import title
from redrive_model.explanation.way import Explanation, Way
from redrive_model.explanation.words import count, duration


def as_mermaid(explained: Explanation) -> str:
    """Return a flowchart: sources, functions, and where their failures end."""
    nodes = _Nodes()
    lines = list(dict.fromkeys(line for way in explained.ways for line in _way(way, nodes)))
    return "\n".join(["flowchart LR", *nodes.lines, *lines])


class _Nodes:
    """The nodes of a diagram, by name."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self.lines: list[str] = []

    def id(self, name: str) -> str:
        """Return the id of a node, which is new if nobody has asked for it."""
        if name not in self._ids:
            self._ids[name] = f"n{len(self._ids)}"
            self.lines.append(f'  {self._ids[name]}["{_quoted(name)}"]')
        return self._ids[name]


def _way(way: Way, nodes: _Nodes) -> Iterator[str]:
    function = nodes.id(way.function)
    if way.kind in ("asynchronous", "synchronous"):
        source = nodes.id(f"{title(way)}: invocations")
    else:
        source = nodes.id(way.source)
    label = f"{count(*way.courses[0].count)}" if way.courses else way.kind
    if way.bridges is not None:
        label += f", bridges {duration(way.bridges)}"
    yield f'  {source} -->|"{_quoted(label)}"| {function}'
    for place in way.places:
        yield f'  {source} -.->|"failures"| {nodes.id(place)}'
    if not way.places and way.kind != "synchronous":
        yield f'  {source} -.->|"failures"| {nodes.id("lost")}'
    for path in (*way.before, *way.after):
        for number in range(0, len(path) - 2, 2):
            first, how, second = path[number : number + 3]
            if how not in ("event source mapping", "dead-letter queue", "destination on failure"):
                yield f'  {nodes.id(first)} -->|"{_quoted(how)}"| {nodes.id(second)}'


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;")
