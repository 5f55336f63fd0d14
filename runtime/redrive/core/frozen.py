"""Immutable records for the part of the package that every cold start loads.

Frozen dataclasses would do the same, but importing `dataclasses` (and `typing`, for `NamedTuple`) takes longer than
all imports of a batch without failures.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


class Frozen:
    """A record with its `__slots__` as fields, which `__init__` sets once with `_set`."""

    __slots__ = ()

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be set; use replace({name}=…)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be deleted")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in type(self).__slots__}

    def replace(self, **changes: object) -> Self:
        """Return a copy with some fields changed."""
        return type(self)(**{**self.as_dict(), **changes})

    def __reduce__(self) -> tuple[Any, ...]:
        # The default copy sets the fields one by one, which `__setattr__` refuses.
        return _made, (type(self), self.as_dict())

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.as_dict() == self.as_dict()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.as_dict().items())
        return f"{type(self).__name__}({fields})"


def _made(kind: type[Frozen], fields: dict[str, object]) -> Frozen:
    return kind(**fields)
