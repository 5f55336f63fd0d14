"""Measures what a circuit breaker in one process adds to a call, beside pybreaker's.

    .venv/bin/python benchmarks/circuit_calls.py

Both protect the same function, which does nothing or raises, and get the calls in turn. As Lambda would, the benchmark
makes them while a handler runs.
"""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle

import pybreaker

from redrive.circuit.breaker import CircuitBreaker
from redrive.metrics.meter import metered

CALLS = 400
ROUNDS = 300
Call = Callable[[], object]


class Down(Exception):
    """The dependency's error."""


def succeeding() -> None:
    pass


def failing() -> None:
    raise Down


def alternating() -> Call:
    fails = cycle((False, True)).__next__

    def function() -> None:
        if fails():
            raise Down

    return function


def rejected(protected: Call) -> Call:
    """Open the circuit of a protected function that fails."""
    for _ in range(5):
        with suppress(Down, pybreaker.CircuitBreakerError):
            protected()
    return protected


def timed(call: Call, errors: type[Exception]) -> float:
    """Return the microseconds that a call takes."""
    began = time.thread_time()
    for _ in range(CALLS):
        try:  # noqa: SIM105 (`suppress` takes time itself)
            call()
        except errors:
            pass
    return (time.thread_time() - began) / CALLS * 1e6


def with_pybreaker(function: Call) -> Call:
    return pybreaker.CircuitBreaker(fail_max=5, reset_timeout=30)(function)


def with_redrive(function: Call) -> Call:
    return CircuitBreaker("dependency")(function)


@metered
def main(event: object, context: object) -> None:
    cases: dict[str, tuple[Callable[[Callable[[Call], Call]], Call], type[Exception]]] = {
        "success": (lambda protect: protect(succeeding), Down),
        "rejected": (lambda protect: rejected(protect(failing)), Exception),
        "success and failure in turn": (lambda protect: protect(alternating()), Down),
    }
    print("time per call besides the function's own, in this process, median, microseconds")
    print(f"{'':30}{'pybreaker':>10}{'redrive':>10}   beside pybreaker")
    for name, (make, errors) in cases.items():
        calls = [make(with_pybreaker), make(with_redrive)]
        times: list[list[float]] = [[], []]
        for _ in range(ROUNDS):
            for call, found in zip(calls, times, strict=True):
                found.append(timed(call, errors))
        pybreakers, ours = map(statistics.median, times)
        print(f"{name:30}{pybreakers:>10.2f}{ours:>10.2f}   {ours / pybreakers:.2f}")


if __name__ == "__main__":
    logging.getLogger("redrive").disabled = True
    main(None, None)
