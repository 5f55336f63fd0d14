"""A cold start pays for what its function uses, and for nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUNTIME = Path(__file__).parents[3] / "runtime"

HEAVY = ["boto3", "botocore", "asyncio", "typing", "dataclasses", "inspect"]
# A fresh Python that has read nothing but itself: what `site` loads for an environment is not ours.
FRESH = [sys.executable, "-I", "-S", "-c"]
# Lambda's own bootstrap has imported these, and all that they import, before it imports the function's module:
# https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
BOOTSTRAP = "import __future__, decimal, enum, importlib, json, logging, traceback"


def loaded_by(code: str) -> set[str]:
    """The modules that some code loads on top of what Lambda's bootstrap has loaded."""
    script = f"""
import sys
{BOOTSTRAP}
sys.path.insert(0, {str(RUNTIME)!r})
before = set(sys.modules)
{code}
print(*set(sys.modules) - before)
"""
    done = subprocess.run([*FRESH, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


IMPORTS = [
    "import redrive",
    "from redrive import sqs_handler, Permanent, Retry",
    "from redrive import Backoff, SqsHandler, SqsMessage, SqsSettings, sqs_handler",
]
HANDLING = """
from redrive import sqs_handler

@sqs_handler
def handler(message):
    assert message.body and message.receive_count == 1

class Context:
    def get_remaining_time_in_millis(self):
        return 30_000

record = {"messageId": "1", "body": "{}", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q", "attributes": {}}
assert handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
"""
FAILING = HANDLING.replace("assert message.body", "assert not message.body")
FAILING = FAILING.replace('{"batchItemFailures": []}', '{"batchItemFailures": [{"itemIdentifier": "1"}]}')


@pytest.mark.parametrize("code", [*IMPORTS, HANDLING], ids=[*IMPORTS, "handling a batch"])
def test_nothing_heavy_is_loaded(code: str) -> None:
    assert loaded_by(code).isdisjoint(HEAVY)


@pytest.mark.parametrize("code", [*IMPORTS, HANDLING, FAILING], ids=[*IMPORTS, "handling a batch", "failing"])
def test_nothing_outside_of_the_standard_library_is_loaded(code: str) -> None:
    """A failure whose message has no receipt handle needs no call, and so no boto3."""
    foreign = {name.partition(".")[0] for name in loaded_by(code)} - sys.stdlib_module_names
    assert foreign == {"redrive"}


def test_naming_the_package_loads_no_helper() -> None:
    assert {name for name in loaded_by("import redrive") if name.startswith("redrive")} == {"redrive", "redrive.core"}


def test_every_public_name_can_be_imported() -> None:
    loaded_by("import redrive\nfor name in redrive.__all__: getattr(redrive, name)\nfrom redrive import *")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AssertionError, match="has no attribute 'sqs_handlr'"):
        loaded_by("import redrive; redrive.sqs_handlr")


def test_the_check_sees_what_is_loaded() -> None:
    assert "typing" in loaded_by("import typing")


def test_lambdas_bootstrap_loads_nothing_heavy_itself() -> None:
    """Otherwise the tests here would not see what the helpers load."""
    assert loaded_by("import " + ", ".join(each for each in HEAVY if not each.startswith("boto"))) >= {
        "typing",
        "dataclasses",
        "inspect",
        "asyncio",
    }
