"""Applies rules at synthesis: refuses settings that cannot work, and warns about risky ones.

Each rule is one function. It takes the known facts (it ignores a fact that is `None`, which means unknown) and returns
`None`, or a sentence with the values, the rule and the remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from aws_cdk import Annotations
from constructs import Construct

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Checks(Generic[F]):
    """The rules for one kind of construct.

    Attributes:
        refusals: Rules for settings that cannot be deployed or would lose events.
        warnings: Rules for risky settings, by the id that acknowledges the warning.
    """

    refusals: tuple[Callable[[F], str | None], ...]
    warnings: Mapping[str, Callable[[F], str | None]]

    def refused(self, facts: F) -> Iterator[str]:
        """Yield a sentence for each broken rule in `refusals`."""
        for rule in self.refusals:
            complaint = rule(facts)
            if complaint is not None:
                yield complaint

    def warned(self, facts: F) -> Iterator[tuple[str, str]]:
        """Yield the id and a sentence for each broken rule in `warnings`."""
        for rule_id, rule in self.warnings.items():
            complaint = rule(facts)
            if complaint is not None:
                yield rule_id, complaint

    def apply(self, construct: Construct, facts: F) -> None:
        """Raise ValueError for the first broken rule in `refusals`, or else warn for each broken rule in `warnings`."""
        for complaint in self.refused(facts):
            raise ValueError(f"{construct.node.path}: {complaint}")
        for rule_id, complaint in self.warned(facts):
            Annotations.of(construct).add_warning_v2(rule_id, complaint)


Kind = Literal["queue", "topic", "function", "event bus", "bucket"]
