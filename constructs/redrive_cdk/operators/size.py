"""Estimates how long a policy is after the deployment, which makes its ARNs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

# The shortest that there are, so that nothing is refused that fits.
_PSEUDO: Mapping[str, int] = {
    "AWS::Partition": len("aws"),
    "AWS::Region": len("us-east-1"),
    "AWS::AccountId": len("111111111111"),
    "AWS::URLSuffix": len("amazonaws.com"),
}
_BEFORE_NAME = len("arn:aws:s3:::")
# CloudFormation makes names of stack, logical id and 12 random characters, and cuts them where a service takes less:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
_RANDOM = len("--") + 12
_SHORTEST_MAXIMUM = 63


def size_of(document: object, stack: str) -> int:
    """Return the characters of a policy, of which IAM counts all but white space.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

    Args:
        document: The policy's document as in the template.
        stack: Name of the stack.
    """
    return len(json.dumps(_filled(document, stack), separators=(",", ":"), ensure_ascii=False).replace(" ", ""))


def _filled(value: Any, stack: str) -> Any:
    """Return a value with texts of about the right length in place of what the deployment fills in."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(str(_filled(part, stack)) for part in parts)
        case {"Ref": str(name)}:
            return "x" * _PSEUDO.get(name, _name(name, stack))
        case {"Fn::GetAtt": [str(name), *_]}:
            return "x" * (_BEFORE_NAME + _name(name, stack))
        case dict():
            return {key: _filled(each, stack) for key, each in cast("dict[str, Any]", value).items()}
        case list():
            return [_filled(each, stack) for each in cast("list[Any]", value)]
        case _:
            return value


def _name(logical_id: str, stack: str) -> int:
    return min(len(stack) + len(logical_id) + _RANDOM, _SHORTEST_MAXIMUM)
