"""Selecting failures, and sums over them: pure decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_cli.errors import Usage
from redrive_cli.failures.found import Found
from redrive_cli.failures.reading import in_message
from redrive_cli.output.terminal import fitted
from redrive_cli.output.words import age, bars, duration
from redrive_cli.places.place import QueuePlace
from redrive_cli.replay.order import waves
from redrive_cli.replay.plan import setting
from redrive_cli.selection import Selection, expression, seconds_in, time_before
from tests.support.cli.shop import why

PLACE = QueuePlace(name="Dead", url="https://q/1/dead", arn="arn:aws:sqs:eu-west-1:1:dead")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def found(body: str = '{"total": 120}', hours: float = 1, **attributes: str) -> Found:
    """A dead letter of the helper."""
    sent = (NOW - timedelta(hours=hours)).timestamp() * 1000
    system = {"SentTimestamp": str(int(sent)), "ApproximateReceiveCount": "1", "MessageGroupId": "g"}
    message = {
        "MessageId": "5fb0-1",
        "ReceiptHandle": "h",
        "Body": body,
        "Attributes": system,
        "MessageAttributes": why(**attributes),
    }
    return in_message(message, PLACE)


@pytest.mark.parametrize(
    ("selection", "is_selected"),
    [
        (Selection(), True),
        (Selection(ids=frozenset({"5fb0-1"})), True),
        (Selection(ids=frozenset({"dead/5fb0-1"})), True),
        (Selection(ids=frozenset({"5fb0"})), False),
        (Selection(reason="NO lin"), True),
        (Selection(reason="no*"), True),
        (Selection(reason="*other*"), False),
        (Selection(type="Permanent"), True),
        (Selection(type="perm*"), False),
        (Selection(type="Perm*"), True),
        (Selection(group="g"), True),
        (Selection(group="h"), False),
        (Selection(before=NOW - timedelta(minutes=30)), True),
        (Selection(before=NOW - timedelta(hours=2)), False),
        (Selection(after=NOW - timedelta(hours=2)), True),
        (Selection(after=NOW - timedelta(minutes=30)), False),
        (Selection(where=expression("payload.total > `100` && kind == 'sent_by_helper'")), True),
        (Selection(where=expression("contains(reason, 'lines')")), True),
        (Selection(where=expression("payload.missing")), False),
        (Selection(where=expression("contains(payload.total, 'x')")), False),  # a wrong type matches nothing
    ],
)
def test_what_is_selected(selection: Selection, is_selected: bool) -> None:
    assert (selection.verdict(found()) == "selected") is is_selected
    assert selection.is_everything is (selection == Selection())


def test_what_is_not_understood_is_never_selected() -> None:
    other = in_message({"MessageId": "1", "ReceiptHandle": "h", "Body": "x", "Attributes": {}}, PLACE)
    assert Selection().verdict(other) == "not_understood"
    assert Selection(ids=frozenset({"1"})).verdict(other) == "not_understood"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("1h30m", NOW - timedelta(minutes=90)),
        ("2d", NOW - timedelta(days=2)),
        ("1.5h", NOW - timedelta(minutes=90)),
        ("2026-11-26", NOW - timedelta(hours=12)),
        ("2026-11-26T11:00+01:00", NOW - timedelta(hours=2)),
    ],
)
def test_ages_and_times(text: str, time: datetime) -> None:
    assert time_before(text, NOW) == time


@pytest.mark.parametrize("text", ["", "soon", "5", "5x", "h", "2026-13-01", "1h nonsense"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(Usage, match="90m"):
        time_before(text, NOW)


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("2h", 7200), ("45", 45), ("1h30m", 5400)])
def test_durations(text: str, seconds: float) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["2026-11-26", "soon", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        seconds_in(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON, JSON)
def test_a_setting_changes_exactly_its_value(payload: Any, value: Any) -> None:
    import json

    given = {"a": [{"b": payload, "c": 1}], "d": payload}
    before = json.dumps(given)
    changed = setting(f"a[0].b={json.dumps(value)}")(given)
    assert changed == {"a": [{"b": value, "c": 1}], "d": payload}
    assert json.dumps(given) == before


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers())))
def test_waves_keep_the_order_of_each_group(items: list[tuple[str, int]]) -> None:
    made = [each for wave in waves(items, lambda each: each[0]) for each in wave]
    for group in "abc":
        assert [each for each in made if each[0] == group] == [each for each in items if each[0] == group]
    assert all(len({each[0] for each in wave}) == len(wave) for wave in waves(items, lambda each: each[0]))


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_columns_fit(longest: list[int]) -> None:
    widths = fitted(longest, 80)
    assert all(width <= most for width, most in zip(widths, longest, strict=True))
    assert sum(widths) + 2 * (len(widths) - 1) <= 80 or len(widths) > 5


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (99, "99 s"), (150, "2 min"), (7200, "2 h"), (200_000, "2 d"), (-5, "0 s")]
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text
    assert age(NOW - timedelta(seconds=seconds), NOW) == text


def test_bars() -> None:
    assert (bars([]), bars([0, 0])) == ("", "")
    assert bars([0, 1, 100]) == " ▁█"


def test_a_search_is_refused_with_an_example() -> None:
    check: Callable[[str], object] = expression
    with pytest.raises(Usage, match=r"payload\.total > `100`"):
        check("payload.[")
