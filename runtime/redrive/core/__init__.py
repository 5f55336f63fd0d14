"""The base of every helper: frozen values, seams to the outside, the log, the running invocation.

`attach` is here, since every helper loads this folder before anything else: a module of its own would take longer to
find than to run.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def attach(package: str, names: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make a package's `__getattr__`, which also gives its `__all__`, and its `__dir__` from one table.

    A public name is loaded when it is first asked for: a cold start pays for the one helper its function uses.
    `tools/stubs.py` writes the package's `__init__.pyi` from the same table, for type checkers and editors.

    Args:
        package: The package's `__name__`.
        names: Public names by module, separated by blanks.
    """

    def public() -> list[str]:
        return sorted(name for several in names.values() for name in several.split())

    def load(name: str) -> object:
        if name == "__all__":
            return public()
        for module, several in names.items():
            if name in several.split():
                import sys

                value = getattr(__import__(module, fromlist=(name,)), name)
                setattr(sys.modules[package], name, value)  # asked for once
                return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return load, public
