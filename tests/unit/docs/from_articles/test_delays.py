"""docs/migration/from-articles.md, delays by copies of a message: they lose and repeat, the counterpart does not."""

from __future__ import annotations

import pytest

from redrive_simulator import minutes
from tests.support.docs.articles import DELAYS, WAITS, Bank, shop
from tests.unit.docs.test_docs import run


def test_delays_of_an_article_lose_a_message_in_an_outage_of_six_minutes() -> None:
    article = Bank(minutes(6))
    simulation = article.simulated(DELAYS)
    assert len(article.calls) == 5
    assert article.charged == []
    assert len(simulation.queue("DeadLetters")) == 0
    assert any("giving up" in line for _, line in simulation.function("Function").log)

    redrive = Bank(minutes(6))
    assert len(redrive.simulated(WAITS).queue("DeadLetters")) == 0
    assert redrive.charged == [0]


def test_delays_of_an_article_lose_the_senders_attributes() -> None:
    seen: list[set[str]] = []

    def process(order: object) -> None:
        raise ValueError("no")

    code = DELAYS.replace("        try:\n", "        see(set(record['messageAttributes']))\n        try:\n")
    simulation = shop(run(code, process=process, see=seen.append)["handler"])
    simulation.send("Queue", {"id": 1}, attributes={"tenant": "a"})
    simulation.run()
    assert [names - {"attempt"} for names in seen] == [{"tenant"}, set(), set(), set(), set()]

    simulation = shop(run(WAITS, process=process)["handler"], receives=3)
    simulation.send("Queue", {"id": 1}, attributes={"tenant": "a"})
    simulation.run()
    (dead,) = simulation.queue("DeadLetters").messages
    assert dead.attributes is not None
    assert "tenant" in dead.attributes


@pytest.mark.parametrize(("code", "times"), [(DELAYS, 2), (WAITS, 1)], ids=["article", "redrive"])
def test_a_crash_after_the_copy_was_sent_has_both_charged(code: str, times: int) -> None:
    charged: list[int] = []
    calls: list[int] = []

    def process(order: dict[str, int]) -> None:
        calls.append(order["id"])
        if len(calls) == 1:
            raise ConnectionError("down")
        charged.append(order["id"])

    simulation = shop(run(code, process=process)["handler"])
    simulation.crash_once("Function", at_call=1, point="end")
    simulation.send("Queue", {"id": 1})
    simulation.run()
    assert charged == [1] * times
