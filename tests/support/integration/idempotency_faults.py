"""A network between idempotency and its table on which calls fail, in whole and in part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redrive.aws.clients import TimeLimits
from tests.support.runtime.idempotency.workers import kind_of
from tools.fault_proxy import FaultProxy
from tools.local_aws import LocalAws

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
#: Faults that take no time.
QUICK = [kind for kind in FAULTS if kind != "late"]
#: The calls, as the proxy distinguishes them.
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


@dataclass
class Effects:
    """Counts the effects by order.

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


def statuses(aws: LocalAws, table: str) -> Counter[str]:
    return Counter(item["status"]["S"] for item in aws.client("dynamodb").scan(TableName=table)["Items"])


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
        if hashed.endswith("?"):  # no record's key: it asks if claims could be completed
            return False
        if kind_of(statement) != self.what or int(hashed, 16) % self.one_in or self.refused[hashed] >= self.times:
            return False
        self.refused[hashed] += 1
        return True
