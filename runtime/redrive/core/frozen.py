"""`Frozen`: immutable records without `dataclasses`, whose import takes longer than all others of a cold start.

A subclass lists its fields once, as annotations. Type checkers treat it like a frozen dataclass. Here are also the
checks of values that are fields or options, and `Protocol` without `typing`, whose import takes nearly as long.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self, dataclass_transform
    from typing import Protocol as Protocol
else:
    Protocol = object

    def dataclass_transform(**_):
        """Do nothing at run time."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Frozen:
    """A record whose fields are set once.

    As in a dataclass, fields after `_: KW_ONLY`, or all fields of a class with `kw_only=True`, are passed by name.
    """

    #: The annotations of the fields, by name.
    _fields: ClassVar[dict[str, str]] = {}
    #: The names of the fields that may be passed by position.
    _positional: ClassVar[tuple[str, ...]] = ()
    _required: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        fields, positional = dict(cls._fields), list(cls._positional)
        for name, kind in cls.__annotations__.items():
            if kind == "KW_ONLY":
                kw_only = True
            elif not kind.startswith("ClassVar"):
                fields[name] = kind
                if not kw_only:
                    positional.append(name)
        cls._fields, cls._positional = fields, tuple(positional)
        cls._required = frozenset(name for name in fields if not hasattr(cls, name))

    def __init__(self, *values: Any, **named: Any) -> None:
        if values:
            if len(values) > len(self._positional):
                raise TypeError(
                    f"{type(self).__name__}() takes {len(self._positional)} positional arguments but {len(values)} "
                    "were given"
                )
            for name, value in zip(self._positional, values, strict=False):
                if name in named:
                    raise TypeError(f"{type(self).__name__}() got multiple values for argument {name!r}")
                named[name] = value
        if not named.keys() <= self._fields.keys():
            name = min(named.keys() - self._fields)
            raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {name!r}")
        if not self._required <= named.keys():
            name = min(self._required - named.keys())
            raise TypeError(f"{type(self).__name__}() missing the required argument {name!r}")
        self.__dict__.update(named)
        self._check()

    def _check(self) -> None:
        """Raise an error for values that make no sense, or normalize them with `_set`."""

    def _set(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be set; use replace({name}=…)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be deleted")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self._fields}

    def replace(self, **changes: object) -> Self:
        """Return a copy with some fields changed."""
        return type(self)(**{**self.as_dict(), **changes})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.as_dict() == self.as_dict()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.as_dict().items())
        return f"{type(self).__name__}({fields})"


def check_type(name: str, value: object, kind: type | tuple[type, ...], example: str) -> None:
    """Raise `TypeError` if an option is neither left out nor of its type."""
    # True and False are numbers to Python.
    if value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
        raise TypeError(f"{name}={value!r}: give {example}")


def check_number(name: str, value: object, example: str) -> None:
    """Raise `TypeError` if a value is no number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: give {example}")


def check_methods(name: str, value: object, methods: tuple[str, ...], example: str) -> None:
    """Raise `TypeError` if an option is neither left out nor an object with these methods."""
    if value is None:
        return
    if isinstance(value, type):
        raise TypeError(f"{name}={value!r} is a class, and not an object of it: {example}")
    if not all(callable(getattr(value, method, None)) for method in methods):
        raise TypeError(f"{name}={value!r} has no `{'` and `'.join(methods)}`: {example}")
