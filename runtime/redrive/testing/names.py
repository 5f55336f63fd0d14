"""Makes the ids and ARNs of events: always the same for the same event, and of the form that AWS gives them."""

from __future__ import annotations

import json
from hashlib import sha256
from uuid import UUID

# AWS's own example account: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
REGION = "us-east-1"
ACCOUNT = "123456789012"


def arn_of(service: str, name: str) -> str:
    """Return an ARN, unless the name is one: `table/orders` of `dynamodb`, for instance."""
    return name if name.startswith("arn:") else f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def region_of(arn: str) -> str:
    """Return the Region in an ARN; raise `ValueError` for what is none."""
    parts = arn.split(":")
    if len(parts) < 6:
        raise ValueError(f"{arn!r} is no ARN: give a name, or an ARN such as arn:aws:sqs:{REGION}:{ACCOUNT}:orders")
    return parts[3]


def uuid_of(*parts: object) -> str:
    """Return the same UUID for the same parts."""
    return str(UUID(bytes=sha256(repr(parts).encode()).digest()[:16], version=4))


def text_of(value: object, what: str) -> str:
    """Return a text as it is, and any other value as JSON; raise `TypeError` if it has none."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{what} is {value!r:.200}, which is neither text nor JSON ({error}): give text, or a value that "
            "json.dumps takes"
        ) from error
