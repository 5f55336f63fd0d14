"""Reads the imports of modules off their source, lazy ones and those for type checkers included."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

UNWRITTEN = "(a module whose name is not written out)"


@dataclass(frozen=True)
class Import:
    """One import; `at_start` says that it is made when its module is loaded."""

    module: str
    line: int
    at_start: bool


def modules_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each module of a package and its file; a package's `__init__` has the package's name."""
    for path in sorted(folder.rglob("*.py")):
        parts = (folder.name, *path.relative_to(folder).with_suffix("").parts)
        yield ".".join(parts).removesuffix(".__init__"), path


def imports_of(module: str, source: str, *, modules: Collection[str], is_package: bool = False) -> list[Import]:
    """The imports of a module.

    Args:
        module: Its full name.
        source: Its source.
        modules: All modules that there are: `from package import name` means a module if one has that name.
        is_package: The source is that of a package's `__init__`.
    """
    reader = _Reader(module if is_package else module.rpartition(".")[0], modules)
    reader.visit(ast.parse(source))
    return reader.found


@dataclass
class _Reader(ast.NodeVisitor):
    package: str
    modules: Collection[str]
    found: list[Import] = field(default_factory=list)
    _depth: int = 0

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._add(name.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            above = ".".join(self.package.split(".")[: -(node.level - 1) or None])
            module = f"{above}.{module}".rstrip(".")
        for name in node.names:
            full = f"{module}.{name.name}"
            # A package without dots gives all its public names: which one it is matters.
            self._add(full if full in self.modules or self._is_root(module) else module, node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("import_module", "__import__") and node.args:
            named = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            text = named.value if isinstance(named, ast.Constant) else None
            self._add(text.rstrip(".") if isinstance(text, str) else UNWRITTEN, node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        # The table of names that a package loads when they are asked for.
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if names == ["NAMES"] and isinstance(node.value, ast.Dict):
            self._depth += 1
            for key in node.value.keys:
                self._add(str(key.value) if isinstance(key, ast.Constant) else UNWRITTEN, node)
            self._depth -= 1
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            self._inside(node.body)
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside(node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._inside(node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._inside([node.body])

    def visit_Name(self, node: ast.Name) -> None:
        """Imports nothing, like a constant; there are more of these two than of all others."""

    def visit_Constant(self, node: ast.Constant) -> None:
        """Imports nothing."""

    def _inside(self, statements: list[ast.stmt] | list[ast.expr]) -> None:
        self._depth += 1
        for statement in statements:
            self.visit(statement)
        self._depth -= 1

    def _is_root(self, module: str) -> bool:
        return "." not in module and module in self.modules

    def _add(self, module: str, node: ast.stmt | ast.expr) -> None:
        self.found.append(Import(module, node.lineno, at_start=not self._depth))


def graph(sources: Mapping[str, str], packages: Collection[str] = ()) -> dict[str, list[Import]]:
    """The imports of each module among those given.

    Args:
        sources: The source of each module, by the module's full name.
        packages: Those of them that are a package's `__init__`.
    """
    return {
        module: imports_of(module, source, modules=sources, is_package=module in packages)
        for module, source in sources.items()
    }
