"""Values of any kind, and records with any member replaced, for what reads records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.support.runtime.destinations.invocation_records import changed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


def anything(records: Sequence[Mapping[str, Any]]) -> st.SearchStrategy[Any]:
    """Values, and objects with the members of records."""
    names = sorted({name for record in records for name in record})
    return JSON | st.dictionaries(st.sampled_from(names), JSON)


@st.composite
def with_a_member_replaced(draw: st.DrawFn, records: Sequence[Any]) -> Any:
    """One of the records, with a member of it, or of an object in it, replaced by any value."""
    received = draw(st.sampled_from(records))
    path = draw(st.sampled_from(sorted(received)))
    inner = received[path]
    if isinstance(inner, dict) and inner:
        path = f"{path}.{draw(st.sampled_from(sorted(inner)))}"
    return changed(received, path, draw(JSON))
