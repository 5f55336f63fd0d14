"""Reads and applies texts with wildcards, and measures how complex they are.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from redrive_model.filters.errors import PatternError

#: AWS refuses what is "too complex", and publishes no number. Of what was recorded on AWS, it refused a pattern that 11
#: of its beginnings match at once (`*:*:*:*:*:event-bus/*`), and took one with 7. This is the largest number below.
MOST_BEGINNINGS = 10
#: Sets of beginnings after which the measure ends: the pattern is taken.
_MOST_SETS = 2_000


class Wildcard(NamedTuple):
    """A text with wildcards.

    Attributes:
        pieces: The texts between the wildcards, in order; one piece is a text without wildcards.
    """

    pieces: tuple[str, ...]

    @property
    def stars(self) -> int:
        """Number of wildcards."""
        return len(self.pieces) - 1

    def matches(self, text: str) -> bool:
        """Decide if a text matches."""
        first, *middle = self.pieces
        if not middle:
            return text == first
        last = middle.pop()
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return False
        for piece in middle:  # the first place is as good as any later one
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True


def read_wildcard(text: str, where: str) -> Wildcard:
    r"""Read a text with wildcards: `*` stands for any characters, `\*` and `\\` for themselves.

    Raises:
        PatternError: Two wildcards follow each other, a backslash is before another character, or it is too complex.
    """
    pieces = [""]
    characters = iter(text)
    for character in characters:
        if character == "*":
            if len(pieces) > 1 and not pieces[-1]:
                raise PatternError(f"{where} has two wildcards one after the other; write one")
            pieces.append("")
            continue
        if character == "\\":
            character = next(characters, "")
            if character not in ("*", "\\"):
                raise PatternError(
                    rf"{where} has a backslash before {character!r}: it stands before * or \ only; write two"
                )
        pieces[-1] += character
    wildcard = Wildcard(tuple(pieces))
    if wildcard.stars and beginnings(wildcard.pieces) > MOST_BEGINNINGS:
        raise PatternError(
            f"{where} is too complex for AWS; give fewer wildcards, or fewer repeated characters after them"
        )
    return wildcard


def beginnings(pieces: Sequence[str]) -> int:
    """Return how many beginnings of a text with wildcards match one text at once, at most.

    `*aa` has three for the text `aa`: `*`, `*a` and `*aa`. AWS's matcher measures rules so
    (https://github.com/aws/event-ruler, `MachineComplexityEvaluator`).
    """
    symbols: list[str | None] = ['"']  # the matcher sees texts with their quotes
    for piece in pieces:
        symbols += [*piece, None]
    symbols[-1] = '"'
    start = _reached(symbols, [0])
    most, seen, todo = 0, {start}, [start]
    while todo and len(seen) <= _MOST_SETS:
        now = todo.pop()
        for character in {symbols[at] or "" for at in now if at < len(symbols)} | {""}:  # others do as ""
            after = _reached(symbols, _steps(symbols, now, character))
            most = max(most, len(after))
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return most


def _steps(symbols: Sequence[str | None], now: frozenset[int], character: str) -> Iterable[int]:
    """Yield how many symbols match after one more character."""
    for at in now:
        if at and symbols[at - 1] is None:
            yield at
        if at < len(symbols) and symbols[at] == character:
            yield at + 1


def _reached(symbols: Sequence[str | None], matched: Iterable[int]) -> frozenset[int]:
    """Return numbers of matching symbols, with the wildcards behind them, which match nothing, too."""
    reached = set(matched)
    reached |= {at + 1 for at in reached if at < len(symbols) and symbols[at] is None}
    return frozenset(reached)
