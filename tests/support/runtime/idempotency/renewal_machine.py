"""Owners that renew their claims, freeze, starve, lose replies and die, under clocks that differ."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from redrive import Idempotency, InProgress, LateCompletion, NotRecorded
from redrive.core.system import clock, sleeper
from redrive.idempotency.call import Answered, Call, Started
from redrive.idempotency.claims import Claims
from redrive.idempotency.lifetime import is_lost
from redrive.idempotency.record import Claim, Ending, Stored
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.idempotency.functions import Down
from tests.support.runtime.idempotency.renewals import Background, advance
from tests.support.runtime.sqs.queue import Context, VirtualTime

SKEW = 4.0
KEYS = ["a", "b"]
#: In seconds: after a crash, the next delivery runs.
BOUND = 60.0
#: In seconds. An owner that does not run, or does not reach its store, for less is certainly not succeeded.
STARVED = 25.0
_STEP = 2.0
#: Fates of a request: done; not done; done and the reply is lost; done much later, and the reply is lost.
TROUBLES = st.sampled_from(["", "refused", "lost", "late"])


@dataclass
class Wire:
    """The way of one process to the store.

    Attributes:
        store: Does what is done.
        trouble: What becomes of all requests for now.
        under_way: Requests that arrive later.
    """

    store: IdempotencyStore
    trouble: str = ""
    under_way: list[Callable[[], object]] = field(default_factory=list)

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        return self._call(claims, lambda: self.store.claim(claims, seconds))

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        return self._call(endings, lambda: self.store.end(endings, seconds))

    def _call(self, each: Sequence[Claim | Ending], work: Callable[[], Any]) -> Any:
        if not self.trouble:
            return work()
        if self.trouble == "refused":
            return {one.key: Down() for one in each}
        if self.trouble == "late":
            self.under_way.append(work)
        else:
            work()
        return {one.key: TimeoutError() for one in each}


@dataclass
class Run:
    """A call that is running, in a process of its own.

    Attributes:
        deadline: When Lambda ends it, in true time; infinite where code runs on.
        disturbed: Seconds for which it was frozen, or did not reach its store, since its last renewal may have been.
    """

    key: str
    started: Started
    claims: Claims
    wire: Wire
    background: Background
    deadline: float
    disturbed: float = 0.0

    def believes_to_live(self) -> bool:
        """Says whether the process would start another record."""
        claim = self.started.claim
        assert claim is not None
        with self.background.process():
            if claim.renewed_by is None:
                return clock.get()() < (claim.lease_end or 0) / 1000 - SKEW
            return not is_lost(claim)


class RenewingOwnersMachine(RuleBasedStateMachine):
    """Rules for renewing owners in any order of events. A test says in which store."""

    runs = Bundle("runs")

    def make_store(self) -> IdempotencyStore:
        """A new store."""
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.time = VirtualTime(1_700_000_000.25)
        self.stack = ExitStack()
        self.stack.enter_context(sleeper.replaced(lambda seconds: None))
        self.stack.enter_context(clock.replaced(self.time))
        self.store = self.make_store()
        self.prefix = uuid4().hex
        self.running: list[Run] = []
        #: When the last owner of a key was gone.
        self.gone: dict[str, float] = {}
        self.done: dict[str, str] = {}
        self.results = count()
        self.under_way: list[Callable[[], object]] = []

    @rule(
        target=runs,
        key=st.sampled_from(KEYS),
        offset=st.floats(0, SKEW),
        seconds=st.sampled_from([20, 45, 300, 900]),
        kind=st.sampled_from(["lambda", "managed", "outside"]),
    )
    def start(self, key: str, offset: float, seconds: int, kind: str) -> Any:
        wire, background = Wire(self.store), Background(self.time, offset)
        idempotency = Idempotency(store=wire, expiry=100_000, clock_skew=SKEW, prefix=self.prefix)
        claims = Claims(idempotency, "charge")
        alive = [run for run in self.running if run.key == key]
        sure = [run for run in alive if run.disturbed <= STARVED]
        environment = {"AWS_LAMBDA_INITIALIZATION_TYPE": "lambda-managed-instances"} if kind == "managed" else {}
        with background.process(), patch.dict(os.environ, environment):
            context = None if kind == "outside" else Context(clock.get(), seconds, function_name="")
            try:
                begun = claims.begin(Call((key,), lambda: key, key, context))
            except InProgress:
                waited = self.time.now - self.gone.get(key, float("-inf"))
                assert alive or waited < BOUND, f"{waited} s after its owner is gone"
                return multiple()
        if isinstance(begun, Answered):
            assert self.done[key] == begun.result
            return multiple()
        assert key not in self.done, "what was done is done again"
        assert sure == [], "taken over from an owner that lives and is renewed"
        deadline = self.time.now + seconds if kind == "lambda" else float("inf")
        run = Run(key, begun, claims, wire, background, deadline)
        self.running.append(run)
        return run

    @rule(run=consumes(runs))
    def finish(self, run: Run) -> None:
        if run not in self.running:
            return
        result = str(next(self.results))
        run.wire.trouble = ""
        try:
            with run.background.process():
                run.claims.succeed(run.started, result)
        except LateCompletion:
            assert run.disturbed > STARVED
        except NotRecorded as error:
            raise AssertionError from error
        else:
            self.done[run.key] = result
        self.remove(run)

    @rule(run=consumes(runs))
    def die(self, run: Run) -> None:
        if run in self.running:
            self.remove(run)

    def remove(self, run: Run) -> None:
        run.background.crash()
        self.under_way += run.wire.under_way
        self.running.remove(run)
        self.gone[run.key] = self.time.now

    @rule(run=runs, trouble=TROUBLES)
    def disturb(self, run: Run, trouble: str) -> None:
        run.wire.trouble = trouble

    @rule(run=runs)
    def freeze(self, run: Run) -> None:
        run.background.frozen = not run.background.frozen

    @rule()
    def arrive(self) -> None:
        """Lets requests under way arrive: late, and whether or not their sender is still there."""
        for wire in [run.wire for run in self.running]:
            self.under_way += wire.under_way
            wire.under_way = []
        for request in self.under_way:
            request()
        self.under_way = []

    @rule(seconds=st.sampled_from([1.0, 3.0, 9.0, 11.0, 24.0, 41.0, 100.0]))
    def wait(self, seconds: float) -> None:
        end = self.time.now + seconds
        while self.time.now < end:
            step = min(_STEP, end - self.time.now)
            advance(self.time, step, [run.background for run in self.running])
            for run in list(self.running):
                run.disturbed = run.disturbed + step if run.background.frozen or run.wire.trouble else self.rest(run)
                if self.time.now >= run.deadline:
                    self.remove(run)

    def rest(self, run: Run) -> float:
        """Returns the disturbance of a process that is undisturbed now: it counts until the next renewal."""
        claim = run.started.claim
        assert claim is not None
        if claim.renewed_by is None:
            return 0.0
        if run.disturbed <= STARVED:
            return 0.0 if run.background.ran and self.time.now - run.background.ran[-1] <= _STEP else run.disturbed
        return run.disturbed  # it may have been succeeded, which stays so

    @invariant()
    def no_two_believe_to_live(self) -> None:
        for key in KEYS if hasattr(self, "running") else ():
            live = [run for run in self.running if run.key == key and run.believes_to_live()]
            assert len(live) <= 1, "two live owners"

    def teardown(self) -> None:
        if not hasattr(self, "stack"):
            return
        with self.stack:
            for run in list(self.running):
                self.remove(run)
            self.arrive()
            self.time.advance(BOUND)
            for key in set(KEYS) - set(self.done):
                claims = Claims(Idempotency(store=self.store, clock_skew=SKEW, prefix=self.prefix), "charge")
                with Background(self.time).process():
                    begun = claims.begin(Call((key,), lambda key=key: key, key, Context(self.time, 300)))
                    assert isinstance(begun, Started), "a key that is never free again"
