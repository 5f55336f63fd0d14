"""Reads templates in YAML, with the short forms of functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def read_yaml(text: str) -> Mapping[str, Any]:
    """Return a template that CloudFormation keeps as YAML.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html

    Raises:
        ImportError: PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise ImportError(
            f"a template in YAML needs PyYAML ({error}): install it with `pip install 'redrive[simulator]'`, or give "
            "the template in JSON"
        ) from error

    class Loader(yaml.SafeLoader):
        """Reads a tag such as `!Ref` as the function of that name."""

    def function(loader: Any, suffix: str, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            value: Any = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        if suffix in ("Ref", "Condition"):
            return {suffix: value}
        if suffix == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {f"Fn::{suffix}": value}

    yaml.add_multi_constructor("!", function, Loader)
    # A date is text in a template.
    Loader.yaml_implicit_resolvers = {
        first: [each for each in several if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, several in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(text, Loader)
