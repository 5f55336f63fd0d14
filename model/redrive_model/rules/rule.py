"""Lists the rules of one kind of thing, by what happens when a rule is broken.

A rule is a function. It takes the known facts (it ignores a fact that is `None`, which means unknown) and returns
`None`, or a sentence with the values, the rule and the remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from redrive_model.rules.wording import for_constructs

F = TypeVar("F")

#: `undeployable`: AWS refuses it at deployment. `unsafe`: the constructs refuse it, because it cannot work or events
#: would be lost. `warning`: it is risky.
Severity = Literal["undeployable", "unsafe", "warning"]


def differ(first: object, second: object) -> bool:
    """Decide if two facts are known and differ."""
    return first is not None and second is not None and first != second


class Broken(NamedTuple):
    """A broken rule.

    Attributes:
        rule: Id of the rule. A warning is acknowledged by it.
        severity: What the broken rule means.
        sentence: The values, the rule and the remedy.
    """

    rule: str
    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True)
class Rules(Generic[F]):
    """The rules for one kind of thing.

    Attributes:
        kind: The kind, as part of the ids of refusals.
        undeployable: Rules for settings that AWS refuses at deployment.
        unsafe: Rules for settings that cannot work or would lose events.
        warnings: Rules for risky settings, by the id that acknowledges the warning.
    """

    kind: str
    undeployable: tuple[Callable[[F], str | None], ...] = ()
    unsafe: tuple[Callable[[F], str | None], ...] = ()
    warnings: Mapping[str, Callable[[F], str | None]] = field(default_factory=dict[str, Any])

    def broken(self, facts: F) -> Iterator[Broken]:
        """Yield the broken rules, the most severe first, with sentences in both wordings."""
        refusals: tuple[tuple[Severity, tuple[Callable[[F], str | None], ...]], ...] = (
            ("undeployable", self.undeployable),
            ("unsafe", self.unsafe),
        )
        for severity, rules in refusals:
            for rule in rules:
                sentence = rule(facts)
                if sentence is not None:
                    yield Broken(self.id_of(rule), severity, sentence)
        for rule_id, rule in self.warnings.items():
            sentence = rule(facts)
            if sentence is not None:
                yield Broken(rule_id, "warning", sentence)

    def id_of(self, refusal: Callable[[F], str | None]) -> str:
        """Return the id of a refusal: the kind and the rule's name."""
        return f"redrive:{self.kind}-{refusal.__name__.replace('_', '-')}"

    @property
    def refusals(self) -> tuple[Callable[[F], str | None], ...]:
        """All refusals, those of AWS first."""
        return self.undeployable + self.unsafe

    def refused(self, facts: F) -> Iterator[str]:
        """Yield a sentence for the author of a construct for each broken rule that is no warning."""
        return (for_constructs(each.sentence) for each in self.broken(facts) if each.severity != "warning")

    def warned(self, facts: F) -> Iterator[tuple[str, str]]:
        """Yield the id and a sentence for the author of a construct for each warning."""
        return ((each.rule, for_constructs(each.sentence)) for each in self.broken(facts) if each.severity == "warning")

    def __add__(self, other: Rules[F]) -> Rules[F]:
        """Return the rules of both, with the ids of the first kind."""
        return Rules(
            self.kind,
            self.undeployable + other.undeployable,
            self.unsafe + other.unsafe,
            {**self.warnings, **other.warnings},
        )
