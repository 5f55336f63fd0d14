"""Single calls under idempotency, with a proxy on the way to the table that makes AWS fail.

Whatever fails: what was done is done once for as long as its claim holds, and what could not be claimed does not run.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from redrive import InProgress, NotRecorded
from redrive.core.system import clock
from tests.support.integration.idempotency_faults import (
    CLAIM,
    END,
    FAULTS,
    QUICK,
    RELEASE,
    Effects,
    Network,
    statuses,
)
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("call", [CLAIM, END], ids=["claim", "completion"])
def test_a_fault_that_passes_leaves_a_call_done_once(
    aws: LocalAws, network: Network, table: str, charge: Any, effects: Effects, kind: str, call: dict[str, Any]
) -> None:
    network.inject(call, kind, times=2)
    result = charge("0")
    assert len(network.proxy.fired()) == 2
    assert charge("0") == result
    assert effects.of == {"0": 1}
    assert statuses(aws, table) == {"COMPLETED": 1}


@pytest.mark.parametrize("call", [CLAIM, END], ids=["claim", "completion"])
def test_what_boto3_sends_again_after_a_lost_reply_is_recognized(
    network: Network, charge: Any, effects: Effects, call: dict[str, Any]
) -> None:
    network.attempts = 2
    network.inject(call, "lost", times=1)
    result = charge("0")
    assert len(network.proxy.fired()) == 1
    assert charge("0") == result
    assert effects.of == {"0": 1}


@pytest.mark.parametrize("kind", QUICK)
def test_a_release_that_fails_for_a_while_lets_the_next_call_run(
    network: Network, charge: Any, effects: Effects, kind: str
) -> None:
    effects.failing = OSError("cannot")
    network.inject(RELEASE, kind, times=2)
    with pytest.raises(OSError, match="cannot"):
        charge("0")
    assert len(network.proxy.fired()) == 2
    effects.failing = None
    charge("0")
    assert effects.of == {"0": 1}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_call_that_cannot_be_claimed_does_not_run_and_is_not_locked_either(
    network: Network, charge: Any, effects: Effects, kind: str
) -> None:
    network.inject(CLAIM, kind)
    with pytest.raises((BotoCoreError, ClientError)):
        charge("0")
    assert effects.of == {}
    network.proxy.clear()
    if kind != "late":  # a claim that arrives after its release holds until it expires: nobody can know of it
        charge("0")
        assert effects.of == {"0": 1}


@pytest.mark.parametrize("kind", QUICK)
def test_a_call_whose_completion_cannot_be_stored_says_so_and_has_its_result(
    aws: LocalAws, network: Network, table: str, charge: Any, effects: Effects, kind: str
) -> None:
    network.inject(END, kind)
    with pytest.raises(NotRecorded) as raised:
        charge("0")
    assert raised.value.result["order"] == "0"
    assert raised.value.after is not None
    assert 25 < raised.value.after <= 31
    network.proxy.clear()
    assert statuses(aws, table) == {"COMPLETED" if kind == "lost" else "INPROGRESS": 1}
    if kind == "lost":
        assert charge("0") == raised.value.result
    else:
        with pytest.raises(InProgress):
            charge("0")
    assert effects.of == {"0": 1}


def test_a_call_whose_completion_was_not_stored_runs_again_when_its_claim_has_expired(
    network: Network, charge: Any, effects: Effects
) -> None:
    network.inject(END, "throttling")
    with pytest.raises(NotRecorded) as raised:
        charge("0")
    network.proxy.clear()
    assert raised.value.after is not None
    later = raised.value.after + 0.1
    with clock.replaced(lambda: time.time() + later):
        charge("0")
    assert effects.of == {"0": 2}
