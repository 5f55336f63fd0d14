"""Calls a function once, with a time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any, NamedTuple

from redrive.aws.clients import TimeLimits, client
from redrive.core.parallel import run_all
from redrive.core.system import now
from redrive.invoker.request import Request

# Seconds. An execution environment is frozen between invocations, so it can miss that the server closes a connection. A
# request on a closed connection fails with an unknown outcome; a new connection takes only milliseconds.
_IDLE = 10
_used_at: dict[TimeLimits, float] = {}  # each of them has its own client
_using = Lock()


class Answer(NamedTuple):
    """The outcome of a call.

    Attributes:
        value: The result.
        error: The error, if there is no result.
        sent: True if the request may have been sent.
    """

    value: Any
    error: BaseException | None
    sent: bool


def call(request: Request, read: Callable[[Mapping[str, Any]], Any], timeout: float | None) -> Answer:
    """Make a call and return its answer, or a `TimeoutError` as its error; a later answer is ignored.

    Args:
        request: The call.
        read: Makes the result from the client's response, or raises.
        timeout: Seconds that the caller can wait, `None` for no limit.
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
                if self._given_up:  # no time left: the caller's answer already says that nothing was sent
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
    with _using:  # so that no thread closes a connection that another one is about to use
        moment = now()
        idle = moment - _used_at.get(limits, moment)
        _used_at[limits] = moment
        if not 0 <= idle <= _IDLE:
            with suppress(Exception):  # a user's own client may have no `close`
                lambda_client.close()
