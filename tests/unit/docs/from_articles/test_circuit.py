"""docs/migration/from-articles.md, a circuit in global variables: what it loses, and its counterpart does not."""

from __future__ import annotations

import pytest

from redrive import Permanent
from redrive_simulator import minutes
from tests.support.docs.articles import CIRCUIT, GLOBALS, Bank
from tests.unit.docs.test_docs import run


def test_the_circuit_of_an_article_dead_letters_what_it_never_tried() -> None:
    article = Bank(minutes(10))
    simulation = article.simulated(GLOBALS, orders=20, receives=16)
    dead = {body["id"] for body in simulation.queue("DeadLetters").bodies}
    assert dead - set(article.calls) != set()

    redrive = Bank(minutes(10))
    simulation = redrive.simulated(CIRCUIT, orders=20, receives=16)
    assert simulation.queue("DeadLetters").bodies == []
    assert sorted(redrive.charged) == list(range(20))


def test_bad_data_opens_the_circuit_of_an_article() -> None:
    def charge(order: dict[str, int]) -> None:
        if order["id"] < 5:
            raise Permanent("no such currency")

    names = run(GLOBALS)
    for number in range(5):
        with pytest.raises(Permanent):
            names["protected"](charge, {"id": number})
    with pytest.raises(RuntimeError, match="open"):
        names["protected"](charge, {"id": 5})

    payments = run(CIRCUIT)["payments"]
    for number in range(5):
        with pytest.raises(Permanent):
            payments.call(charge, {"id": number})
    payments.call(charge, {"id": 5})
