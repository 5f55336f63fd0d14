"""A handler that hangs in real time ends the run with an error that says where it is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from redrive_simulator import Parameters, Simulation
from redrive_simulator.engine import scheduler
from redrive_simulator.handlers import watch
from tests.support.simulator.simulations import function, template

STACK = template(Hangs=function(), Other=function())
FEW = Parameters(longest_work=1)
LESS = Parameters(longest_work=0.1)
Ended = Callable[[], bool]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "_LOOK", 0.05)


@pytest.fixture
def ended() -> Iterator[Ended]:
    """Returns true after the test, so that nothing works on."""
    end: list[bool] = []
    yield lambda: bool(end)
    end.append(True)
    time.sleep(0.1)


def loops(ended: Ended) -> None:
    while not ended():
        pass


def loops_in_a_thread(ended: Ended) -> None:
    thread = threading.Thread(target=loops, args=(ended,))
    thread.start()
    thread.join()


def reads(ended: Ended) -> None:
    one, other = socket.socketpair()
    with one, other:
        other.settimeout(30)
        other.recv(1)


@pytest.mark.parametrize("hangs", [loops, loops_in_a_thread, reads])
def test_what_hangs_is_an_error_that_names_function_place_and_remedy(hangs: Callable[..., None], ended: Ended) -> None:
    simulation = Simulation.from_template(STACK, {"Hangs": lambda event, context: hangs(ended)}, parameters=LESS)
    with pytest.raises(RuntimeError, match=r"Hangs has worked for 0.1 s .* now at .*end.py:\d+ in .*longest_work"):
        simulation.invoke("Hangs")
    with pytest.raises(RuntimeError, match="make a new simulation"):
        simulation.run()


def catches_everything(ended: Ended) -> None:
    while not ended():
        try:
            time.sleep(1)
        except BaseException:
            continue


def test_who_catches_what_ends_it_is_an_error_at_once(ended: Ended) -> None:
    simulation = Simulation.from_template(STACK, {"Hangs": lambda event, context: catches_everything(ended)})
    before = time.perf_counter()
    with pytest.raises(RuntimeError, match=r"Hangs goes on after Lambda has ended it, now at .*end.py:\d+ in catches_"):
        simulation.invoke("Hangs")
    assert time.perf_counter() - before < 5


def test_another_simulation_is_not_disturbed_by_what_still_works(ended: Ended) -> None:
    simulation = Simulation.from_template(STACK, {"Hangs": lambda event, context: loops(ended)}, parameters=LESS)
    with pytest.raises(RuntimeError, match=r"test_work_without_an_end.py:\d+ in (loops|<lambda>)"):
        simulation.invoke("Hangs")
    other = Simulation.from_template(STACK, {"Other": lambda event, context: time.sleep(2)})
    assert other.invoke("Other").function_error is None
    assert other.now == 2


@pytest.mark.parametrize(
    ("changed", "is_stuck"),
    [({}, True), ({"now": 1.0}, False), ({"planned": 2}, False), ({"looks": 1}, False)],
    ids=["nothing", "time", "plan", "call"],
)
def test_who_gets_on_may_work_for_long(
    changed: dict[str, Any], is_stuck: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, clock = fake_world(), [0.0]
    monkeypatch.setattr(watch, "_real_time", lambda: clock[0])
    look = watch.Watch(world)
    assert look() is None
    clock[0] = 0.9
    for name, value in changed.items():
        setattr(world.invocation if name == "looks" else world.scheduler, name, value)
    assert look() is None
    clock[0] = 1.1
    assert (look() is not None) is is_stuck


def test_who_steps_through_a_handler_may_take_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world, clock = fake_world(), [0.0]
    monkeypatch.setattr(watch, "_real_time", lambda: clock[0])
    look = watch.Watch(world)
    look()
    clock[0] = 100.0
    stepped: dict[str, Any] = {"__name__": "bdb"}
    exec("def step(look): return look()", stepped)
    assert stepped["step"](look) is None
    assert look() is not None


def fake_world() -> Any:
    scheduler = SimpleNamespace(now=0.0, planned=1, runner=threading.get_ident())
    invocation = SimpleNamespace(name="Hangs", looks=0, ended=None, goes_on=False)
    return SimpleNamespace(scheduler=scheduler, invocation=invocation, parameters=FEW)


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_for_work_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"longest_work=.*more than 0"):
        Parameters(longest_work=seconds)
