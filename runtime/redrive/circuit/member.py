"""Connects one execution environment to a circuit: caches the state, asks the store, writes changes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from redrive.circuit.cache import PASS, Admission, CachedState
from redrive.circuit.decision import CallsFailed, ProbeEnded, ProbeStarted, decide
from redrive.circuit.events import CircuitEvent, publish
from redrive.circuit.pending_calls import PendingCalls, merge_calls
from redrive.circuit.policy import CircuitPolicy
from redrive.circuit.state import CLOSED, CircuitState, StoredCircuit
from redrive.circuit.stores import CircuitStore
from redrive.core.system import draw, new_token, now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.circuit.cache import OnStoreFailure
    from redrive.circuit.decision import Happening, ProbeResult
    from redrive.circuit.events import CircuitEventKind


# Each refused write returns what another member has written. A circuit with many writers opens soon anyway, or gets the
# remaining failures with the next write.
_MOST_TRIES = 5
# In seconds. Failures that cannot open the circuit, as far as known, are written together. Otherwise a dependency that
# fails often, but not often enough, would cost a write for each failure.
_WRITE_EVERY = 1.0


class Member:
    """Takes part in a circuit for one execution environment; threads may share it."""

    def __init__(
        self,
        circuit: str,
        store: CircuitStore,
        policy: CircuitPolicy,
        *,
        cache_age: float,
        unasked: float,
        on_store_failure: OnStoreFailure,
        on_event: Callable[[CircuitEvent], object] | None,
    ) -> None:
        self.circuit = circuit
        self.store = store
        self._policy = policy
        self._cache = CachedState(
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

    def admit_from_cache(self) -> Admission | None:
        """Return the decision for a call if that takes no request; `None` if `admit` must decide."""
        moment = now()
        return self._cache.admission(moment) or (PASS if self._cache.may_skip_reading(moment) else None)

    def admit(self) -> Admission:
        """Return the decision for a call; reads the store if needed, and starts a probe that is due."""
        events: list[CircuitEvent] = []
        with self._store_lock:
            admission = self._cache.admission(now())  # another thread may have asked in the meantime
            if admission is None:
                try:
                    admission = self._admit(events)
                except Exception as error:
                    admission = self._on_failure(error, events)
        self._publish(events)
        return admission

    def publish_rejection(self, wait: float) -> None:
        """Publish a call that was not let through."""
        found = self._cache.stored
        state = None if found is None else found.state
        self._publish([self._event("rejected", state, open_for=wait)])

    def record_result(
        self, admission: Admission, error: BaseException | None, *, failed: bool
    ) -> Callable[[], None] | None:
        """Record the result of a call, and return the work that is left to do with the store, if any."""
        moment = now()
        token = admission.probe
        if error is None:
            self._calls.succeeded(moment)
        if token is not None:
            result: ProbeResult = "succeeded" if error is None else "failed" if failed else "abandoned"
            return lambda: self._locked(lambda events: self._end_probe(ProbeEnded(token, result), error, events))
        if error is None or not failed:
            return None
        self._calls.failed(moment)
        return (
            (lambda: self._locked(lambda events: self._write_calls(error, events)))
            if self._must_write(moment)
            else None
        )

    def open_for(self) -> float | None:
        """Return the seconds until a call may be let through, as far as known; `None` if it may be now."""
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

    def _admit(self, events: list[CircuitEvent]) -> Admission:
        found = self._cache.fresh(now()) or self._read()
        for _ in range(_MOST_TRIES):
            state, moment = found.state, now()
            if state.open_until is None:
                return PASS
            in_doubt, self._probe_in_doubt = self._probe_in_doubt, None
            if isinstance(in_doubt, ProbeEnded) and state.probe == in_doubt.token:
                self._end_probe(in_doubt, None, events)
                ended = self._cache.stored
                if ended is None:  # the probe's end could not be written again
                    return self._cache.store_failed(now())
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
            self._probe_in_doubt = event
            self._on_failure(failure, events)

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
            self._on_failure(failure, events)

    def _on_failure(self, error: Exception, events: list[CircuitEvent]) -> Admission:
        events.append(self._event("store_failed", None, error=error))
        return self._cache.store_failed(now())

    def _read(self) -> StoredCircuit:
        return self._cache.keep(self.store.read(self.circuit), now())

    def _swap(self, before: StoredCircuit, after: CircuitState, token: str) -> tuple[StoredCircuit, bool]:
        self._cache.invalidate()  # until the result of the write is known
        stored = self.store.swap(self.circuit, before.version, StoredCircuit(token, after))
        self._cache.keep(stored, now())
        return stored, stored.version == token

    def _decide(self, state: CircuitState, event: Happening, moment: float) -> CircuitState:
        jitters = self._policy.open_time.jitter != "none"
        return decide(state, event, moment, self._policy, random=draw() if jitters else 0.0)

    # Events for the user.

    def _event(
        self,
        kind: CircuitEventKind,
        state: CircuitState | None,
        *,
        open_for: float | None = None,
        error: BaseException | None = None,
    ) -> CircuitEvent:
        moment = now()
        if open_for is None and state is not None and state.open_until is not None and state.probe is None:
            open_for = max(0.0, state.open_until - moment)
        openings = 0 if state is None else state.openings
        return CircuitEvent(kind, self.circuit, moment, openings=openings, open_for=open_for, error=error)

    def _publish(self, events: list[CircuitEvent]) -> None:
        for event in events:
            publish(event, self._on_event)
