"""Messages of the demonstration: messages of several kinds, in the order in which they are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.traffic import Outgoing


@dataclass(frozen=True, slots=True)
class Sample:
    """One message of the demonstration.

    Attributes:
        kind: What is said of it in the table.
        message: The message.
        fails: Whether it should end in the dead-letter queue, and not be processed.
    """

    kind: str
    message: Outgoing
    fails: bool = False

    @property
    def key(self) -> str | None:
        """The key that `done_key` finds in the line that the function prints. Nothing if the body cannot be read."""
        try:
            fields: dict[str, Any] = json.loads(self.message.body)
        except ValueError:
            return None
        return f"{fields['account']}/{fields['number']}" if "account" in fields else fields["id"]


def done_key(line: Mapping[str, Any]) -> str:
    """Finds the text that identifies a message in the line that its function prints when it is done."""
    return f"{line['account']}/{line['done']}" if "account" in line else line["done"]


def orders() -> list[Sample]:
    """Orders, for examples/orders: 130 messages, the kinds mixed."""
    made = [_order("in order", number, "chair") for number in range(70)]
    made += [_order("sent twice", number, "chair") for number in range(5)] * 2
    made += [_order("fails once", number, "slow-starter-2") for number in range(10)]
    made += [_order("fails twice", number, "slow-starter-3") for number in range(10)]
    made += [_order("says when to retry", number, "night-shift") for number in range(10)]
    made += [_order("always fails", number, "lost", fails=True) for number in range(5)]
    made += [_order("permanently wrong: no lines", number, fails=True) for number in range(10)]
    made += [Sample("malformed", Outgoing(f'{{"id": "cut off {number}", "li'), fails=True) for number in range(5)]
    return [made[(number * 7) % len(made)] for number in range(len(made))]  # 7 and 130 share no factor: a shuffle


def entries() -> list[Sample]:
    """Ledger entries, for examples/ledger: ten accounts of six entries each, accounts mixed and each in order."""
    made: list[Sample] = []
    for number in range(1, 7):
        for account in (f"account-{letter}" for letter in "abcdefghij"):
            fields: dict[str, Any] = {"account": account, "number": number, "amount": 10 * number}
            kind, fails = "in order", False
            match account, number:
                case (("account-a" | "account-b" | "account-c"), 2):
                    kind, fields["bank_answers_at"] = "fails twice", 3
                case "account-d", 3:
                    kind, fields["bank_answers_at"], fails = "always fails", 99, True
                case (("account-e" | "account-f"), 4):
                    kind, fields["amount"], fails = "permanently wrong: moves nothing", 0, True
                case "account-g", 5:
                    del fields["amount"]
                    kind, fails = "does not parse", True
                case _:
                    pass
            made.append(Sample(kind, Outgoing(json.dumps(fields), group=account), fails))
    return made


def _order(kind: str, number: int, *lines: str, fails: bool = False) -> Sample:
    return Sample(kind, Outgoing(json.dumps({"id": f"{kind} {number}", "lines": lines})), fails)
