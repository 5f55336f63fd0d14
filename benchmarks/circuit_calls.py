"""Measures what a circuit breaker in one process adds to a call, beside pybreaker's.

    .venv/bin/python benchmarks/circuit_calls.py

Both protect the same function, which does nothing or raises, and get the calls in turn: through a decorated function,
and directly with `call`. As Lambda would, the benchmark makes them while a handler runs; then once more the rejected
ones, without a handler that collects metrics.
"""

from __future__ import annotations

import logging
import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from unittest.mock import patch

import pybreaker

from redrive.circuit.breaker import CircuitBreaker
from redrive.metrics import metered
from redrive.metrics.outside import end_all
from redrive.metrics.report import output

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


def directly_with_pybreaker(function: Call) -> Call:
    breaker = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=30)
    return lambda: breaker.call(function)


def directly_with_redrive(function: Call) -> Call:
    breaker = CircuitBreaker("dependency")
    return lambda: breaker.call(function)


PAIRS = {"": (with_pybreaker, with_redrive), ", call(…)": (directly_with_pybreaker, directly_with_redrive)}


def compare(name: str, calls: Sequence[Call], errors: type[Exception]) -> None:
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for call, found in zip(calls, times, strict=True):
            found.append(timed(call, errors))
    pybreakers, ours = map(statistics.median, times)
    print(f"{name:40}{pybreakers:>10.2f}{ours:>10.2f}   {ours / pybreakers:.2f}")


@metered
def handler(event: object, context: object) -> None:
    for how, pair in PAIRS.items():
        compare(f"success{how}", [protect(succeeding) for protect in pair], Down)
        compare(f"rejected{how}", [rejected(protect(failing)) for protect in pair], Exception)
        compare(f"success and failure in turn{how}", [protect(alternating()) for protect in pair], Down)


def main() -> None:
    print("time per call besides the function's own, in this process, median, microseconds")
    print(f"{'':40}{'pybreaker':>10}{'redrive':>10}   beside pybreaker")
    handler(None, None)
    lines: list[str] = []
    with output.replaced(lines.append):
        for how, pair in PAIRS.items():
            name = f"rejected{how}, not in a handler"
            compare(name, [rejected(protect(failing)) for protect in pair], Exception)
        end_all()
    print(f"{len(lines)} lines of metrics for {2 * ROUNDS * CALLS} rejected calls that are not in a handler")


if __name__ == "__main__":
    logging.getLogger("redrive").disabled = True
    # Without the name, no line would be written.
    with patch.dict(os.environ, AWS_LAMBDA_FUNCTION_NAME="benchmark"), output.replaced(lambda line: None):
        main()
