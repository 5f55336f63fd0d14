"""A fleet whose dependency is down for 300 s: what reaches it, when the circuit closes again, what the store is asked.

    .venv/bin/python benchmarks/circuit_fleet.py

The same traffic goes through Powertools' circuit breaker and through redrive's, each with its own defaults: 5 failures,
30 s, 3 successes. Environments take turns, each with a memory of its own, all with one table, whose conditions are
evaluated; time is virtual. Ten minutes of health come before the outage, and ten after it.
"""

import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from aws_lambda_powertools.utilities.circuit_breaker import base, circuit_breaker
from aws_lambda_powertools.utilities.circuit_breaker.exceptions import CircuitBreakerOpenError
from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerDynamoDBPersistence, dynamodb
from aws_lambda_powertools.utilities.circuit_breaker.persistence import base as persistence

from redrive.circuit.breaker import CircuitBreaker
from redrive.circuit.errors import CircuitOpen
from redrive.settings.circuit import CircuitSettings

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.support.runtime.circuit.circuits import Dependency, Table, fleet
from tests.support.runtime.sqs.queue import VirtualTime

OUTAGE = 300.0
HEALTHY = 600.0
START = 1_700_000_000.0


class Fleet(NamedTuple):
    """Environments that take turns, how many requests they get a second, and how many may reach what is down."""

    environments: int
    rate: int
    most: int


class Outcome(NamedTuple):
    """The result of a run; a time is in seconds after the start of the outage or its end, `None` for never."""

    reached: int
    opened: float | None
    closed: float | None
    requests: int
    refused: int


FLEETS = (Fleet(20, 1, 25), Fleet(100, 1, 25), Fleet(100, 10, 80))
Call = Callable[[Callable[[], str]], str]
Library = Callable[[Fleet, Table, VirtualTime], tuple[list[Call], type[Exception]]]


def with_redrive(of: Fleet, table: Table, time: VirtualTime) -> tuple[list[Call], type[Exception]]:
    settings = CircuitSettings(table="circuits")
    return [CircuitBreaker("dependency", settings=settings).call for _ in range(of.environments)], CircuitOpen


def with_powertools(of: Fleet, table: Table, time: VirtualTime) -> tuple[list[Call], type[Exception]]:
    # It reads the clock itself, in three modules, and keeps what an environment knows in module variables.
    now = SimpleNamespace(timestamp=lambda: time.now)
    frozen = SimpleNamespace(datetime=SimpleNamespace(now=lambda: now))
    for module in (base, persistence, dynamodb):
        module.dt = frozen  # pyright: ignore[reportAttributeAccessIssue]

    def environment() -> Call:
        memory = {
            "_LOCAL_FAILURES": {},
            "_LOCAL_SUCCESSES": {},
            "_LAST_OBSERVED_STATE": {},
            "_PROBE_OWNER": threading.local(),
        }
        store = CircuitBreakerDynamoDBPersistence("circuits", boto3_client=table)  # pyright: ignore[reportArgumentType]

        def call(function: Callable[[], str]) -> str:
            for name, value in memory.items():
                setattr(base, name, value)
            return circuit_breaker(name="dependency", persistence_store=store)(function)()

        return call

    return [environment() for _ in range(of.environments)], CircuitBreakerOpenError


def run(library: Library, of: Fleet) -> Outcome:
    time, table = VirtualTime(START), Table()
    down = START + HEALTHY
    back = down + OUTAGE
    dependency = Dependency(time, down, back)
    opened: float | None = None
    refused: list[float] = []
    with fleet(time, table):
        calls, is_open = library(of, table, time)
        turns = int((HEALTHY + OUTAGE + HEALTHY) * of.rate)
        for turn in range(turns):
            time.now = START + turn / of.rate
            try:
                calls[turn % of.environments](dependency.call)
            except is_open:
                refused.append(time.now)
                opened = time.now if opened is None else opened
            except ConnectionError:
                pass
    last = refused[-1] if refused else None
    # A circuit that still refuses calls at the end is not closed again.
    closed = (
        None if last is None or last > time.now - of.environments / of.rate else max(0.0, last - back + 1 / of.rate)
    )
    return Outcome(
        reached=dependency.reached,
        opened=None if opened is None else opened - down,
        closed=closed,
        requests=sum(table.requests.values()),
        refused=sum(moment >= back for moment in refused),
    )


def main() -> None:
    logging.disable(logging.WARNING)
    print(f"a fleet whose dependency is down for {OUTAGE:g} s, virtual time")
    print(f"{'':34} {'reached':>8} {'opened':>9} {'closed':>9} {'requests':>9} {'refused':>9}")
    print(f"{'':34} {'the dead':>8} {'after':>9} {'after':>9} {'to the':>9} {'after':>9}")
    print(f"{'':34} {'one':>8} {'outage':>9} {'recovery':>9} {'store':>9} {'recovery':>9}")
    for of in FLEETS:
        for name, library in (("powertools", with_powertools), ("redrive", with_redrive)):
            outcome = run(library, of)
            title = f"{of.environments} environments, {of.rate}/s, {name}"
            opened, closed = (
                "never" if moment is None else f"{moment:.1f} s" for moment in (outcome.opened, outcome.closed)
            )
            row = f"{opened:>9} {closed:>9} {outcome.requests:9} {outcome.refused:9}"
            print(f"{title:34} {outcome.reached:8} {row}")


if __name__ == "__main__":
    main()
