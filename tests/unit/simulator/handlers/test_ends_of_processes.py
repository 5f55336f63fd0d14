"""What ends the process of a function is an error of the function, as recorded on AWS, and never ends that of the test.

Recorded: https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda.snapshot.json.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, template
from tests.unit.simulator.handlers.test_environments import assembly


def cancelled() -> None:
    raise asyncio.CancelledError("nobody waits")


def in_thread() -> None:
    thread = threading.Thread(target=os._exit, args=(4,))
    thread.start()
    thread.join()


WITHOUT_REASON = "Runtime exited without providing a reason"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (sys.exit, WITHOUT_REASON),  # test_lambda_handler_exit
        (lambda: sys.exit(0), WITHOUT_REASON),
        (lambda: sys.exit(3), "Runtime exited with error: exit status 3"),
        (lambda: sys.exit("no order"), "Runtime exited with error: exit status 1"),
        (lambda: os._exit(0), WITHOUT_REASON),
        (lambda: os._exit(-1), "Runtime exited with error: exit status 255"),
        (os.abort, "Runtime exited with error: exit status 134"),
        (in_thread, "Runtime exited with error: exit status 4"),
        # Lambda's runtime handles exceptions of the class `Exception` alone: bootstrap.py, handle_event_request
        (cancelled, "Runtime exited with error: exit status 1"),
    ],
    ids=["exit", "exit 0", "exit 3", "exit text", "_exit 0", "_exit -1", "abort", "thread", "no Exception"],
)
def test_what_ends_a_process_is_an_error_of_the_function(end: Callable[[], Any], said: str) -> None:
    simulation = Simulation.from_template(template(Function=function()), {"Function": lambda event, context: end()})
    answer = simulation.invoke("Function")
    assert answer.function_error == "Unhandled"
    assert answer.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer.request_id} Error: {said}",
    }
    (entry,) = simulation.timeline.attempts
    assert str(entry.kind) == "crashed"


def test_the_log_says_why_a_process_has_ended() -> None:
    def handler(event: Any, context: Any) -> None:
        sys.exit("no order") if event == "exit" else cancelled()

    simulation = Simulation.from_template(template(Function=function()), {"Function": handler}, echo=False)
    simulation.invoke("Function", "exit")
    assert simulation.function("Function").log[0] == (0, "no order")
    simulation.invoke("Function", "cancel")
    assert any(f"CancelledError: nobody waits, at {__file__}" in each for each in simulation.errors)


CODE = """
import os
if os.path.exists("/tmp/started"):
    os._exit(1)
open("/tmp/started", "w").close()
calls = []
def handler(event, context):
    calls.append(event)
    if event == "end":
        os._exit(7)
    if event == "fork" and os.fork() == 0:
        os._exit(0)
    return len(calls)
"""


def test_a_process_that_has_ended_starts_again_and_a_fork_ends_alone(tmp_path: Path) -> None:
    simulation = Simulation.from_assembly(assembly(tmp_path, {"orders.py": CODE}), echo=False)
    answers = [simulation.invoke("One", event).payload for event in ("one", "fork", "end", "again")]
    assert answers[:2] == [1, 2]
    assert [each["errorMessage"].rpartition(": ")[2] for each in answers[2:]] == ["exit status 7", "exit status 1"]


SLOW = "import time\ntime.sleep({})\ndef handler(event, context):\n    return context.get_remaining_time_in_millis()"


@pytest.mark.parametrize(
    ("start", "timeout", "left", "took"),
    [(8, 5, 5000, 8), (10.5, 15, 4500, 20.5), (12, 5, None, 15)],
    ids=["in time", "again", "too slow"],
)
def test_a_start_of_more_than_10_s_begins_again_within_the_timeout(
    tmp_path: Path, start: float, timeout: int, left: int | None, took: float
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html, init phase."""
    code = {"orders.py": SLOW.format(start)}
    simulation = Simulation.from_assembly(assembly(tmp_path, code, Timeout=timeout), echo=False)
    answer = simulation.invoke("One")
    if left is None:
        assert answer.payload["errorType"] == "Sandbox.Timedout"
    else:
        assert answer.payload == left
    assert simulation.now == took


@pytest.mark.parametrize(
    ("code", "handler", "kind", "message"),
    [
        ("", "sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ("handler = None", "orders.handler", "TypeError", "'NoneType' object is not callable"),
    ],
)
def test_handlers_that_lambda_s_bootstrap_refuses(
    tmp_path: Path, code: str, handler: str, kind: str, message: str
) -> None:
    """https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py"""
    simulation = Simulation.from_assembly(assembly(tmp_path, {"orders.py": code}, Handler=handler), echo=False)
    payload = simulation.invoke("One").payload
    assert (payload["errorType"], payload["errorMessage"]) == (kind, message)


def test_an_error_at_import_shows_no_frame_of_the_simulator(tmp_path: Path) -> None:
    """Recorded (test_lambda_runtime_error): the first frame is that of `importlib.import_module`."""
    simulation = Simulation.from_assembly(assembly(tmp_path, {"orders.py": "1 / 0"}), echo=False)
    trace = simulation.invoke("One").payload["stackTrace"]
    assert trace[0].endswith("return _bootstrap._gcd_import(name[level:], package, level)\n")
    assert trace[-1].endswith("1 / 0\n")


def test_the_variables_name_the_folder_of_the_code(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    code = (
        "import os, pathlib\ndef handler(event, context):\n"
        "    return pathlib.Path(os.environ['LAMBDA_TASK_ROOT'], 'data.txt').read_text()"
    )
    simulation = Simulation.from_assembly(assembly(tmp_path, {"orders.py": code, "data.txt": "beside"}), echo=False)
    assert simulation.invoke("One").payload == "beside"
