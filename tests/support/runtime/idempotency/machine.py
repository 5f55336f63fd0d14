"""Owners that claim, run, finish, fail and die in any order, while clocks differ, time passes and replies are lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from redrive import FailedBefore, Idempotency, InProgress, LateCompletion, NotRecorded, Permanent
from redrive.core.system import clock, sleeper
from redrive.idempotency.call import Answered, Call, Started
from redrive.idempotency.claims import Claims
from redrive.idempotency.record import COMPLETED, Claim, Ending, Stored
from redrive.idempotency.stores import IdempotencyStore
from tests.support.runtime.idempotency.functions import Down
from tests.support.runtime.sqs.queue import Context, VirtualTime

SKEW = 4.0
EXPIRY = 200.0
KEYS = ["a", "b"]
#: Fates of a call to the store: done; not done, and an error; done, and the reply is lost.
TROUBLES = st.sampled_from(["", "", "", "refused", "refused for a while", "lost"])


@dataclass
class Troubled:
    """A store whose calls go wrong as planned.

    Attributes:
        store: Does what is done.
        plan: What becomes of the next calls. Those after it go well.
    """

    store: IdempotencyStore
    plan: list[str] = field(default_factory=list)

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        return self._call(claims, lambda: self.store.claim(claims, seconds))

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        return self._call(endings, lambda: self.store.end(endings, seconds))

    def _call(self, each: Sequence[Claim | Ending], work: Callable[[], Any]) -> Any:
        trouble = self.plan.pop(0) if self.plan else ""
        errors: dict[str, Exception] = {
            "refused": Down(),
            "refused for a while": TimeoutError(),
            "lost": TimeoutError(),
        }
        answers = work() if trouble in ("", "lost") else {}
        return {one.key: errors[trouble] for one in each} if trouble else answers


@dataclass
class Run:
    """A call that is running.

    Attributes:
        key: What it is for.
        started: Its claim.
        deadline: When it is killed, in true time. It may come late nevertheless, outside of Lambda.
        claims: The machine that it runs on.
        offset: By how much that one's clock is ahead.
    """

    key: str
    started: Started
    deadline: float
    claims: Claims
    offset: float


class OwnersMachine(RuleBasedStateMachine):
    """Rules for owners in any order of events. A test says in which store."""

    runs = Bundle("runs")

    def make_store(self) -> IdempotencyStore:
        """A new store."""
        raise NotImplementedError

    def peek(self, key: str) -> Stored | None:
        """Looks a key up in that store, past the runtime."""
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.time = VirtualTime(1_700_000_000.25)
        self.stack = ExitStack()
        self.stack.enter_context(sleeper.replaced(lambda seconds: None))
        self.stack.enter_context(clock.replaced(self.time))
        self.store = Troubled(self.make_store())
        # With keys of its own, for a store that lasts longer than an example.
        idempotency = Idempotency(store=self.store, expiry=EXPIRY, clock_skew=SKEW, prefix=uuid4().hex)
        # Two machines, or as many as there are: nothing but the store is the same for them.
        self.machines = [Claims(idempotency, "charge") for _ in range(2)]
        self.running: list[Run] = []
        self.results = count()
        #: The records of what was done, as they were first seen.
        self.done: dict[str, Stored] = {}

    def on(self, offset: float) -> Any:
        """On a machine whose clock is ahead."""
        return clock.replaced(lambda: self.time.now + offset)

    def outcome_of(self, work: Callable[[], Any], troubles: list[str]) -> Any:
        """Returns the answer of some work, or the error that it raises, while the store's calls go wrong."""
        self.store.plan = list(troubles)
        try:
            return work()
        except Exception as error:
            return error
        finally:
            self.store.plan = []

    @rule(
        target=runs,
        key=st.sampled_from(KEYS),
        machine=st.integers(0, 1),
        offset=st.floats(0, SKEW),
        seconds=st.sampled_from([5.0, 30.0, 60.0]),
        troubles=st.lists(TROUBLES, max_size=2),
    )
    def start(self, key: str, machine: int, offset: float, seconds: float, troubles: list[str]) -> Any:
        claims = self.machines[machine]
        before = self.done.get(key)
        alive = [run for run in self.running if run.key == key and run.deadline >= self.time.now]
        with self.on(offset):
            context = Context(clock.get(), seconds, function_name="")
            begun = self.outcome_of(lambda: claims.begin(Call((key,), lambda: key, key, context)), troubles)
        if isinstance(begun, InProgress):
            stored = self.peek(self.key_of(key))
            assert stored is not None
            assert stored.status == "INPROGRESS"
            assert begun.after is not None
            assert 0 <= begun.after <= 60 + 2 * SKEW + 0.01
            return multiple()
        if isinstance(begun, FailedBefore):
            assert begun.reason == f"no lines in {key}"
            return multiple()
        if isinstance(begun, Exception):
            assert any(troubles)
            return multiple()
        if isinstance(begun, Answered):
            assert before is not None, "the result of something that was never done"
            assert before.data == str(begun.result)
            return multiple()
        assert alive == [], "run by two that live"
        assert begun.claim is not None
        if before is not None:
            assert before.expiration <= self.time.now + offset, "what was done is done again"
        run = Run(key, begun, self.time.now + seconds, claims, offset)
        self.running.append(run)
        return run

    def key_of(self, key: str) -> str:
        claim = self.machines[0].claim_of(Call((key,), lambda: key, key, None))
        assert claim is not None
        return claim.key

    @rule(run=consumes(runs), troubles=st.lists(TROUBLES, max_size=1))
    def finish(self, run: Run, troubles: list[str]) -> None:
        before, result = self.peek(self.key_of(run.key)), next(self.results)
        with self.on(run.offset):
            outcome = self.outcome_of(lambda: run.claims.succeed(run.started, result), troubles)
        self.running.remove(run)
        if isinstance(outcome, LateCompletion):
            assert outcome.result == result
            assert not self.is_owner(run, before)
            assert self.peek(self.key_of(run.key)) == before, "a late finisher has changed something"
        elif isinstance(outcome, NotRecorded):
            assert outcome.result == result
            assert any(troubles)
        else:
            assert outcome is None
            assert self.is_owner(run, before)

    @rule(run=consumes(runs), is_permanent=st.booleans(), troubles=st.lists(TROUBLES, max_size=1))
    def fail(self, run: Run, is_permanent: bool, troubles: list[str]) -> None:
        before = self.peek(self.key_of(run.key))
        error = Permanent(f"no lines in {run.key}") if is_permanent else OSError("disk full")
        with self.on(run.offset):
            assert self.outcome_of(lambda: run.claims.fail(run.started, error), troubles) is None
        self.running.remove(run)
        if not self.is_owner(run, before):
            assert self.peek(self.key_of(run.key)) == before, "a late failure has changed something"

    @rule(run=consumes(runs))
    def die(self, run: Run) -> None:
        self.running.remove(run)

    @rule(seconds=st.sampled_from([0.001, 1.0, 4.0, 10.0, 30.0, 65.0, 210.0]))
    def wait(self, seconds: float) -> None:
        self.time.advance(seconds)

    def is_owner(self, run: Run, stored: Stored | None) -> bool:
        claim = run.started.claim
        return claim is not None and stored is not None and (stored.owner, stored.status) == (claim.owner, "INPROGRESS")

    @invariant()
    def what_is_done_stays_as_it_is(self) -> None:
        for key in KEYS if hasattr(self, "done") else ():
            stored, known = self.peek(self.key_of(key)), self.done.get(key)
            if known is not None and known.expiration > self.time.now + SKEW:
                assert stored == known, "a stored result was changed"
            if stored is not None and stored.status == COMPLETED:
                self.done[key] = stored
            elif known is not None and known.expiration <= self.time.now + SKEW and stored != known:
                del self.done[key]

    def teardown(self) -> None:
        if not hasattr(self, "stack"):
            return
        with self.stack:
            self.time.advance(EXPIRY + 60 + 2 * SKEW + 2)
            for key in KEYS:
                context = Context(self.time, 30, function_name="")
                begun = self.machines[0].begin(Call((key,), lambda key=key: key, key, context))
                assert isinstance(begun, Started), "a key that can never be claimed again"
                self.machines[0].succeed(begun, "at last")
