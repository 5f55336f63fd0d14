"""Looks up values at JMESPath expressions, with the functions of Powertools, in whatever a key can be made of."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from itertools import repeat
from typing import Any, cast

from redrive.core import Permanent
from redrive.handlers.record import read_json
from redrive.idempotency.missing import NoValue, is_missing

#: In bytes. An event has at most 6 MB, but a few kilobytes of it can be decompressed to gigabytes.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_DECOMPRESSED = 10 * 1024 * 1024
# The node of an element of a list itself.
_ELEMENT: dict[str, Any] = {"type": "identity", "children": []}


def compiled(path: str, *, needs_all: bool = False) -> Callable[[Any], Any]:
    """Return a function that finds the value at a JMESPath expression, `None` if there is none.

    Args:
        path: The expression.
        needs_all: Whether a selection of several values, such as `[user, order]` or `lines[*].id`, must have all of
            them.

    Returns:
        A function of the content. It raises `NoValue` if the expression does not fit the content, or a value is
        missing in a selection that must have all.

    Raises:
        ValueError: The path is no JMESPath expression, or calls a function in a way that cannot work.
    """
    from base64 import b64decode
    from dataclasses import is_dataclass

    # Comes with botocore, so it is there wherever a DynamoDB client is.
    import jmespath
    from jmespath.exceptions import JMESPathError, JMESPathTypeError
    from jmespath.functions import Functions, signature
    from jmespath.visitor import TreeInterpreter

    # The functions of Powertools: for a text that is JSON, that is base64, or that is compressed base64.
    # https://docs.aws.amazon.com/powertools/python/latest/utilities/jmespath_functions/
    class _Functions(Functions):
        @signature({"types": ["string"]})
        def _func_powertools_json(self, value: str) -> Any:
            return read_json(value, "text of powertools_json")

        @signature({"types": ["string"]})
        def _func_powertools_base64(self, value: str) -> str:
            return b64decode(value).decode()

        @signature({"types": ["string"]})
        def _func_powertools_base64_gzip(self, value: str) -> str:
            return _decompressed(b64decode(value)).decode()

    # Paths lead through dataclasses and pydantic models as through JSON objects.
    class _Interpreter(TreeInterpreter):
        def __init__(self) -> None:
            super().__init__(jmespath.Options(custom_functions=_Functions()))
            # True while a value is found that only leads to the result.
            self._is_on_the_way = False

        def visit_field(self, node: Any, value: Any) -> Any:
            if has_model(value):
                value = value.model_dump(mode="json")
            elif is_dataclass(value):
                return getattr(value, node["value"], None)
            return super().visit_field(node, value)

        if needs_all:

            def visit_multi_select_list(self, node: Any, value: Any) -> Any:
                found = super().visit_multi_select_list(node, value)
                self._check(node["children"], found or ())
                return found

            def visit_multi_select_dict(self, node: Any, value: Any) -> Any:
                found: dict[str, Any] | None = super().visit_multi_select_dict(node, value)
                self._check(node["children"], found.values() if found else ())
                return found

            def visit_function_expression(self, node: Any, value: Any) -> Any:
                # `to_string` makes the text "null" of a missing value.
                if node["value"] == "to_string" and self.visit(node["children"][0], value) is None:
                    return None
                found = super().visit_function_expression(node, value)
                if node["value"] == "map":
                    self._check(repeat(node["children"][0]), found)
                return found

            def visit_projection(self, node: Any, value: Any) -> Any:
                base, each = node["children"]
                return self._projected(self.visit(base, value), each)

            def visit_value_projection(self, node: Any, value: Any) -> Any:
                base, each = node["children"]
                found: Any = self.visit(base, value)
                return self._projected([*found.values()] if hasattr(found, "values") else None, each)

            def visit_filter_projection(self, node: Any, value: Any) -> Any:
                base, each, condition = node["children"]
                chosen: Any = {**node, "children": [base, _ELEMENT, condition]}
                with self._on_the_way():
                    found = super().visit_filter_projection(chosen, value)
                return self._projected(found, each)

            def visit_pipe(self, node: Any, value: Any) -> Any:
                with self._on_the_way():
                    for child in node["children"][:-1]:
                        value = self.visit(child, value)
                return self.visit(node["children"][-1], value)

            visit_subexpression = visit_index_expression = visit_pipe

            @contextmanager
            def _on_the_way(self) -> Generator[None]:
                before, self._is_on_the_way = self._is_on_the_way, True
                try:
                    yield
                finally:
                    self._is_on_the_way = before

            def _projected(self, base: Any, node: Any) -> Any:
                """Return the value of each element; JMESPath leaves missing ones out, as if nothing were there."""
                if not isinstance(base, list):
                    return None
                found = [self.visit(node, element) for element in cast("list[Any]", base)]
                self._check(repeat(node), found)
                return [each for each in found if each is not None]

            def _check(self, nodes: Iterable[Any], parts: Iterable[Any]) -> None:
                for node, part in zip(nodes, parts, strict=False):
                    if is_missing(part) and not self._is_on_the_way:
                        raise NoValue(f"its part {_text_of(node)} has no value")

    try:
        tree: Any = jmespath.compile(path).parsed
        _check_functions(tree, _Functions.FUNCTION_TABLE)
    except (JMESPathError, _WrongCall) as error:
        raise ValueError(
            f"{path!r} is no JMESPath expression: {error}; give one such as 'order.id', or a function of the payload"
        ) from error

    def search(content: Any) -> Any:
        try:
            return _Interpreter().visit(tree, content)
        except JMESPathTypeError as error:  # without the value, which its text has
            raise NoValue(
                f"{type(error).__name__}: {error.function_name}() takes {' or '.join(error.expected_types)}, and got "
                f"{error.actual_type}"
            ) from error
        except Permanent as error:  # a text that is no JSON
            raise NoValue(str(error)) from error.__cause__
        # Each says something of the content: a text that is no base64 or no gzip, or a nesting deeper than Python goes.
        except (ValueError, RecursionError) as error:
            raise NoValue(f"{type(error).__name__}: {error}") from error

    return search


def has_model(value: object) -> bool:
    """Return True for a model of pydantic; a mock, which has all methods itself, is none."""
    return hasattr(type(value), "model_dump")


class _WrongCall(ValueError):
    """An expression calls a function that there is not, or with a wrong number of arguments."""


def _check_functions(node: dict[str, Any], table: Mapping[str, Any]) -> None:
    """Raise `_WrongCall` for a call that cannot work, which jmespath itself finds out only when it makes it."""
    children = _children(node)
    if node["type"] == "function_expression":
        if node["value"] not in table:
            raise _WrongCall(f"there is no function {node['value']}()")
        signature = table[node["value"]]["signature"]
        is_variadic = bool(signature) and signature[-1].get("variadic")
        if len(children) < len(signature) or (len(children) > len(signature) and not is_variadic):
            raise _WrongCall(f"{node['value']}() takes {len(signature)} arguments, not {len(children)}")
    for child in children:
        _check_functions(child, table)


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    nodes: list[Any] = node.get("children") or []
    return [child for child in nodes if isinstance(child, dict)]


def _text_of(node: dict[str, Any]) -> str:
    """Return a part of a selection roughly as it was written."""
    children = [_text_of(child) for child in _children(node)]
    if node["type"] in ("field", "key_val_pair"):
        return str(node["value"])
    if node["type"] in ("identity", "current"):
        return "@"
    return ".".join(children) if node["type"] == "subexpression" else node["type"].replace("_", " ")


def _decompressed(content: bytes) -> bytes:
    """Decompress gzip; raise `ValueError` if it is none, is cut off, or has too much in it."""
    import zlib

    parts: list[bytes] = []
    size = 0
    while content:
        member = zlib.decompressobj(wbits=31)  # of gzip, which may have several, one after the other
        try:
            part = member.decompress(content, LARGEST_DECOMPRESSED - size + 1)
        except zlib.error as error:
            raise ValueError(f"it is not gzip: {error}") from error
        size += len(part)
        if size > LARGEST_DECOMPRESSED:
            raise ValueError(f"it has more than {LARGEST_DECOMPRESSED:,} bytes when it is decompressed")
        if not member.eof:
            raise ValueError("it is cut off")
        parts.append(part)
        content = member.unused_data.lstrip(b"\0")  # it may be padded
    return b"".join(parts)
