"""Failures of a counter's bucket; the rest is shown on a server, in tests/integration."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive import S3Counter
from redrive.core.system import randomness
from tests.support.runtime.asynchronous.attempts import REQUEST_ID, aws_error, stores
from tests.support.runtime.sqs.queue import VirtualTime

Answer = dict[str, Any] | ClientError


@dataclass
class FakeBucket:
    """A client with prepared answers: it gives them in turn, and repeats the last one."""

    puts: list[ClientError | None]
    gets: list[bytes | ClientError] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def put_object(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        answer = self.puts.pop(0) if len(self.puts) > 1 else self.puts[0]
        if answer is not None:
            raise answer
        return {}

    def get_object(self, **request: Any) -> dict[str, Any]:
        assert request == {"Bucket": "attempts", "Key": f"redrive-attempts/{REQUEST_ID}"}
        answer = self.gets.pop(0) if len(self.gets) > 1 else self.gets[0]
        if isinstance(answer, ClientError):
            raise answer
        return {"Body": io.BytesIO(answer), "ETag": f'"{hash(answer)}"'}


def stored(*tokens: str, expiration: float) -> bytes:
    return json.dumps({"tokens": tokens, "expiration": expiration}).encode()


def increment(bucket: FakeBucket, time: VirtualTime) -> int:
    with stores({"s3": bucket}, time), randomness.replaced(lambda: 0.5):
        return S3Counter("attempts", expiry=100).increment(REQUEST_ID)


def test_a_first_attempt_takes_one_request(time: VirtualTime) -> None:
    bucket = FakeBucket([None])
    assert increment(bucket, time) == 0
    (request,) = bucket.requests
    assert (request["Bucket"], request["Key"]) == ("attempts", f"redrive-attempts/{REQUEST_ID}")
    assert request["IfNoneMatch"] == "*"
    assert "IfMatch" not in request
    written = json.loads(request["Body"])
    assert len(written["tokens"]) == 1
    assert written["expiration"] == time.now + 100


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
def test_an_object_that_changes_in_between_is_read_again(time: VirtualTime, code: str) -> None:
    first = stored("a", expiration=time.now + 1)
    second = stored("a", "b", expiration=time.now + 1)
    bucket = FakeBucket([aws_error("PreconditionFailed"), aws_error(code), None], [first, second])
    assert increment(bucket, time) == 2
    assert [request.get("IfMatch") for request in bucket.requests] == [None, f'"{hash(first)}"', f'"{hash(second)}"']


def test_an_object_that_is_removed_in_between_is_made_again(time: VirtualTime) -> None:
    bucket = FakeBucket([aws_error("PreconditionFailed"), None], [aws_error("NoSuchKey")])
    assert increment(bucket, time) == 0
    assert [request.get("IfNoneMatch") for request in bucket.requests] == ["*", "*"]


def test_a_write_that_took_effect_and_was_answered_with_a_conflict_is_recognized(time: VirtualTime) -> None:
    """botocore sends it again after a lost reply; the attempts after it are not before it."""
    bucket = FakeBucket([aws_error("PreconditionFailed")])
    bucket.get_object = lambda **request: {  # type: ignore[method-assign]
        "Body": io.BytesIO(
            stored("a", json.loads(bucket.requests[0]["Body"])["tokens"][0], "after", expiration=time.now + 1)
        ),
        "ETag": '"x"',
    }
    assert increment(bucket, time) == 1
    assert len(bucket.requests) == 1


def test_an_object_that_changes_all_the_time_is_given_up_after_growing_waits(time: VirtualTime) -> None:
    began = time.now
    bucket = FakeBucket([aws_error("PreconditionFailed")], [stored("a", expiration=began + 100)])
    with pytest.raises(TimeoutError, match="changed 10 times"):
        increment(bucket, time)
    assert len(bucket.requests) == 10
    # Half of 0.05, 0.1, 0.2, 0.4, 0.8, 1, … and no wait before the object is read for the first time.
    assert time.now - began == pytest.approx((0.05 + 0.1 + 0.2 + 0.4 + 0.8 + 4 * 1) / 2)


@pytest.mark.parametrize("code", ["NoSuchBucket", "AccessDenied", "SlowDown"])
def test_any_other_error_is_raised(time: VirtualTime, code: str) -> None:
    error = aws_error(code)
    with pytest.raises(ClientError) as raised:
        increment(FakeBucket([error]), time)
    assert raised.value is error
    with pytest.raises(ClientError) as raised:
        increment(FakeBucket([aws_error("PreconditionFailed")], [error]), time)
    assert raised.value is error


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"tokens": 3, "expiration": 1}', b"\xff", b"null"])
def test_an_object_of_someone_elses_is_an_error_and_not_overwritten(time: VirtualTime, content: bytes) -> None:
    bucket = FakeBucket([aws_error("PreconditionFailed"), None], [content])
    with pytest.raises(ValueError, match=r"s3://attempts/redrive-attempts/.*prefix"):
        increment(bucket, time)
    assert len(bucket.requests) == 1


def test_attempts_that_have_expired_are_not_counted(time: VirtualTime) -> None:
    changed = aws_error("PreconditionFailed")
    for age, number in ((0.001, 1), (0, 0), (-1, 0)):
        bucket = FakeBucket([changed, None], [stored("old", expiration=time.now + age)])
        assert increment(bucket, time) == number
