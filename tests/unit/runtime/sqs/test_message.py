"""The message as a function sees it."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from redrive import MessageAttribute, Permanent, SqsMessage, SqsSettings, sqs_handler
from tests.support.runtime.sqs.queue import FIFO, STANDARD, event, record


def delivered(record: dict[str, Any], **settings: Any) -> SqsMessage[str]:
    """The message that a handler makes of a record."""
    seen: list[SqsMessage[str]] = []
    sqs_handler(settings=SqsSettings(**settings))(seen.append)(event(record))
    return seen[0]


def test_a_message_has_what_lambda_delivers() -> None:
    message = delivered(
        record(
            "059f36b4",
            '{"id": 7}',
            receive_count=3,
            sent_at=1_545_082_649.183,
            first_received_at=1_545_082_649.185,
        )
    )
    assert message.id == "059f36b4"
    assert message.body == message.parsed == '{"id": 7}'
    assert message.json() == {"id": 7}
    assert message.receive_count == 3
    assert message.sent_at == datetime(2018, 12, 17, 21, 37, 29, 183000, UTC)
    assert message.first_received_at == datetime(2018, 12, 17, 21, 37, 29, 185000, UTC)
    assert message.receipt_handle == "handle-059f36b4"
    assert message.source_arn == STANDARD
    assert message.attributes["SenderId"] == "AIDAIENQZJOLO23YVJ4VO"
    assert message.group_id is message.deduplication_id is message.sequence_number is None
    assert "059f36b4" in repr(message)


def test_a_fifo_message_has_its_group_and_its_place() -> None:
    message = delivered(record("1", arn=FIFO, group="customer-7"))
    assert message.group_id == "customer-7"
    assert message.deduplication_id == "deduplication-1"
    assert message.sequence_number == "18849496460467696128"


def test_message_attributes_are_decoded() -> None:
    message = delivered(
        record(
            message_attributes={
                "tenant": {"dataType": "String", "stringValue": "acme", "stringListValues": [], "binaryListValues": []},
                "weight": {"dataType": "Number.float", "stringValue": "1.5"},
                "thumbnail": {"dataType": "Binary", "binaryValue": "AP8="},
                "icon": {"dataType": "Binary.png", "binaryValue": "iVBORw=="},
            }
        )
    )
    assert message.message_attributes == {
        "tenant": MessageAttribute("String", "acme"),
        "weight": MessageAttribute("Number.float", "1.5"),
        "thumbnail": MessageAttribute("Binary", b"\x00\xff"),
        "icon": MessageAttribute("Binary.png", b"\x89PNG"),
    }


@pytest.mark.parametrize(
    ("receive_count", "max_receive_count", "is_last"),
    [(1, 5, False), (4, 5, False), (5, 5, True), (6, 5, True), (1, 1, True), (1, None, None), (9, None, None)],
)
def test_a_message_knows_its_last_receive(receive_count: int, max_receive_count: int | None, is_last: object) -> None:
    """It goes to the dead-letter queue when its receive count would exceed the maximum."""
    message = delivered(record(receive_count=receive_count), max_receive_count=max_receive_count)
    assert message.is_last_receive is is_last
    assert message.max_receive_count == max_receive_count


def test_a_body_that_is_no_json_is_a_permanent_failure() -> None:
    with pytest.raises(Permanent, match="not JSON"):
        SqsMessage("1", "{half").json()


def test_a_message_is_frozen() -> None:
    message = SqsMessage("1", "body", message_attributes={"tenant": MessageAttribute("String", "acme")})
    for name in ("body", "id", "parsed", "anything"):
        with pytest.raises(AttributeError):
            setattr(message, name, "other")
    for mapping in (message.attributes, message.message_attributes):
        with pytest.raises(TypeError):
            mapping["ApproximateReceiveCount"] = "1"  # pyright: ignore[reportIndexIssue]


def test_a_message_made_by_hand_is_like_a_delivered_one() -> None:
    by_hand = SqsMessage(
        "1",
        '{"id": 7}',
        receive_count=3,
        attributes={"MessageGroupId": "customer-7"},
        message_attributes={"tenant": MessageAttribute("String", "acme"), "raw": MessageAttribute("Binary", b"\xff")},
        receipt_handle="handle-1",
        source_arn=FIFO,
        max_receive_count=3,
    )
    assert by_hand.json() == {"id": 7}
    assert by_hand.parsed == '{"id": 7}'
    assert by_hand.receive_count == 3
    assert by_hand.is_last_receive is True
    assert by_hand.group_id == "customer-7"
    assert by_hand.message_attributes == {
        "tenant": MessageAttribute("String", "acme"),
        "raw": MessageAttribute("Binary", b"\xff"),
    }
    assert (by_hand.receipt_handle, by_hand.source_arn) == ("handle-1", FIFO)
    assert SqsMessage[int]("1", "7", parsed=7).parsed == 7
    assert SqsMessage[None]("1", "null", parsed=None).parsed is None


def test_a_message_can_be_compared_copied_and_put_into_a_set() -> None:
    message = delivered(record("1"))
    assert message == delivered(record("1"))
    assert message != delivered(record("2"))
    assert len({message, delivered(record("1")), delivered(record("2"))}) == 2
    for copied in (copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert copied == message
        assert copied.parsed == message.body
