"""A program that serves HTTP on this machine for as long as a `with` block lasts.

It listens on the loopback address alone, keeps all its files in a folder of its own, and is gone with the processes
that it started when the block is left, however it is left.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, NoReturn, Self

HOST = "127.0.0.1"

# The program, with a thread that ends it and its children when the other end of its standard input closes, which
# happens even where this process is killed and has no time to end anything. (os.read: a thread that waits in sys.stdin
# holds a lock that Python wants when it exits.)
_ENDS_WITH_PARENT = """
import os, shutil, signal, threading

def end_with_parent():
    os.read(0, 1)
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_parent, daemon=True).start()
"""


class LocalServerError(Exception):
    """A server did not start, or did not answer."""


class LocalServer:
    """A running server, from entering the `with` block to leaving it.

    Args:
        start_timeout: Seconds that it may take to answer.
        port: The port of its address; one that is free by default.
    """

    #: Its name in messages.
    NAME: ClassVar[str]
    #: The Python that has it installed.
    PYTHON: ClassVar[Path]
    #: Python code that runs it.
    PROGRAM: ClassVar[str]
    #: The path that answers 200 once it is ready.
    HEALTH: ClassVar[str]

    def __init__(self, *, start_timeout: float = 30, port: int = 0) -> None:
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self._wanted = port
        self._port = 0

    @property
    def endpoint(self) -> str:
        """The server's address, with 127.0.0.1 in place of `localhost`, which is tried as ::1 first."""
        return f"http://{HOST}:{self._port}"

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of its log."""
        text = (self._folder / "log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def start(self) -> None:
        """Starts it and waits until it answers.

        Raises:
            LocalServerError: It is not installed, or ended or did not answer in time; with the end of its log.
        """
        if not self.PYTHON.exists():
            raise LocalServerError(f"{self.NAME} is not installed ({self.PYTHON} is missing); run: make setup")
        self._port = _bindable(self._wanted)
        self._folder = Path(tempfile.mkdtemp(prefix="redrive-"))
        try:
            with (self._folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [self.PYTHON, "-c", _ENDS_WITH_PARENT + self.PROGRAM, *self._arguments()],
                    cwd=self._folder,
                    env=self._own_environment(),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._wait_until_healthy(self._process)
        except BaseException:
            self.stop()
            raise

    def wait(self) -> NoReturn:
        """Waits for as long as it runs.

        Raises:
            LocalServerError: It has ended by itself.
        """
        code = self._process.wait() if self._process is not None else 0
        raise LocalServerError(f"{self.NAME} ended with exit code {code}; its log ends:\n\n{self.log_tail()}")

    def stop(self) -> None:
        """Ends what was started, its children included, and removes its files."""
        process, self._process = self._process, None
        if process is not None:
            # The group's number is the process's own and cannot be another's until wait() has collected it.
            # Killed outright: it holds nothing that would have to be put away.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        if self._folder != Path():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = Path()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _arguments(self) -> list[str]:
        return []

    def _own_environment(self) -> dict[str, str]:
        # Nothing of this process's environment but where programs are.
        folder = str(self._folder)
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "TMPDIR": folder}

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._start_timeout
        while True:
            with suppress(OSError, http.client.HTTPException):
                status, _ = self._request("GET", self.HEALTH, timeout=5)
                if status == http.client.OK:
                    return
            if process.poll() is not None:
                reason = f"ended with exit code {process.returncode}"
            elif time.monotonic() > deadline:
                reason = f"did not answer within {self._start_timeout:g} s"
            else:
                time.sleep(0.05)
                continue
            raise LocalServerError(f"{self.NAME} on {self.endpoint} {reason}; its log ends:\n\n{self.log_tail()}")

    def _request(self, method: str, path: str, body: str | None = None, *, timeout: float = 30) -> tuple[int, str]:
        # Not urllib: it would go through a proxy that the environment names.
        connection = http.client.HTTPConnection(HOST, self._port, timeout=timeout)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body is not None else {})
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        finally:
            connection.close()


def _bindable(port: int) -> int:
    """Return the port, or a free one for 0."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise LocalServerError(f"port {port} of {HOST} is taken, by another program that is running") from error
        return int(listener.getsockname()[1])
