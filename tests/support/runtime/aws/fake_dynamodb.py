"""One DynamoDB table in memory, which reads the requests that it is sent and answers as DynamoDB documents it.

It reads condition expressions and PartiQL as far as idempotency writes them, and refuses all else. In
tests/integration the same requests are sent to a server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, dict[str, str]]
Request = dict[str, Any]

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LARGEST_ITEM = 400 * 1024
LONGEST_KEY = 2048
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementRequest.html
LONGEST_STATEMENT = 8192
MOST_STATEMENTS = 25
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
MOST_KEYS = 100

_TOO_LARGE = "Item size has exceeded the maximum allowed size"
_INSERT = re.compile(r'INSERT INTO "([\w.-]+)" VALUE \{(.+)\}')
_UPDATE = re.compile(r'UPDATE "([\w.-]+)" SET (.+?) WHERE (.+)')
_DELETE = re.compile(r'DELETE FROM "([\w.-]+)" WHERE (.+)')
# A text in a statement is one without quotes in it, so that it cannot be taken for more.
_VALUE = r"(\?|'[^']*'|-?\d+)"
_MEMBER = re.compile(rf"'(\w+)': {_VALUE}")
_EQUAL = re.compile(rf'"(\w+)"={_VALUE}')
_BELOW = re.compile(r'"(\w+)"<(-?\d+)')


class Refusal(Exception):
    """A statement that was not carried out."""

    def __init__(self, code: str, message: str = "was said", item: Item | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.item = code, message, item


def client_error(code: str, status: int = 400, *, item: Item | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "was said"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if item is not None:
        response["Item"] = dict(item)
    return ClientError(response, "Operation")


def size_of(item: Item) -> int:
    """The bytes of an item, as DynamoDB counts them.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html: names and texts in
    UTF-8; a number has one byte for two significant digits, and one more.
    """
    size = 0
    for name, value in item.items():
        ((kind, content),) = value.items()
        digits = content.replace(".", "").strip("-0")
        size += len(name.encode()) + (1 + (len(digits) + 1) // 2 if kind == "N" else len(content.encode()))
    return size


@dataclass
class FakeDynamoDB:
    """A client with a table.

    Attributes:
        table: The table's name.
        before: Called before each request with the name of its method; may raise, and then nothing is done.
        after: Called once a request is done, with the name of its method; may raise, and then its reply is lost.
        refuse: Asked of each statement of a batch, with its key; a code refuses it.
        forget: Asked of each statement of a batch once it is carried out; a code is answered nevertheless.
        unread: Asked of each key to be looked up, whether DynamoDB leaves it for another request.
        items: The items, by id.
        requests: The name of the method and the arguments of each request.
    """

    table: str = "done"
    before: Callable[[str], object] = lambda name: None
    after: Callable[[str], object] = lambda name: None
    refuse: Callable[[str], str | None] = lambda key: None
    forget: Callable[[str], str | None] = lambda key: None
    unread: Callable[[str], bool] = lambda key: False
    items: dict[str, Item] = field(default_factory=dict)
    requests: list[tuple[str, Request]] = field(default_factory=list)
    _lock: RLock = field(default_factory=RLock)

    def named(self, name: str) -> list[Request]:
        """The arguments of each request of one name."""
        return [arguments for method, arguments in self.requests if method == name]

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        def done() -> dict[str, Any]:
            statements = request["Statements"]
            keys = [_Statement(each, self.table).key for each in statements]
            if not 1 <= len(statements) <= MOST_STATEMENTS or len(set(keys)) < len(keys):
                raise client_error("ValidationException")
            return {"Responses": [self._answer(key, each) for key, each in zip(keys, statements, strict=True)]}

        return self._request("batch_execute_statement", request, done)

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        def done() -> dict[str, Any]:
            ((table, asked),) = request["RequestItems"].items()
            keys = [key["id"]["S"] for key in asked["Keys"]]
            if table != self.table or not 1 <= len(keys) <= MOST_KEYS or len(set(keys)) < len(keys):
                raise client_error("ValidationException")
            assert asked["ConsistentRead"] is True
            unread = [key for key in keys if self.unread(key)]
            found = [dict(self.items[key]) for key in keys if key not in unread and key in self.items]
            rest = {table: {**asked, "Keys": [{"id": {"S": key}} for key in unread]}} if unread else {}
            return {"Responses": {table: found}, "UnprocessedKeys": rest}

        return self._request("batch_get_item", request, done)

    def _request(self, name: str, request: Request, done: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        with self._lock:
            self.requests.append((name, request))
        self.before(name)
        with self._lock:
            answer = done()
        self.after(name)
        return answer

    def _answer(self, key: str, request: Request) -> dict[str, Any]:
        try:
            code = self.refuse(key)
            if code is not None:
                raise Refusal(code)
            self._execute(_Statement(request, self.table))
            code = self.forget(key)
            if code is not None:
                raise Refusal(code)
        except Refusal as refusal:
            error: dict[str, Any] = {"Code": refusal.code, "Message": refusal.message}
            if refusal.item is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                error["Item"] = dict(refusal.item)
            return {"Error": error, "TableName": self.table}
        return {"TableName": self.table}

    def _execute(self, statement: _Statement) -> None:
        old = self.items.get(statement.key)
        if statement.kind == "INSERT":
            if old is not None:
                raise Refusal("DuplicateItem")
            self._write(statement.values)
            return
        if old is None:
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.delete.html
            if statement.kind == "DELETE":
                return
            raise Refusal("ConditionalCheckFailed")
        differs = any(old.get(name) != value for name, value in statement.where.items())
        if differs or any(float(old[name]["N"]) >= most for name, most in statement.below.items()):
            raise Refusal("ConditionalCheckFailed", item=old)
        if statement.kind == "DELETE":
            del self.items[statement.key]
        else:
            self._write({**old, **statement.values})

    def _write(self, item: Item) -> None:
        for value in item.values():
            ((kind, content),) = value.items()
            assert kind in ("S", "N")
            assert isinstance(content, str)
            if kind == "N":
                float(content)
        if not 1 <= len(item["id"]["S"].encode()) <= LONGEST_KEY:
            raise Refusal("ValidationError", "Size of hashkey has exceeded the maximum size limit of 2048 bytes")
        if size_of(item) > LARGEST_ITEM:
            raise Refusal("ValidationError", _TOO_LARGE)
        self.items[item["id"]["S"]] = dict(item)


class _Statement:
    """A PartiQL statement that was read."""

    def __init__(self, request: Request, table: str) -> None:
        text, parameters = request["Statement"], iter(request["Parameters"])
        assert text.isascii()
        assert len(text) <= LONGEST_STATEMENT
        self.values: Item = {}
        self.where: Item = {}
        self.below: dict[str, float] = {}
        insert, update, delete = _INSERT.fullmatch(text), _UPDATE.fullmatch(text), _DELETE.fullmatch(text)
        match = insert or update or delete
        if match is None or match[1] != table:
            raise client_error("ValidationException" if match is None else "ResourceNotFoundException")
        self.kind = text.partition(" ")[0]
        if insert:
            self.values = _read(_MEMBER, insert[2].split(", "), parameters)
            self.key = self.values["id"]["S"]
        else:
            if update:
                self.values = _read(_EQUAL, update[2].split(" SET "), parameters)
                assert "id" not in self.values
            terms = match[match.re.groups].split(" AND ")
            self.below = {found[1]: float(found[2]) for term in terms if (found := _BELOW.fullmatch(term))}
            self.where = _read(_EQUAL, [term for term in terms if not _BELOW.fullmatch(term)], parameters)
            self.key = self.where["id"]["S"]
        assert next(parameters, None) is None, "more parameters than question marks"


def _read(pattern: re.Pattern[str], terms: Sequence[str], parameters: Iterator[dict[str, str]]) -> Item:
    """Names and values of a statement. Each name once."""
    matches = [pattern.fullmatch(term) for term in terms]
    found: Item = {}
    for match in matches:
        if match is None or match[1] in found:
            raise client_error("ValidationException")
        text = match[2]
        found[match[1]] = next(parameters) if text == "?" else {"S": text[1:-1]} if text[0] == "'" else {"N": text}
    return found
