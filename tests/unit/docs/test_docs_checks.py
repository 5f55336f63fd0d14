"""The page of checks names every rule for several resources, and every warning about queues, streams and functions."""

import re
from pathlib import Path
from typing import Any

from redrive_model.rules.asynchronous import ASYNC_RULES
from redrive_model.rules.circuit import CIRCUIT_RULES, PAUSE_RULES
from redrive_model.rules.deliveries import DELIVERY_RULES
from redrive_model.rules.functions import FUNCTION_RULES
from redrive_model.rules.idempotency import PROTECTION_RULES, TABLE_RULES
from redrive_model.rules.invoker import CALL_RULES
from redrive_model.rules.loops import LOOP_RULES
from redrive_model.rules.notifications import NOTIFICATION_RULES
from redrive_model.rules.queue_settings import QUEUE_SETTINGS_RULES
from redrive_model.rules.sources import SOURCE_RULES
from redrive_model.rules.sqs import SQS_RULES
from redrive_model.rules.starts import START_RULES
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.rules.subscriptions import SUBSCRIPTION_RULES

PAGE = (Path(__file__).parents[3] / "docs" / "checks.md").read_text()
OF_SEVERAL: list[Any] = [SOURCE_RULES, FUNCTION_RULES, DELIVERY_RULES, LOOP_RULES, CALL_RULES]
BY_THEMSELVES: list[Any] = [QUEUE_SETTINGS_RULES, NOTIFICATION_RULES, START_RULES, SUBSCRIPTION_RULES]
OF_ONE: list[Any] = [SQS_RULES, STREAM_RULES, ASYNC_RULES, PAUSE_RULES, CIRCUIT_RULES, TABLE_RULES, PROTECTION_RULES]


def rows(heading: str) -> set[str]:
    """The ids in the table under a heading."""
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(redrive:[a-z-]+)`", part, re.MULTILINE))


def test_every_warning_is_named() -> None:
    assert rows("Warnings") == {rule for rules in OF_SEVERAL + OF_ONE for rule in rules.warnings}


def test_every_error_of_several_resources_is_named() -> None:
    known = {rules.id_of(rule) for rules in OF_SEVERAL for rule in rules.refusals}
    assert rows("Errors of several resources") == known | {"redrive:async-configured-once", "redrive:table-key-is-id"}


def test_every_error_of_a_resource_by_itself_is_named() -> None:
    known = {rules.id_of(rule) for rules in BY_THEMSELVES for rule in rules.refusals}
    assert rows("Errors of queues, buckets, rules and subscriptions") == known
