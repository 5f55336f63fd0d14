"""Idempotency and its table in the local AWS, with a proxy between them that makes AWS fail, in whole and in part.

Whatever fails: what was done is done once for as long as its claim holds, and what could not be claimed does not run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from redrive import Idempotency, InProgress, NotRecorded
from redrive.aws.clients import TimeLimits, clients
from redrive.core.system import clock, sleeper
from tests.support.runtime.idempotency.workers import charging, consuming, kind_of, make_table, messages, settings
from tests.support.runtime.sqs.queue import Context, returned
from tools.fault_proxy import FaultProxy
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration

READ_TIMEOUT = 0.3
#: More than go into one request.
SIZE = 30
ALL = [str(number) for number in range(SIZE)]
ONCE = dict.fromkeys(ALL, 1)
FAULTS: dict[str, dict[str, Any]] = {
    "throttling": {"error": {"code": "ProvisionedThroughputExceededException"}},
    "500": {"error": {"code": "InternalServerError", "status": 500}},
    "reset": {"reset": True},
    "late": {"latency": 500},
    "lost": {"response": {"abort_frac": 0.0}},
}
#: Those that take no time.
QUICK = [kind for kind in FAULTS if kind != "late"]
#: The calls, as the proxy tells them apart.
LOOK_UP = {"operation": "BatchGetItem"}
CLAIM, END, RELEASE = (
    {"operation": "BatchExecuteStatement", "body": f"starts_with(Statements[0].Statement, '{verb}')"}
    for verb in ("INSERT", "UPDATE", "DELETE")
)


@dataclass
class Network:
    """The way to the local AWS.

    Attributes:
        proxy: On the way.
        attempts: How often boto3 tries.
        clients: Those that were made, by how often they try.
    """

    proxy: FaultProxy
    attempts: int = 1
    clients: dict[int, Any] = field(default_factory=dict)

    def factory(self, service: str, limits: TimeLimits) -> Any:
        assert service == "dynamodb"
        made = self.clients.get(self.attempts)
        if made is None:
            made = self.proxy.client("dynamodb", read_timeout=READ_TIMEOUT, attempts=self.attempts)
            self.clients[self.attempts] = made
        return made

    def inject(self, call: Mapping[str, Any], kind: str, **more: Any) -> None:
        self.proxy.inject({"service": "dynamodb", **call, **FAULTS[kind], **more})


@pytest.fixture(scope="module")
def one_network(aws: LocalAws) -> Iterator[Network]:
    with FaultProxy(aws.endpoint) as proxy:
        # Takes seconds: the proxy reads what it has to know of the service.
        proxy.client("dynamodb", read_timeout=60, attempts=1).list_tables()
        yield Network(proxy)


@pytest.fixture
def network(one_network: Network) -> Iterator[Network]:
    """Without faults. Retries wait a tenth as long."""
    one_network.proxy.clear()
    one_network.attempts = 1
    with (
        clients.replaced(partial(one_network.factory)),  # another one for each test, so that it is asked for anew
        sleeper.replaced(lambda seconds: time.sleep(seconds / 10)),
    ):
        yield one_network
    one_network.proxy.clear()


@pytest.fixture
def table(aws: LocalAws) -> str:
    """A new one."""
    name = f"faults-{uuid4()}"
    make_table(aws, name)
    return name


@pytest.fixture
def using(table: str) -> Idempotency:
    return Idempotency(settings=settings(table), lease=30)


@dataclass
class Effects:
    """What was done.

    Attributes:
        of: How often, by order.
        failing: Raised in the place of the next effects.
    """

    of: Counter[str] = field(default_factory=Counter)
    failing: Exception | None = None

    def __call__(self, order: Any) -> None:
        if self.failing is not None:
            raise self.failing
        self.of[str(order)] += 1


@pytest.fixture
def effects() -> Effects:
    return Effects()


@pytest.fixture
def charge(using: Idempotency, effects: Effects) -> Callable[[Any], Any]:
    return charging(using, effects)


@pytest.fixture
def consume(using: Idempotency, effects: Effects) -> Callable[..., list[str]]:
    """Has the batch handled; which messages are to be received again."""
    consumer = consuming(using, effects)

    def consume(receive_count: int = 1, seconds: float = 30) -> list[str]:
        return returned(consumer(messages(SIZE, receive_count=receive_count), Context(time.time, seconds)))

    return consume


def statuses(aws: LocalAws, table: str) -> Counter[str]:
    return Counter(item["status"]["S"] for item in aws.client("dynamodb").scan(TableName=table)["Items"])


# Single calls.


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
    with pytest.raises(NotRecorded) as told:
        charge("0")
    assert told.value.result["order"] == "0"
    assert told.value.after is not None
    assert 25 < told.value.after <= 31
    network.proxy.clear()
    assert statuses(aws, table) == {"COMPLETED" if kind == "lost" else "INPROGRESS": 1}
    if kind == "lost":
        assert charge("0") == told.value.result
    else:
        with pytest.raises(InProgress):
            charge("0")
    assert effects.of == {"0": 1}


def test_a_call_whose_completion_was_not_stored_runs_again_when_its_claim_has_expired(
    network: Network, charge: Any, effects: Effects
) -> None:
    network.inject(END, "throttling")
    with pytest.raises(NotRecorded) as told:
        charge("0")
    network.proxy.clear()
    assert told.value.after is not None
    later = told.value.after + 0.1
    with clock.replaced(lambda: time.time() + later):
        charge("0")
    assert effects.of == {"0": 2}


# Batches.


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("call", [CLAIM, END], ids=["claims", "completions"])
def test_a_fault_that_passes_leaves_each_message_done_once(
    aws: LocalAws, network: Network, table: str, consume: Any, effects: Effects, kind: str, call: dict[str, Any]
) -> None:
    network.inject(call, kind, times=3)
    assert consume() == []
    assert len(network.proxy.fired()) == 3
    assert consume(2) == []
    assert effects.of == ONCE
    assert statuses(aws, table) == {"COMPLETED": SIZE}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("receive_count", [1, 2])  # looked up after they were refused, or at once
def test_a_fault_that_passes_lets_what_was_done_be_found(
    network: Network, consume: Any, effects: Effects, kind: str, receive_count: int
) -> None:
    assert consume() == []
    network.inject(LOOK_UP, kind, times=2)
    assert consume(receive_count) == []
    assert len(network.proxy.fired()) == 2
    assert effects.of == ONCE


@pytest.mark.parametrize("kind", QUICK)
def test_a_takeover_that_fails_for_a_while_is_one(
    aws: LocalAws, network: Network, table: str, consume: Any, effects: Effects, kind: str
) -> None:
    network.inject(END, "throttling")
    assert consume() == ALL
    network.proxy.clear()
    network.inject(END, kind, times=3)  # a takeover is an UPDATE, too
    with clock.replaced(lambda: time.time() + 32):
        assert consume(2) == []
        assert len(network.proxy.fired()) == 3
        assert effects.of == dict.fromkeys(ALL, 2)
        assert consume(3) == []
    assert effects.of == dict.fromkeys(ALL, 2)
    assert statuses(aws, table) == {"COMPLETED": SIZE}


@pytest.mark.parametrize("kind", QUICK)
def test_messages_that_cannot_be_claimed_do_not_run_and_are_not_locked_either(
    network: Network, consume: Any, effects: Effects, kind: str
) -> None:
    network.inject(CLAIM, kind)
    assert consume() == ALL
    assert effects.of == {}
    network.proxy.clear()
    assert consume(2) == []
    assert effects.of == ONCE


@pytest.mark.parametrize("kind", QUICK)
def test_messages_of_which_it_cannot_be_known_whether_they_are_done_do_not_run(
    network: Network, consume: Any, effects: Effects, kind: str
) -> None:
    assert consume() == []
    network.inject(LOOK_UP, kind)
    assert consume(2) == ALL
    network.proxy.clear()
    assert consume(3) == []
    assert effects.of == ONCE


@pytest.mark.parametrize("kind", FAULTS)
def test_messages_whose_completion_cannot_be_stored_are_received_again(
    aws: LocalAws, network: Network, table: str, consume: Any, effects: Effects, kind: str
) -> None:
    network.inject(END, kind)
    assert consume() == ALL
    network.proxy.clear()
    if kind == "late":
        time.sleep(1)
    stored = statuses(aws, table)
    assert stored.total() == SIZE
    assert stored["COMPLETED"] in {"lost": [SIZE], "late": range(SIZE + 1)}.get(kind, [0])
    assert len(consume(2)) == stored["INPROGRESS"]
    assert effects.of == ONCE


# In part.


@dataclass
class Partial:
    """A client to which single statements, or items, are not answered as to the others.

    Attributes:
        made: The client.
        what: Which statements: those that `claim`, `complete` or `release`.
        code: With what they are refused; empty for none.
        takes_effect: Whether they are carried out all the same.
        times: How often each of them.
        one_in: One statement in so many.
        unprocessed: How often items are left for another request, half of them or, if there is but one, that.
        refused: How often each was refused.
    """

    made: Any
    what: str = ""
    code: str = ""
    takes_effect: bool = False
    times: int = 2
    one_in: int = 3
    unprocessed: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def batch_execute_statement(self, **request: Any) -> Any:
        statements: list[Any] = request["Statements"]
        chosen = [self._is_refused(statement) for statement in statements]
        sent = [each for each, refused in zip(statements, chosen, strict=True) if self.takes_effect or not refused]
        answers = iter(
            self.made.batch_execute_statement(**(request | {"Statements": sent}))["Responses"] if sent else ()
        )
        error = {"Error": {"Code": self.code, "Message": "was said"}}
        responses: list[Any] = []
        for refused in chosen:
            answer = next(answers) if self.takes_effect or not refused else None
            responses.append(error if refused else answer)
        return {"Responses": responses}

    def batch_get_item(self, **request: Any) -> Any:
        if self.unprocessed <= 0:
            return self.made.batch_get_item(**request)
        self.unprocessed -= 1
        ((table, asked),) = request["RequestItems"].items()
        half = len(asked["Keys"]) // 2
        left = {"UnprocessedKeys": {table: asked | {"Keys": asked["Keys"][half:]}}}
        if not half:
            return {"Responses": {table: []}} | left
        return self.made.batch_get_item(RequestItems={table: asked | {"Keys": asked["Keys"][:half]}}) | left

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made, name)

    def _is_refused(self, statement: Mapping[str, Any]) -> bool:
        (key,) = (each["S"] for each in statement["Parameters"] if "#" in each.get("S", ""))
        hashed = key.rpartition("#")[2]
        if kind_of(statement) != self.what or int(hashed, 16) % self.one_in or self.refused[hashed] >= self.times:
            return False
        self.refused[hashed] += 1
        return True


@pytest.fixture
def partly(network: Network) -> Callable[..., Partial]:
    """Makes statements fail from now on."""

    def partly(**options: Any) -> Partial:
        failing = Partial(network.factory("dynamodb", TimeLimits(1, 1, 1)), **options)
        clients.use(lambda service, limits: failing)  # until the end of the test, as the fixture has it
        return failing

    return partly


PASSING = [
    ("ProvisionedThroughputExceeded", False),
    ("RequestLimitExceeded", False),
    ("ThrottlingError", False),
    ("TransactionConflict", False),
    ("InternalServerError", False),
    ("InternalServerError", True),
]


@pytest.mark.parametrize(("code", "takes_effect"), PASSING)
@pytest.mark.parametrize("what", ["claim", "complete"])
def test_statements_that_are_refused_for_a_while_leave_each_message_done_once(
    aws: LocalAws,
    table: str,
    consume: Any,
    effects: Effects,
    partly: Any,
    what: str,
    code: str,
    takes_effect: bool,
) -> None:
    failing = partly(what=what, code=code, takes_effect=takes_effect)
    assert consume() == []
    assert set(failing.refused.values()) == {2}
    assert 1 < len(failing.refused) < SIZE
    assert consume(2) == []
    assert effects.of == ONCE
    assert statuses(aws, table) == {"COMPLETED": SIZE}


@pytest.mark.parametrize(("code", "takes_effect"), PASSING)
def test_releases_that_are_refused_for_a_while_let_messages_run(
    consume: Any, effects: Effects, partly: Any, code: str, takes_effect: bool
) -> None:
    failing = partly(what="release", code=code, takes_effect=takes_effect)
    effects.failing = OSError("cannot")
    assert consume() == ALL
    assert set(failing.refused.values()) == {2}
    effects.failing = None
    assert consume(2) == []
    assert effects.of == ONCE


@pytest.mark.parametrize(("code", "takes_effect"), [*PASSING, ("AccessDenied", False), ("ValidationError", False)])
def test_statements_that_stay_refused_are_the_failures_of_their_messages_alone(
    aws: LocalAws,
    network: Network,
    table: str,
    consume: Any,
    effects: Effects,
    partly: Any,
    code: str,
    takes_effect: bool,
) -> None:
    failing = partly(what="claim", code=code, takes_effect=takes_effect, times=1000)
    left = consume()
    assert len(left) == len(failing.refused) > 1
    assert effects.of == dict.fromkeys(set(ALL) - set(left), 1)
    failing.times = 0
    assert statuses(aws, table) == {"COMPLETED": SIZE - len(left)}  # none is locked
    assert consume(2) == []
    assert effects.of == ONCE


@pytest.mark.parametrize(("code", "takes_effect"), PASSING)
def test_completions_that_stay_refused_are_the_failures_of_their_messages_alone(
    aws: LocalAws, table: str, consume: Any, effects: Effects, partly: Any, code: str, takes_effect: bool
) -> None:
    failing = partly(what="complete", code=code, takes_effect=takes_effect, times=1000)
    left = consume()
    assert len(left) == len(failing.refused) > 1
    assert statuses(aws, table)["COMPLETED"] == (SIZE if takes_effect else SIZE - len(left))
    failing.times = 0
    assert consume(2) == ([] if takes_effect else left)
    assert effects.of == ONCE


@pytest.mark.parametrize("receive_count", [1, 2])
def test_items_that_are_left_for_another_request_are_read_then(
    consume: Any, effects: Effects, partly: Any, receive_count: int
) -> None:
    assert consume() == []
    failing = partly(unprocessed=6)
    assert consume(receive_count) == []
    assert failing.unprocessed == 0
    assert effects.of == ONCE


def test_items_that_stay_unread_are_the_failures_of_their_messages_and_do_not_run(
    consume: Any, effects: Effects, partly: Any
) -> None:
    assert consume() == []
    failing = partly(unprocessed=1000)
    left = consume(2)
    assert 0 < len(left) < SIZE
    assert 1000 - failing.unprocessed < 20
    failing.unprocessed = 0
    assert consume(3) == []
    assert effects.of == ONCE


# When there is no time.


@pytest.mark.parametrize("kind", ["lost", "throttling"])
def test_claims_that_take_too_long_leave_time_to_answer(
    network: Network, consume: Any, effects: Effects, kind: str
) -> None:
    network.inject(CLAIM, kind, latency=2000)
    began = time.monotonic()
    assert consume(seconds=1.5) == ALL
    assert time.monotonic() - began < 1.5
    assert effects.of == {}


def test_completions_that_take_too_long_are_failures_in_time_to_answer(
    aws: LocalAws, network: Network, table: str, consume: Any, effects: Effects
) -> None:
    network.clients[1] = network.proxy.client("dynamodb", read_timeout=5, attempts=1)
    network.inject(END, "late", latency=1500)
    began = time.monotonic()
    left = consume(seconds=1.5)
    assert time.monotonic() - began < 1.5
    del network.clients[1]
    assert left == ALL
    assert set(effects.of.values()) == {1}
    time.sleep(1)  # until it has arrived
    network.proxy.clear()
    assert statuses(aws, table)["COMPLETED"] == len(effects.of)
