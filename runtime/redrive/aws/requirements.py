"""Checks that the installed boto3 knows the parameters on which the helpers rely.

Without validation, which the clients of the helpers leave out, botocore answers a parameter that its model does not
know with a bare `KeyError`. `S3Counter` would fail at each attempt, and the handler take each for the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The first boto3 and botocore with all of them; `IfMatch` of `PutObject` is the youngest.
MINIMUM = "1.35.69"

# Per service and operation: the members of the request that are younger than boto3 1.26 (2022). A dot leads to a member
# of a member.
_CONDITION_FAILED = ("ReturnValuesOnConditionCheckFailure",)
_NEEDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "s3": {"PutObject": ("IfMatch", "IfNoneMatch")},
    "dynamodb": {
        "PutItem": _CONDITION_FAILED,
        "UpdateItem": _CONDITION_FAILED,
        "BatchExecuteStatement": ("Statements.ReturnValuesOnConditionCheckFailure",),
    },
}


def check_client(service: str, made: Any) -> None:
    """Raise `ImportError` if a boto3 client does not know a parameter that is needed."""
    for operation, parameters in _NEEDED.get(service, {}).items():
        for parameter in parameters:
            if not _is_known(made.meta.service_model.operation_model(operation).input_shape, parameter):
                raise _too_old(f"knows no {parameter} of {operation} ({service})")


def check_version() -> None:
    """Raise `ImportError` if the installed botocore is too old; loads almost nothing of it."""
    try:
        import botocore
    except ImportError:  # in a test, where stand-ins take its place
        return
    version: str = botocore.__version__
    if _numbers(version) < _numbers(MINIMUM):
        raise _too_old("has no conditional writes to S3")


def _too_old(lack: str) -> ImportError:
    import botocore

    return ImportError(
        f"botocore {botocore.__version__} {lack}: the helpers need boto3 {MINIMUM} or newer; add it to the function's "
        "requirements, or leave boto3 out of them for the one of the Lambda runtime"
    )


def _is_known(shape: Any, parameter: str) -> bool:
    for name in parameter.split("."):
        shape = getattr(shape, "member", shape)  # of a list
        if name not in shape.members:
            return False
        shape = shape.members[name]
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
