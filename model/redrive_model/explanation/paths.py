"""Finds what leads to a source of events, and what follows where they end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from redrive_model.findings.deliveries import targets_of
from redrive_model.findings.known import Known
from redrive_model.findings.ways import ways_in
from redrive_model.template.arns import kind_of, without_qualifier

#: Longer paths, and more of them than this for one place, are cut.
_LONGEST, _MOST = 8, 12
#: A path: names of resources, and between them how events get from one to the next.
Path = tuple[str, ...]


class _Step(NamedTuple):
    way: str
    other: str


class Graph:
    """All ways of events from one resource of a stack to another."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._into: defaultdict[str, list[_Step]] = defaultdict(list)
        self._out: defaultdict[str, list[_Step]] = defaultdict(list)
        edges = [(edge.source, str(edge.way), edge.target) for edge in ways_in(known)]
        edges += [(source, "target", target) for source, target in targets_of(known)]
        for source, way, target in dict.fromkeys((_node(source), way, _node(target)) for source, way, target in edges):
            self._into[target].append(_Step(way, source))
            self._out[source].append(_Step(way, target))

    def before(self, arn: str) -> tuple[Path, ...]:
        """Return the paths that lead to a resource, without those that begin with its own failures."""
        return self._paths(_node(arn), self._into, backwards=True)

    def after(self, arn: str) -> tuple[Path, ...]:
        """Return the paths that lead on from a resource."""
        return self._paths(_node(arn), self._out, backwards=False)

    def _paths(self, start: str, steps: dict[str, list[_Step]], *, backwards: bool) -> tuple[Path, ...]:
        found: list[Path] = []

        def follow(node: str, path: tuple[str, ...], seen: frozenset[str]) -> None:
            further = [each for each in steps.get(node, ()) if each.other not in seen]
            if not further or len(seen) >= _LONGEST:
                if len(path) > 1 and len(found) < _MOST:
                    found.append(tuple(reversed(path)) if backwards else path)
                return
            for each in further:
                if len(found) < _MOST:
                    follow(each.other, (*path, each.way, self._shown(each.other)), seen | {each.other})

        follow(start, (self._shown(start),), frozenset({start}))
        return tuple(found)

    def _shown(self, node: str) -> str:
        return self._known.shown(node) if node.startswith("arn:") else node


def as_text(path: Iterable[str]) -> str:
    """Return a path as text, such as `Topic → (subscription) → Queue`."""
    return " → ".join(f"({each})" if number % 2 else each for number, each in enumerate(path))


def _node(arn: str) -> str:
    return without_qualifier(arn) if kind_of(arn) == "function" else arn
