"""Rules for a fleet in any order of events: one probe at a time, no call through while open, never open for ever."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from redrive import Backoff, CircuitEvent, CircuitPolicy, MemoryCircuits
from redrive.circuit.cache import Admission
from redrive.circuit.member import Member
from redrive.circuit.state import CircuitState
from redrive.core.system import clock, randomness
from tests.support.profiles import examples
from tests.support.runtime.circuit.circuits import FlakyStore
from tests.support.runtime.sqs.queue import VirtualTime

MEMBERS = 3
CACHE_AGE = 5.0
POLICIES = [
    CircuitPolicy(failure_threshold=2, success_threshold=2, open_time=Backoff(10, 2, 40, jitter="none"), lease=8),
    CircuitPolicy(failure_threshold=3, success_threshold=1, open_time=Backoff(10, 2, 20, jitter="equal"), lease=30),
    CircuitPolicy(failure_rate=0.5, minimum_calls=3, success_threshold=3, open_time=Backoff(7, jitter="none")),
]
SECONDS = st.sampled_from([0.0, 0.5, 1.0, 4.9, 5.0, 8.0, 10.0, 20.0, 40.0])
WHO = st.integers(0, MEMBERS - 1)
RESULTS = st.sampled_from(["succeeded", "failed", "neither"])


class Running(NamedTuple):
    """A call that was let through and has not ended."""

    who: int
    admission: Admission
    until: float  # the end of its lease, where it is a probe


class Fleet(RuleBasedStateMachine):
    """Members of one circuit whose store works."""

    fails = False

    def __init__(self) -> None:
        super().__init__()
        logging.disable(logging.WARNING)
        self.time = VirtualTime()
        self.events: list[CircuitEvent] = []
        self.running: list[Running] = []
        self.good_probes = 0
        self.closed_after: list[int] = []
        self.closed_at = 0.0
        self.opened_at: float | None = None
        clock.use(self.time)
        randomness.use(lambda: 0.5)

    def teardown(self) -> None:
        clock.reset()
        randomness.reset()
        logging.disable(logging.NOTSET)

    @initialize(policy=st.sampled_from(POLICIES))
    def begin(self, policy: CircuitPolicy) -> None:
        self.policy = policy
        self.inner = MemoryCircuits()
        self.store = FlakyStore(self.inner)
        self.members = [self._member() for _ in range(MEMBERS)]

    def _member(self) -> Member:
        return Member(
            "fleet",
            self.store,
            self.policy,
            cache_age=CACHE_AGE,
            unasked=0,
            on_store_failure="open",
            on_event=self._told,
        )

    def _told(self, event: CircuitEvent) -> None:
        self.events.append(event)
        if event.kind in ("opened", "reopened"):
            self.opened_at = event.at if event.kind == "opened" else self.opened_at
            self.good_probes = 0
        if event.kind == "closed":
            self.closed_after.append(self.good_probes)
            self.closed_at = event.at
            self.good_probes = 0

    @property
    def state(self) -> CircuitState:
        return self.inner.read("fleet").state

    @rule(who=WHO)
    def start(self, who: int) -> None:
        """A member asks whether it may call."""
        member, before, moment = self.members[who], self.state, self.time.now
        admission = member.admit_from_cache() or member.admit()
        if admission.wait is not None:
            assert admission.wait > 0
            was_closed = before.open_until is None and moment - self.closed_at >= CACHE_AGE
            assert self.fails or not was_closed, "a circuit that was closed long ago refused a call"
            return
        if admission.probe is None:
            if before.open_until is not None and not self.fails:
                assert self.opened_at is not None
                assert moment - self.opened_at < CACHE_AGE, "a call other than a probe went through while open"
            self.running.append(Running(who, admission, moment))
            return
        if not self.fails:
            assert before.open_until is not None
            assert before.open_until <= moment, "a probe ran before the open time had ended"
        if before.probe is not None and before.probe != admission.probe:
            self.good_probes = 0  # whoever ran the last one is gone
        until = self.state.open_until
        assert self.state.probe == admission.probe
        assert until is not None
        self.running.append(Running(who, admission, until))

    @precondition(lambda self: self.running)
    @rule(which=st.integers(0, 99), result=RESULTS)
    def end(self, which: int, result: str) -> None:
        """A call ends that began some time ago."""
        self._end(self.running.pop(which % len(self.running)), result)

    @rule(who=WHO, result=RESULTS)
    def call(self, who: int, result: str) -> None:
        """A member makes a call that ends at once."""
        before = len(self.running)
        self.start(who)
        if len(self.running) > before:
            self._end(self.running.pop(), result)

    @rule(who=WHO)
    def outage(self, who: int) -> None:
        """Calls fail, wherever they are made, until the circuit is open."""
        for number in range(10):
            if self.state.open_until is not None:
                break
            self.call((who + number) % MEMBERS, "failed")
            self.time.advance(0.5)

    @rule(late=st.sampled_from([0.0, 0.001, 6.0]))
    def wait_until_it_is_due(self, late: float) -> None:
        """The open time, or the lease of the probe that runs, is over, or almost."""
        until = self.state.open_until
        if until is not None:
            self.time.now = max(self.time.now, until - 0.001 + late)

    def _end(self, running: Running, result: str) -> None:
        who, admission, _ = running
        before = self.state
        if admission.probe is not None and before.probe == admission.probe:
            self.good_probes += result == "succeeded"
        error = None if result == "succeeded" else ConnectionError("down")
        work: Callable[[], None] | None = self.members[who].record_result(admission, error, failed=result == "failed")
        if work is not None:
            work()
        after = self.state
        if self.fails or admission.probe is None:
            return
        if before.probe != admission.probe:
            assert after == before, "a probe whose place was taken changed something"
        elif result == "failed":
            assert after.open_until is not None
            wait = self.policy.open_time.wait(before.openings, 0.5)
            assert after.open_until == self.time.now + wait, "a failed probe did not open it for longer"
        elif result == "neither":
            assert after.successes == before.successes

    @rule(who=WHO)
    def die(self, who: int) -> None:
        """An environment ends in the middle of what it does, and another one takes its place."""
        self.running = [each for each in self.running if each.who != who]
        self.members[who] = self._member()

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.time.advance(seconds)

    @invariant()
    def one_probe_at_a_time(self) -> None:
        probes = [each for each in self.running if each.admission.probe and self.time.now < each.until]
        assert len(probes) <= 1

    @invariant()
    def closed_by_enough_probes_in_a_row(self) -> None:
        # An error of a hook changes nothing, so the check is here and not in the hook.
        assert self.fails or set(self.closed_after) <= {self.policy.success_threshold}

    @precondition(lambda self: self.state.open_until is not None)
    @rule(often=st.integers(0, 4))
    def recover(self, often: int) -> None:
        """The dependency is back and whoever held anything is gone: it closes, at the lowest of traffic."""
        if often:
            return
        self.running.clear()
        self.store.fail = self.store.lose = 0
        self.members = [self._member() for _ in range(MEMBERS)]
        longest = max(self.policy.lease, self.policy.open_time.cap)
        for turn in range(self.policy.success_threshold + 1):
            self.time.advance(longest)
            self.call(turn % MEMBERS, "succeeded")
        assert self.state.open_until is None, "stuck"


class FlakyFleet(Fleet):
    """The same with a store that fails before or after its writes: still one probe at a time, and nothing stuck."""

    fails = True

    @rule(requests=st.integers(1, 3))
    def fail(self, requests: int) -> None:
        self.store.fail = requests

    @rule(replies=st.integers(1, 2))
    def lose(self, replies: int) -> None:
        self.store.lose = replies


@pytest.mark.random
@pytest.mark.parametrize("machine", [Fleet, FlakyFleet])
def test_whatever_a_fleet_does(machine: type[Fleet]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(machine, settings=settings(max_examples=examples(75), stateful_step_count=40))
