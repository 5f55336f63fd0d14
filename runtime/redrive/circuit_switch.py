"""The code of the function that pauses event source mappings while a circuit is open: `redrive.circuit_switch.handler`.

The construct `CircuitBreaker` makes it where it is given `pauses`. It runs at each change of the circuit's item, when
the open time is over, and each minute. All of these do the same: look at what is, and do what is to be done.
"""

from __future__ import annotations

import os
from typing import Any

from redrive.circuit_state import CircuitState
from redrive.circuit_store import stores
from redrive.circuit_switch_calls import is_gone, is_not_now, look, perform, set_timer, timers_of
from redrive.circuit_switch_decision import MOST_TIMERS, again_in, decide, due_in
from redrive.clock import now, pause
from redrive.log import described, warn
from redrive.settings import SwitchSettings, read_switch

# Note, disable, see that it is; or enable, see that it is, take the note away; and one more where the circuit changes
# meanwhile.
_MOST_STEPS = 4
# How often a check reads the state before it gives up, and the seconds in between: it then resumes what is paused, for
# a minute at the least.
_READS = 3
_BETWEEN_READS = 2.0


class SwitchIncomplete(Exception):
    """Mappings are not what they should be, and Lambda takes no changes of them now.

    Args:
        mappings: Their ids.
    """

    def __init__(self, mappings: list[str]) -> None:
        super().__init__(f"Lambda takes no changes now of the event source mappings {', '.join(mappings)}")
        self.mappings = mappings


def handler(event: dict[str, Any], context: object) -> None:
    """Bring the mappings to what the circuit's state asks for.

    What could not be done at a change of the item or by a timer, Lambda tries again; the check of each minute comes in
    any case.

    Args:
        event: Records of the table's stream, messages from the queue of timers, what a deployment asks for, or anything
            else for a check.
        context: Lambda's context.

    Raises:
        Exception: The circuit's state could not be read, or something could not be done. All else is done before.
        SwitchIncomplete: At a check: Lambda takes no changes of a mapping.
        SettingsError: The environment variable that the construct writes is not there, or cannot be read.
    """
    if "RequestType" in event:
        from redrive.circuit_switch_removal import answer

        answer(event)
        return
    records: list[dict[str, Any]] = event.get("Records") or []
    timers = [timers_of(record) for record in records if record.get("eventSource") == "aws:sqs"]
    run(read_switch(os.environ), is_check=not records, timers=max(timers, default=0))


def run(settings: SwitchSettings, *, is_check: bool, timers: int) -> None:
    """One run of the switch.

    Args:
        settings: What the construct has told it.
        is_check: Whether this is the check of each minute, which nothing tries again but the next one.
        timers: How many timers have followed from each other up to this run; 0 where none has led to it.

    Raises:
        Exception: As `handler`.
    """
    errors: list[Exception] = []
    state = _read(settings, errors)
    for _ in range(_READS - 1):
        if state is None and is_check:
            pause(_BETWEEN_READS)
            errors.clear()
            state = _read(settings, errors)
    if state is None and not is_check:
        raise errors[0]  # it is tried again at once; that nothing is known is for the check to act upon
    seconds = None if state is None else due_in(state, now())
    if seconds is not None and timers < MOST_TIMERS:
        _set_timer(settings, seconds, timers + 1, errors)  # first: what follows may fail
    waiting = [mapping for mapping in settings.mappings if not _settle(settings, mapping, state, errors)]
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


def _settle(settings: SwitchSettings, uuid: str, state: CircuitState | None, errors: list[Exception]) -> bool:
    """Bring one mapping to what it should be, and keep no other one from it; answers `False` if that has to wait."""
    try:
        for _ in range(_MOST_STEPS):
            looked = look(uuid)
            step = decide(None if state is None else state.status(now()), looked.mapping)
            if step == "nothing":
                return True
            if step == "later":
                return False
            perform(step, looked, settings.name)
            if step != "forget":
                warn(f"redrive.circuit.{step}d", circuit=settings.name, mapping=uuid)
            # Another run may have seen the circuit change meanwhile, and have acted before this one.
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
