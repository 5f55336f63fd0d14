"""Derives values again when the tree of constructs is complete: after Aspects and later changes, before the templates.

Values such as a visibility timeout of 6 × the function's timeout would be stale otherwise. The CDK's own way, a `Lazy`
for each value, asks Python several times for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import jsii
from constructs import Construct, IConstruct, IValidation

from redrive_cdk.core.tree import node_of, once, path_of, stack_of, synthesized_with


def derive_finally(construct: Construct, derive: Callable[[], None]) -> None:
    """Have a construct derive its values again, when no value changes any more.

    Args:
        construct: The construct.
        derive: Derives the values. It may raise ValueError.
    """
    _values_in(synthesized_with(stack_of(construct))).derivations.append((construct, derive))


@once
def _values_in(root: IConstruct) -> _FinalValues:
    values = _FinalValues()
    node_of(root).add_validation(cast("IValidation", values))
    return values


@jsii.implements(IValidation)
class _FinalValues:
    """Has all constructs of a tree derive their values. The CDK validates after Aspects and before it writes."""

    def __init__(self) -> None:
        self.derivations: list[tuple[Construct, Callable[[], None]]] = []

    def validate(self) -> list[str]:
        """Derive all values.

        Returns:
            A sentence for each value that no longer fits the others.
        """
        refused: list[str] = []
        for construct, derive in self.derivations:
            try:
                derive()
            except ValueError as error:
                path, sentence = path_of(construct), str(error)
                refused.append(sentence if sentence.startswith(f"{path}: ") else f"{path}: {sentence}")
        return refused
