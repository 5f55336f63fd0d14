"""A bucket with some objects, and calls of S3 as functions of a client."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from redrive_simulator import Simulation
from tests.support.simulator.simulations import resource, template

STACK = template(
    Bucket=resource("AWS::S3::Bucket", BucketName="bucket"),
    Versioned=resource("AWS::S3::Bucket", BucketName="versioned", VersioningConfiguration={"Status": "Enabled"}),
)
DIGITS = b"0123456789"
MD5 = hashlib.md5(DIGITS).hexdigest()
# When all simulations begin.
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OTHER = "222222222222"
ID = "0" * 32

Call = Callable[[Any], Any]


def objects() -> Any:
    """A client, and a bucket with `digits`, `empty`, `a/1`, `a/2`, `b/1` and `x y`."""
    client = Simulation.from_template(STACK).client("s3")
    client.put_object(Bucket="bucket", Key="digits", Body=DIGITS)
    for key in ("empty", "a/1", "a/2", "b/1", "x y"):
        client.put_object(Bucket="bucket", Key=key)
    return client


def outcome(call: Call, client: Any) -> Any:
    """The code and status of an error, or what the call makes of the reply."""
    try:
        return call(client)
    except ClientError as error:
        said: dict[str, Any] = {**error.response}
        return said["Error"]["Code"], said["ResponseMetadata"]["HTTPStatusCode"]


def put(**given: Any) -> Call:
    return lambda client: client.put_object(**{"Bucket": "bucket", "Key": "digits", "Body": DIGITS, **given})["ETag"]


def get(*names: str, **given: Any) -> Call:
    def call(client: Any) -> Any:
        reply = client.get_object(**{"Bucket": "bucket", "Key": "digits", **given})
        status = reply["ResponseMetadata"]["HTTPStatusCode"]
        return (reply["Body"].read(), status, *(reply.get(name) for name in names))

    return call


def head(*names: str, **given: Any) -> Call:
    def call(client: Any) -> Any:
        reply = client.head_object(**{"Bucket": "bucket", "Key": "digits", **given})
        return tuple(reply.get(name) for name in names)

    return call


def copy(**given: Any) -> Call:
    def call(client: Any) -> Any:
        source = {"Bucket": "bucket", "Key": "digits"}
        client.copy_object(**{"Bucket": "bucket", "Key": "copy", "CopySource": source, **given})
        return client.get_object(Bucket="bucket", Key=given.get("Key", "copy"))["Body"].read()

    return call


def delete(*keys: Any, **given: Any) -> Call:
    def call(client: Any) -> Any:
        each = [key if isinstance(key, dict) else {"Key": key} for key in keys]
        reply = client.delete_objects(Bucket="bucket", Delete={"Objects": each, **given})
        errors = [(error["Key"], error["Code"]) for error in reply.get("Errors", ())]
        return [named["Key"] for named in reply.get("Deleted", ())], errors

    return call


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()
