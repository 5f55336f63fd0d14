"""Keeps idempotency records in a DynamoDB table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redrive.aws.clients import client
from redrive.aws.errors import error_code
from redrive.aws.partiql import Answer, Refused, Statement, Until, each_group, execute, passes
from redrive.idempotency import dynamodb_items as items
from redrive.idempotency.dynamodb_items import LARGEST_DATA
from redrive.idempotency.errors import LateCompletion
from redrive.idempotency.record import COMPLETED, Claim, Ending, Stored, Verdict, is_ended, judge
from redrive.settings.base import check_name
from redrive.settings.idempotency import OWNER_KEYS

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_MOST_KEYS = 100
# Each round sees the writes of other owners in the meantime.
_ROUNDS = 4
_NEEDS = (
    "idempotency needs dynamodb:PartiQLInsert, PartiQLUpdate, PartiQLDelete and BatchGetItem on the table, which are "
    "not the permissions of Powertools, for keys that begin with the function's name, the prefix= of Idempotency, or "
    f"{OWNER_KEYS}: have an IdempotencyTable grant the function, with key_prefixes=[…] if the code has a prefix"
)
_TOO_LARGE = "the result does not fit into an item of DynamoDB, which has 400 KB"

Answers = dict[str, "Stored | Exception | None"]


class DynamoDBStore:
    """Keeps idempotency records in a DynamoDB table, such as the one that `IdempotencyTable` makes.

    The table's partition key is `id`, a string; its TTL attribute should be `expiration`.

    **Permissions:** `dynamodb:PartiQLInsert`, `PartiQLUpdate`, `PartiQLDelete` and `BatchGetItem`, which are not those
    that Powertools needs. The first request also asks if claims could be completed; if not, nothing runs.

    **Cost:** one write to claim a key, one to end the claim. One request claims 25 new keys. Keys that have a record
    already take one more request per 100 to look them up, and keys that are taken over take one more per 25. Keys of
    messages that were received before are looked up first: this costs a read instead of a refused write. One request
    ends 25 claims. The first request makes one more write, or two where claims are renewed. A message of a FIFO queue
    takes one more write when it is completed, unless a `key` is configured.

    Args:
        table: The table's name.

    Raises:
        ValueError: `table` is empty.
    """

    def __init__(self, table: str) -> None:
        check_name("TableName", "table", table)
        self._table = table
        self._may: set[str] = set()  # what the function's policy is known to allow

    def __repr__(self) -> str:
        return f"DynamoDBStore({self._table!r})"

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        """Claim keys; see `IdempotencyStore`."""
        answers = self._claim_all({claim.key: claim for claim in claims}, Until(seconds))
        return {key: _explained(each) if isinstance(each, Exception) else each for key, each in answers.items()}

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        """End claims; see `IdempotencyStore`."""
        until = Until(seconds)
        by_key = {ending.key: _that_fits(ending) for ending in endings}
        answers = execute({key: items.end(self._table, ending) for key, ending in by_key.items()}, until)
        large = {
            key: _without_result(ending)
            for key, ending in by_key.items()
            if ending.data is not None and _is_too_large(answers[key])
        }
        if large:
            answers |= execute({key: items.end(self._table, each) for key, each in large.items()}, until)
        return {key: _ended(answers[key], ending) for key, ending in by_key.items()}

    def _claim_all(self, claims: Mapping[str, Claim], until: Until) -> Answers:
        answers: Answers = {}
        writes = {key: items.insert(self._table, claim) for key, claim in claims.items() if not claim.is_expected}
        expected = [key for key in claims if key not in writes]
        if expected:
            writes |= self._writes_for(expected, claims, answers, until)
        for _ in range(_ROUNDS):
            refused: list[str] = []
            found = self._executed(writes, claims, until)
            for key, answer in found.items():
                if isinstance(answer, Refused) and answer.code in ("DuplicateItem", "ConditionalCheckFailed"):
                    refused.append(key)
                else:
                    answers[key] = answer.error if isinstance(answer, Refused) else answer
            if not refused:
                return answers
            writes = self._writes_for(refused, claims, answers, until)
            if not writes:
                return answers
        return answers | dict.fromkeys(writes, TimeoutError(f"the item changed {_ROUNDS} times in between"))

    def _executed(
        self, writes: Mapping[str, Statement], claims: Mapping[str, Claim], until: Until
    ) -> dict[str, Answer]:
        """Claim keys, the first time only if they could also be completed, and renewed: otherwise, nothing must run."""
        asked = self._asked(claims) if writes else {}
        if not asked:
            return execute(writes, until)
        questions = {key: items.end(self._table, Ending(key, "nobody", COMPLETED)) for key in asked.values()}
        answers = execute({**writes, **questions}, until)
        error = None
        for what, key in asked.items():
            answer = answers.pop(key)
            refusal = answer.error if isinstance(answer, Refused) else answer
            if isinstance(refusal, Exception) and error_code(refusal).startswith("AccessDenied"):
                error = refusal
            elif refusal is None or error_code(refusal) == "ConditionalCheckFailed":
                self._may.add(what)
        if error is None:
            return answers
        made = [key for key, answer in answers.items() if answer is None]
        execute({key: items.end(self._table, Ending(key, claims[key].owner)) for key in made}, until)
        return dict.fromkeys(answers, error)

    def _asked(self, claims: Mapping[str, Claim]) -> dict[str, str]:
        """Return what the function's policy is not yet known to allow, each with a key to ask with."""
        # A policy may allow keys by how they begin. No item has these: they are longer than the keys of their kind.
        absent = {"end": max(claims, key=len) + "?"}
        owner = next((claim.renewed_by for claim in claims.values() if claim.renewed_by is not None), None)
        if owner is not None:
            absent["renew"] = f"{owner}?"
        return {what: key for what, key in absent.items() if what not in self._may}

    def _writes_for(
        self, keys: Sequence[str], claims: Mapping[str, Claim], answers: Answers, until: Until
    ) -> dict[str, Statement]:
        """Look keys up: return writes for the keys that can be claimed, and add the other answers to `answers`."""
        writes: dict[str, Statement] = {}
        for key, found in self._lookup(keys, until).items():
            answer = self._answer_to(claims[key], found)
            if isinstance(answer, Statement):
                writes[key] = answer
            else:
                answers[key] = answer
        return writes

    def _answer_to(self, claim: Claim, found: Stored | Exception | None) -> Stored | Exception | Statement | None:
        """Return the write that claims a key or, if it is not free, the answer."""
        if isinstance(found, Exception):
            return found
        try:
            verdict = judge(found, claim)
        except ValueError as odd:
            return odd
        if verdict is Verdict.OURS:
            return None
        if verdict is not Verdict.FREE:
            return found
        if found is None:  # released in the meantime
            return items.insert(self._table, claim)
        return items.take_over(self._table, claim, found)

    def _lookup(self, keys: Sequence[str], until: Until) -> Answers:
        found: dict[str, Stored] = {}

        def send(group: list[str]) -> dict[str, Answer]:
            pending: Any = {self._table: {"Keys": [{"id": {"S": key}} for key in group], "ConsistentRead": True}}
            retry = 0
            while pending:
                try:
                    reply = client("dynamodb", until.left).batch_get_item(RequestItems=pending)
                except Exception as error:  # also raised if DynamoDB can read none of the items now
                    if not passes(error) or not until.waits(retry):
                        raise
                    retry += 1
                    continue
                got = [items.stored_of(item) for item in reply["Responses"].get(self._table, ())]
                found.update({stored.key: stored for stored in got})
                pending = reply.get("UnprocessedKeys")
                if pending and not until.waits(retry):
                    raise TimeoutError("DynamoDB did not read all of the items in time")
                retry = 0 if got else retry + 1
            return dict.fromkeys(group)

        groups = [list(keys[start : start + _MOST_KEYS]) for start in range(0, len(keys), _MOST_KEYS)]
        errors = {key: error for key, error in each_group(groups, send, until).items() if isinstance(error, Exception)}
        return {key: found.get(key, errors.get(key)) for key in keys}


