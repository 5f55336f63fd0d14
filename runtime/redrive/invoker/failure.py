"""Judges a failed call: whether the function ran, and whether the failure is temporary."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from redrive.failures.classification import FailureClass, classify
from redrive.invoker.errors import FunctionError
from redrive.invoker.reply import UnreadableReply

# The temporary errors of Invoke: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
RETRIED = {
    "TooManyRequestsException": FailureClass.THROTTLING,
    "EC2ThrottledException": FailureClass.THROTTLING,
    # Capacity of the VPC, which other users have to release first.
    "ENILimitReachedException": FailureClass.THROTTLING,
    "SubnetIPAddressLimitReachedException": FailureClass.THROTTLING,
    **dict.fromkeys(
        (
            "ServiceException",
            "EC2UnexpectedException",
            "ENINotReadyException",
            "ResourceNotReadyException",
            # 408: a resource of the execution environment was not ready in time.
            "EFSMountConnectivityException",
            "EFSMountTimeoutException",
            "S3FilesMountConnectivityException",
            "S3FilesMountTimeoutException",
            "SnapStartTimeoutException",
            # 409: another operation, or the preparation of the function, is in progress.
            "CodeArtifactUserPendingException",
            "ResourceConflictException",
            "SnapStartNotReadyException",
        ),
        FailureClass.TRANSIENT,
    ),
}
# Errors that last until somebody changes something; some have the status 502.
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
_SERVER_ERROR = 500  # and above
_OPERATION = "Invoke"


class Outcome(Enum):
    """The outcome of a failed call: whether the function ran."""

    NOT_INVOKED = "not invoked"
    UNKNOWN = "outcome unknown"
    FUNCTION_ERROR = "function error"


class Failure(NamedTuple):
    """A failed call.

    Attributes:
        outcome: Whether the function ran.
        code: AWS's code of the error, or the name of its class.
        kind: The class that selects the schedule of retries. `None`: the failure is not temporary.
        hint: The shortest wait that the server asks for, in seconds.
    """

    outcome: Outcome
    code: str
    kind: FailureClass | None
    hint: float | None = None


def judge(error: BaseException, *, sent: bool = True, operation: str = _OPERATION) -> Failure:
    """Judge an error; the outcome is unknown unless the error shows that the function failed or did not run.

    Args:
        error: The error of a call.
        sent: True if the request may have been sent.
        operation: AWS's name of the operation.
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
            return _refused(error, response, operation)
        if isinstance(error, BotoCoreError):
            return _broken(error, name)
    return Failure(Outcome.UNKNOWN, name, FailureClass.TRANSIENT)


def _refused(error: BaseException, response: Mapping[str, Any], operation: str) -> Failure:
    metadata: Mapping[str, Any] = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode")
    code = str(response.get("Error", {}).get("Code") or status or type(error).__name__)
    hint = _hint(response, metadata.get("HTTPHeaders") or {})
    if code in RETRIED:
        return Failure(Outcome.NOT_INVOKED, code, RETRIED[code], hint)
    if code in NOT_RETRIED:
        return Failure(Outcome.NOT_INVOKED, code, None, hint)
    kind = FailureClass.TRANSIENT if status == _REQUEST_TIMEOUT else classify(error)
    return Failure(_outcome(error, status, operation), code, None if kind is FailureClass.OTHER else kind, hint)


def _outcome(error: BaseException, status: object, operation: str) -> Outcome:
    """Return whether the function ran, for an error without one of Lambda's own codes.

    Only those codes are reserved for errors that prevent a function from running. A server on the way, such as a proxy
    or a gateway, answers with a 5xx status also after it has forwarded the request.
    """
    if getattr(error, "operation_name", operation) != operation:  # credentials, which botocore asks for before
        return Outcome.NOT_INVOKED
    return Outcome.UNKNOWN if isinstance(status, int) and status >= _SERVER_ERROR else Outcome.NOT_INVOKED


def _broken(error: BaseException, name: str) -> Failure:
    """Judge botocore's own errors: separate those before the request is sent from the others."""
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
    # TLS can fail long after the handshake, and a handshake can also end in a reset or a timeout. Only the traceback
    # shows whether the error is from the handshake.
    handshake = any(map(_is_of_handshake, origins))
    if handshake or (isinstance(error, NotConnected) and not isinstance(error, SSLError)):
        return Failure(Outcome.NOT_INVOKED, name, FailureClass.TRANSIENT)
    if isinstance(error, (SSLError, HTTPClientError, IncompleteReadError, ChecksumError, FlexibleChecksumError)):
        return Failure(Outcome.UNKNOWN, name, FailureClass.TRANSIENT)
    return Failure(Outcome.NOT_INVOKED, name, None)  # credentials, endpoints, parameters


def _origins(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its origins, where botocore and urllib3 keep them; `__context__` may belong to the caller."""
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
    """Return the wait that the server asks for, in seconds.

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
    except ValueError:  # a date, or no value
        return None
    return number if math.isfinite(number) else None
