"""One failed message is understood by reading few files: those that are loaded to handle it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.unit.runtime.test_imports import RUNTIME, loaded_by

MOST = 30
CODE = """
from redrive import Permanent, SqsSettings, clients, sqs_handler

class Sqs:
    def change_message_visibility_batch(self, QueueUrl, Entries):
        return {{"Successful": [{{"Id": each["Id"]}} for each in Entries]}}

    def send_message_batch(self, QueueUrl, Entries):
        return {{"Successful": [{{"Id": each["Id"], "MessageId": "1"}} for each in Entries]}}

clients.use(lambda service, limits: Sqs())

@sqs_handler(settings=SqsSettings(queue_url="https://sqs/1/q", dead_letter_queue_url="https://sqs/1/d"))
def handler(message):
    raise {error}

class Context:
    aws_request_id = "1"
    function_name = "orders"
    def get_remaining_time_in_millis(self):
        return 30_000

attributes = {{"ApproximateReceiveCount": "1", "SentTimestamp": "1", "ApproximateFirstReceiveTimestamp": "1"}}
record = {{"messageId": "1", "receiptHandle": "r", "body": "b", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q"}}
answer = handler({{"Records": [{{**record, "attributes": attributes}}]}}, Context())
assert len(answer["batchItemFailures"]) == {returned}
"""


def is_read(module: str) -> bool:
    """Says if a module's file has code to read: a folder's `__init__.py` may have a docstring only."""
    path = RUNTIME / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return len(ast.parse(file.read_text(encoding="utf-8")).body) > 1


@pytest.mark.parametrize(("error", "returned"), [("ValueError", 1), ("Permanent", 0)], ids=["a retry", "a dead letter"])
def test_files_loaded_to_handle_one_failed_message(error: str, returned: int) -> None:
    loaded = {name for name in loaded_by(CODE.format(error=error, returned=returned)) if name.startswith("redrive")}
    files = {name for name in loaded if is_read(name)}
    sys.stdout.write(f"{len(files)} files of code, {len(loaded)} with the folders' docstrings\n")
    assert {"redrive.sqs.decision", "redrive.aws.clients"} <= files
    assert len(files) <= MOST, sorted(files)
