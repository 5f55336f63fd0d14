"""`S3Counter`: attempts counted in objects of an S3 bucket."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from redrive.attempt_counter import COUNTING, DEFAULT_EXPIRY, checked_expiry
from redrive.backoff import Backoff
from redrive.clients import client
from redrive.clock import now, pause
from redrive.log import described
from redrive.parallel import within
from redrive.randomness import draw
from redrive.tokens import new_token

_MOST_TRIES = 10
# Someone else wrote at the same time: they have to look, write and be done before it makes sense to try again.
_BACKOFF = Backoff(base=0.05, cap=1)
# 412, 409, and 404 where a lifecycle rule was faster:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html#conditional-error-response
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class Noted(NamedTuple):
    """What an object says.

    Attributes:
        tokens: Of each attempt, in the order in which they were noted.
        expiration: Seconds since the epoch after which they count for nothing.
        etag: Of the object; `None` where there is none.
    """

    tokens: tuple[str, ...] = ()
    expiration: float = 0
    etag: str | None = None


class S3Counter:
    """Counts attempts in an S3 bucket, for all execution environments together.

    Each event has an object, `<prefix><request id>`, which is only ever written if it has not changed since it was
    read: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.

    **Permissions:** `s3:PutObject` and `s3:GetObject` on the prefix; for a bucket with a KMS key of one's own also
    `kms:GenerateDataKey` and `kms:Decrypt`. **Consistency:** exact; a write that is sent again after a lost reply is
    recognized. **Cost:** one request for the first attempt, three for each retry. `forget` does nothing: a lifecycle
    rule on the prefix removes objects, with previous versions where the bucket keeps those. The `AsyncInvocation`
    construct makes one; without it the objects stay.

    Args:
        bucket: The bucket's name.
        prefix: What the objects' keys begin with. Default: `redrive-attempts/`.
        expiry: Seconds that attempts are remembered for, after the latest of them. Default: 22,800, which fits any
            event.

    Raises:
        ValueError: `bucket` is empty, or `expiry` is not above 0.
    """

    def __init__(self, bucket: str, prefix: str = "redrive-attempts/", expiry: float = DEFAULT_EXPIRY) -> None:
        if not bucket:
            raise ValueError(f"bucket={bucket!r}: give the name of the S3 bucket in which attempts are counted")
        self._bucket = bucket
        self._prefix = prefix
        self._expiry = checked_expiry(expiry)

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        """Note an attempt.

        Args:
            request_id: The event's.
            seconds: How long it may take. `None`: any time.

        Returns:
            How many attempts came before this one.

        Raises:
            ValueError: The object is there, and is not one of these.
            TimeoutError: The time is up, or the object changed too often.
            botocore.exceptions.BotoCoreError: A call failed on its way.
            botocore.exceptions.ClientError: S3 refused a call.
        """
        token = new_token()
        return within(seconds, lambda: self._increment(request_id, token, seconds), COUNTING)

    def forget(self, request_id: str) -> None:
        """Do nothing: a lifecycle rule on the prefix removes the object, without a call.

        Args:
            request_id: The event's.
        """

    def _increment(self, request_id: str, token: str, seconds: float | None) -> int:
        s3 = client("s3", seconds)
        key = f"{self._prefix}{request_id}"
        noted = Noted()  # as is usual; if there is an object after all, the write fails
        for retry in range(_MOST_TRIES):
            moment = now()
            tokens = noted.tokens if moment < noted.expiration else ()
            if token in tokens:  # written before, and the reply was lost
                return tokens.index(token)
            if self._is_written(s3, key, Noted((*tokens, token), moment + self._expiry, noted.etag)):
                return len(tokens)
            if retry:  # that there is an object already is no sign of others at work
                pause(_BACKOFF.wait(retry - 1, draw()))
            noted = self._read(s3, key)
        raise TimeoutError(f"s3://{self._bucket}/{key} changed {_MOST_TRIES} times in between")

    def _is_written(self, s3: Any, key: str, noted: Noted) -> bool:
        from botocore.exceptions import ClientError

        condition = {"IfNoneMatch": "*"} if noted.etag is None else {"IfMatch": noted.etag}
        body = json.dumps({"tokens": noted.tokens, "expiration": noted.expiration}).encode()
        try:
            s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", **condition)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _CHANGED:
                return False
            raise
        return True

    def _read(self, s3: Any, key: str) -> Noted:
        from botocore.exceptions import ClientError

        try:
            reply = s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return Noted()
            raise
        content: bytes = reply["Body"].read()
        try:
            written = json.loads(content)
            return Noted(tuple(map(str, written["tokens"])), float(written["expiration"]), reply["ETag"])
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(
                f"s3://{self._bucket}/{key} does not hold attempts ({described(error)}): it begins {content[:100]!r}; "
                "give S3Counter a prefix that nothing else writes to"
            ) from error
