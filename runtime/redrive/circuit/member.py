"""Connects one execution environment to a circuit: caches the state, asks the store, writes changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from threading import Lock

from redrive.circuit.cache import PASS, Admission, CachedState
from redrive.circuit.decision import CallsFailed, ProbeEnded, ProbeStarted, decide
from redrive.circuit.pending_calls import PendingCalls, merge_calls
from redrive.circuit.policy import CircuitPolicy
from redrive.circuit.state import CLOSED, CircuitState, StoredCircuit
from redrive.circuit.stores import CircuitStore, LocalCircuits
from redrive.core.system import clock, draw, new_token, now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.circuit.cache import OnStoreFailure
    from redrive.circuit.decision import Happening, ProbeResult
    from redrive.circuit.events import CircuitEvent, CircuitEventKind

# Each refused write returns what another member has written. A circuit with many writers opens soon anyway, or gets the
# remaining failures with the next write.
_MOST_TRIES = 5
# In seconds. Failures that cannot open the circuit, as far as known, are written together. Otherwise a dependency that
# fails often, but not often enough, would cost a write for each failure.
_WRITE_EVERY = 1.0
# In seconds. Clocks that differ by less cost no correction of the shared state.
_CLOCKS_DIFFER = 1.0


class Member:
    """Takes part in a circuit for one execution environment; threads may share it.

    While the shared store fails and calls are to be let through, a second member with a local store takes its place.
    """

    def __init__(
        self,
        circuit: str,
        store: CircuitStore,
        policy: CircuitPolicy,
        *,
        cache_age: float,
        unasked: float,
        on_store_failure: OnStoreFailure,
        counts: Callable[[BaseException], bool] | None = None,
        on_event: Callable[[CircuitEvent], object] | None,
    ) -> None:
        self.circuit = circuit
        self.store = store
        self.counts = counts
        self._policy = policy
        self._cache = CachedState(
            policy,
            cache_age=0.0 if store.is_local else cache_age,
            unasked=0.0 if store.is_local else unasked,
            on_store_failure=on_store_failure,
        )
        self._on_event = on_event
        self._calls = PendingCalls(policy)
        # One request at a time: threads that wait for it then use its answer.
        self._store_lock = Lock()
        self._written_at: float | None = None
        # Writes with an unknown result: the start (its token) or the end of a probe, and calls.
        self._probe_in_doubt: str | ProbeEnded | None = None
        self._calls_in_doubt: tuple[str, CallsFailed] | None = None
        self._local: Member | None = None
        self._local_since: str | None = None  # the version that was known last when the local circuit began

    def is_same_circuit(self, other: Member) -> bool:
        """Return True if both are members of one circuit."""
        return other is self or (other.circuit == self.circuit and other.store == self.store)

    def succeeded(self) -> bool:
        """Record a success of a call that was no probe, if nothing else needs to know of it."""
        if self._local is not None:
            return False
        self._calls.succeeded(clock.get()())
        return True

    def admit_from_cache(self) -> Admission | None:
        """Return the decision for a call if that takes no request; `None` if `admit` must decide."""
        if self._local is not None:
            return self._local.admit_from_cache()
        moment = now()
        return self._cache.admission(moment) or (PASS if self._cache.may_skip_reading(moment) else None)

    def admit(self) -> Admission:
        """Return the decision for a call; reads the store if needed, and starts a probe that is due."""
        events: list[CircuitEvent] = []
        with self._store_lock:
            admission = None
            if self._local is None:
                admission = self._cache.admission(now())  # another thread may have asked in the meantime
            if admission is None and not self._cache.is_store_avoided(now()):
                try:
                    admission = self._admit(events)
                except Exception as error:
                    admission = self._on_failure(error, events)
            local = self._local
        self._publish(events)
        return admission or self._admit_locally(local)

    def publish_rejection(self, wait: float) -> None:
        """Publish a call that was not let through."""
        if self._on_event is None:  # the usual case, which may come thousands of times
            self._count_rejection()
            return
        from redrive.circuit.events import event_of, publish

        found = (self._local or self)._cache.stored
        state = None if found is None else found.state
        publish(event_of("rejected", self.circuit, state, now(), open_for=wait), self._on_event)

    @cached_property
    def _count_rejection(self) -> Callable[[], None]:
        from redrive.circuit.events import count_rejection  # once, since even that would take half of the time

        return count_rejection

    def record_result(
        self, admission: Admission, error: BaseException | None, *, failed: bool
    ) -> Callable[[], None] | None:
        """Record the result of a call, and return the work that is left to do with the store, if any."""
        moment = now()
        token, local = admission.probe, self._local
        if error is None:
            self._calls.succeeded(moment)
        if token is not None:
            if local is not None and admission.local is local:
                return local.record_result(Admission(probe=token), error, failed=failed)
            result: ProbeResult = "succeeded" if error is None else "failed" if failed else "abandoned"
            return lambda: self._locked(lambda events: self._end_probe(ProbeEnded(token, result), error, events))
        if error is None or not failed:
            return local.record_result(PASS, error, failed=failed) if local is not None else None
        self._calls.failed(moment)
        if self._must_write(moment):
            return lambda: self._locked(lambda events: self._write_calls(error, events))
        return local.record_result(PASS, error, failed=True) if local is not None else None

    def open_for(self) -> float | None:
        """Return the seconds until a call may be let through, as far as known; `None` if it may be now."""
        if self._local is not None:
            return self._local.open_for()
        admission = self._cache.admission(now())
        return None if admission is None else admission.wait

    def read(self) -> CircuitState:
        """Read the state from the store."""
        with self._store_lock:
            return self._read().state

    def _locked(self, work: Callable[[list[CircuitEvent]], None]) -> None:
        events: list[CircuitEvent] = []
        with self._store_lock:
            work(events)
        self._publish(events)

    # Requests to the store. All of these methods run with the lock.

    def _admit(self, events: list[CircuitEvent]) -> Admission | None:
        found = self._cache.fresh(now()) or self._read_corrected()
        if self._local is not None:
            found = self._rejoin(self._local, found)
        for _ in range(_MOST_TRIES):
            state, moment = found.state, now()
            if state.open_until is None:
                return PASS
            in_doubt, self._probe_in_doubt = self._probe_in_doubt, None
            if isinstance(in_doubt, ProbeEnded) and state.probe == in_doubt.token:
                self._end_probe(in_doubt, None, events)
                ended = self._cache.stored
                if ended is None:  # the probe's end could not be written again
                    return self._cache.store_failed(now())  # `_local` is set, if calls are let through
                found = ended
                continue
            if moment < state.open_until:
                if state.probe is not None and state.probe == in_doubt:
                    return Admission(probe=state.probe)  # the earlier write took effect after all
                return self._cache.rejection(state, moment)
            token = new_token()
            started = self._decide(state, ProbeStarted(token), moment)
            try:
                found, is_ours = self._swap(found, started, token)
            except Exception:
                self._probe_in_doubt = token
                raise
            if is_ours:
                if started.successes == 0:
                    events.append(self._event("half_opened", started))
                return Admission(probe=token)
        return Admission(wait=self._cache.patience)  # so many members try that one of them is running a probe

    def _end_probe(self, event: ProbeEnded, error: BaseException | None, events: list[CircuitEvent]) -> None:
        try:
            found = self._cache.stored or self._read()
            for _ in range(_MOST_TRIES):
                after = self._decide(found.state, event, now())
                if after is found.state:  # its lease had ended, and another probe replaced it
                    return
                found, is_ours = self._swap(found, after, new_token())
                if is_ours:
                    if after.open_until is None:
                        events.append(self._event("closed", found.state))
                    elif event.result == "failed":
                        events.append(self._event("reopened", after, error=error))
                    return
        except Exception as failure:
            self._probe_in_doubt, local = event, self._local
            self._on_failure(failure, events)
            if local is not None:
                with local._store_lock:
                    local._end_probe(event, error, events)

    def _must_write(self, moment: float) -> bool:
        if self.store.is_local:
            return True
        if self._cache.is_store_avoided(moment):
            return False
        if self._written_at is None or not 0 <= moment - self._written_at < _WRITE_EVERY:
            return True
        found = self._cache.stored
        return self._decide(CLOSED if found is None else found.state, self._calls.peek(), moment).open_until is not None

    def _write_calls(self, error: BaseException, events: list[CircuitEvent]) -> None:
        self._written_at = now()
        calls, token = self._calls.take(), ""
        try:
            found = self._cache.stored or self._read()
            in_doubt, self._calls_in_doubt = self._calls_in_doubt, None
            # If an earlier write took effect after all, the version is its token. If another member has written since,
            # those calls count twice and the circuit opens a little early.
            if in_doubt is not None and in_doubt[0] != found.version:
                calls = merge_calls(in_doubt[1], calls, self._policy)
            for _ in range(_MOST_TRIES):
                after = self._decide(found.state, calls, now())
                if after is found.state or after == found.state:  # already open, or no call counts any more
                    return
                token = new_token()
                found, is_ours = self._swap(found, after, token)
                if is_ours:
                    if after.open_until is not None:
                        events.append(self._event("opened", after, error=error))
                    return
            self._calls.put_back(calls)  # too many other writes: retried with the next failure
        except Exception as failure:
            if token:
                self._calls_in_doubt = (token, calls)
            else:
                self._calls.put_back(calls)
            local = self._local
            self._on_failure(failure, events, error)
            if local is not None:
                local._calls.failed(now())
                with local._store_lock:
                    local._write_calls(error, events)

    def _on_failure(
        self, failure: Exception, events: list[CircuitEvent], error: BaseException | None = None
    ) -> Admission | None:
        """Return the rejection of calls, or `None` if the local circuit decides; `error` is that of the last call."""
        events.append(self._event("store_failed", None, error=failure))
        rejection = self._cache.store_failed(now())
        if rejection is None and self._local is None:
            self._local = self._make_local(error, events)
        return rejection

    def _read(self) -> StoredCircuit:
        return self._cache.keep(self.store.read(self.circuit), now())

    def _read_corrected(self) -> StoredCircuit:
        """Read the state, and write it again if a clock that is ahead has made it end too late for all members."""
        raw = self.store.read(self.circuit)
        found = self._cache.keep(raw, now())
        until, corrected = raw.state.open_until, found.state.open_until
        if until is None or corrected is None or until - corrected <= _CLOCKS_DIFFER or self.store.is_local:
            return found
        return self._swap(found, found.state, new_token())[0]

    def _swap(self, before: StoredCircuit, after: CircuitState, token: str) -> tuple[StoredCircuit, bool]:
        self._cache.invalidate()  # until the result of the write is known
        stored = self.store.swap(self.circuit, before.version, StoredCircuit(token, after))
        self._cache.keep(stored, now())
        return stored, stored.version == token

    # Without the store: a local circuit that continues from the last known state.

    def _admit_locally(self, local: Member | None) -> Admission:
        if local is None:  # another thread has reached the store again
            return PASS
        admission = local.admit_from_cache() or local.admit()
        return admission if admission.probe is None else Admission(probe=admission.probe, local=local)

    def _make_local(self, error: BaseException | None, events: list[CircuitEvent]) -> Member:
        self._local_since = self._cache.known.version
        state, moment = self._cache.known.state, now()
        in_doubt, calls = self._probe_in_doubt, self._calls.peek()
        if isinstance(in_doubt, ProbeEnded):
            state = self._decide(state, in_doubt, moment)
        if self._calls_in_doubt is not None:
            calls = merge_calls(self._calls_in_doubt[1], calls, self._policy)
        after = self._decide(state, calls, moment)
        if after.open_until is not None and state.open_until is None:
            events.append(self._event("opened", after, error=error))
        store = LocalCircuits()
        store.swap(self.circuit, None, StoredCircuit(new_token(), after))
        return Member(
            self.circuit,
            store,
            self._policy,
            cache_age=0.0,
            unasked=0.0,
            on_store_failure="closed",
            counts=self.counts,
            on_event=self._on_event,
        )

    def _rejoin(self, local: Member, found: StoredCircuit) -> StoredCircuit:
        """Return to the shared circuit, and share an open local state unless others have written in the meantime."""
        state = local.read()
        versions = [self._local_since, *(self._calls_in_doubt or ())[:1]]
        if state.open_until is not None and found.state.open_until is None and found.version in versions:
            found, is_ours = self._swap(found, state, new_token())
            if is_ours:
                self._calls.take()
                self._calls_in_doubt = None
        self._local = None
        return found

    def _decide(self, state: CircuitState, event: Happening, moment: float) -> CircuitState:
        jitters = self._policy.open_time.jitter != "none"
        return decide(state, event, moment, self._policy, random=draw() if jitters else 0.0)

    # Events for the user.

    def _event(
        self, kind: CircuitEventKind, state: CircuitState | None, error: BaseException | None = None
    ) -> CircuitEvent:
        from redrive.circuit.events import event_of  # a healthy circuit has none

        return event_of(kind, self.circuit, state, now(), error=error)

    def _publish(self, events: list[CircuitEvent]) -> None:
        if events:
            from redrive.circuit.events import publish

            for event in events:
                publish(event, self._on_event)
