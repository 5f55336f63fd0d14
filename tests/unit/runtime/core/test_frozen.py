"""The immutable records: settings, backoff, message attributes."""

from __future__ import annotations

import copy
import pickle

import pytest

from redrive import Attempt, Backoff, InvokerSettings, MessageAttribute, SqsSettings
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


def test_replace_changes_the_given_fields() -> None:
    assert Backoff(2, 3, 40, "equal").replace(cap=50) == Backoff(2, 3, 50, "equal")
    with pytest.raises(ValueError, match="cap"):
        Backoff(2).replace(cap=1)


def test_fields_are_given_as_they_are_declared() -> None:
    assert Attempt(2, True, request_id="r") == Attempt(number=2, is_last=True, request_id="r")


REFUSED: list[tuple[type[Frozen], tuple[object, ...], dict[str, object], str]] = [
    (Attempt, (2, True, "r"), {}, "takes 2 positional arguments but 3 were given"),
    (Attempt, (2,), {"number": 3}, "multiple values for argument 'number'"),
    (Attempt, (), {"numbr": 2}, "unexpected keyword argument 'numbr'"),
    (MessageAttribute, ("String",), {}, "missing the required argument 'value'"),
    (SqsSettings, ("arn",), {}, "takes 0 positional arguments but 1 were given"),
    (InvokerSettings, ("Prices",), {}, "takes 0 positional arguments but 1 were given"),
]


@pytest.mark.parametrize(("record", "values", "named", "complaint"), REFUSED)
def test_other_arguments_are_refused(
    record: type[Frozen], values: tuple[object, ...], named: dict[str, object], complaint: str
) -> None:
    with pytest.raises(TypeError, match=complaint):
        record(*values, **named)


def test_fields_of_the_base_come_first() -> None:
    assert list(InvokerSettings().as_dict()) == ["name", "function", "function_timeout", "backoff"]
