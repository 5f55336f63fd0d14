"""Runs tasks of the scheduler in threads that are used again."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from threading import Thread


class Worker(Thread):
    """A thread that runs one task after the other.

    Args:
        task: The first task.

    Attributes:
        task: The next task.
        turn: Holds the thread up until there is one.
    """

    def __init__(self, task: Callable[[], None]) -> None:
        super().__init__(name="redrive-simulator", daemon=True)
        self.task: Callable[[], None] | None = task
        self.turn = allocate_lock()
        self.turn.acquire()

    def run(self) -> None:
        """Run tasks."""
        while True:
            task, self.task = self.task, None
            assert task is not None
            task()
            del task  # it references a whole simulation
            _idle.append(self)
            self.turn.acquire()


_idle: list[Worker] = []


def start_task(task: Callable[[], None]) -> None:
    """Run a task in a thread, an idle one if possible."""
    try:
        worker = _idle.pop()
    except IndexError:
        Worker(task).start()
        return
    worker.task = task
    worker.turn.release()
