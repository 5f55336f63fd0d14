"""The reason of a call without a key says where to look, and nothing that only this code understands."""

from __future__ import annotations

import pytest

from redrive import Idempotency, MemoryStore, MissingKey, idempotent, sqs_handler
from redrive.testing import LambdaContext, recorded_calls, sqs_event
from tests.support.runtime.log import Log


@pytest.mark.parametrize(
    ("body", "ends"), [({"id": 1}, "which is an object with id"), ("text", "(char 0)"), ("[]", "of the type list")]
)
def test_the_reason_of_a_message_without_a_key_ends_with_what_there_is(log: Log, body: object, ends: str) -> None:
    handle = sqs_handler(idempotency=Idempotency(key="order_id", store=MemoryStore()))(lambda message: None)
    with recorded_calls():
        handle(sqs_event(body), LambdaContext())
    (line,) = log("redrive.sqs.failure")
    assert line["error"].endswith(ends)
    assert line["error"].count("not JSON") <= 1


def test_a_path_begins_inside_of_the_only_argument() -> None:
    @idempotent(key="order.id", store=MemoryStore())
    def charge(order: dict[str, int]) -> None: ...

    with pytest.raises(MissingKey, match=r"looked up in the only argument \(order\), which is an object with id$"):
        charge({"id": 1})
