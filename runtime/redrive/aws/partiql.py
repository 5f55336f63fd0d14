"""Executes conditional writes to DynamoDB, 25 in one request, each with its own result.

`BatchExecuteStatement` answers each statement alone, at the price of a single write:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from redrive.aws.clients import client
from redrive.core.parallel import run_all
from redrive.core.system import draw, now, pause
from redrive.failures.backoff import Backoff
from redrive.failures.classification import FailureClass, classify

#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
MOST_STATEMENTS = 25
_WAITS = Backoff(base=0.05, cap=1)
_RETRIES = 5
# Codes of refusals of a single statement that are transient. After an internal error, the write may have taken effect.
_PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)


class Statement(NamedTuple):
    """A PartiQL statement, with `?` for each parameter, and the parameters as DynamoDB values."""

    text: str
    parameters: Sequence[Mapping[str, Any]]


class Refused(NamedTuple):
    """DynamoDB's answer to a statement that it did not execute.

    Attributes:
        code: Such as `DuplicateItem` or `ConditionalCheckFailed`.
        message: The error in words.
        item: The existing item, if it failed a condition.
    """

    code: str
    message: str
    item: Mapping[str, Any] | None

    @property
    def error(self) -> Exception:
        """The same error as botocore raises it for a single call."""
        from botocore.exceptions import ClientError

        code = {
            "ProvisionedThroughputExceeded": "ProvisionedThroughputExceededException",
            "ThrottlingError": "ThrottlingException",
        }.get(self.code, self.code)
        status = 500 if self.code == "InternalServerError" else 400
        return ClientError(
            {"Error": {"Code": code, "Message": self.message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # pyright: ignore[reportArgumentType]
            "BatchExecuteStatement",
        )


#: `None`: executed. An error: the result is unknown.
Answer = Refused | Exception | None


class Until:
    """A time limit for several calls; with `None`, there is no limit."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else now() + seconds

    @property
    def left(self) -> float | None:
        """Seconds left; `None` if there is no limit."""
        return None if self._end is None else self._end - now()

    def waits(self, retry: int) -> bool:
        """Wait before a retry and return True, or return False if the retries or the time are used up."""
        wait = _WAITS.wait(retry, draw())
        left = self.left
        if retry >= _RETRIES or (left is not None and left <= wait):
            return False
        pause(wait)
        return True


def passes(error: Exception) -> bool:
    """Return True if an error is throttling or transient, so that a retry may succeed."""
    return classify(error) in (FailureClass.THROTTLING, FailureClass.TRANSIENT)


def execute(statements: Mapping[str, Statement], until: Until) -> dict[str, Answer]:
    """Execute write statements for different items, retry transient refusals, and return the last answers."""
    answers: dict[str, Answer] = {}
    pending = dict(statements)
    retry = 0
    while True:
        answers |= _once(pending, until)
        pending = {name: statements[name] for name in pending if _may_pass(answers[name])}
        if not pending or not until.waits(retry):
            return answers
        retry += 1


def _may_pass(answer: Answer) -> bool:
    if isinstance(answer, Exception):
        return passes(answer)
    return answer is not None and answer.code in _PASSING


def _once(statements: Mapping[str, Statement], until: Until) -> dict[str, Answer]:
    names = list(statements)
    groups = [names[start : start + MOST_STATEMENTS] for start in range(0, len(names), MOST_STATEMENTS)]

    def send(group: list[str]) -> dict[str, Answer]:
        sent = [
            {
                "Statement": statements[name].text,
                "Parameters": statements[name].parameters,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
            for name in group
        ]
        reply = client("dynamodb", until.left).batch_execute_statement(Statements=sent)
        return {name: _answer(each, statements[name]) for name, each in zip(group, reply["Responses"], strict=True)}

    return each_group(groups, send, until)


def each_group(
    groups: Sequence[list[str]], send: Callable[[list[str]], Mapping[str, Answer]], until: Until
) -> dict[str, Answer]:
    """Send groups of names in parallel and gather the answers; a group that fails or is late gets an error per name."""
    answers: dict[str, Answer] = {}

    def guarded(group: list[str]) -> None:
        try:
            answers.update(send(group))
        except Exception as error:
            answers.update(dict.fromkeys(group, error))

    time = until.left
    if time is None or time > 0:
        run_all(guarded, groups, time)
    late = TimeoutError("no answer from DynamoDB in the time that the invocation had left")
    known = dict(answers)  # a copy, because later answers are too late
    return {name: known.get(name, late) for group in groups for name in group}


def _answer(response: Mapping[str, Any], statement: Statement) -> Refused | None:
    error = response.get("Error")
    if error is None:
        return None
    code, message = error.get("Code") or "", error.get("Message") or ""
    if code == "AccessDenied":
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
        message = f"{message} (dynamodb:PartiQL{statement.text.partition(' ')[0].capitalize()} is missing)"
    return Refused(code, message, error.get("Item"))
