"""Gives the errors with which S3 refuses requests.

The codes are those of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. Messages and further members
are as recorded on AWS: `tests/aws/services/s3/*.snapshot.json` of localstack/localstack, commit 8b9a79f0.
"""

from __future__ import annotations

from http import HTTPStatus

from redrive_simulator.services.refusals import Refused

_NOT_MODIFIED = 304


def no_such_bucket(name: str) -> Refused:
    """Return the error for a bucket that does not exist."""
    return Refused("NoSuchBucket", "The specified bucket does not exist", 404, {"BucketName": name})


def no_such_key(key: str) -> Refused:
    """Return the error for an object that does not exist."""
    return Refused("NoSuchKey", "The specified key does not exist.", 404, {"Key": key})


def no_such_version(key: str, version: str) -> Refused:
    """Return the error for a version that does not exist."""
    details = {"Key": key, "VersionId": version}
    return Refused("NoSuchVersion", "The specified version does not exist.", 404, details)


def no_such_upload(id: str) -> Refused:
    """Return the error for a multipart upload that does not exist, or is over."""
    message = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed."
    )
    return Refused("NoSuchUpload", message, 404, {"UploadId": id})


def invalid_argument(message: str, name: str, value: str | None = None) -> Refused:
    """Return the error for the value of an argument."""
    given = {} if value is None else {"ArgumentValue": value}
    return Refused("InvalidArgument", message, details={"ArgumentName": name, **given})


def invalid_request(message: str) -> Refused:
    """Return the error for a request whose parts do not fit each other."""
    return Refused("InvalidRequest", message)


def malformed() -> Refused:
    """Return the error for a body that violates the schema."""
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return Refused("MalformedXML", message)


def precondition_failed(header: str) -> Refused:
    """Return the error for a condition that is not met."""
    message = "At least one of the pre-conditions you specified did not hold"
    return Refused("PreconditionFailed", message, 412, {"Condition": header})


def not_modified() -> Refused:
    """Return the answer for an object that the caller has already; it has no body, and so no code."""
    return Refused("304", "Not Modified", _NOT_MODIFIED)


def not_implemented(header: str) -> Refused:
    """Return the error for a header that the operation does not take, or not with this value."""
    message = "A header you provided implies functionality that is not implemented"
    return Refused("NotImplemented", message, 501, {"Header": header})


def without_body(refused: Refused) -> Refused:
    """Return an error as the answer of a HEAD request tells it, which has no body: by its status alone."""
    return Refused(str(refused.status), HTTPStatus(refused.status).phrase, refused.status)
