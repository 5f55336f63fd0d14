"""Rules for owners and clocks in any order: two live owners never coexist, and a dead one has a successor soon."""

from __future__ import annotations

from hypothesis import settings

from redrive import DynamoDBStore, IdempotencyStore, MemoryStore
from redrive.aws.clients import clients
from tests.support.profiles import examples
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB
from tests.support.runtime.idempotency.renewal_machine import RenewingOwnersMachine


class InMemory(RenewingOwnersMachine):
    def make_store(self) -> IdempotencyStore:
        return MemoryStore()


class InDynamoDB(RenewingOwnersMachine):
    def make_store(self) -> IdempotencyStore:
        dynamodb = FakeDynamoDB()
        self.stack.enter_context(clients.replaced(lambda service, limits: dynamodb))
        return DynamoDBStore(dynamodb.table)


TestOwnersInMemory = InMemory.TestCase
TestOwnersInMemory.settings = settings(max_examples=examples(60), stateful_step_count=30)
TestOwnersInDynamoDB = InDynamoDB.TestCase
TestOwnersInDynamoDB.settings = settings(max_examples=examples(25), stateful_step_count=30)
