"""The public names of a package, from their docstrings."""

from __future__ import annotations

import logging
import re
from typing import Any

import griffe

from tools import stubs
from tools.reference.text import item, items, page, paragraphs

# Members that all settings and records inherit from these classes say nothing about the one at hand.
_SHARED = ("redrive.core.frozen.", "redrive.settings.base.")
_OPTION = re.compile(r"^- (\w+): ", re.MULTILINE)
_TITLES = {"raises": "Raises", "returns": "Returns", "yields": "Yields"}


class Api:
    """Reads the packages' sources."""

    def __init__(self) -> None:
        logging.getLogger("griffe").setLevel(logging.ERROR)
        rooms = sorted({package.partition("/")[0] for package in stubs.PACKAGES} | {"model"})
        self._loader = griffe.GriffeLoader(
            search_paths=[str(stubs.ROOT / room) for room in rooms],
            docstring_parser="google",
            docstring_options={"returns_multiple_items": False, "returns_named_value": False},
        )
        for package in ("redrive", "redrive_model", "redrive_cdk", "redrive_simulator"):
            self._loader.load(package, try_relative_path=False)
        self._loader.resolve_aliases(implicit=True, external=False)

    def page(self, folder: str, title: str, first: str) -> str:
        """Return the page of a package.

        Args:
            folder: The package's folder, from the root.
            title: Title of the page.
            first: First sentences of the page.
        """
        names = stubs.names_of(stubs.ROOT / folder / "__init__.py")
        found = {name: module for module, several in names.items() for name in several}
        parts = [self._part(name, found[name]) for name in sorted(found, key=str.casefold)]
        package = folder.partition("/")[2].replace("/", ".")
        return page(title, f"{first} Import them so: `from {package} import …`.", *parts)

    def _part(self, name: str, module: str) -> str:
        found: Any = self._loader.modules_collection[f"{module}.{name}"]
        found = found.final_target if found.is_alias else found
        lines = [f"## `{name}`"]
        if found.is_class:
            lines += _described(found, with_arguments=True)
            lines += _arguments_of_init(found)
            lines += _members(found)
        elif found.is_function:
            lines += _described(found, with_arguments=True)
        else:
            lines += [_text(found) or _comment(found)]
            if found.value is not None and found.annotation is None:
                lines += [f"Value: `{found.value}`."]
        return "\n\n".join(line for line in lines if line)


def _described(found: Any, *, with_arguments: bool) -> list[str]:
    """The sections of a docstring."""
    lines: list[str] = []
    if found.is_function:
        lines.append(f"`{signature(found)}`")
    for section in found.docstring.parsed if found.docstring else ():
        kind = section.kind.value
        if kind == "text":
            lines.append(paragraphs(section.value))
        elif kind in ("parameters", "attributes") and with_arguments:
            word = "Arguments" if kind == "parameters" else "Attributes"
            lines.append(f"{word}:\n\n" + _items(section.value))
        elif kind in _TITLES:
            lines.append(f"{_TITLES[kind]}:\n\n" + _items(section.value))
        elif kind == "examples":
            lines += [value if each.value == "text" else f"```python\n{value}\n```" for each, value in section.value]
    return lines


def _items(values: Any) -> str:
    return items(item(_head(value), _OPTION.sub(r"- `\1`: ", value.description)) for value in values)


def _head(value: Any) -> str:
    name, kind = getattr(value, "name", ""), value.annotation
    if not name and str(kind).startswith("The "):  # a sentence with a colon was read as a type
        return str(kind)
    if not name:
        return f"`{kind}`" if kind else "The value"
    return f"`{name}`" if kind is None else f"`{name}` (`{kind}`)"


def signature(found: Any) -> str:
    """Return a call with the names of its arguments."""
    names: list[str] = []
    for each in found.parameters:
        if each.name in ("self", "cls"):
            continue
        kind = each.kind.value
        star = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        if kind == "keyword-only" and not any(name.startswith("*") for name in names):
            names.append("*")
        names.append(f"{star}{each.name}" + ("=…" if each.default is not None and not star else ""))
    return f"{found.name}({', '.join(names)})"


def _arguments_of_init(found: Any) -> list[str]:
    """The arguments of a class that describes them on its `__init__`, or of an inherited one."""
    init: Any = found.all_members.get("__init__")
    if init is None or not init.is_function or init.docstring is None or not _is_ours(init):
        return []
    return [line for line in _described(init, with_arguments=True) if line.startswith(("Arguments:", "Raises:"))]


def _is_ours(member: Any) -> bool:
    path = member.canonical_path
    return path.startswith("redrive") and not path.startswith(_SHARED)


def _members(found: Any) -> list[str]:
    """The public properties, methods and values of a class, its own and the inherited ones."""
    named = _values(found, "attributes")
    arguments = _values(found, "parameters")
    lines: list[str] = []
    described: list[str] = []
    same: list[str] = []
    for name, member in sorted(found.all_members.items()):
        if name in named or not _is_ours(member) or not _is_shown(name, member):
            continue
        if member.is_function:
            # The site's table of contents breaks long headings in the middle of their code.
            lines += [f"### `{found.name}.{name}`", *_described(member, with_arguments=True)]
        elif member.is_attribute:
            text = _text(member) or _inherited(found, name, "attributes") or _comment(member)
            if not text and name in arguments:
                same.append(f"`{name}`")
            else:
                described.append(item(_head(member), text or _inherited(found, name, "parameters")))
    if described:
        lines.insert(0, "More attributes:\n\n" + items(described))
    if same:
        lines.insert(0, f"These arguments are attributes, too: {', '.join(same)}.")
    return lines


def _values(found: Any, kind: str) -> dict[str, str]:
    """The names that a class describes in one kind of section, in its own docstring or that of its `__init__`."""
    init: Any = found.members.get("__init__")
    return {
        value.name: value.description
        for each in (init, found)
        if each is not None and each.docstring is not None
        for section in each.docstring.parsed
        if section.kind.value == kind
        for value in section.value
    }


def _inherited(found: Any, name: str, kind: str) -> str:
    """The description of an attribute in one kind of section of the classes that a class inherits from."""
    return next(filter(None, (_values(each, kind).get(name, "") for each in found.mro())), "")


def _is_shown(name: str, member: Any) -> bool:
    """True if users call a member by its name, or call the object itself and its docstring says with what."""
    return not name.startswith("_") or (name == "__call__" and member.docstring is not None)


def _text(found: Any) -> str:
    return found.docstring.value if found.docstring else ""


def _comment(found: Any) -> str:
    """The comment above a value."""
    lines: list[str] = []
    for line in reversed(found.parent.module.source.splitlines()[: found.lineno - 1] if found.lineno else []):
        if not line.strip().startswith("#"):
            break
        lines.insert(0, line.strip().lstrip("#:").strip())
    return "\n".join(lines)
