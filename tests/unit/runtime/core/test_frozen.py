"""The immutable records: settings, backoff, message attributes."""

from __future__ import annotations

import copy
import pickle

import pytest

from redrive import Backoff, MessageAttribute, SqsSettings
from redrive.core.frozen import Frozen

RECORDS = [
    Backoff(2, 3, 40, "equal"),
    MessageAttribute("Binary", b"\xff"),
    SqsSettings(source_arn="arn", max_receive_count=5, backoff=Backoff(5)),
]


@pytest.mark.parametrize("record", RECORDS, ids=repr)
def test_a_record_cannot_be_changed(record: Frozen) -> None:
    for name in record.as_dict():
        with pytest.raises(AttributeError, match="immutable"):
            setattr(record, name, None)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(record, name)


@pytest.mark.parametrize("record", RECORDS, ids=repr)
def test_a_record_equals_its_copies(record: Frozen) -> None:
    copies = [copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record)), record.replace()]
    assert all(each == record and hash(each) == hash(record) for each in copies)
    assert eval(repr(record)) == record
    assert record != record.as_dict()


def test_replace_changes_what_it_is_told_to() -> None:
    assert Backoff(2, 3, 40, "equal").replace(cap=50) == Backoff(2, 3, 50, "equal")
    with pytest.raises(ValueError, match="cap"):
        Backoff(2).replace(cap=1)
