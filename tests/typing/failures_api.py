"""The readers of failures as users write with them; read by pyright, never run."""

from typing import Any

import boto3

from redrive import DeadLetter, Failure, FailureKind, InvocationRecord, ReplayRequest, StreamFailure, read_failure


def bring_back(message: dict[str, Any]) -> FailureKind:
    failure: Failure = read_failure(message)
    request: ReplayRequest = failure.replay_request()
    client: Any = boto3.client(request.service)
    getattr(client, request.method)(**request.arguments)
    return failure.kind


def each_is_a_failure(letter: DeadLetter, record: InvocationRecord, batch: StreamFailure) -> list[Failure]:
    return [letter, record, batch]


def told(letter: DeadLetter) -> tuple[str | None, str, int]:
    return letter.reason, letter.original_message_id, letter.history.times


def sent(letter: DeadLetter) -> dict[str, Any]:
    return letter.entry(fifo=True, body="{}")
