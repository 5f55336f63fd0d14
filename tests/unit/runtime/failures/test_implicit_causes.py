"""An error without a reason of its own says why: by its cause, also if it was raised in an `except` block."""

from __future__ import annotations

import pytest

from redrive import Permanent, Retry
from redrive.failures.diagnosis import diagnose


class NoPrice(Permanent): ...


class NotYet(Retry): ...


def raised(error: Exception, behind: BaseException, how: str) -> BaseException:
    try:
        try:
            raise behind
        except BaseException as caught:
            if how == "from":
                raise error from caught
            if how == "from None":
                raise error from None
            raise error  # noqa: B904
    except BaseException as found:
        return found


@pytest.mark.parametrize("how", ["from", "in except"])
@pytest.mark.parametrize(
    ("error", "reason", "error_type"),
    [
        (Permanent, "Permanent: 'price'", "KeyError"),
        (lambda: Permanent("no price"), "no price", "KeyError"),
        (NoPrice, "NoPrice: KeyError: 'price'", "NoPrice"),
        (lambda: NoPrice("no price"), "no price: KeyError: 'price'", "NoPrice"),
        (Retry, "retry: 'price'", "KeyError"),
        (lambda: NotYet(5), "retry after 5 s: KeyError: 'price'", "NotYet"),
    ],
)
def test_the_cause_is_named(error: type[Exception], how: str, reason: str, error_type: str) -> None:
    diagnosis = diagnose(raised(error(), KeyError("price"), how))
    assert (diagnosis.reason, diagnosis.error_type) == (reason, error_type)


@pytest.mark.parametrize("error", [Permanent, NoPrice, Retry, NotYet])
def test_from_none_says_that_there_is_none(error: type[Exception]) -> None:
    diagnosis = diagnose(raised(error(), KeyError("secret"), "from None"))
    assert "secret" not in diagnosis.reason
    assert diagnosis.error_type == error.__name__


def test_the_chain_ends_where_it_began() -> None:
    one, other = NoPrice("one"), NoPrice("other")
    one.__context__, other.__context__ = other, one
    assert diagnose(one).reason == "one: NoPrice: other"


def test_another_error_is_described_by_itself() -> None:
    diagnosis = diagnose(raised(ValueError("no lines"), KeyError("price"), "in except"))
    assert (diagnosis.reason, diagnosis.error_type) == ("no lines", "ValueError")
