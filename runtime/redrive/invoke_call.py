"""One call of a function, given up in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any, NamedTuple

from redrive.clients import TimeLimits, client
from redrive.clock import now
from redrive.invoke_request import Request
from redrive.parallel import run_all

# Seconds. An execution environment is frozen between invocations and misses that the other end closes a connection. A
# request on such a connection fails in a way that leaves open whether it arrived; making a new one takes milliseconds.
_IDLE = 10
_used_at: dict[TimeLimits, float] = {}  # there is one client for each
_using = Lock()


class Answer(NamedTuple):
    """What became of a call.

    Attributes:
        value: The result.
        error: Why there is none.
        sent: Whether the request may have gone out.
    """

    value: Any
    error: BaseException | None
    sent: bool


def call(request: Request, read: Callable[[Mapping[str, Any]], Any], timeout: float | None) -> Answer:
    """Make a call and wait for its answer.

    Args:
        request: The call.
        read: Makes the result from the client's response, or raises.
        timeout: Seconds the caller can wait, `None` for as long as it takes.

    Returns:
        The answer, or a `TimeoutError` in its place. Nobody looks at what comes later than that.
    """
    if timeout is not None and timeout <= 0:
        return Answer(None, TimeoutError("the caller has no time left for a call"), sent=False)
    one = _Call(request, read)
    run_all(one.make, [None], timeout)
    return one.answer(timeout)


class _Call:
    def __init__(self, request: Request, read: Callable[[Mapping[str, Any]], Any]) -> None:
        self._request = request
        self._read = read
        self._deciding = Lock()
        self._sent = False
        self._given_up = False
        self._answer: Answer | None = None

    def make(self, _: None) -> None:
        try:
            lambda_client = client("lambda", limits=self._request.limits)
            _without_old_connections(lambda_client, self._request.limits)
            with self._deciding:
                if self._given_up:  # making the client took all the time; who was told so must not be told wrong
                    return
                self._sent = True
            value = self._read(lambda_client.invoke(**self._request.arguments))
        except BaseException as error:
            self._answer = Answer(None, error, self._sent)
        else:
            self._answer = Answer(value, None, self._sent)

    def answer(self, timeout: float | None) -> Answer:
        with self._deciding:
            self._given_up = True
            sent = self._sent
        late = TimeoutError(f"no answer within the {timeout or 0:.3g} s that the caller had left")
        return self._answer or Answer(None, late, sent)


def _without_old_connections(lambda_client: Any, limits: TimeLimits) -> None:
    with _using:  # so that no thread closes what another is about to take
        moment = now()
        idle = moment - _used_at.get(limits, moment)
        _used_at[limits] = moment
        if not 0 <= idle <= _IDLE:
            with suppress(Exception):  # a client of the user's own may have no connections to close
                lambda_client.close()