def _explained(error: Exception) -> Exception:
    """Return the error of a missing permission with what is needed; any other error as it is."""
    code = error_code(error)
    if not code.startswith("AccessDenied"):
        return error
    from botocore.exceptions import ClientError

    given: Any = error
    message = f"{given.response['Error'].get('Message') or code}; {_NEEDS}"
    response: Any = {**given.response, "Error": {**given.response["Error"], "Message": message}}
    return ClientError(response, given.operation_name).with_traceback(error.__traceback__)


def _that_fits(ending: Ending) -> Ending:
    data = ending.data
    if data is None or len(data) <= LARGEST_DATA // 4 or len(data.encode()) <= LARGEST_DATA:
        return ending
    return _without_result(ending)


def _without_result(ending: Ending) -> Ending:
    return ending._replace(data=None, error=_TOO_LARGE)


def _is_too_large(answer: Answer) -> bool:
    return isinstance(answer, Refused) and answer.code == "ValidationError" and "size" in answer.message.lower()


def _ended(answer: Answer, ending: Ending) -> Exception | None:
    if not isinstance(answer, Refused):
        return answer
    if answer.code != "ConditionalCheckFailed":
        return answer.error
    stored = None if answer.item is None else items.stored_of(answer.item)
    return None if is_ended(stored, ending) else LateCompletion(ending.key)
