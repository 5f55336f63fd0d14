"""Books entries to accounts, in order: the function of the FIFO consumer `Ledger` in app.py."""

import json
from dataclasses import dataclass

from redrive import Permanent, SqsMessage, sqs_handler


@dataclass(frozen=True)
class Entry:
    """An entry of an account.

    Attributes:
        account: The account, which is the message group too.
        number: Its place in the account's entries, from 1.
        amount: What is booked.
        bank_answers_at: The receive at which the bank answers, since it is slow at times.
    """

    account: str
    number: int
    amount: int
    bank_answers_at: int = 1

    @classmethod
    def parse(cls, body: str) -> "Entry":
        """Make an entry of a message's body."""
        return cls(**json.loads(body))


class BankTimeoutError(Exception):
    """The bank did not answer."""


@sqs_handler(parse=Entry.parse, concurrency=4)  # four accounts at a time, each of them in order
def handler(message: SqsMessage[Entry]) -> None:
    """Book one entry. If it fails, the account's later entries wait for it."""
    entry = message.parsed
    if entry.amount == 0:
        raise Permanent("an entry moves money")
    if message.receive_count < entry.bank_answers_at:
        raise BankTimeoutError(f"no answer for {entry.account}/{entry.number}")
    print(json.dumps({"done": entry.number, "account": entry.account, "receives": message.receive_count}))
