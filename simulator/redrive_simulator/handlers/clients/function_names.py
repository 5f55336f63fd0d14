"""Reads the names by which callers name functions.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda_api.snapshot.json,
which was recorded on AWS.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from redrive_simulator.services.refusals import Refused

# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: a name, a partial ARN or an ARN.
_FORMS = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]+(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<qualifier>[^:]+))?"
)


class Named(NamedTuple):
    """A function that a caller names.

    Attributes:
        account: Account; `None`: that of the caller.
        name: Name of the function.
        qualifier: Version or alias; `None`: none.
    """

    account: str | None
    name: str
    qualifier: str | None


def read_name(given: str, qualifier: str | None, region: str) -> Named:
    """Read a `FunctionName` and a `Qualifier`, or refuse them if they contradict each other or the Region.

    Args:
        given: A name, a partial ARN or an ARN, with or without a qualifier at its end.
        qualifier: The `Qualifier`.
        region: Region of the caller.
    """
    found = _FORMS.fullmatch(given)
    if found is None:
        raise not_found(given)
    if found["region"] not in (None, region):  # SNAP test_get_function_wrong_region
        message = f"Functions from '{found['region']}' are not reachable in this region ('{region}')"
        raise Refused("ResourceNotFoundException", message, 404)
    if qualifier is not None and found["qualifier"] not in (None, qualifier):
        # SNAP test_function_name_and_qualifier_validation[latest_version_with_additional_qualifier-invoke]
        message = "The derived qualifier from the function name does not match the specified qualifier."
        raise Refused("InvalidParameterValueException", message)
    return Named(found["account"], found["name"], qualifier or found["qualifier"])


def not_found(arn: str) -> Refused:
    """Return Lambda's error for a function, version or alias that does not exist."""
    return Refused("ResourceNotFoundException", f"Function not found: {arn}", 404)
