"""Powertools' own idempotency on the table that `IdempotencyTable` deploys, alone and together with the helper's.

With `like_powertools=True` both know what the other has done, and respect what the other is doing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency import idempotent as powertools_idempotent
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from redrive import (
    Idempotency,
    IdempotencySettings,
    InProgress,
    LateCompletion,
    PayloadMismatch,
    Permanent,
    SqsMessage,
    idempotent,
    sqs_handler,
)
from redrive.aws.clients import clients
from tests.integration.conftest import Deploy
from tests.support.integration.idempotency_stack import deployed
from tests.support.integration.powertools import IN_PROGRESS, Both, Function, Handler, in_time, order
from tests.support.runtime.sqs.queue import Context, event, record, returned
from tools.local_aws import LocalAws

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def table(aws: LocalAws, deploy: Deploy) -> Iterator[str]:
    """The deployed table, which the helpers of this process call."""
    made = aws.client("dynamodb")
    with clients.replaced(lambda service, limits: made):
        yield deployed(deploy)["TableName"]


@pytest.fixture(autouse=True)
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Powertools has the function's name from Lambda's environment."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", Context.function_name)


@pytest.fixture
def function() -> Function:
    return Function()


@pytest.fixture
def both(aws: LocalAws, table: str, function: Function) -> Callable[..., Both]:
    """Makes a handler, with Powertools' options and the helper's."""

    def both(config: dict[str, Any], options: dict[str, Any], key_prefix: str | None = None) -> Both:
        def handler(event: Any, context: Any) -> Any:
            return function(event)

        store = DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.client("dynamodb"))
        by_powertools: Any = powertools_idempotent(
            persistence_store=store, config=IdempotencyConfig(**config), key_prefix=key_prefix
        )
        using = Idempotency(
            settings=IdempotencySettings(table=table),
            like_powertools=True,
            prefix=key_prefix or "",
            clock_skew=0,
        )
        return Both(by_powertools(handler), idempotent(using=using, **options)(handler))

    return both


@pytest.fixture
def either(both: Callable[..., Both], request: pytest.FixtureRequest) -> tuple[Handler, Handler]:
    """The two in one order or the other, with all their defaults."""
    return both({}, {}).pairs()[request.param]


EITHER_FIRST = pytest.mark.parametrize("either", [0, 1], indirect=True, ids=["powertools-first", "ours-first"])


# Powertools alone, unchanged.


def test_powertools_does_a_call_once(both: Callable[..., Both], function: Function) -> None:
    handler, given = both({}, {}).powertools, order()
    result = handler(given, in_time())
    assert handler(given, in_time()) == result
    assert function.runs == [given]


def test_powertools_lets_a_call_that_raised_run_again(both: Callable[..., Both], function: Function) -> None:
    def fail() -> None:
        function.during = lambda: None
        raise ValueError("not yet")

    handler, given = both({}, {}).powertools, order()
    function.during = fail
    with pytest.raises(ValueError, match="not yet"):
        handler(given, in_time())
    assert handler(given, in_time())["for"] == given
    assert function.runs == [given] * 2


def test_powertools_compares_payloads(both: Callable[..., Both], function: Function) -> None:
    handler = both({"event_key_jmespath": "id", "payload_validation_jmespath": "amount"}, {}).powertools
    given = order()
    handler(given, in_time())
    with pytest.raises(IdempotencyValidationError):
        handler(given | {"amount": 8}, in_time())
    assert function.runs == [given]


def test_powertools_refuses_a_call_in_progress_and_takes_over_that_of_the_dead(
    both: Callable[..., Both], function: Function
) -> None:
    handler, given = both({}, {}).powertools, order()

    def second() -> None:
        function.during = lambda: None
        with pytest.raises(IdempotencyAlreadyInProgressError):
            handler(given, in_time())
        time.sleep(0.35)
        handler(given, in_time())

    function.during = second
    handler(given, in_time(0.3))
    assert function.runs == [given] * 2


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "whole-event": ({}, {}, None),
    "path": ({"event_key_jmespath": "id"}, {"key": "id"}, None),
    "several": ({"event_key_jmespath": "[id, amount]"}, {"key": "[id, amount]"}, None),
    "object": ({"event_key_jmespath": "{a: id, b: amount}"}, {"key": "{a: id, b: amount}"}, None),
    "json-in-text": (
        {"event_key_jmespath": "powertools_json(body).[id, amount]"},
        {"key": "powertools_json(body).[id, amount]"},
        None,
    ),
    "payload": (
        {"event_key_jmespath": "id", "payload_validation_jmespath": "amount"},
        {"key": "id", "payload": "amount"},
        None,
    ),
    "prefix": ({"event_key_jmespath": "id"}, {"key": "id"}, "shop"),
}


# Both on one table.


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("first", [0, 1], ids=["powertools-first", "ours-first"])
def test_what_one_has_done_the_other_knows(
    both: Callable[..., Both], function: Function, case: str, first: int
) -> None:
    one, other = both(*CASES[case]).pairs()[first]
    given = order(name="Grüße", total=12.5, lines=[1, None, {"b": True, "a": "x"}])
    given["body"] = json.dumps(given)
    result = one(given, in_time())
    assert other(given, in_time()) == one(given, in_time()) == result
    assert function.runs == [given]
    another = order(body=json.dumps(order()))
    assert other(another, in_time())["for"] == another
    assert len(function.runs) == 2


@pytest.mark.parametrize("first", [0, 1], ids=["powertools-first", "ours-first"])
def test_another_payload_is_refused_by_both(both: Callable[..., Both], function: Function, first: int) -> None:
    one, other = both(*CASES["payload"]).pairs()[first]
    given = order()
    one(given, in_time())
    with pytest.raises((IdempotencyValidationError, PayloadMismatch)):
        other(given | {"amount": 8}, in_time())
    assert function.runs == [given]


@EITHER_FIRST
def test_what_one_is_doing_the_other_does_not_run(either: tuple[Handler, Handler], function: Function) -> None:
    one, other = either
    given = order()

    def second() -> None:
        with pytest.raises(IN_PROGRESS):
            other(given, in_time())

    function.during = second
    result = one(given, in_time())
    assert function.runs == [given]
    assert other(given, in_time()) == result


@EITHER_FIRST
def test_a_call_that_raised_in_one_runs_in_the_other(either: tuple[Handler, Handler], function: Function) -> None:
    one, other = either
    given = order()

    def fail() -> None:
        function.during = lambda: None
        raise ValueError("not yet")

    function.during = fail
    with pytest.raises(ValueError, match="not yet"):
        one(given, in_time())
    result = other(given, in_time())
    assert one(given, in_time()) == result
    assert function.runs == [given] * 2


def dies() -> None:
    """Ends the call as a killed process would: nobody cleans up."""
    raise _Killed


class _Killed(BaseException):
    """Powertools leaves the claim at what is no `Exception`; the helper releases it, so it is not for that."""


def test_ours_takes_over_what_was_powertools_when_its_time_is_up(both: Callable[..., Both], function: Function) -> None:
    pair, given = both({}, {}), order()
    function.during = dies
    with pytest.raises(_Killed):
        pair.powertools(given, in_time(0.3))
    function.during = lambda: None
    with pytest.raises(InProgress) as refused:
        pair.ours(given, in_time())
    assert refused.value.after is not None
    assert 0 < refused.value.after <= 0.31
    time.sleep(refused.value.after)
    result = pair.ours(given, in_time())
    assert pair.powertools(given, in_time()) == result
    assert function.runs == [given] * 2


def test_powertools_takes_over_what_was_ours_when_its_time_is_up_and_ours_hears_of_it(
    both: Callable[..., Both], function: Function
) -> None:
    pair, given = both({}, {}), order()
    results: list[Any] = []

    def second() -> None:
        function.during = lambda: None
        with pytest.raises(IdempotencyAlreadyInProgressError):
            pair.powertools(given, in_time())
        time.sleep(0.35)
        results.append(pair.powertools(given, in_time()))

    function.during = second
    with pytest.raises(LateCompletion):
        # Too short for the time that the helper keeps free for its answer, which is real time here.
        pair.ours(given, _Short(time.time, 30))
    assert pair.ours(given, in_time()) == pair.powertools(given, in_time()) == results[0]
    assert function.runs == [given] * 2


class _Short(Context):
    """A context by which a claim is short, and which has time for calls all the same."""

    asked = 0

    def get_remaining_time_in_millis(self) -> int:
        self.asked += 1
        return 300 if self.asked == 1 else super().get_remaining_time_in_millis()


def test_a_permanent_failure_is_no_success_to_powertools_and_does_not_run(
    both: Callable[..., Both], function: Function
) -> None:
    def fail() -> None:
        raise Permanent("does not work")

    pair, given = both({}, {}), order()
    function.during = fail
    with pytest.raises(Permanent):
        pair.ours(given, in_time())
    with pytest.raises(IdempotencyPersistenceLayerError):
        pair.powertools(given, in_time())
    assert function.runs == [given]


@pytest.mark.parametrize("first", ["powertools", "ours"])
def test_messages_that_one_has_handled_the_other_answers(
    aws: LocalAws, table: str, function: Function, first: str
) -> None:
    """A batch, by the helper together, and by Powertools one by one as its batch processor calls a function."""
    prefix = f"orders-{uuid4()}"
    bodies = [order() for _ in range(3)]
    store = DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.client("dynamodb"))
    config = IdempotencyConfig(event_key_jmespath="id")
    config.register_lambda_context(in_time())  # pyright: ignore[reportArgumentType]

    @idempotent_function(data_keyword_argument="order", persistence_store=store, config=config, key_prefix=prefix)
    def one_by_one(order: dict[str, Any]) -> None:
        function(order)

    using = Idempotency(
        settings=IdempotencySettings(table=table), like_powertools=True, prefix=prefix, key="id", clock_skew=0
    )

    @sqs_handler(idempotency=using)
    def together(message: SqsMessage[str]) -> None:
        function(message.json())

    def by_powertools() -> None:
        for body in bodies:
            assert one_by_one(order=body) is None

    def by_us() -> None:
        records = [record(str(number), json.dumps(body)) for number, body in enumerate(bodies)]
        assert returned(together(event(*records), in_time())) == []

    for handle in (by_powertools, by_us) if first == "powertools" else (by_us, by_powertools):
        handle()
        assert function.runs == bodies
