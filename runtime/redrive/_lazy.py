"""Loads public names when they are first asked for: a cold start pays for the one helper its function uses."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def attach(
    package: str, names: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Make a package's `__getattr__`, `__dir__` and `__all__` from one table.

    `tools/stubs.py` writes the package's `__init__.pyi` from the same table, for type checkers and editors.

    Args:
        package: The package's `__name__`.
        names: Public names by module, separated by blanks. A module without a dot at its start belongs to the package.
    """
    modules = {name: module for module, several in names.items() for name in several.split()}

    def load(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        import sys

        value = getattr(__import__(modules[name], fromlist=(name,)), name)
        setattr(sys.modules[package], name, value)  # asked for once
        return value

    public = sorted(modules)
    return load, public.copy, public
