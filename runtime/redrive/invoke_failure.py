"""What is known of a call that failed: whether the function ran, and whether the failure passes by itself."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from redrive.classification import FailureClass, classify
from redrive.invoke_errors import FunctionError
from redrive.invoke_reply import UnreadableReply

# The errors of Invoke: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html. Those that pass by themselves.
RETRIED = {
    "TooManyRequestsException": FailureClass.THROTTLING,
    "EC2ThrottledException": FailureClass.THROTTLING,
    # Capacity of the VPC, which others have to free first.
    "ENILimitReachedException": FailureClass.THROTTLING,
    "SubnetIPAddressLimitReachedException": FailureClass.THROTTLING,
    **dict.fromkeys(
        (
            "ServiceException",
            "EC2UnexpectedException",
            "ENINotReadyException",
            "ResourceNotReadyException",
            # 408: what the function's environment needs did not come up in time.
            "EFSMountConnectivityException",
            "EFSMountTimeoutException",
            "S3FilesMountConnectivityException",
            "S3FilesMountTimeoutException",
            "SnapStartTimeoutException",
            # 409: another operation, or the preparation of the function, is under way.
            "CodeArtifactUserPendingException",
            "ResourceConflictException",
            "SnapStartNotReadyException",
        ),
        FailureClass.TRANSIENT,
    ),
}
# Those that wait for somebody to change something, the ones with a status of 502 among them.
NOT_RETRIED = frozenset(
    {
        "CodeArtifactUserDeletedException",
        "CodeArtifactUserFailedException",
        "DurableExecutionAlreadyStartedException",
        "EC2AccessDeniedException",
        "EFSIOException",
        "EFSMountFailureException",
        "InvalidParameterValueException",
        "InvalidRequestContentException",
        "InvalidRuntimeException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "InvalidZipFileException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "ModeNotSupportedException",
        "NoPublishedVersionException",
        "RecursiveInvocationException",
        "RequestTooLargeException",
        "ResourceNotFoundException",
        "RuntimeAliasDeletedException",
        "RuntimeVersionDeletedException",
        "S3FilesMountFailureException",
        "SerializedRequestEntityTooLargeException",
        "ServiceQuotaExceededException",
        "SnapStartException",
        "SnapStartRegenerationFailureException",
        "UnsupportedMediaTypeException",
    }
)
_REQUEST_TIMEOUT = 408
_GATEWAY_TIMEOUT = 504


class Outcome(Enum):
    """Whether the function ran."""

    NOT_INVOKED = "not invoked"
    UNKNOWN = "outcome unknown"
    FUNCTION_ERROR = "function error"


class Failure(NamedTuple):
    """What is known of a call that failed.

    Attributes:
        outcome: Whether the function ran.
        code: AWS's code of the error, the name of its class where it has none.
        kind: The schedule on which it may be tried again. `None`: it will not pass by itself.
        hint: Seconds that the server asks to wait at least.
    """

    outcome: Outcome
    code: str
    kind: FailureClass | None
    hint: float | None = None


def judge(error: BaseException, *, sent: bool = True) -> Failure:
    """Say what an error means.

    Args:
        error: What a call raised.
        sent: Whether the request may have gone out.

    Returns:
        What is known. What is not known to come before the request was sent has an unknown outcome.
    """
    name = type(error).__name__
    if not sent:
        return Failure(Outcome.NOT_INVOKED, name, None)
    if isinstance(error, FunctionError):
        return Failure(Outcome.FUNCTION_ERROR, error.error_type, FailureClass.OTHER)
    if isinstance(error, UnreadableReply):
        return Failure(Outcome.UNKNOWN, name, None)
    if "botocore.exceptions" in sys.modules:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            response: Mapping[str, Any] = error.response
            return _refused(error, response)
        if isinstance(error, BotoCoreError):
            return _broken(error, name)
    return Failure(Outcome.UNKNOWN, name, FailureClass.TRANSIENT)


def _refused(error: BaseException, response: Mapping[str, Any]) -> Failure:
    metadata: Mapping[str, Any] = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode")
    code = str(response.get("Error", {}).get("Code") or status or type(error).__name__)
    hint = _hint(response, metadata.get("HTTPHeaders") or {})
    if code in RETRIED:
        return Failure(Outcome.NOT_INVOKED, code, RETRIED[code], hint)
    if code in NOT_RETRIED:
        return Failure(Outcome.NOT_INVOKED, code, None, hint)
    if status == _GATEWAY_TIMEOUT:  # something on the way had passed the request on, and waited in vain
        return Failure(Outcome.UNKNOWN, code, FailureClass.TRANSIENT, hint)
    kind = FailureClass.TRANSIENT if status == _REQUEST_TIMEOUT else classify(error)
    return Failure(Outcome.NOT_INVOKED, code, None if kind is FailureClass.OTHER else kind, hint)


def _broken(error: BaseException, name: str) -> Failure:
    """Of botocore's own errors, those that come before the request is sent are told from the others."""
    from ssl import SSLCertVerificationError

    from botocore.exceptions import (
        ChecksumError,
        FlexibleChecksumError,
        HTTPClientError,
        IncompleteReadError,
        SSLError,
    )
    from botocore.exceptions import ConnectionError as NotConnected

    origins = list(_origins(error))
    if any(isinstance(origin, SSLCertVerificationError) for origin in origins):
        return Failure(Outcome.NOT_INVOKED, name, None)
    # TLS can fail long after the handshake, and a handshake can end in a reset or a timeout as well. Which it was, only
    # the place that it comes from says.
    handshake = any(map(_is_of_handshake, origins))
    if handshake or (isinstance(error, NotConnected) and not isinstance(error, SSLError)):
        return Failure(Outcome.NOT_INVOKED, name, FailureClass.TRANSIENT)
    if isinstance(error, (SSLError, HTTPClientError, IncompleteReadError, ChecksumError, FlexibleChecksumError)):
        return Failure(Outcome.UNKNOWN, name, FailureClass.TRANSIENT)
    return Failure(Outcome.NOT_INVOKED, name, None)  # credentials, endpoints, parameters


def _origins(error: BaseException) -> Iterator[BaseException]:
    """The error and what it comes from, as botocore and urllib3 keep it; `__context__` may be the caller's own."""
    yield error
    of_botocore: Mapping[str, object] = getattr(error, "kwargs", {})
    for origin in (error.__cause__, of_botocore.get("error"), *error.args):
        if isinstance(origin, BaseException):
            yield from _origins(origin)


def _is_of_handshake(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "do_handshake":
            return True
        trace = trace.tb_next
    return False


def _hint(response: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    """How long the server asks to wait.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (`Retry-After`, in seconds) and
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html (`x-amz-retry-after`, in milliseconds).
    """
    seconds = [_number(response.get("retryAfterSeconds")), _number(headers.get("retry-after"))]
    milliseconds = _number(headers.get("x-amz-retry-after"))
    if milliseconds is not None:
        seconds.append(milliseconds / 1000)
    return max((each for each in seconds if each is not None), default=None)


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:  # a date, or nothing
        return None
    return number if math.isfinite(number) else None
