"""Creates objects of the CDK without its checks of options in Python.

The CDK's Python classes check the type of each option, set or not, and send all of them to Node.js. For an object with
many options that takes longer than its creation. What the constructs pass is their own, or was checked as their
argument, and Node.js checks again what it gets. Options are sent as the CDK's classes would send them: by `jsii.create`
and by the names in the class of the options, which every version of these classes has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import jsii

T = TypeVar("T")
_jsii: Any = jsii  # whose functions have no types


def create(kind: type[T], props: type, *args: object, **options: Any) -> T:
    """Create an object.

    Args:
        kind: Class of the object.
        props: Class of its options.
        *args: Arguments before the options, such as scope and id.
        **options: Options that `props` has; those that are `None` are not set.
    """
    created = kind.__new__(kind)
    initialize(created, kind, props, *args, **options)
    return created


def initialize(created: object, kind: type, props: type, *args: object, **options: Any) -> None:
    """Create the object behind one of a subclass, as `__init__` of `kind` would."""
    _jsii.create(kind, created, [*args, _sent(props, options)])


def invoke(target: object, method: str, props: type, *args: object, **options: Any) -> Any:
    """Call a method of an object by its name in TypeScript, with arguments as those of `create`."""
    return _jsii.invoke(target, method, [*args, _sent(props, options)])


def invoke_static(kind: type, method: str, props: type, *args: object, **options: Any) -> Any:
    """Call a static method of a class in the same way."""
    return _jsii.sinvoke(kind, method, [*args, _sent(props, options)])


def _sent(props: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    names: Mapping[str, str] = props.__jsii_name_mapping__
    return {names[name]: value for name, value in options.items() if value is not None}
