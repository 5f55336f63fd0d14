"""Rules of what is refused and what is warned of at synthesis.

One rule, one function: it takes what is known (`None`: unknown, and the rule says nothing) and answers a sentence with
the values, the rule and the remedy, or `None`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from aws_cdk import Annotations
from constructs import Construct

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Checks(Generic[F]):
    """The rules for one kind of construct.

    Attributes:
        refusals: Rules of what cannot be deployed, or would lose events.
        warnings: Rules of what is doubtful, by the id under which the warning can be acknowledged.
    """

    refusals: tuple[Callable[[F], str | None], ...]
    warnings: Mapping[str, Callable[[F], str | None]]

    def refused(self, facts: F) -> Iterator[str]:
        """A sentence for each broken rule of what is refused."""
        for rule in self.refusals:
            complaint = rule(facts)
            if complaint is not None:
                yield complaint

    def warned(self, facts: F) -> Iterator[tuple[str, str]]:
        """The id and a sentence for each broken rule of what is doubtful."""
        for rule_id, rule in self.warnings.items():
            complaint = rule(facts)
            if complaint is not None:
                yield rule_id, complaint

    def apply(self, construct: Construct, facts: F) -> None:
        """Refuse, or warn of, what breaks a rule.

        Args:
            construct: What the facts are of.
            facts: What is known.

        Raises:
            ValueError: Something is refused.
        """
        for complaint in self.refused(facts):
            raise ValueError(f"{construct.node.path}: {complaint}")
        for rule_id, complaint in self.warned(facts):
            Annotations.of(construct).add_warning_v2(rule_id, complaint)
