"""Tables in the local AWS."""

from __future__ import annotations

from tools.local_aws import LocalAws


def make_table(aws: LocalAws, name: str) -> None:
    """A table with the key that all constructs of this package give theirs: `id`, a string."""
    aws.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
