"""app.py, deployed: what becomes of messages of each kind.

The other events of the stack are sent while the slowest messages wait.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.conftest import wait_until_empty
from tools.demo_invoices import Invocations
from tools.demo_messages import orders
from tools.local_aws import LocalAws
from tools.traffic import drain, log_events, text_attribute

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Traffic:
    """Log lines of the functions, and the final content of the dead-letter queues."""

    done_orders: dict[str, int]
    order_failures: list[tuple[float, dict[str, Any]]]
    dead_orders: dict[str, dict[str, Any]]
    done_entries: list[dict[str, Any]]
    dead_entries: dict[tuple[str, int], str | None]


@pytest.fixture(scope="module")
def traffic(aws: LocalAws, shop: dict[str, str], invoices: Invocations) -> Traffic:
    wait_until_empty(aws, shop["OrdersQueueUrl"], shop["LedgerQueueUrl"], seconds=240)
    order_log, ledger_log = shop["OrdersFunctionName"], shop["LedgerFunctionName"]
    return Traffic(
        {line["done"]: line["receives"] for _, line in log_events(aws, order_log, "done")},
        [event for event in log_events(aws, order_log, "event") if event[1]["event"] == "redrive.sqs.failure"],
        {str(message.get("Body")): dict(message) for message in drain(aws, shop["OrdersDeadLetterQueueUrl"])},
        [line for _, line in log_events(aws, ledger_log, "done")],
        dict(map(entry_and_reason, drain(aws, shop["LedgerDeadLetterQueueUrl"]))),
    )


def entry_and_reason(message: Any) -> tuple[tuple[str, int], str | None]:
    entry = json.loads(message["Body"])
    return (entry["account"], entry["number"]), text_attribute(message, "RedriveReason")


def test_every_message_ends_as_processed_or_in_the_dead_letter_queue(traffic: Traffic) -> None:
    for sample in orders():
        assert (sample.key in traffic.done_orders) is not sample.fails
        assert (sample.message.body in traffic.dead_orders) is sample.fails


def test_good_messages_beside_failing_ones_are_processed_at_their_first_receive(traffic: Traffic) -> None:
    """Partial failure: the batches mixed all kinds."""
    receives = {traffic.done_orders[sample.key or ""] for sample in orders() if sample.kind == "in order"}
    assert receives == {1}


def test_a_failing_message_is_processed_once_it_succeeds(traffic: Traffic) -> None:
    for kind, receive in {"fails once": 2, "fails twice": 3, "says when to retry": 2}.items():
        assert {traffic.done_orders[sample.key or ""] for sample in orders() if sample.kind == kind} == {receive}


def test_sqs_moves_a_message_after_max_receive_count(traffic: Traffic) -> None:
    moved = [message for body, message in traffic.dead_orders.items() if "always fails" in body]
    assert len(moved) == 5
    failures: dict[str, list[int]] = defaultdict(list)
    for _, failure in traffic.order_failures:
        failures[failure["message_id"]].append(failure["receive_count"])
    for message in moved:
        assert "MessageAttributes" not in message
        assert failures[message["MessageId"]] == list(range(1, 11))


def test_a_permanent_failure_is_in_the_dead_letter_queue_at_once_with_its_reason(traffic: Traffic) -> None:
    attributes = [
        {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        for body, message in traffic.dead_orders.items()
        if "permanently wrong" in body
    ]
    assert len(attributes) == 10
    failures = {failure["message_id"]: failure for _, failure in traffic.order_failures}
    for found in attributes:
        assert found["RedriveReason"] == "an order needs a line"
        assert found["RedriveErrorType"] == "Permanent"
        assert "OrdersFunction" in found["RedriveFunction"]
        failure = failures[found["RedriveMessageId"]]
        assert (failure["outcome"], failure["receive_count"]) == ("dead_lettered", 1)
        assert failure["request_id"] == found["RedriveRequestId"]


def test_what_does_not_parse_is_a_permanent_failure_of_that_message_alone(traffic: Traffic) -> None:
    malformed = [message for body, message in traffic.dead_orders.items() if body.startswith('{"id": "cut off')]
    assert len(malformed) == 5
    for message in malformed:
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        assert attributes["RedriveErrorType"] == "MissingKey"  # the key of idempotency is in it
        assert "not JSON" in attributes["RedriveReason"]


def test_receives_are_as_far_apart_as_the_backoff_says(traffic: Traffic) -> None:
    """The queue's own visibility timeout is a minute; the waits seen are those that the helper has set."""
    failing = [sample.message.body for sample in orders() if sample.kind == "always fails"]
    ids = {traffic.dead_orders[body]["MessageId"] for body in failing}
    receives: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for at, failure in traffic.order_failures:
        if failure["message_id"] in ids:
            receives[failure["message_id"]].append((at, failure["retry_after"]))
    assert len(receives) == len(failing)
    for times in receives.values():
        for retry, (at, wait) in enumerate(times):
            assert min(15, 5 * 2**retry) / 2 <= wait <= min(15, 5 * 2**retry)
            if retry + 1 < len(times):
                # MiniStack looks for messages that have become visible once a second.
                assert wait - 0.3 <= times[retry + 1][0] - at <= wait + 3


def test_entries_of_a_group_are_booked_in_order_and_once(traffic: Traffic) -> None:
    booked: dict[str, list[int]] = defaultdict(list)
    for line in traffic.done_entries:
        booked[line["account"]].append(line["done"])
    dead = set(traffic.dead_entries)
    assert dead == {("account-d", 3), ("account-e", 4), ("account-f", 4), ("account-g", 5)}
    for account in (f"account-{letter}" for letter in "abcdefghij"):
        assert booked[account] == [number for number in range(1, 7) if (account, number) not in dead]


def test_an_entry_that_fails_at_its_last_receive_is_dead_lettered_with_its_reason(traffic: Traffic) -> None:
    """And those held behind it, which have been received as often, are booked: see the test above."""
    reason = traffic.dead_entries["account-d", 3]
    assert reason == "failed at receive 10, its last: no answer for account-d/3"
