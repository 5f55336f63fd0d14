"""Finds the lines of a template's file at which its resources begin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,\n]')


def lines_of(path: Path) -> Mapping[str, int]:
    """Return the lines of a template's resources by logical id, counted from 1."""
    text = path.read_text(encoding="utf-8")
    return _of_json(text) if text.lstrip().startswith("{") else _of_yaml(text)


def line_of(logical_id: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a resource; of the resource that it was made from if SAM has added something to its name."""
    if logical_id in lines:
        return lines[logical_id]
    origins = [each for each in lines if logical_id.startswith(each)]
    return lines[max(origins, key=len)] if origins else None


def _of_json(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    path: list[str | None] = []  # the member of each object that is open; `None` in an array
    key, line_of_key, line = "", 1, 1
    for match in _TOKENS.finditer(text):
        token = match[0]
        match token[0]:
            case "\n":
                line += 1
            case '"':
                key, line_of_key = token[1:-1], line
            case ":":
                if path == ["Resources", ""]:
                    found[key] = line_of_key
                if path and path[-1] is not None and len(path) == 1:
                    path[0] = key
            case "{":
                path.append("")
            case "[":
                path.append(None)
            case "}" | "]":
                path.pop()
            case _:
                pass
    return found


def _of_yaml(text: str) -> dict[str, int]:
    import yaml

    library = cast("Any", yaml)
    root: Any = library.compose(text, getattr(library, "CSafeLoader", library.SafeLoader))
    for key, value in root.value:
        if key.value == "Resources":
            return {each.value: each.start_mark.line + 1 for each, _ in value.value}
    return {}
