"""A cold start pays for idempotency where a function uses it, and for AWS's SDK where it is called."""

from __future__ import annotations

import sys

import pytest

from tests.unit.runtime.test_imports import HANDLING, HEAVY, loaded_by

SDK = {"boto3", "botocore", "jmespath", "urllib3"}
IMPORTS = [
    "from redrive import Idempotency, sqs_handler",
    "from redrive import Idempotency, IdempotencySettings, Serializer, async_handler, kinesis_handler",
    "from redrive import FailedBefore, InProgress, LateCompletion, NotRecorded, PayloadMismatch, ResultNotKept",
]
USING = [
    "from redrive import idempotent",
    "from redrive import MemoryStore, DynamoDBStore\nMemoryStore(), DynamoDBStore('done')",
    "from redrive import idempotent\n@idempotent(key=lambda order: order)\ndef charge(order): ...",
    "from redrive import Idempotency, sqs_handler\n@sqs_handler(idempotency=Idempotency())\ndef handler(message): ...",
]
ONCE = (
    HANDLING.replace("import sqs_handler", "import Idempotency, MemoryStore, sqs_handler")
    .replace("@sqs_handler", "ran = []\n@sqs_handler(idempotency=Idempotency(store=MemoryStore()))")
    .replace("    assert message.body", "    ran.append(message)\n    assert message.body")
)
ONCE += """
assert handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
assert len(ran) == 1
"""


@pytest.mark.parametrize("code", IMPORTS)
def test_nothing_heavy_is_loaded_by_importing(code: str) -> None:
    assert loaded_by(code).isdisjoint(HEAVY)


@pytest.mark.parametrize("code", [*IMPORTS, *USING, ONCE], ids=[*IMPORTS, *USING, "handling a batch twice"])
def test_the_sdk_is_not_loaded_before_a_table_is_asked(code: str) -> None:
    loaded = loaded_by(code)
    assert loaded.isdisjoint(SDK)
    assert {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names == {"redrive"}


def test_no_event_loop_is_loaded_for_plain_functions() -> None:
    assert "asyncio" not in loaded_by(ONCE)


@pytest.mark.parametrize("code", ["from redrive import sqs_handler", HANDLING], ids=["importing", "handling"])
def test_without_it_nothing_of_it_is_loaded(code: str) -> None:
    assert {name for name in loaded_by(code) if "idempot" in name or "group_commit" in name} == set()


def test_the_check_sees_what_is_loaded() -> None:
    assert "redrive.idempotency.batch" in loaded_by(ONCE)
