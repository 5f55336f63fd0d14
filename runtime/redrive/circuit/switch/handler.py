"""Pauses event source mappings while a circuit is open: the function that the construct makes for `pauses`.

It runs at each change of the circuit's item, at the end of the open time, and every minute, always with the same steps.
"""

from __future__ import annotations

import os
from typing import Any

from redrive.circuit.state import CircuitState
from redrive.circuit.stores import stores
from redrive.circuit.switch.calls import is_gone, is_not_now, lookup, perform, set_timer, timers_of
from redrive.circuit.switch.decision import MOST_TIMERS, again_in, decide, due_in
from redrive.core.log import described, warn
from redrive.core.system import now, pause
from redrive.settings.circuit import SwitchSettings, read_switch

# Pause and check; or resume, check and remove the tag, check; and one more if the circuit changes in the meantime.
_MOST_STEPS = 4
# Number of reads before a check gives up, and seconds between them. It then resumes what is paused, for at least a
# minute.
_READS = 3
_BETWEEN_READS = 2.0


class SwitchIncomplete(Exception):
    """Lambda does not accept the changes that some mappings, given by their ids, need now."""

    def __init__(self, mappings: list[str]) -> None:
        super().__init__(f"Lambda takes no changes now of the event source mappings {', '.join(mappings)}")
        self.mappings = mappings


def handler(event: dict[str, Any], context: object) -> None:
    """Bring the mappings into the state that the circuit requires."""
    # An event has records of the table's stream, messages from the queue of timers, or a deployment's request; any
    # other event is the check of each minute. Lambda retries runs for records and messages; the check comes in any
    # case.
    if "RequestType" in event:
        from redrive.circuit.switch.removal import answer

        answer(event)
        return
    records: list[dict[str, Any]] = event.get("Records") or []
    timers = [timers_of(record) for record in records if record.get("eventSource") == "aws:sqs"]
    run(read_switch(os.environ), is_check=not records, timers=max(timers, default=0))


def run(settings: SwitchSettings, *, is_check: bool, timers: int) -> None:
    """Run the switch once, after `timers` timers that followed from each other; 0 if no timer started the run."""
    errors: list[Exception] = []
    state = _read(settings, errors)
    for _ in range(_READS - 1):
        if state is None and is_check:
            pause(_BETWEEN_READS)
            errors.clear()
            state = _read(settings, errors)
    if state is None and not is_check:
        raise errors[0]  # retried at once; only the check acts on an unknown state
    seconds = None if state is None else due_in(state, now())
    if seconds is not None and timers < MOST_TIMERS:
        _set_timer(settings, seconds, timers + 1, errors)  # first, because the next steps may fail
    waiting = [mapping for mapping in settings.mappings if not _adjust(settings, mapping, state, errors)]
    if waiting and is_check:
        errors.append(SwitchIncomplete(waiting))
    elif waiting and (wait := again_in(timers)) is not None:
        _set_timer(settings, wait, timers + 1, errors)
    if errors:
        raise errors[0]


def _read(settings: SwitchSettings, errors: list[Exception]) -> CircuitState | None:
    try:
        return stores.get()(settings.table).read(settings.name).state
    except Exception as error:
        warn("redrive.circuit.switch_blind", circuit=settings.name, error=described(error))
        errors.append(error)
        return None


def _set_timer(settings: SwitchSettings, seconds: int, timers: int, errors: list[Exception]) -> None:
    try:
        set_timer(settings.queue_url, seconds, timers)
    except Exception as error:
        warn("redrive.circuit.switch_failed", circuit=settings.name, error=described(error))
        errors.append(error)


def _adjust(settings: SwitchSettings, uuid: str, state: CircuitState | None, errors: list[Exception]) -> bool:
    """Bring one mapping into its state; return `False` to wait. Errors are collected, so that the others follow."""
    try:
        for _ in range(_MOST_STEPS):
            mapping = lookup(uuid)
            step = decide(None if state is None else state.status(now()), mapping.state)
            if step == "nothing":
                return True
            if step == "later":
                return False
            perform(step, mapping, settings.name)
            if step != "forget":
                warn(f"redrive.circuit.{step}d", circuit=settings.name, mapping=uuid)
            # The circuit may have changed in the meantime, and another run may have acted on that before this one.
            if state is not None:
                state = _read(settings, errors) or state
    except Exception as error:
        if is_not_now(error):
            return False
        event = "redrive.circuit.mapping_gone" if is_gone(error) else "redrive.circuit.switch_failed"
        warn(event, circuit=settings.name, mapping=uuid, error=described(error))
        if not is_gone(error):
            errors.append(error)
        return True
    return False
