"""What a handler waits for outside of its process, a server or another process, gets real time; nothing else does."""

from __future__ import annotations

import asyncio
import http.server
import select
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from multiprocessing import connection
from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, template

TIMEOUT = 300
STACK = template(Function=function(Timeout=TIMEOUT))
PYTHON = sys.executable


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server on this machine that answers after a moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(10)
                    stop.wait(0.05)
                    connection.sendall(b"done")

        stop = threading.Event()
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def ran(work: Callable[[], Any]) -> tuple[Any, float]:
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: work()})
    answer = simulation.invoke("Function")
    assert answer.function_error is None, answer.payload
    return answer.payload, simulation.timeline.attempts[0].duration


async def asked(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"do")
    answer = await reader.read()
    writer.close()
    return answer.decode()


def in_a_thread(work: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.parametrize("where", [lambda work: work(), in_a_thread], ids=["handler", "thread"])
def test_a_server_on_this_machine_answers_before_a_timeout(where: Callable[..., Any], port: int) -> None:
    def work() -> Any:
        return where(lambda: asyncio.run(asyncio.wait_for(asked(port), 20)))

    assert ran(work) == ("done", 0)


def test_select_waits_for_a_server_on_this_machine(port: int) -> None:
    def work() -> bool:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"do")
            return bool(select.select([connection], [], [], 20)[0])

    assert ran(work) == (True, 0)


@pytest.mark.parametrize("where", [lambda work: work(), in_a_thread], ids=["handler", "thread"])
def test_a_process_that_ends_before_its_timeout_has_not_timed_out(where: Callable[..., Any]) -> None:
    def work() -> Any:
        command = program("time.sleep(0.1); raise SystemExit(3)")
        return where(lambda: subprocess.run(command, timeout=60, check=False).returncode)

    assert ran(work) == (3, 0)


def program(text: str) -> list[str]:
    return [PYTHON, "-S", "-c", f"import time\n{text}"]


def timed_out(**options: Any) -> str:
    try:
        subprocess.run(program("for _ in range(600): print(1, flush=True), time.sleep(0.05)"), check=False, **options)
    except subprocess.TimeoutExpired as error:
        return f"after {error.timeout}"
    return "never"


@pytest.mark.parametrize("options", [{"stdout": subprocess.DEVNULL}, {"capture_output": True}], ids=["no pipe", "pipe"])
def test_a_process_that_takes_longer_than_its_timeout_has_timed_out_in_virtual_time(options: dict[str, Any]) -> None:
    assert ran(lambda: timed_out(timeout=0.3, **options)) == ("after 0.3", pytest.approx(0.3, abs=0.001))


def test_a_process_that_is_looked_at_again_and_again_comes_to_its_end() -> None:
    def work() -> int | None:
        with subprocess.Popen(program("time.sleep(0.2); raise SystemExit(4)")) as started:
            while started.poll() is None:
                time.sleep(0.1)
            return started.returncode

    status, duration = ran(work)
    assert status == 4
    assert duration < TIMEOUT


def test_a_server_in_the_test_works_in_real_time() -> None:
    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(0.2)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the base class's name
            pass

    def work() -> list[int]:
        answers: list[int] = []
        for timeout in (0.05, 20):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}", timeout=timeout) as answer:
                    answers.append(answer.status)
            except TimeoutError:
                answers.append(0)
        return answers

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert ran(work)[0] == [0, 204]
        server.shutdown()


def joined(text: str, seconds: float) -> list[bool]:
    started = subprocess.Popen(program(text), stdout=subprocess.PIPE)
    assert started.stdout is not None
    with started, started.stdout as output:
        ready = connection.wait([output.fileno()], seconds)
        started.kill()
        return [bool(ready)]


@pytest.mark.parametrize(
    ("text", "seconds", "found"),
    [("print(1, flush=True)", 60, ([True], 0)), ("time.sleep(60)", 0.3, ([False], 0.3))],
    ids=["soon", "late"],
)
def test_pipes_of_processes_are_waited_for_in_real_time(text: str, seconds: float, found: tuple[Any, float]) -> None:
    assert ran(lambda: joined(text, seconds)) == found


async def waits_forever() -> None:
    await asyncio.Event().wait()


def selects_forever() -> None:
    one, other = socket.socketpair()
    with one, other:
        select.select([one], [], [])


@pytest.mark.parametrize("work", [lambda: asyncio.run(waits_forever()), selects_forever], ids=["asyncio", "select"])
def test_what_nothing_can_end_lasts_until_the_timeout(work: Callable[[], object]) -> None:
    before = time.perf_counter()
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: work()})
    simulation.invoke("Function")
    assert [(str(each.kind), each.duration) for each in simulation.timeline.attempts] == [("timed out", TIMEOUT)]
    assert time.perf_counter() - before < 5
