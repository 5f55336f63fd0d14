"""Python programs as processes that need no time to begin: each is forked from one that has imported what it uses.

    preload("boto3")
    with start("-m", "redrive_cli", "failures", env={…}) as process:
        written, errors = process.communicate()

A process takes a fifth of a second to import boto3, and tests start hundreds. What forks is the standard library's fork
server, a new Python that has nothing of the process that uses it, and no thread. Only Linux has it here: forked
processes may not use all of macOS, where each is a new Python as usual.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Self

FORKS = sys.platform == "linux"


def preload(*modules: str) -> None:
    """Name what is imported before anything is forked; the first call that starts a process decides."""
    get_context("forkserver").set_forkserver_preload(list(modules))


def start(*arguments: str, env: Mapping[str, str], cwd: str | None = None) -> Process:
    """Starts `python` with these arguments: a file and its own, or `-m`, a module and its own.

    Its standard input, output and errors are pipes of text.

    Args:
        arguments: The command line behind `python`.
        env: All of its environment.
        cwd: Its folder; that of this process by default.
    """
    if FORKS:
        return Forked(arguments, env, cwd or str(Path.cwd()))
    pipe = subprocess.PIPE
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1, env=env, cwd=cwd)


class Forked:
    """A forked process; it has those members of `subprocess.Popen` that are used here."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], cwd: str) -> None:
        context = get_context("forkserver")
        pipes = [context.Pipe(duplex=False) for _ in range(3)]  # what is read at one end is written at the other
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        self._process = context.Process(target=_run, args=(arguments, dict(env), cwd, theirs), daemon=True)
        self._process.start()
        self._ended = threading.Lock()
        for end in theirs:
            end.close()
        self.stdin, self.stdout, self.stderr = _text(pipes[0][1], "w"), _text(pipes[1][0]), _text(pipes[2][0])

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None, "it has been started"
        return pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        with self._ended:  # its end is told once
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return code

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Ends its input and waits for its end: what it has written, and its errors."""
        self.stdin.close()
        written = ["", ""]

        def read(file: IO[str], number: int) -> None:
            with file:
                written[number] = file.read()

        readers = [
            threading.Thread(target=read, args=(file, number), daemon=True)
            for number, file in enumerate((self.stdout, self.stderr))
        ]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join()
        return written[0], written[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self.stdin, self.stdout, self.stderr):
            file.close()
        self.wait()


#: Either has the members of `Forked`.
Process = subprocess.Popen[str] | Forked


def _text(end: Connection, mode: str = "r") -> IO[str]:
    """A pipe's end as a file of text."""
    file = os.fdopen(os.dup(end.fileno()), mode, buffering=1, encoding="utf-8")
    end.close()
    return file


def _run(arguments: Sequence[str], env: Mapping[str, str], folder: str, ends: Sequence[Connection]) -> None:
    """Become the program, in the forked process."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    for number, end in enumerate(ends):
        os.dup2(end.fileno(), number)
        end.close()
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, encoding="utf-8", closefd=False)
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")
