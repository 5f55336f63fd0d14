"""Random programs of sleeps, threads, pools and invocations take the time that one computes from their form."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import boto3
import pytest

from redrive_simulator import Simulation
from tests.support.profiles import examples
from tests.support.simulator.simulations import function, template
from tests.support.simulator.usual_stack import REGION

NAMES = "ABC"
STACK = template(**{name: function(Timeout=900, FunctionName=name) for name in NAMES})
PROGRAMS = examples(12)
#: A number of seconds to sleep, or what to do with further programs: ["pool", 3, ["invoke", "B", 2]].
Program = Any


def program(random: Random, depth: int) -> Program:
    kind = random.choice(("sleep", "in turn", "pool", "threads", "invoke")) if depth else "sleep"
    if kind == "sleep":
        return random.choice((0, 1, 2, 3, 5))
    if kind == "invoke":
        return [kind, random.choice(NAMES), program(random, depth - 1)]
    return [kind, *(program(random, depth - 1) for _ in range(random.randint(1, 3)))]


def duration(program: Program) -> float:
    match program:
        case ["invoke", _, part]:
            return duration(part)
        case ["in turn", *parts]:
            return sum(map(duration, parts))
        case [_, *parts]:
            return max(map(duration, parts))
        case seconds:
            return seconds


def run(program: Program) -> None:
    match program:
        case ["invoke", name, part]:
            client = boto3.client("lambda", **REGION)
            answer = client.invoke(FunctionName=name, Payload=json.dumps(part))
            assert "FunctionError" not in answer, answer["Payload"].read()
        case ["in turn", *parts]:
            for part in parts:
                run(part)
        case ["pool", *parts]:
            with ThreadPoolExecutor(len(parts)) as pool:
                list(pool.map(run, parts))
        case ["threads", *parts]:
            threads = [threading.Thread(target=run, args=(part,)) for part in parts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        case seconds:
            time.sleep(seconds)


@pytest.mark.random
def test_programs_take_their_time() -> None:
    for number in range(PROGRAMS):
        random = Random(f"program {number}")
        programs = {at: program(random, random.randint(1, 4)) for at in random.sample(range(20), random.randint(1, 3))}
        handlers = dict.fromkeys(NAMES, lambda event, context: run(event))
        simulation = Simulation.from_template(STACK, handlers, echo=False)
        for at, each in programs.items():
            simulation.invoke("A", each, asynchronous=True, at=at)
        simulation.run()
        assert {str(each.kind) for each in simulation.timeline.attempts} == {"succeeded"}, programs
        ends = {at + duration(each) for at, each in programs.items()}
        assert ends <= {each.end for each in simulation.timeline.attempts}, programs
        assert simulation.now == max(ends), programs
