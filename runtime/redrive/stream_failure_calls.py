"""Makes the calls that read a stream, with retries and a time limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redrive.backoff import Backoff
from redrive.classification import FailureClass, classify
from redrive.clients import client
from redrive.clock import now, pause
from redrive.log import described
from redrive.randomness import draw
from redrive.stream_failure_records import StreamReadError, range_of

if TYPE_CHECKING:
    from redrive.stream_failure import StreamFailure

# A shard allows five reads a second for all readers together, and Kinesis pauses for five seconds after 10 MiB:
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
_BACKOFF = Backoff(base=0.5, cap=5, jitter="equal")
_BETWEEN_PAGES = 0.25
# Temporary errors that `classify` does not know, since other services do not have these codes.
_THROTTLING = frozenset({"KMSThrottlingException"})


class Refused(Exception):
    """Raised if AWS refuses a call and would refuse a retry; `__cause__` is AWS's error.

    Args:
        code: AWS's error code; empty if the error has none.
        reason: A sentence for people.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Calls:
    """Makes calls to one stream.

    Args:
        service: boto3's name of the service.
        failure: The failed batch, for error messages and the Region.
        time_limit: Seconds for all calls together.

    Raises:
        StreamReadError: There is no client, or its Region is not the stream's.
    """

    def __init__(self, service: str, failure: StreamFailure, time_limit: float) -> None:
        self._failure = failure
        self._time_limit = time_limit
        self._end = now() + time_limit
        try:
            self._client = client(service, time_limit)
        except Exception as error:
            raise StreamReadError(
                f"{range_of(failure)} cannot be read: no client for {service}: {described(error)}"
            ) from error
        region = getattr(getattr(self._client, "meta", None), "region_name", None)
        home = failure.stream_arn.split(":")[3]
        if region is not None and region != home:
            raise StreamReadError(
                f"{range_of(failure)} is in {home}, and the client for {service} in {region}: run where AWS_REGION is "
                f"{home}, or bring a client, redrive.clients.clients.use(lambda service, limits: "
                f"session.client(service, region_name={home!r}))"
            )

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """Make a call, with retries for throttling and transient errors.

        Raises:
            Refused: A retry would not help.
            TimeoutError: The time limit is reached.
        """
        # Retries are safe: reading changes nothing.
        retry = 0
        while True:
            self._check(0, None)
            try:
                return getattr(self._client, operation)(**request)
            except Exception as error:
                code = _code(error)
                failure = classify(error)
                if failure not in (FailureClass.THROTTLING, FailureClass.TRANSIENT) and code not in _THROTTLING:
                    raise Refused(code, f"{operation} failed: {described(error)}") from error
                self._wait(_BACKOFF.wait(retry, draw()), error)
                retry += 1

    def wait(self) -> None:
        """Wait before the next page, so that other readers get their share of the shard's throughput."""
        self._wait(_BETWEEN_PAGES, None)

    def _wait(self, seconds: float, error: Exception | None) -> None:
        self._check(seconds, error)
        pause(seconds)

    def _check(self, seconds: float, error: Exception | None) -> None:
        if now() + seconds < self._end:
            return
        said = "" if error is None else f", the last call failed: {described(error)}"
        raise TimeoutError(
            f"{range_of(self._failure)} was not read within {self._time_limit:g} s{said}; try again, or give "
            "records(time_limit=…) more"
        ) from error


def _code(error: Exception) -> str:
    response: Any = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""  # pyright: ignore
