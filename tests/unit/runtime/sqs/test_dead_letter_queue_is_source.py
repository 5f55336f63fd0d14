"""A queue that is its own dead-letter queue would get each permanent failure back as a new message, without end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redrive import Permanent, SqsSettings, sqs_handler
from tests.support.runtime.sqs.queue import FIFO, QUEUE_URL, STANDARD, Context, FakeSqs, event, record, returned

FIFO_URL = "https://sqs.eu-west-1.amazonaws.com/111122223333/ledger.fifo"
SAME = [
    QUEUE_URL,
    f"{QUEUE_URL}/",
    "https://eu-west-1.queue.amazonaws.com/111122223333/orders",
    "https://queue.amazonaws.com/111122223333/orders",
    "http://localhost:4566/111122223333/orders",
    "http://localhost:4566/queue/eu-west-1/111122223333/orders",
    "https://vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com/111122223333/orders",
]
OTHER = [
    f"{QUEUE_URL}-dead-letters",
    "https://sqs.us-east-1.amazonaws.com/111122223333/orders",
    "https://us-gov-west-1.queue.amazonaws.com/111122223333/orders",
    "https://sqs.eu-west-1.amazonaws.com/999999999999/orders",
    "https://sqs.eu-west-1.amazonaws.com/111122223333/orders.fifo",
]


def fail(message: Any) -> None:
    raise Permanent("never")


@pytest.mark.parametrize("url", SAME)
def test_it_is_refused_at_decoration_where_both_are_known(url: str) -> None:
    for settings in (
        SqsSettings(source_arn=STANDARD, dead_letter_queue_url=url),
        SqsSettings(queue_url=url, dead_letter_queue_url=url),
    ):
        with pytest.raises(ValueError, match="is the source queue"):
            sqs_handler(settings=settings)(fail)


@pytest.mark.parametrize("url", SAME)
def test_nothing_is_sent_to_it(
    sqs: FakeSqs, context: Context, log: Callable[[str], list[dict[str, Any]]], url: str
) -> None:
    handler = sqs_handler(settings=SqsSettings(dead_letter_queue_url=url))(fail)
    assert returned(handler(event(record("1"), record("2")), context)) == ["1", "2"]
    assert sqs.sent == []
    (line,) = log("redrive.sqs.dead_letter_queue_is_source")
    assert line["entries"] == 2
    assert "another dead_letter_queue_url" in line["remedy"]


def test_nothing_is_sent_to_it_from_the_environment(
    sqs: FakeSqs, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRIVE_SQS_1", f'{{"dead_letter_queue_url": "{FIFO_URL}", "max_receive_count": 1}}')
    handler = sqs_handler(fail)
    records = [record("1", arn=FIFO, group="a"), record("2", arn=FIFO, group="a")]
    assert returned(handler(event(*records), context)) == ["1", "2"]
    assert sqs.sent == []


@pytest.mark.parametrize("url", OTHER)
def test_another_queue_is_fine(sqs: FakeSqs, context: Context, url: str) -> None:
    settings = SqsSettings(source_arn=STANDARD, queue_url=QUEUE_URL, dead_letter_queue_url=url)
    handler = sqs_handler(settings=settings)(fail)
    handler(event(record("1")), context)
    assert [name for name, to, _ in sqs.requests if to == url] == ["SendMessageBatch"]


@pytest.mark.parametrize("arn", ["", "arn", "a:b:c:d:e:"])
def test_a_record_without_an_arn_is_no_obstacle(sqs: FakeSqs, context: Context, arn: str) -> None:
    handler = sqs_handler(settings=SqsSettings(dead_letter_queue_url=f"{QUEUE_URL}-dead"))(fail)
    assert returned(handler(event({**record("1"), "eventSourceARN": arn}), context)) == []
