"""SQS takes the dead-letter queue's entry of every message, whatever the message contains."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from redrive import MessageAttribute, SqsMessage
from redrive.aws.sqs_entries import batches
from redrive.sqs.calls import DeadLetterReason, dead_letter_entry
from tests.support.runtime.sqs.queue import DEAD_LETTERS, FIFO_DEAD_LETTERS, MIB, Entry, FakeSqs

# Messages as SQS may have delivered them: XML 1.0 characters only, no empty values, ten attributes and 1 MiB at most.
xml = st.characters(
    codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r"
)
texts = st.text(xml, min_size=1, max_size=40)
values = st.builds(MessageAttribute, st.sampled_from(["String", "Number.int"]), texts) | st.builds(
    MessageAttribute, st.sampled_from(["Binary", "Binary.png"]), st.binary(min_size=1, max_size=40)
)
names = st.from_regex(r"[A-Za-z0-9_]{1,30}", fullmatch=True) | st.sampled_from(["RedriveReason", "RedriveFunction"])
anything = st.text(st.characters(), max_size=2000)  # surrogates and control characters, too
notes = st.builds(DeadLetterReason, *[anything] * 6)


@st.composite
def messages(draw: st.DrawFn) -> SqsMessage[str]:
    attributes = draw(st.dictionaries(names, values, max_size=10))
    taken = sum(
        len(name) + len(value.data_type) + len(value.value if isinstance(value.value, bytes) else value.value.encode())
        for name, value in attributes.items()
    )
    letter = draw(st.sampled_from(["x", "ä", "€", "\U0001f600"]))
    room = (MIB - taken) // len(letter.encode())
    size = draw(st.integers(1, 300) | st.integers(room - 300, room))
    return SqsMessage("id-1", letter * size, message_attributes=attributes, attributes={"MessageGroupId": "group"})


@given(messages(), notes, st.booleans())
def test_an_entry_is_one_that_sqs_takes(message: SqsMessage[str], note: DeadLetterReason, fifo: bool) -> None:
    """With body and attributes unchanged."""
    entry = dead_letter_entry(message, note, fifo=fifo)
    sqs = FakeSqs()
    answer = sqs.send_message_batch(
        QueueUrl=FIFO_DEAD_LETTERS if fifo else DEAD_LETTERS, Entries=[{"Id": "0", **entry}]
    )
    assert answer == {"Successful": [{"Id": "0"}]}
    assert entry["MessageBody"] == message.body
    for name, attribute in message.message_attributes.items():
        if not name.startswith("Redrive"):
            field = "BinaryValue" if attribute.data_type.startswith("Binary") else "StringValue"
            assert entry["MessageAttributes"][name] == {"DataType": attribute.data_type, field: attribute.value}


@given(messages(), st.text(xml, min_size=1, max_size=1000))
def test_a_reason_that_fits_is_whole(message: SqsMessage[str], reason: str) -> None:
    entry = dead_letter_entry(message, DeadLetterReason("", "", reason, "", "", ""), fifo=False)
    mine = [name for name in message.message_attributes if not name.startswith("Redrive")]
    taken = len(message.body.encode()) + len(reason.encode()) + 3000
    if len(mine) < 10 and taken < MIB:
        assert entry["MessageAttributes"]["RedriveReason"]["StringValue"] == reason


def entry_of(number: int, size: int) -> Entry:
    return {"MessageBody": "x" * size, "MessageAttributes": {}, "Id": str(number)}


@given(st.lists(st.integers(1, 400_000) | st.sampled_from([1, MIB // 10, MIB // 10 + 1, MIB]), max_size=40))
def test_entries_are_sent_in_requests_that_sqs_takes(sizes: list[int]) -> None:
    """Ten at most and 1 MiB at most, each entry once and in order."""
    entries = [entry_of(number, size) for number, size in enumerate(sizes)]
    made: list[list[dict[str, Any]]] = batches(entries)
    assert [entry for batch in made for entry in batch] == entries
    assert all(1 <= len(batch) <= 10 for batch in made)
    assert all(sum(len(entry["MessageBody"]) for entry in batch) <= MIB for batch in made)
