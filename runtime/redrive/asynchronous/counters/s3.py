"""`S3Counter`: counts attempts in objects of an S3 bucket."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from redrive.asynchronous.counters.base import DEFAULT_EXPIRY
from redrive.asynchronous.counters.remote import RemoteCounter
from redrive.aws.clients import client
from redrive.aws.errors import error_code
from redrive.aws.requirements import check_version
from redrive.core.frozen import check_type
from redrive.core.log import described
from redrive.core.system import draw, now, pause
from redrive.failures.backoff import Backoff
from redrive.settings.base import check_name

_MOST_TRIES = 10
# After a concurrent write: the other writer must read, write and finish before another try makes sense.
_BACKOFF = Backoff(base=0.05, cap=1)
# 412, 409, and 404 if a lifecycle rule has removed the object:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html#conditional-error-response
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class Attempts(NamedTuple):
    """The content of an event's object.

    Attributes:
        tokens: One for each attempt, in the order of the attempts.
        expiration: Seconds since the epoch after which the attempts are not counted.
        etag: The ETag of the object; `None` if there is no object.
    """

    tokens: tuple[str, ...] = ()
    expiration: float = 0
    etag: str | None = None


class S3Counter(RemoteCounter):
    """Counts attempts in an S3 bucket, for all execution environments together.

    Each event has an object, `<prefix><request id>`. A conditional write replaces it only if it has not changed since
    it was read: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.

    **Permissions:** `s3:PutObject` and `s3:GetObject` on the prefix; for a bucket with a customer managed KMS key also
    `kms:GenerateDataKey` and `kms:Decrypt`. **Consistency:** exact. A write that is sent again after a lost reply is
    recognized. **Cost:** one request for the first attempt, three for each retry. `forget` does nothing: a lifecycle
    rule on the prefix removes the objects, and their previous versions if the bucket keeps versions. The
    `AsyncInvocation` construct makes this rule; without it the objects stay.

    Args:
        bucket: The bucket's name.
        prefix: The prefix of the objects' keys. Default: `redrive-attempts/`.
        expiry: Seconds that attempts are kept after the latest one. Default: 22,800, enough for any event.

    Raises:
        ValueError: `bucket` is empty, or `expiry` is not above 0. `increment` raises it if the object exists, but does
            not contain attempts.
        ImportError: botocore is older than 1.35.69, and has no conditional writes.
    """

    def __init__(self, bucket: str, prefix: str = "redrive-attempts/", expiry: float = DEFAULT_EXPIRY) -> None:
        check_name("BucketName", "bucket", bucket)
        check_type("prefix", prefix, str, "a text")
        check_version()  # before it runs: a counter that fails leaves each attempt to be taken for the first
        super().__init__(expiry)
        self._bucket = bucket
        self._prefix = prefix

    def _increment(self, request_id: str, token: str, seconds: float | None) -> int:
        s3 = client("s3", seconds)
        key = f"{self._prefix}{request_id}"
        attempts = Attempts()  # the usual case: no object yet; if there is one, the write fails
        for retry in range(_MOST_TRIES):
            moment = now()
            tokens = attempts.tokens if moment < attempts.expiration else ()
            if token in tokens:  # an earlier write succeeded, and its reply was lost
                return tokens.index(token)
            if self._is_written(s3, key, Attempts((*tokens, token), moment + self._expiry, attempts.etag)):
                return len(tokens)
            if retry:  # after the first try, an existing object does not mean a concurrent writer
                pause(_BACKOFF.wait(retry - 1, draw()))
            attempts = self._read(s3, key)
        raise TimeoutError(f"s3://{self._bucket}/{key} changed {_MOST_TRIES} times in between")

    def _is_written(self, s3: Any, key: str, attempts: Attempts) -> bool:
        condition = {"IfNoneMatch": "*"} if attempts.etag is None else {"IfMatch": attempts.etag}
        body = json.dumps({"tokens": attempts.tokens, "expiration": attempts.expiration}).encode()
        try:
            s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", **condition)
        except Exception as error:
            if error_code(error) in _CHANGED:
                return False
            raise
        return True

    def _read(self, s3: Any, key: str) -> Attempts:
        try:
            reply = s3.get_object(Bucket=self._bucket, Key=key)
        except Exception as error:
            if error_code(error) == "NoSuchKey":
                return Attempts()
            raise
        content: bytes = reply["Body"].read()
        try:
            written = json.loads(content)
            return Attempts(tuple(map(str, written["tokens"])), float(written["expiration"]), reply["ETag"])
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(
                f"s3://{self._bucket}/{key} does not contain attempts ({described(error)}): it begins "
                f"{content[:100]!r}; give S3Counter a prefix that nothing else writes to"
            ) from error
