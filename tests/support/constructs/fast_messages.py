"""Writes and reads the messages of jsii without its converters, which look at each value of each message twice."""

# jsii has no public seams for any of this.
# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false, reportAttributeAccessIssue=false

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from jsii import _kernel as kernel
from jsii._kernel import types
from jsii._kernel.providers import process
from jsii.errors import ErrorType, JavaScriptError, JSIIError

#: Requests by the name that the kernel in Node.js has for them.
_CALLS: dict[type, str | None] = {
    types.LoadRequest: "load",
    types.CreateRequest: "create",
    types.GetRequest: "get",
    types.StaticGetRequest: "sget",
    types.SetRequest: "set",
    types.StaticSetRequest: "sset",
    types.InvokeRequest: "invoke",
    types.StaticInvokeRequest: "sinvoke",
    types.CompleteRequest: "complete",
    process._CompleteRequest: None,
    types.Override: None,
}
#: Answers whose content needs no look.
_ANSWERS: dict[Any, Callable[[Any], Any]] = {
    types.CreateResponse: lambda answer: types.CreateResponse(ref=answer.ref),
    types.GetResponse: lambda answer: types.GetResponse(answer.get("value")),
    types.InvokeResponse: lambda answer: types.InvokeResponse(answer.get("result")),
    types.SetResponse: lambda answer: types.SetResponse(),
}
#: Values in which there may be others, or which stand for others, when they come and when they go.
_RECEIVED = {dict, list, types.ObjRef, types.EnumRef}
_PLAIN = {str, int, float, bool, type(None)}


def speak_plainly() -> None:
    """Replaces the converters of jsii."""
    process._NodeProcess.send = _send
    kernel._recursize_dereference = _dereferenced
    kernel._make_reference_for_native = _referenced


def _send(self: Any, request: Any, response_type: Any) -> Any:
    if type(request) not in _CALLS:
        return _send_by_jsii(self, request, response_type)
    self._process.stdin.write(_WRITE(request).encode() + b"\n")
    self._process.stdin.flush()
    line = self._process.stdout.readline().decode()
    message = _READ_REFERENCES(line) if "$jsii." in line else json.loads(line)
    if "ok" in message:
        known = _ANSWERS.get(response_type)
        return known(message["ok"]) if known else self._serializer.structure(message["ok"], response_type)
    if "callback" in message:
        return self._serializer.structure(message["callback"], types.Callback)
    error = JSIIError if message["name"] == ErrorType.JSII_FAULT.value else RuntimeError
    raise error(message["error"]) from JavaScriptError(message["stack"])


def _writing(kind: type, call: str | None) -> Callable[[Any], dict[str, Any]]:
    names = [each.name for each in attrs.fields(kind)]
    more = {"api": call} if call else {}
    return lambda request: {name: getattr(request, name) for name in names} | more


_WRITERS: dict[type, Callable[[Any], Any]] = {
    **{kind: _writing(kind, call) for kind, call in _CALLS.items()},
    types.ObjRef: process._unstructure_ref,
    types.CreateResponse: process._unstructure_ref,
}


def _write(given: Any) -> Any:
    """Returns what JSON can show of something that it cannot show."""
    if (writer := _WRITERS.get(type(given))) is not None:
        return writer(given)
    if isinstance(given, enum.Enum):
        return process._unstructure_enum(given)
    return process.jdefault(given)


def _read(found: dict[str, Any]) -> Any:
    """Returns what an object in a message stands for."""
    return process.ohook(found) if next(iter(found), "").startswith("$jsii.") else found


_WRITE = json.JSONEncoder(default=_write, separators=(",", ":")).encode
_READ_REFERENCES: Callable[[str], Mapping[str, Any]] = json.JSONDecoder(object_hook=_read).decode
_send_by_jsii = process._NodeProcess.send
_dereferenced_by_jsii = kernel._recursize_dereference
_referenced_by_jsii = kernel._make_reference_for_native


def _dereferenced(asking: Any, found: Any) -> Any:
    """Returns what came with the objects for the references in it; most of what comes is plain."""
    kind = type(found)
    if kind is dict:
        return {name: _dereferenced(asking, each) if type(each) in _RECEIVED else each for name, each in found.items()}
    if kind is list:
        return [_dereferenced(asking, each) if type(each) in _RECEIVED else each for each in found]
    return _dereferenced_by_jsii(asking, found) if kind in _RECEIVED else found


def _referenced(asking: Any, given: Any) -> Any:
    """Returns what goes with references for the objects in it; most of what goes is plain."""
    kind = type(given)
    if kind is dict:
        return {
            "$jsii.map": {
                name: each if type(each) in _PLAIN else _referenced(asking, each) for name, each in given.items()
            }
        }
    if kind is list:
        return [each if type(each) in _PLAIN else _referenced(asking, each) for each in given]
    return given if kind in _PLAIN else _referenced_by_jsii(asking, given)
