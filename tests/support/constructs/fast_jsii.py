"""Takes out of jsii what costs time and changes nothing: apps of the tests make hundreds of thousands of calls."""

# jsii has no public seams for any of this.
# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false, reportAttributeAccessIssue=false

from __future__ import annotations

import re
import shutil
import typing
from collections.abc import Callable, Collection
from functools import cache
from inspect import unwrap
from pathlib import Path
from typing import Any

from jsii import _kernel as kernel
from jsii import _runtime as runtime
from jsii import _type_checking as checking
from jsii._kernel.providers.process import _NodeProcess as NodeProcess

from tests.support.constructs.fast_messages import speak_plainly

#: What Python begins, in place of jsii's own.
RUNTIME = Path(__file__).with_name("runtime.cjs")
#: An assertion whose message the kernel makes for each value that it reads or writes, to show it to nobody.
TYPED = re.compile(r"\(0,\w+\.default\)\(null!=e,`Kernel error: expected type information, got ")


@cache
def speed_up() -> None:
    """Changes jsii once; call it before the first call into Node.js."""
    _begin_one_process()
    _send_what_was_given()
    _look_for_overrides_once()
    _check_each_type_once()
    _remember_generic_types()
    speak_plainly()


def _begin_one_process() -> None:
    """jsii begins two processes of Node.js, the first of which only passes on what the second says."""
    extract = NodeProcess._jsii_runtime

    def extract_ours(self: NodeProcess) -> str:
        extracted = extract(self)
        shutil.copyfile(RUNTIME, extracted)
        program = Path(extracted).parents[1] / "lib" / "program.js"
        program.write_text(TYPED.sub(r"null!=e||\g<0>", program.read_text("utf-8")), "utf-8")
        return extracted

    NodeProcess._jsii_runtime = extract_ours


def _send_what_was_given() -> None:
    """jsii sends each option that a structure could have, most of them as null, which means that it was not given."""
    names_of = runtime.python_jsii_mapping

    def names_of_given(structure: Any) -> Any:
        names, given = names_of(structure), getattr(structure, "_values", None)
        if names is None or given is None:
            return names
        return {ours: theirs for ours, theirs in names.items() if ours in given}

    runtime.python_jsii_mapping = names_of_given


def _look_for_overrides_once() -> None:
    """jsii looks through all members of a class for each object of it."""
    look, found = kernel._get_overides, dict[tuple[type, type], Any]()

    def look_once(declared: type, made: object) -> Any:
        key = (declared, type(made))
        if key not in found:
            found[key] = look(declared, made)
        return found[key]

    kernel._get_overides = look_once


def _check_each_type_once() -> None:
    """jsii looks at each argument of each call; the items of a collection are still checked each time."""
    check = checking._resolve_check()
    #: Holds the expected types, so that no other gets the identity of one.
    right: dict[tuple[type, int], Any] = {}

    def check_once(argname: str, value: object, expected_type: Any) -> None:
        key = (type(value), id(expected_type))
        if key not in right:
            check(argname=argname, value=value, expected_type=expected_type)
            if isinstance(value, str) or not isinstance(value, Collection):
                right[key] = expected_type

    checking._resolved_check = check_once


def _remember_generic_types() -> None:
    """The classes of the CDK name types such as `Optional[str]` in each call; Python remembers only 128 of them."""
    for kind in (typing._SpecialForm, typing._SpecialGenericAlias):
        kind.__getitem__ = _remembering(unwrap(kind.__getitem__))


def _remembering(make: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    remembered = cache(make)

    def get(self: Any, parameters: Any) -> Any:
        try:
            return remembered(self, parameters)
        except TypeError:  # parameters without a hash, or wrong ones
            return make(self, parameters)

    return get
