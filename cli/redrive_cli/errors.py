"""Errors that end a command: one clear sentence each, and the exit codes of the AWS CLI.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html
"""

from __future__ import annotations

import json
from enum import IntEnum
from errno import ENOSPC
from typing import Any

from redrive_model.operations import KEY_ACTIONS, action_of


class Exit(IntEnum):
    """Exit codes. 1 and 2 are results, the others errors."""

    OK = 0
    #: Something failed that was to be done, or there are findings.
    FAILED = 1
    #: Something was left out that was selected: held back, or not seen.
    SKIPPED = 2
    INTERRUPTED = 130
    #: The command line is not valid.
    USAGE = 252
    #: Credentials or a Region are missing, or the configuration is not valid.
    CONFIGURATION = 253
    #: AWS refused a call.
    SERVICE = 254
    OTHER = 255


class Problem(Exception):
    """An error for the person at the terminal.

    Attributes:
        code: The exit code.
        more: Further lines, such as a policy statement.
    """

    def __init__(self, sentence: str, code: Exit = Exit.OTHER, more: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.more = more


class Usage(Problem):
    """A command line that cannot be run as it is."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, Exit.USAGE)


_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError")
_NO_LOGIN = ("SSOTokenLoadError", "UnauthorizedSSOTokenError", "LoginRefreshRequired", "SSOError")
_OLD_CREDENTIALS = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_BAD_CREDENTIALS = (
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    *("AuthFailure", "InvalidSignatureException"),
)
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403", "Forbidden")


def explained(error: BaseException) -> Problem:
    """Return the problem that an error of boto3 is; the error's own text if nothing more is known."""
    if isinstance(error, Problem):
        return error
    name = type(error).__name__
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        return _of_service(error, response)  # pyright: ignore[reportUnknownArgumentType]
    if name in _NO_CREDENTIALS:
        return Problem(
            f"no credentials for AWS ({error}): sign in with `aws login` or `aws sso login`, set AWS_PROFILE, or give "
            "--profile",
            Exit.CONFIGURATION,
        )
    if name in _NO_LOGIN:
        return Problem(f"the sign-in has expired ({error}): run `aws sso login`", Exit.CONFIGURATION)
    if name == "NoRegionError":
        return Problem("no Region is set: give --region, or set AWS_REGION", Exit.CONFIGURATION)
    if name == "ProfileNotFound":
        return Problem(f"{error}: `aws configure list-profiles` lists those there are", Exit.CONFIGURATION)
    if name in ("EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError", "ConnectionClosedError"):
        return Problem(f"AWS was not reached: {error}; look at --region, --endpoint-url and the network", Exit.OTHER)
    if isinstance(error, (ImportError, ModuleNotFoundError)):
        return Problem(f"{error}: install the command line with `pip install 'redrive[cli]'`", Exit.CONFIGURATION)
    if isinstance(error, OSError) and error.errno == ENOSPC:
        return Problem("there is no room left where this command writes: make room, or write elsewhere")
    return Problem(f"{name}: {error}" if str(error) else name)


def code_of(error: BaseException) -> str:
    """Return AWS's code of an error; empty if it has none."""
    response: Any = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _of_service(error: Any, response: dict[str, Any]) -> Problem:
    code = code_of(error)
    text = str(response.get("Error", {}).get("Message") or code)
    operation = str(getattr(error, "operation_name", "") or "a call")
    if code in _OLD_CREDENTIALS:
        return Problem(f"the credentials have expired ({code}): sign in again", Exit.CONFIGURATION)
    if code in _BAD_CREDENTIALS:
        return Problem(f"AWS does not know these credentials ({code}: {text}): look at --profile", Exit.CONFIGURATION)
    if code.startswith("KMS") or "KMS.AccessDenied" in code or ("kms:" in text and code in _DENIED):
        return Problem(
            f"KMS denied {operation} ({text}): the key's policy, or yours, must allow {' and '.join(KEY_ACTIONS)}",
            Exit.SERVICE,
            _statement(list(KEY_ACTIONS), "the ARN of the key"),
        )
    if code in _DENIED or code.endswith("AccessDenied"):
        return _denied(operation, text)
    return Problem(f"{operation} failed: {code}: {text}", Exit.SERVICE)


def _denied(operation: str, text: str) -> Problem:
    actions = [each for service in _SERVICES if (each := action_of(service, operation))]
    needed = next(iter(actions), operation)
    for each in actions:  # an operation's name may be that of several services
        if each in text:
            needed = each
    resource = text.rpartition("on resource: ")[2].split(" because ")[0].strip() if "on resource: " in text else "*"
    other = "" if "explicit deny" not in text else "; a policy denies it explicitly, which no other policy can allow"
    return Problem(
        f"AWS denied {operation}: {text}{other}; allow it with this statement, or attach the policy of the construct "
        "FailureOperator, which has all that this command line needs:",
        Exit.SERVICE,
        _statement([needed], resource),
    )


_SERVICES = ("sqs", "s3", "lambda", "cloudformation", "logs", "dynamodb", "kinesis", "dynamodbstreams", "sns", "events")


def _statement(actions: list[str], resource: str) -> str:
    return json.dumps({"Effect": "Allow", "Action": actions, "Resource": resource}, indent=2)
