"""Measures the import of each helper in Lambda, beside Powertools' batch utility.

    .venv/bin/python benchmarks/import_time.py

Each import runs in fresh processes, in turn with the others, after what Lambda's own bootstrap has imported. What
is compared is what a function's module writes at its top; the last line is what the first failed message adds to that.
"""

import statistics
import subprocess
import sys

RUNS = 21
# As https://github.com/aws/aws-lambda-python-runtime-interface-client has imported them before it imports a function.
BOOTSTRAP = "import __future__, decimal, enum, importlib, json, logging, traceback"
POWERTOOLS = "Powertools batch"
IMPORTS = {
    POWERTOOLS: "from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response",
    "sqs_handler": "from redrive import Permanent, Retry, sqs_handler",
    "kinesis_handler": "from redrive import Permanent, kinesis_handler",
    "dynamodb_stream_handler": "from redrive import Permanent, dynamodb_stream_handler",
    "async_handler": "from redrive import Attempt, async_handler",
    "Invoker": "from redrive import FunctionError, Invoker",
    "CircuitBreaker": "from redrive import CircuitBreaker, CircuitOpen",
    "Idempotency": "from redrive import Idempotency",
    "idempotent": "from redrive import idempotent",
    "metered": "from redrive import metered",
}
FIRST_FAILURE = "sqs_handler, first failure"
# A message without a receipt handle: no call to AWS, and so no boto3.
HANDLER = """
from redrive import sqs_handler
logging.disable()
handler = sqs_handler(lambda message: message.json()["id"])
record = {"messageId": "1", "body": "{}", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q", "attributes": {}}
"""
STATEMENTS = {name: ("", statement) for name, statement in IMPORTS.items()}
STATEMENTS[FIRST_FAILURE] = HANDLER, 'handler({"Records": [record]}, None)'


def measured(before: str, statement: str) -> tuple[int, float]:
    """The modules that a statement loads in a fresh process, and its milliseconds."""
    code = f"""
import sys
{BOOTSTRAP}
from time import perf_counter
{before}
loaded, start = len(sys.modules), perf_counter()
{statement}
print(len(sys.modules) - loaded, (perf_counter() - start) * 1000)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules, milliseconds = run.stdout.split()
    return int(modules), float(milliseconds)


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    modules: dict[str, int] = {}
    for _ in range(RUNS):
        for name, (before, statement) in STATEMENTS.items():
            modules[name], milliseconds = measured(before, statement)
            times[name].append(milliseconds)
    base = statistics.median(times[POWERTOOLS])
    print(f"import time after Lambda's bootstrap, median of {RUNS} processes each, Python {sys.version.split()[0]}")
    print(f"{'':<28}{'modules':>8}{'ms':>8}   beside Powertools")
    for name, each in times.items():
        median = statistics.median(each)
        print(f"{name:<28}{modules[name]:>8}{median:>8.1f}   {median / base:.2f}")


if __name__ == "__main__":
    main()
